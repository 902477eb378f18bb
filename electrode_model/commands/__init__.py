"""Commands of ``electrode-model``, one module each, found by listing this folder.

A command ``exchange-current`` is a module ``exchange_current`` with

    SUMMARY            one line for --help
    arguments(parser)  adds its options to an :class:`argparse.ArgumentParser`
    run(options)       does the work and returns the exit status

``--help`` imports every one of them: whatever takes long to import is imported in ``run``.
Mistakes of the user are raised as ConfigError or FolderError; the command line reports them.
"""
