"""``electrode-model plot``: draw the figures of a saved result anew."""

import argparse
from pathlib import Path

from electrode_model.terminal import draw, say

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "draw the figures of a saved result anew"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of the result")
    parser.add_argument(
        "--film", action="store_true", help="also make a film (GIF) of the particles"
    )


def run(options: argparse.Namespace) -> int:
    """Draw; the exit status."""
    from electrode_model.results.result import Result
    from electrode_model.results.storage import FolderError

    result = Result.open(options.folder)
    if result.partial:
        say(f"warning: {options.folder} is partial: its run was killed or is still going")
    try:
        pictures = draw(result, True, options.film, quiet=False)
    except OSError as error:
        raise FolderError(f"the figures cannot be written: {error}") from error
    for path in pictures:
        print(path)
    return 0
