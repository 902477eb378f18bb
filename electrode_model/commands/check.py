"""``electrode-model check``: every resolved value and where it came from, without running."""

import argparse

from electrode_model.terminal import add_config

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "print every resolved value and where it came from"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_config(parser)


def run(options: argparse.Namespace) -> int:
    """Print the table; the exit status."""
    from electrode_model.config.load import explain
    from electrode_model.results.summary import table

    entries = explain(options.config, options.overrides)
    rows = [(entry.key, _text(entry.value), entry.unit, entry.origin) for entry in entries]
    print("\n".join(table([("key", "value", "unit", "from"), *rows])))
    return 0


def _text(value: object) -> str:
    """As one writes it in YAML."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    return f"{value:.7g}" if isinstance(value, float) else str(value)
