"""Reaction distribution through the depth: rows O3 to O13, O23 of Orikasa et al. 2022.

    python validation/orikasa2022/run.py [--quick] [-o DIR]

Sentences of the review about thick electrodes, with numbers where it prints them.  Thickness and
loading are not printed: published or assumed ones are taken, and trends tested over a range.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))  # a script is given its own folder only

from electrode_model.validate.rows import write  # noqa: E402
from validation.orikasa2022 import figures, porosity, rest, salt  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, judge, draw, print; 1 if a row is not reproduced."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer volumes and porosities")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(arguments)
    pressed = porosity.electrodes(options.quick)
    rests = rest.rests(options.quick)
    found = [
        *rest.rows(rests),
        rest.o4(rest.discharged(options.quick)),
        *porosity.rows(pressed, options.quick),
        *salt.rows(options.quick),
    ]
    found.sort(key=lambda row: int("".join(filter(str.isdigit, row.id.split()[0]))))
    print(write(found, options.output))
    print(figures.draw(pressed, rests, options.output / "depth.svg"))
    return int(any(row.verdict == "not reproduced" for row in found))


if __name__ == "__main__":
    sys.exit(main())
