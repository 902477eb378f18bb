"""A user's own Python files: read, run once, and looked into by name.

A configuration names what such a file defines as ``./mine.py:name``.  The file is code and is
run when the configuration is read.  It runs once for each state of it on disk, in a module that
stays out of ``sys.modules``, and nothing is written beside it.  Files beside it can be imported
at its top by their names; installed modules of the same name come first.
"""

import difflib
import functools
import os
import re
import sys
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import casadi as ca

__all__ = [
    "UserFileError",
    "absolute",
    "find",
    "functions",
    "guarded",
    "is_reference",
    "label",
    "parts",
    "place",
    "sources",
]

_REFERENCE = re.compile(r"(?P<path>.*\.py)(:(?P<name>.*))?", re.DOTALL)
_MOST_BYTES = 5_000_000
_SYMBOLS = (ca.SX, ca.MX)
_CURE = (
    "; arrays and CasADi symbols arrive here: take exp, log, sqrt, tanh, power and"
    " where_at_least from electrode_model.symbolic, and no if, and, or, min or max of them"
)


class UserFileError(ValueError):
    """A user's file that cannot be used; the text says where and what to do."""


@dataclass
class _Loaded:
    module: types.ModuleType
    files: Mapping[Path, tuple[int, int, bytes]]  # the file first: time, size, text of each
    guarded: dict[str, Callable[..., Any]] = field(default_factory=dict)


_loaded: dict[Path, _Loaded] = {}
_lock = threading.RLock()


def is_reference(name: object) -> bool:
    """Whether a name of a configuration stands for a user's file."""
    return isinstance(name, str) and ".py" in name and _REFERENCE.fullmatch(name) is not None


def parts(reference: str) -> tuple[Path, str]:
    """The file and the name in it, "" if there is none."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise UserFileError(f"{reference!r} names no Python file; write it as ./mine.py:name")
    return Path(found["path"]), found["name"] or ""


def absolute(reference: str, folder: str | Path) -> str:
    """The reference with a path that holds in any directory; a relative one is below ``folder``."""
    path, name = parts(reference)
    full = os.path.abspath(Path(folder) / os.path.expanduser(path))
    return f"{full}:{name}" if name else full


def label(name: str) -> str:
    """A reference without its folder, for figures and messages; any other name as it is."""
    if not is_reference(name):
        return name
    path, inner = parts(name)
    return f"{path.name}:{inner}" if inner else path.name


def place(function: object) -> str:
    """Where a function of a user's file is defined, ``/home/me/mine.py:12``; "" if unknown."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else ""


def find(reference: str, default: str = "") -> Any:
    """What a reference stands for; ``default`` is the name in a file that is named alone.

    Without either it is the file's module.  Functions raise :class:`UserFileError` in place of
    other exceptions.  Raises UserFileError.
    """
    path, name = parts(reference)
    name = name or default
    loaded = _load(path)
    if not name:
        return loaded.module
    known = vars(loaded.module)
    if name not in known:
        raise UserFileError(f"{path} has no {name!r}{_instead(name, _own(loaded.module))}")
    value = known[name]
    if not isinstance(value, types.FunctionType):
        return value
    if name not in loaded.guarded:
        loaded.guarded[name] = guarded(value, path)
    return loaded.guarded[name]


def sources(path: Path) -> dict[Path, bytes]:
    """The file and those beside it that it imports, as they were when they were run."""
    return {file: text for file, (_, _, text) in _load(path).files.items()}


def guarded(function: Callable[..., Any], path: Path) -> Callable[..., Any]:
    """The function with its exceptions told as :class:`UserFileError`."""

    @functools.wraps(function)
    def call(*values: Any, **keys: Any) -> Any:
        try:
            with warnings.catch_warnings():
                # NumPy's elementwise functions serve for symbols too; that they do is checked
                warnings.simplefilter("ignore", FutureWarning)
                return _guarded_inside(function(*values, **keys), path)
        except UserFileError:
            raise
        except Exception as error:
            told = _told(error, path)
            symbolic = any(isinstance(v, _SYMBOLS) for v in (*values, *keys.values()))
            scalar = "truth value" in told or "scalars" in told  # an if, or a function of math
            cured = (symbolic and not isinstance(error, NameError)) or scalar
            raise UserFileError(told + _CURE * cured) from error

    return call


def _guarded_inside(value: Any, path: Path) -> Any:
    """What a function returns; a record of functions with these guarded too."""
    if not is_dataclass(value) or isinstance(value, type):
        return value
    members = {member.name: getattr(value, member.name) for member in fields(value) if member.init}
    own = {k: guarded(v, path) for k, v in members.items() if isinstance(v, types.FunctionType)}
    return replace(value, **own)


def functions(reference: str) -> types.SimpleNamespace:
    """The public names of a file, or of an object in it, with its functions guarded.

    Raises UserFileError.
    """
    source, path = find(reference), parts(reference)[0]
    members = {name: getattr(source, name) for name in dir(source) if not name.startswith("_")}
    own = {n: guarded(v, path) if callable(v) else v for n, v in members.items()}
    return types.SimpleNamespace(**own)


def _load(path: Path) -> _Loaded:
    with _lock:
        before = _loaded.get(path)
        if before and all(_state(file) == was[:2] for file, was in before.files.items()):
            return before
        loaded = _loaded[path] = _run(path)
        return loaded


def _state(path: Path) -> tuple[int, int] | None:
    """Time and size; None where there is no such file."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def _read(path: Path) -> tuple[int, int, bytes]:
    state = _state(path)
    if state is None or not path.is_file():
        there = path.parent.glob("*.py") if path.parent.is_dir() else ()
        hint = _instead(path.name, [file.name for file in there])
        raise UserFileError(f"there is no file {path}{hint}")
    if state[1] > _MOST_BYTES:
        raise UserFileError(f"{path} is too large; at most {_MOST_BYTES / 1e6:g} MB are read")
    try:
        return (*state, path.read_bytes())
    except OSError as error:
        raise UserFileError(f"{path} cannot be read: {error.strerror}") from None


def _run(path: Path) -> _Loaded:
    """Run a file in a module of its own."""
    own = _read(path)
    module = types.ModuleType(f"user_file_{path.stem}")
    module.__file__ = str(path)
    before, folder = set(sys.modules), str(path.parent)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.modules[module.__name__] = module  # dataclasses look their module up
    found = folder not in sys.path
    if found:
        sys.path.append(folder)
    invalidate_caches()  # a file beside it may be younger than the last look
    try:
        exec(compile(own[2], str(path), "exec", dont_inherit=True), vars(module))
        beside = _beside(path.parent, before)
    except (Exception, SystemExit) as error:
        raise UserFileError(_told(error, path)) from None
    finally:
        if found:
            sys.path.remove(folder)
        sys.dont_write_bytecode = writes
        # the next user's file has neighbours of its own, perhaps of the same names
        for name in _new(path.parent, before):
            del sys.modules[name]
    return _Loaded(module, {path: own, **{file: _read(file) for file in beside}})


def _new(folder: Path, before: set[str]) -> list[str]:
    """Modules that were imported from the folder, and not from a package installed below it."""
    heads = {name.partition(".")[0] for name in sys.modules if name not in before} - before
    own = set()
    for head in heads:
        file = getattr(sys.modules.get(head), "__file__", None)
        if file and Path(file) in (folder / f"{head}.py", folder / head / "__init__.py"):
            own.add(head)
    private = {name for name in sys.modules if name.startswith("user_file_")} - before
    return [name for name in sys.modules if name.partition(".")[0] in own | private]


def _beside(folder: Path, before: set[str]) -> list[Path]:
    names = (name for name in _new(folder, before) if not name.startswith("user_file_"))
    files = (getattr(sys.modules[name], "__file__", None) for name in names)
    return [Path(file) for file in files if file and file.endswith(".py")]


def _told(error: BaseException, path: Path) -> str:
    """The error with the line of the user's file, or of one beside it, that raised it."""
    text = " ".join(str(error).split()) or "no message"
    if isinstance(error, SyntaxError):
        where = f"{error.filename or path}:{error.lineno or 1}"
        return f"{where}: is not valid Python: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent == path.parent]
    where = f"{own[-1].filename}:{own[-1].lineno}" if own else str(path)
    if isinstance(error, ModuleNotFoundError):
        cure = "install it, or put it beside this file"
        return f"{where}: needs the module {error.name!r}, which is not there; {cure}"
    # a ValueError is how a component refuses what it is given, in words of its own
    kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
    return f"{where}: {kind}{text}"


def _own(module: types.ModuleType) -> list[str]:
    """Names that a file defines itself, its functions and objects."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, types.ModuleType)
        and getattr(value, "__module__", module.__name__) in (module.__name__, _MATERIAL)
        and not (isinstance(value, type) and value.__module__ != module.__name__)
    ]


_MATERIAL = "electrode_model.material"  # where the class of a MATERIAL is defined


def _instead(name: str, allowed: Iterable[str]) -> str:
    """Nearest and all allowed names, to end a message with."""
    names = sorted(allowed)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    suggestion = f"; did you mean {near[0]}?" if near else ";"
    return f"{suggestion} there are: {', '.join(names)}" if names else ""
