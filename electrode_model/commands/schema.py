"""``electrode-model schema``: the JSON schema of configurations, for editors."""

import argparse
import json

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "print the JSON schema of configurations"


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(options: argparse.Namespace) -> int:
    """Print the schema; the exit status."""
    from electrode_model.config.load import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0
