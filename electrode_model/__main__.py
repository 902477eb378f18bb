"""The command line: ``electrode-model`` or ``python -m electrode_model``.

Exit status: 0 done (also if a step ended for a reason that was not planned: a warning says
so), 2 bad configuration or folder, 3 the solve failed (what there is of the result is kept),
130 interrupted (likewise kept).  The commands are the modules of
:mod:`electrode_model.commands`.
"""

import argparse
import os
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module

from electrode_model import commands
from electrode_model.terminal import BAD_INPUT, BROKEN_PIPE, FAILED, INTERRUPTED, say

__all__ = ["command_names", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Before NumPy is there: the solver's matrices are small, and threads that wait for each other
    # made a full cell take 86 s instead of 11 on two busy cores.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    _open_streams()
    try:
        status = _dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader (`| head`) has gone; the interpreter must not try to flush again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except OSError as error:
        # a full disk behind `> file`; what cannot be flushed now cannot be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        say(f"the output cannot be written: {error}")
        return FAILED
    except MemoryError:
        say("out of memory; reduce positive.volumes, per_volume or nodes, or save fewer fields")
        return FAILED
    return status


def _open_streams() -> None:
    """A shell may close them (``>&-``): what is written is then lost, and that is no error."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # until the exit
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _dispatch(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    from electrode_model.config.problems import ConfigError
    from electrode_model.results.storage import FolderError
    from electrode_model.solver.library import LibraryError

    try:
        return int(options.command(options))
    except (ConfigError, FolderError, LibraryError) as error:
        say(str(error))
        return BAD_INPUT


def command_names() -> list[str]:
    """Names of the commands as one types them."""
    return sorted(_modules())


def _modules() -> dict[str, str]:
    """Module by command; ``import_`` is the command import, whose name Python keeps."""
    names = (module.name for module in pkgutil.iter_modules(commands.__path__))
    return {name.rstrip("_").replace("_", "-"): name for name in names}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="electrode-model",
        description="Porous battery electrodes as thousands of particles that compete for lithium.",
        epilog="Exit status: 0 done, 2 bad configuration, 3 solve failed, 130 interrupted.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    choices = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, file in sorted(_modules().items()):
        module = import_module(f"electrode_model.commands.{file}")
        own = choices.add_parser(name, help=module.SUMMARY, description=module.__doc__)
        module.arguments(own)
        own.set_defaults(command=module.run)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: that takes longer than all of --help."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from electrode_model.results.provenance import package_version

        print(f"electrode-model {package_version('electrode-model')}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
