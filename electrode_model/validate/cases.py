"""Cases of the validation suite: folders with a script and a ``case.yaml`` that describes it.

A case is a folder that holds

- ``run.py [--quick] -o DIR``: writes ``rows.json`` (:mod:`electrode_model.validate.rows`) and
  figures (PNG or SVG) into DIR; exit status 0, or 1 where a row is not reproduced;
- ``case.yaml``: the keys below.  Without ``run.py`` it needs ``open``, the reason why;
- the files that its ``data`` name, with their provenance and licence beside them.

The verdicts that are expected stand in the file, so that a row that fails stays a row that
fails, and one that ceases to hold is noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from electrode_model.config.problems import ConfigError, Problem, listing, nearest, unknown
from electrode_model.config.yaml_source import Node, read
from electrode_model.results.storage import FolderError

__all__ = ["GROUPS", "VERDICTS", "Case", "Data", "find", "folder_of_cases", "read_case"]

#: From good to bad: a verdict that falls is a regression.
VERDICTS = ("reproduced", "open", "not reproduced")
#: ``group`` -> heading of the page, in its order.
GROUPS = {
    "measured": "Measured curves",
    "fits": "Measured curves, fitted",
    "published": "Published models' curves",
    "code": "Code to code",
    "papers": "Numbers and trends printed in papers",
    "itself": "The code against itself",
}
SCRIPT, FILE = "run.py", "case.yaml"
TEXTS = ("title", "group", "claim", "judged", "tolerance", "disagrees", "fitted", "unseen", "open")
KEYS = (*TEXTS, "data", "parameters", "figures", "needs", "seconds", "expected", "quick")
NEEDED = ("title", "group", "claim", "judged", "tolerance", "disagrees", "parameters", "fitted")
_PROVENANCE = ("PROVENANCE.md", "SOURCE.md")


@dataclass(frozen=True)
class Data:
    """What a case is compared with; ``folder`` is None where numbers stand in the text."""

    what: str
    source: str
    licence: str
    folder: Path | None
    error: str = ""  # of the data themselves: of reading a figure, of an instrument


@dataclass(frozen=True)
class Case:
    """One folder of the suite."""

    folder: Path
    title: str
    group: str  # of GROUPS
    claim: str
    judged: str  # measured, another program, numbers printed in a paper, itself
    tolerance: str  # why the limits are what they are
    disagrees: str  # what disagrees, and the likely physical reason
    data: tuple[Data, ...]
    parameters: tuple[str, ...]  # each with its source
    fitted: str  # which, and on what; "nothing"
    figures: Mapping[str, str]  # file that the script writes -> caption
    expected: Mapping[str, str]  # row -> verdict
    expected_quick: Mapping[str, str] | None  # None: no part of --quick
    seconds: float  # about what it takes, alone on one core
    unseen: str = ""  # where something is fitted: the data that no fit saw
    needs: Mapping[str, str] = field(default_factory=dict)  # module -> extra that brings it
    open: str = ""  # why there is nothing to run yet
    inside: str = ""  # the folder in which the case's lies, where it is not that of the cases

    @property
    def name(self) -> str:
        """The folder's name, with the one it lies in."""
        return "/".join(filter(None, [self.inside, self.folder.name]))

    @property
    def why_open(self) -> str:
        """Why it cannot be run, here or anywhere; empty if it can."""
        missing = [name for name in self.needs if find_spec(name) is None]
        if self.open or not missing:
            return self.open
        extras = ",".join(dict.fromkeys(self.needs[name] for name in missing))
        return f"not installed here: {listing(missing)}; pip install 'electrode-model[{extras}]'"

    @property
    def script(self) -> Path:
        """What is run."""
        return self.folder / SCRIPT

    def expectation(self, quick: bool) -> Mapping[str, str]:
        """Row -> verdict of a full or a quick run; a quick run of a case without one is full."""
        return self.expected_quick if quick and self.expected_quick is not None else self.expected


def folder_of_cases(given: Path | None) -> Path:
    """The folder of the cases: as given, beside the package, or in the working directory.

    Raises FolderError, with the cure, where there is none: it is no part of an installed package.
    """
    if given is not None:
        if not given.is_dir():
            raise FolderError(f"--cases {given} is not a folder; name the one that holds the cases")
        return given
    for root in (Path(__file__).resolve().parents[2], Path.cwd()):
        if any((root / "validation").glob(f"*/{FILE}")):
            return root / "validation"
    raise FolderError(
        "no folder validation/ here: the cases and their data are part of the repository, not of"
        " the installed package; clone it and run there, or write --cases DIR"
    )


def find(folder: Path, names: list[str]) -> list[Case]:
    """The cases of a folder in the order of their names, or those named.

    Raises FolderError for a name that is none and for a folder without cases, ConfigError for a
    ``case.yaml`` that cannot be used.
    """
    places = [*folder.glob(f"*/{FILE}"), *folder.glob(f"fits/*/{FILE}")]
    known = sorted(path.parent.relative_to(folder).as_posix() for path in places)
    if not known:
        raise FolderError(f"{folder} holds no cases, that is folders with a {FILE}")
    for name in names:
        if name not in known:
            match = nearest(name, known)
            suggestion = f"; did you mean {match}?" if match else ";"
            raise FolderError(f"no case {name}{suggestion} allowed: {listing(known)}")
    return [
        read_case(folder / name, name.rpartition("/")[0])
        for name in known
        if not names or name in names
    ]


def read_case(folder: Path, inside: str = "") -> Case:
    """Read ``case.yaml``; raises ConfigError with file, line, key and what is allowed."""
    root = read(folder / FILE)
    problems = [
        node.problem(unknown(key, KEYS)) for key, node in root.value.items() if key not in KEYS
    ]
    problems += [root.problem("is missing", key) for key in NEEDED if key not in root.value]
    texts = {key: _text(root.get(key), problems) for key in TEXTS}
    data = tuple(_data(node, folder, problems) for node in _items(root.get("data"), problems))
    parameters = tuple(
        _text(node, problems) for node in _items(root.get("parameters"), problems)
    )  # fmt: skip
    figures, needs = (_texts(root.get(key), problems) for key in ("figures", "needs"))
    expected = _verdicts(root.get("expected"), problems)
    if texts["group"] and texts["group"] not in GROUPS:
        problems.append(root.problem(f"is {texts['group']}; allowed: {listing(GROUPS)}", "group"))
    if texts["fitted"] and not texts["fitted"].startswith("nothing") and not texts["unseen"]:
        text = "is missing: which data, or rows, no fit saw; needed where something is fitted"
        problems.append(root.problem(text, "unseen"))
    if (folder / SCRIPT).exists() == bool(texts["open"]):
        text = f"goes with a folder without {SCRIPT}, and only with one"
        problems.append(root.problem(text, "open"))
    elif not texts["open"] and not expected:
        problems.append(root.problem("is missing: the rows, by verdict", "expected"))
    quick = _quick(root.get("quick"), expected, problems)
    seconds = root.get("seconds")
    if seconds is not None and not _is_duration(seconds.value):
        problems.append(seconds.problem("must be a number of seconds above 0"))
    if problems:
        raise ConfigError(problems)
    return Case(
        folder=folder,
        data=data,
        parameters=parameters,
        figures=figures,
        needs=needs,
        expected=expected,
        expected_quick=quick,
        seconds=float(seconds.value) if seconds else 60.0,
        inside=inside,
        **texts,
    )


def _is_duration(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _text(node: Node | None, problems: list[Problem]) -> str:
    """Folded onto one line."""
    if node is None:
        return ""
    if not isinstance(node.value, str) or not node.value.strip():
        problems.append(node.problem("must be a text; put it in quotes if it looks like a number"))
        return ""
    return " ".join(node.value.split())


def _texts(node: Node | None, problems: list[Problem]) -> dict[str, str]:
    """A mapping of texts."""
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        problems.append(node.problem("must be a mapping"))
        return {}
    return {str(key): _text(value, problems) for key, value in node.value.items()}


def _items(node: Node | None, problems: list[Problem]) -> tuple[Node, ...]:
    if node is None:
        return ()
    if not isinstance(node.value, tuple):
        problems.append(node.problem("must be a list"))
        return ()
    return node.value


def _data(node: Node, folder: Path, problems: list[Problem]) -> Data:
    """Checked: files that are shipped have their provenance and licence beside them."""
    keys = ("what", "source", "licence", "error", "folder")
    if not isinstance(node.value, dict):
        problems.append(node.problem(f"must be a mapping of {listing(keys)}"))
        return Data("", "", "", None)
    problems += [
        child.problem(unknown(key, keys)) for key, child in node.value.items() if key not in keys
    ]
    problems += [node.problem("is missing", key) for key in keys[:3] if key not in node.value]
    what, source, licence, error = (_text(node.get(key), problems) for key in keys[:4])
    place = node.get("folder")
    home = None if place is None else folder / str(place.value)
    if place is not None and home is not None:
        if not home.is_dir():
            problems.append(place.problem(f"is {place.value}, which is no folder of this case"))
        elif not any((at / name).exists() for at in (home, folder) for name in _PROVENANCE):
            problems.append(place.problem(f"holds no {_PROVENANCE[0]}: where it comes from"))
        elif not any((at / "LICENSE").exists() for at in (home, home.parent)):
            problems.append(place.problem("holds no LICENSE"))
    return Data(what, source, licence, home, error)


def _verdicts(node: Node | None, problems: list[Problem]) -> dict[str, str]:
    """``{verdict: [row, ...]}`` -> row -> verdict."""
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        problems.append(node.problem(f"must be a mapping of {listing(VERDICTS)} to rows"))
        return {}
    found: dict[str, str] = {}
    for verdict, rows in node.value.items():
        if verdict not in VERDICTS:
            problems.append(rows.problem(unknown(verdict, VERDICTS)))
        for row in _items(rows, problems):
            if str(row.value) in found:
                problems.append(row.problem(f"names the row {row.value} a second time"))
            found[str(row.value)] = verdict
    return found


def _quick(
    node: Node | None, expected: Mapping[str, str], problems: list[Problem]
) -> dict[str, str] | None:
    """What differs in a quick run: ``{}`` nothing, ``without`` rows, other verdicts."""
    if node is None:
        return None
    if not isinstance(node.value, dict):
        problems.append(node.problem("must be a mapping; {} if a quick run is judged as the full"))
        return None
    left_out = _items(node.get("without"), problems)
    others = {key: value for key, value in node.value.items() if key != "without"}
    changed = _verdicts(node.holding(others), problems)
    for row in [str(n.value) for n in left_out] + list(changed):
        if row not in expected:
            problems.append(node.problem(f"names {row}, no row: it {unknown(row, list(expected))}"))
    gone = {str(n.value) for n in left_out}
    return {row: v for row, v in {**expected, **changed}.items() if row not in gone}
