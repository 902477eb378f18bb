"""``electrode-model import``: write a configuration from another program's input files.

mpet: a params_system.cfg of MPET 1.0 and the electrode files it names.  bpx: a BPX file (Battery
Parameter eXchange, JSON).  What cannot be carried over is listed at the end of the configuration
and on the terminal.
"""

import argparse
from pathlib import Path

from electrode_model.terminal import BAD_INPUT, say

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "write a configuration from MPET's or BPX input files"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    formats = parser.add_subparsers(dest="format", required=True, metavar="FORMAT")
    mpet = formats.add_parser("mpet", help="MPET 1.0: params_system.cfg")
    mpet.add_argument(
        "--mpet-constants",
        action="store_true",
        help="write constants: mpet, rounded as there, to compare results below 0.1 mV",
    )
    bpx = formats.add_parser("bpx", help="Battery Parameter eXchange, JSON")
    for own in (mpet, bpx):
        own.add_argument("file", type=Path, metavar="FILE", help="file to read")
        own.add_argument("-o", "--output", type=Path, metavar="YAML", help="file to write")


def run(options: argparse.Namespace) -> int:
    """Import and check what was written; the exit status."""
    from electrode_model.config.load import load
    from electrode_model.importing.bpx import import_bpx
    from electrode_model.importing.mpet import import_mpet

    if options.format == "mpet":
        found = import_mpet(options.file, options.mpet_constants)
    else:
        found = import_bpx(options.file)
    if options.output is None:
        print(found.text, end="")
        return 0
    try:
        options.output.write_text(found.text, encoding="utf-8")
    except OSError as error:
        say(f"{options.output} cannot be written: {error.strerror or error}")
        return BAD_INPUT
    for title, texts in (("not carried over", found.notes), ("different", found.changes)):
        for text in texts:
            say(f"{title}: {text}")
    load(options.output)  # a value out of bounds is reported at its line, beside its source
    print(options.output)
    return 0
