"""A result, or a configuration, as text for the terminal."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from electrode_model.results.result import Result

__all__ = ["duration", "summary", "table"]

MOST_STEPS = 40  # of a protocol that are listed


def summary(result: Result, pictures: Sequence[Path] = ()) -> str:
    """Capacity, 1C current, end of each protocol step, cost, and where the results are."""
    about = result.summary
    name = about.get("name") or "run"
    total = about.get("statistics", {})
    cost = [
        f"{word} {duration(total[key])}"
        for word, key in (("set-up", "set_up_seconds"), ("solve", "solve_seconds"))
        if key in total
    ]
    cost += [f"{total['steps']} solver steps"] if "steps" in total else []
    if "compiled" in total:
        cost.append("compiled loops" if total["compiled"] else "NumPy's loops")
    lines = [f"{name}: {_status(result)}", *(["  " + ", ".join(cost)] if cost else []), ""]
    lines += [
        "  capacity    " + _quantity(about["capacity"], {"A.h.m-2": "A h/m2", "mAh.g-1": "mA h/g"}),
        "  1C current  " + _quantity(about["one_C"], {"A.m-2": "A/m2", "mA.g-1": "mA/g"}),
        "",
    ]
    if result.steps:
        lines += [*table(_step_rows(result), right=(0, 3, 4, 5, 6)), ""]
    if len(result.steps) > MOST_STEPS:
        lines += [f"  ... and {len(result.steps) - MOST_STEPS} more steps in summary.json", ""]
    if result.folder is not None:
        lines.append(f"  results   {result.folder}")
    if pictures:
        folders = dict.fromkeys(path.parent for path in pictures)
        lines += [f"  pictures  {folder}" for folder in folders]
        lines += [f"            {path.name}" for path in pictures]
    return "\n".join(lines).rstrip()


def table(rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Lines of aligned columns; those in ``right`` are aligned to the right."""
    rows = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if k in right else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def duration(seconds: float) -> str:
    """Such as "0.42 s", "3 min 20 s", "2 h 05 min"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _status(result: Result) -> str:
    if result.partial:
        return "partial (killed, or still running)"
    return result.status + (f" ({result.message})" if result.message else "")


def _quantity(values: dict[str, float], units: dict[str, str]) -> str:
    return "   ".join(f"{values[key]:.4g} {unit}" for key, unit in units.items() if key in values)


def _step_rows(result: Result) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("step", "what", "ended by", "simulated", "at", "steps", "wall")]
    step, voltage = result["Step"], result["Voltage [V]"]
    for report in result.steps[:MOST_STEPS]:
        here = voltage[step == report.index]
        cost = report.statistics
        rows.append(
            (
                str(report.index + 1),
                report.label,
                report.reason + ("" if report.planned else "  (not planned)"),
                duration(report.end - report.start),
                f"{here[-1]:.3f} V" if here.size else "",
                str(cost.get("steps", "")),
                duration(cost["solve_seconds"]) if "solve_seconds" in cost else "",
            )
        )
    return rows
