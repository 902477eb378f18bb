"""A result on disk: a folder of open formats, written while the run goes.

    timeseries.csv     one line per solver step and output time
    fields/*.npy       one file per field, grown along its first axis
    layout/*.npy       what does not change: grids, particle sizes, ...; layout.json beside it
    config.yaml        the resolved configuration
    user_files/*.py    copies of the user's own files that it names
    final_state.npy    all unknowns at the end, for a run that goes on; final_state.json beside it
    summary.json       status, versions, seeds, statistics, end reasons; "running" until the end
    figures/           PNG figures and the film

Every file can be read at any moment of the run and after a kill.  This module knows names,
arrays and text only; what they mean is the business of :mod:`electrode_model.results.result`.
"""

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.results.records import FinalState

__all__ = [
    "FieldFiles",
    "FolderError",
    "Memory",
    "NpyFile",
    "SeriesFile",
    "check_folder",
    "claim_folder",
    "next_folder",
    "read_arrays",
    "read_json",
    "read_series",
    "read_state",
    "write_arrays",
    "write_json",
    "write_state",
]

PROGRAM = "electrode_model"
SUMMARY = "summary.json"
STATE, STATE_JSON = "final_state.npy", "final_state.json"
FLUSH_BYTES = 4_000_000  # frames of many particles go to disk at once
HEADER_BYTES = 128  # room for any shape; a multiple of 64 as the format asks

#: Files that a run may write and that --overwrite may remove; all others are the user's.
OURS = re.compile(
    r"(summary|final_state)\.json(\.part)?|final_state\.npy|timeseries\.csv|config\.yaml|layout\.json"
    r"|fields/(time|step|c_e|phi_e|(negative_)?(filling|surface|(profiles|samples)_\d+|phi_s))\.npy"
    r"|layout/(x|(negative_)?(size|volume|weight|k0|film_resistance|contact"
    r"|(particles|nodes|weights|surface|angles|samples)_\d+))"
    r"\.npy"
    r"|user_files/((?!\.)[^/]+/)*[^/]+\.py"
    r"|figures/(voltage_capacity|voltage_time|electrolyte|temperature"
    r"|(negative_)?(filling_map|filling_histograms|histogram_map|profiles))"
    r"\.png|figures/film\.gif"
)


class FolderError(ValueError):
    """A folder that cannot take or does not hold a result; the text says what to do."""


def next_folder(parent: Path, stem: str) -> Path:
    """Make and return the first free ``parent/stem-<n>``, n = 1, 2, ..."""
    n = 1
    while True:
        folder = parent / f"{stem}-{n}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            n += 1
        except OSError as error:
            raise FolderError(f"{folder} cannot be made: {error}") from error
        else:
            return folder


def check_folder(folder: Path, overwrite: bool = False) -> None:
    """Raise :class:`FolderError` if ``folder`` cannot take a new result; change nothing."""
    try:
        folder.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise FolderError(f"{folder} cannot be made: {error.strerror}") from error
    try:
        folder.stat()  # a link to nowhere or to itself says so
        if not folder.is_dir():
            raise FolderError(f"{folder} is a file; give a folder for the result")
        if not any(folder.iterdir()):
            return
    except OSError as error:
        raise FolderError(f"{folder} cannot be made: {error.strerror}") from error
    if not overwrite:
        raise FolderError(
            f"{folder} is not empty; choose another folder"
            + (" or add --overwrite" if _is_result(folder) else "")
        )
    if not _is_result(folder):
        raise FolderError(
            f"{folder} holds no result of this program and is not overwritten; "
            "choose another folder"
        )


def claim_folder(folder: Path, overwrite: bool = False) -> None:
    """Make ``folder`` ready for a new result; of an old one only its own files are removed.

    Raises :class:`FolderError` as :func:`check_folder`, and if another run takes it meanwhile.
    """
    check_folder(folder, overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(f"{folder} cannot be made: {error}") from error
    summary = folder / SUMMARY
    if summary.exists():
        _remove_result(folder)
    try:
        with summary.open("x", encoding="utf-8") as file:
            json.dump({"program": PROGRAM, "status": "running"}, file)
    except FileExistsError:
        raise FolderError(f"{folder} was taken by another run; choose another folder") from None


def _is_result(folder: Path) -> bool:
    try:
        return bool(read_json(folder / SUMMARY).get("program") == PROGRAM)
    except (OSError, ValueError, AttributeError):
        return False


def _remove_result(folder: Path) -> None:
    """Remove the files of an old result, its summary last: until then it is known as ours."""
    _remove_copies(folder)
    subfolders = [folder / name for name in ("fields", "layout", "figures")]
    subfolders = [path for path in subfolders if path.is_dir() and not path.is_symlink()]
    for parent in (*subfolders, folder):
        for path in sorted(parent.iterdir()):
            name = path.relative_to(folder).as_posix()
            if OURS.fullmatch(name) and name != SUMMARY:
                path.unlink()
    for path in subfolders:
        if not any(path.iterdir()):
            path.rmdir()
    (folder / SUMMARY).unlink()


def _remove_copies(folder: Path) -> None:
    """Remove the copies of the user's files that the summary lists; others there are not ours."""
    for name in read_json(folder / SUMMARY).get("user_files") or ():
        path = folder / name
        if not OURS.fullmatch(name) or not path.is_file():
            continue
        path.unlink()
        while path.parent != folder and not any(path.parent.iterdir()):
            path = path.parent
            path.rmdir()


class NpyFile:
    """An array in NumPy's .npy format that grows along its first axis.

    Data are appended first and the header, of fixed size, is rewritten after them: at any
    moment ``np.load`` gives all complete items.
    """

    def __init__(self, path: Path) -> None:
        """Begin an empty array; the file appears with its first item."""
        self.path = path
        self.count = 0
        self._item: tuple[tuple[int, ...], np.dtype] | None = None  # shape and type of one item
        self._pending: list[np.ndarray] = []
        self._pending_bytes = 0

    def append(self, item: np.ndarray) -> None:
        """Add one item; its shape and type must be those of the first."""
        if self._item is None:
            self._item = item.shape, item.dtype
        elif self._item[0] != item.shape:
            raise ValueError(f"{self.path.name}: shape {item.shape}, expected {self._item[0]}")
        # a copy: the solver may use its buffer again before the data are written
        self._pending.append(np.array(item, dtype=self._item[1], order="C"))
        self._pending_bytes += item.nbytes
        if self._pending_bytes > FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is still in memory."""
        if self._pending and self._item is not None:
            shape, dtype = self._item
            data = b"".join(item.tobytes() for item in self._pending)
            size = math.prod(shape) * dtype.itemsize
            with self.path.open("r+b" if self.count else "wb", buffering=0) as file:
                file.seek(HEADER_BYTES + self.count * size)
                _write_all(file, data)
                self.count += len(self._pending)
                file.seek(0)
                _write_all(file, _npy_header((self.count, *shape), dtype))
            self._pending.clear()
            self._pending_bytes = 0


def _write_all(file: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:  # an unbuffered write may take a part only
        view = view[file.write(view) :]


def _npy_header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Version 1.0 header of HEADER_BYTES bytes (numpy.lib.format: magic, length, dictionary)."""
    text = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    length = HEADER_BYTES - 10
    if len(text) >= length:
        raise ValueError(f"shape {shape} does not fit into the header")
    body = text.ljust(length - 1) + "\n"
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + body.encode("latin1")


class FieldFiles:
    """The files ``folder/<name>.npy``, appended to together."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self._folder = folder
        self._files: dict[str, NpyFile] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def append(self, name: str, item: np.ndarray) -> None:
        """Add one item to the field ``name``."""
        if name not in self._files:
            self._files[name] = NpyFile(self._folder / f"{name}.npy")
        self._files[name].append(item)

    def flush(self) -> None:
        """Write what is still in memory."""
        for file in self._files.values():
            file.flush()

    def arrays(self) -> dict[str, np.ndarray]:
        """The fields, mapped from disk and not loaded."""
        self.flush()
        return read_arrays(self._folder, grown=True)


class Memory:
    """Fields kept in memory; the counterpart of :class:`FieldFiles`."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._items: dict[str, list[np.ndarray]] = {}

    def append(self, name: str, item: np.ndarray) -> None:
        """Add a copy of one item: the solver may use its buffer again."""
        self._items.setdefault(name, []).append(np.array(item))

    def flush(self) -> None:
        """Nothing to do: the interface of the files."""

    def arrays(self) -> dict[str, np.ndarray]:
        """The fields."""
        return {name: np.stack(items) for name, items in self._items.items()}


class SeriesFile:
    """A CSV file of numbers with a header line, which grows."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Make the file with its header."""
        self.path = path
        self._pending: list[str] = []
        path.write_text(",".join(columns) + "\n", encoding="utf-8")

    def append(self, row: Sequence[float]) -> None:
        """Add one line; floats keep all their digits."""
        self._pending.append(",".join(map(repr, row)) + "\n")

    def flush(self) -> None:
        """Write what is still in memory."""
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(self._pending)
        self._pending.clear()


def read_series(path: Path) -> dict[str, np.ndarray]:
    """Columns of a CSV file of numbers; a last line without its end (killed run) is left out."""
    text = path.read_text(encoding="utf-8")
    header, *lines = text[: text.rfind("\n") + 1].splitlines() or [""]
    columns = header.split(",") if header else []
    if lines:
        table = np.loadtxt(lines, delimiter=",", ndmin=2)
        if table.shape[1] != len(columns):
            raise FolderError(f"{path}: {table.shape[1]} numbers a line, {len(columns)} names")
    else:
        table = np.empty((0, len(columns)))
    return {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(columns)}


def write_arrays(folder: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write each array as ``folder/<name>.npy``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def read_arrays(folder: Path, grown: bool = False) -> dict[str, np.ndarray]:
    """All ``folder/*.npy`` that a run writes, mapped read-only.

    ``grown``: cut all to the shortest first axis, as a kill may fall between two files.
    """
    arrays = {
        path.stem: np.asarray(np.load(path, mmap_mode="r"))
        for path in sorted(folder.glob("*.npy"))
        if OURS.fullmatch(f"{folder.name}/{path.name}")
    }
    if grown and arrays:
        n = min(len(array) for array in arrays.values())
        arrays = {name: array[:n] for name, array in arrays.items()}
    return arrays


def write_state(folder: Path, state: FinalState) -> None:
    """Keep all unknowns, and beside them what identifies them."""
    np.save(folder / STATE, state.values)
    about = {name: value for name, value in vars(state).items() if name != "values"}
    write_json(folder / STATE_JSON, about)


def read_state(folder: Path) -> FinalState:
    """What :func:`write_state` kept; raises OSError, ValueError, KeyError or TypeError."""
    about = read_json(folder / STATE_JSON)
    values = np.asarray(np.load(folder / STATE, allow_pickle=False), dtype=float)
    return FinalState(float(about["time"]), values, about["unknowns"], about["units"])


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace ``path`` in one go, so that a reader sees the old or the new text, never a half."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(_plain(content), indent=2, allow_nan=False) + "\n", "utf-8")
    os.replace(part, path)


def read_json(path: Path) -> dict[str, Any]:
    """The mapping in a JSON file; raises OSError or ValueError."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not a JSON object")
    return content


def _plain(value: Any) -> Any:
    """NumPy numbers as Python's; nan and infinity, which JSON does not know, as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
