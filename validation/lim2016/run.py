"""Lim et al., Science 353 (2016) 566: uniformity of LiFePO4 under current, rows M1 to M16.

    python validation/lim2016/run.py [--quick] [-o DIR]

Writes figures drawn from simulation, the table of rows (Markdown and JSON), and prints it.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from electrode_model.validate.rows import Row, write

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
if str(ROOT) not in sys.path:  # run as a script, not imported by a test
    sys.path.insert(0, str(ROOT))

from validation.lim2016 import cells, channels, theory  # noqa: E402


def rows(quick: bool) -> list[Row]:
    """All rows, by their numbers."""
    found = [row for part in (theory, channels, cells) for row in part.rows(quick)]
    return sorted(found, key=lambda row: int(row.id[1:]))


def draw(folder: Path) -> list[Path]:
    """All figures into a folder; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "stability.svg": theory.draw_maps,
        "amplification.svg": theory.draw_amplification,
        "channels.svg": channels.draw,
    }
    for name, make in figures.items():
        make(folder / name)
    return [folder / name for name in figures]


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, judge, draw, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer particles and channels")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    print(write(rows(options.quick), options.output))
    for path in draw(options.output):
        print(path)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
