"""The folder of a fit: taken, gone on with, or given back."""

import shutil
from pathlib import Path

from electrode_model.config.resolved import HEADER
from electrode_model.fit.chain import CHAIN
from electrode_model.fit.outcome import (
    CONFIGS,
    CORRELATION,
    DATA_SETS,
    FIGURES,
    FITTED,
    PAGE,
    PARAMETERS,
    PROFILES,
    PROGRESS,
    RESIDUALS,
)
from electrode_model.fit.resume import JOURNAL
from electrode_model.results.storage import (
    PROGRAM,
    SUMMARY,
    FolderError,
    next_folder,
    read_json,
    write_json,
)

__all__ = ["claim", "release"]

VARIANTS = "variants"  # folder in it of those that are compared
_OURS = (
    JOURNAL, CHAIN, FITTED, PARAMETERS, RESIDUALS, DATA_SETS, CORRELATION, PROFILES, PAGE, PROGRESS,
    SUMMARY,
)  # fmt: skip


def claim(given: Path | None, stem: str, overwrite: bool, resume: bool) -> Path:
    """A folder for a fit; raises FolderError.

    Without a given one a new ``results/<stem>-<n>``, or the last of these to go on with.
    """
    if given is None:
        if not resume:
            return _begun(next_folder(Path("results"), stem))
        found = [p for p in Path("results").glob(f"{stem}-*") if (p / JOURNAL).exists()]
        if not found:
            raise FolderError(f"there is no results/{stem}-<n> with a fit to go on with")
        return max(found, key=lambda path: (path / JOURNAL).stat().st_mtime)
    if given.exists() and not given.is_dir():
        raise FolderError(f"{given} is a file; give a folder for the result")
    if resume:
        if not (given / JOURNAL).exists():
            raise FolderError(f"{given} holds no fit to go on with; leave out --resume")
        return given
    try:
        taken = given.is_dir() and any(given.iterdir())
        if taken and not overwrite:
            hint = " or add --resume to go on with it, or --overwrite" if _is_fit(given) else ""
            raise FolderError(f"{given} is not empty; choose another folder{hint}")
        if taken and not _is_fit(given):
            raise FolderError(
                f"{given} holds no fit of this program and is not overwritten; choose another"
                " folder"
            )
        for name in _OURS if taken else ():
            (given / name).unlink(missing_ok=True)
        for path in _drawn(given) if taken else ():
            path.unlink(missing_ok=True)
        if (given / VARIANTS).is_dir():
            shutil.rmtree(given / VARIANTS)
        given.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(f"{given} cannot be made: {error.strerror}") from error
    return _begun(given)


def _drawn(given: Path) -> list[Path]:
    """Figures of a fit, and configurations of its data sets: files whose names vary."""
    from electrode_model.plots.fit import FIGURES as DRAWN  # slow, and above

    pictures = [given / FIGURES / f"{name}.png" for name in DRAWN]
    return pictures + [
        path
        for path in (given / CONFIGS).glob("*.yaml")
        if path.read_text(encoding="utf-8").startswith(HEADER)
    ]


def release(folder: Path, new: bool) -> None:
    """Give back a folder in which nothing came about: a new one goes."""
    (folder / SUMMARY).unlink(missing_ok=True)
    journal = folder / JOURNAL
    if journal.exists() and len(journal.read_text(encoding="utf-8").splitlines()) < 2:
        journal.unlink()
    if new and not any(folder.iterdir()):
        folder.rmdir()


def _begun(folder: Path) -> Path:
    write_json(folder / SUMMARY, {"program": PROGRAM, "kind": "fit", "status": "running"})
    return folder


def _is_fit(folder: Path) -> bool:
    try:
        found = read_json(folder / SUMMARY)
    except (OSError, ValueError):
        return (folder / JOURNAL).exists()
    return found.get("program") == PROGRAM and found.get("kind") == "fit"
