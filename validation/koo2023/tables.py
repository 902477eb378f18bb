"""Tables of the comparison, as Markdown, from sweeps and cycles."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from validation.koo2023.cycle import Cycle
from validation.koo2023.half_cycles import Half, Sweep
from validation.koo2023.models import Model

__all__ = ["contrasts", "cycling", "gaps", "main_table", "markdown", "sensitivities"]

FAST = (1.0, 2.0, 4.0, 7.0)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def both(sweep: Sweep, rate: float, name: str, digits: int = 2) -> str:
    """A quantity of lithiation / delithiation."""
    halves = (sweep.halves[rate, kind] for kind in ("discharge", "charge"))
    return " / ".join(number(getattr(half, name), digits) for half in halves)


def number(value: float, digits: int) -> str:
    """Fixed digits; a dash for nan."""
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


def main_table(sweep: Sweep) -> str:
    """Configuration A at every rate; potentials in mV."""
    header = (
        "C-rate",
        "η against 0.2C middle",
        "η against V_eq",
        "raw gap",
        "Koo gap",
        "active",
        "surface active",
        "x surface",
        "x interior",
        "j0/k0 at surface",
        "Q 2.0/4.0 V",
        "Q 2.5/3.9 V",
    )
    rows = []
    for rate in sweep.rates:
        shifted = (sweep.against_reference(rate, kind) for kind in ("discharge", "charge"))
        rows.append(
            (
                f"{rate:g}",
                " / ".join(f"{value:.0f}" for value in shifted),
                both(sweep, rate, "eta", 0),
                f"{sweep.raw(rate):+.1f}",
                f"{sweep.koo(rate):+.1f}",
                *(both(sweep, rate, name) for name in ("active", "surface_active")),
                *(both(sweep, rate, name, 3) for name in ("surface", "interior")),
                *(both(sweep, rate, name) for name in ("exchange",)),
                *(both(sweep, rate, name, 3) for name in ("capacity", "narrow")),
            )
        )
    return markdown(header, rows)


def gaps(sweep: Sweep, rates: Sequence[float] = FAST, digits: int = 1) -> str:
    """Koo gaps at some rates, mV; a dash where a rate failed."""
    values = [sweep.koo(r) if r in sweep.rates else float("nan") for r in rates]
    return " / ".join("-" if np.isnan(v) else f"{v:+.{digits}f}" for v in values)


def contrasts(models: Sequence[Model], sweeps: Mapping[str, Sweep]) -> str:
    """Each model in a line, beside what another solver gave."""
    rows = []
    for model in models:
        sweep = sweeps[model.label]
        expected = " / ".join("-" if np.isnan(v) else f"{v:+g}" for v in model.expected)
        rows.append(
            (
                model.label,
                gaps(sweep),
                expected or "-",
                _of(sweep, 4.0, lambda s, r: f"{s.raw(r):+.1f}"),
                _of(sweep, 4.0, lambda s, r: both(s, r, "surface", 3)),
                _of(sweep, 4.0, lambda s, r: both(s, r, "active")),
                _of(sweep, 7.0, lambda s, r: both(s, r, "capacity", 3)),
            )
        )
    header = (
        "model",
        "Koo gap 1/2/4/7C [mV]",
        "other solver",
        "raw gap 4C",
        "x surface 4C",
        "active 4C",
        "Q 7C (2.0/4.0 V)",
    )
    return markdown(header, rows)


def _of(sweep: Sweep, rate: float, text: Any) -> str:
    return str(text(sweep, rate)) if rate in sweep.rates else "-"


def sensitivities(found: Mapping[str, Sweep]) -> str:
    """Configuration A with one thing changed."""
    rows = [
        (
            label,
            gaps(sweep, (1.0, 4.0, 7.0)),
            f"{sweep.raw(0.2):+.1f}" if 0.2 in sweep.rates else "-",
            _of(sweep, 4.0, lambda s, r: both(s, r, "surface", 3)),
            _of(sweep, 4.0, lambda s, r: both(s, r, "active")),
        )
        for label, sweep in found.items()
    ]
    header = (
        "changed",
        "Koo gap 1/4/7C [mV]",
        "raw gap 0.2C",
        "x surface 4C",
        "active 4C",
    )
    return markdown(header, rows)


def cycling(found: Mapping[float, tuple[Cycle, float]], single: Sweep) -> str:
    """Second CC-CV cycle beside the single half cycles from 0.01 and 0.99."""
    rows = [
        (
            f"{rate:g}",
            f"{one.voltage[0]:.4f} / {one.voltage[1]:.4f}",
            f"{one.ends[0]:.4f} / {one.ends[1]:.4f}",
            f"{one.peak:.2f}",
            f"{one.raw:+.1f}",
            f"{koo:+.1f}",
            f"{single.raw(rate):+.1f}" if rate in single.rates else "-",
            f"{single.koo(rate):+.1f}" if rate in single.rates else "-",
        )
        for rate, (one, koo) in found.items()
    ]
    header = (
        "C-rate",
        "V at 1/2 [V]",
        "begins from",
        "peak [V]",
        "raw gap [mV]",
        "Koo gap [mV]",
        "raw, single half cycles",
        "Koo, single half cycles",
    )
    return markdown(header, rows)


def half_row(half: Half) -> dict[str, Any]:
    """For JSON: numbers, nan as None."""
    return {
        key: None if isinstance(value, float) and np.isnan(value) else value
        for key, value in vars(half).items()
    }
