"""Strict YAML: a tree of plain values, each with the line and the key path it was written at.

Built on the events of PyYAML's parser instead of its constructors, because YAML 1.1 guesses:
``on`` becomes true, ``1:30`` 90, ``010`` 8, and ``1e-9`` stays a text.  Here only true, false,
null and decimal numbers are more than text.  Duplicate keys, tags, merge keys, several
documents, deep nesting and aliases that multiply beyond bounds are refused.
"""

import re
import stat
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml

from electrode_model.config.problems import ConfigError, Location, Problem, nearest, show

__all__ = ["Node", "of_python", "parse", "read", "read_text", "resolve"]

MOST_BYTES = 5_000_000
MOST_NODES = 100_000  # after aliases are expanded
DEEPEST = 40
MOST_KEYS = 1000  # of one mapping; lists are long, mappings are not

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser where it is built
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Node(NamedTuple):
    """A value and where it was written.  ``value``: a scalar, dict of nodes or tuple of nodes."""

    value: Any
    path: Location
    file: str  # or another origin: "--set", "material lfp: ..."
    line: int = 0  # of the key, for a value with a key; 0 where there are no lines

    @property
    def key(self) -> str:
        """The key path as one writes it, ``positive.particles.size``."""
        return ".".join(map(str, self.path))

    @property
    def origin(self) -> str:
        """``file:line``, or the origin that has no lines."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def problem(self, message: str, *below: str | int) -> Problem:
        """A problem here, or at a place ``below`` that was not written."""
        key = ".".join(map(str, (*self.path, *below)))
        return Problem(self.file, self.line, key, message)

    def get(self, key: str) -> "Node | None":
        """The node of a key, None when absent or when this is no mapping."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def holding(self, value: Any) -> "Node":
        """The same place with another value."""
        return self._replace(value=value)

    def find(self, location: Location) -> tuple["Node", Location]:
        """The deepest written node on the way to a location, and the rest of the way."""
        node = self
        for depth, step in enumerate(location):
            value, child = node.value, None
            if isinstance(value, dict) and isinstance(step, str):
                child = value.get(step)
            elif isinstance(value, tuple) and isinstance(step, int) and step < len(value):
                child = value[step]
            if child is None:
                return node, location[depth:]
            node = child
        return node, ()

    def plain(self) -> Any:
        """Dicts, lists and scalars without the places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        return self.value


def read(path: str | Path) -> Node:
    """The tree of a YAML file whose top level is a mapping; raises ConfigError."""
    text = read_text(path)
    root = parse(text, str(path))
    if root.value is None:
        _fail(str(path), 0, "is empty; a configuration starts with 'schema: 1'")
    if not isinstance(root.value, dict):
        _fail(str(path), max(root.line, 1), "the top level must be a mapping of 'key: value' lines")
    return root


def read_text(path: str | Path) -> str:
    """The text of a small UTF-8 file; raises ConfigError for anything else."""
    name = str(path)
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            _fail(name, 0, "is a folder; name the file in it")
        if not stat.S_ISREG(status.st_mode):
            _fail(name, 0, "is not a regular file")
        if status.st_size > MOST_BYTES:
            size = f"{status.st_size / 1e6:.1f} MB"
            _fail(name, 0, f"is too large ({size}); at most {MOST_BYTES / 1e6:g} MB are read")
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        _fail(name, 0, f"there is no such file{_sibling(Path(path))}")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        if isinstance(error, ConfigError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        _fail(name, 0, f"cannot be read: {reason}")
    if b"\0" in raw:
        _fail(name, 0, "is a binary file (it has NUL bytes); text in UTF-8 is needed")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        _fail(name, line, "is not text in UTF-8; save the file as UTF-8")
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        _fail(name, line, f"has the control character {control[0]!r}; it is not a text file")
    return text


def parse(text: str, file: str, path: Location = (), lines: bool = True) -> Node:
    """The tree of one YAML document; raises ConfigError.

    ``path`` is the key path of its top.  Without ``lines`` all lines are 0: text that comes
    from no file.
    """
    try:
        events = yaml.parse(text, Loader=_Parser)
        return _Composer(events, file, lines).document(path)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line + 1, len(text.splitlines())) if mark and lines else 0
        raise ConfigError([Problem(file, line, "", _syntax(error, text))]) from None
    except yaml.YAMLError as error:
        message = f"is not valid YAML: {str(error).splitlines()[0]}"
        raise ConfigError([Problem(file, 0, "", message)]) from None


def of_python(value: Any, path: Location, file: str) -> Node:
    """A value of Python, with mappings and lists inside, as a tree without lines.

    Raises ConfigError for what no file could hold.
    """
    if hasattr(value, "tolist"):  # numbers and arrays of NumPy
        value = value.tolist()
    if isinstance(value, Mapping):
        value = {str(key): of_python(v, (*path, str(key)), file) for key, v in value.items()}
    elif isinstance(value, list | tuple | range):
        value = tuple(of_python(item, (*path, k), file) for k, item in enumerate(value))
    elif isinstance(value, Path):
        value = str(value)
    elif value is not None and not isinstance(value, str | bool | int | float):
        message = f"is {show(value)}; write numbers, texts such as '5 nm', lists or dicts"
        raise ConfigError([Problem(file, 0, ".".join(map(str, path)), message)])
    return Node(value, path, file)


@lru_cache(maxsize=4096)
def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain (unquoted) scalar: true, false, null, a decimal number or the text."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text) and len(text) < 19:  # a thousand digits would not be converted
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


class _Composer:
    """Builds nodes from parser events, counting them as it goes."""

    def __init__(self, events: Iterator[Any], file: str, lines: bool) -> None:
        self.events = events
        self.file = file
        self.lines = lines
        self.count = 0
        self.anchors: dict[str, tuple[Node, int]] = {}  # with the number of nodes in each

    def document(self, path: Location) -> Node:
        node = Node(None, path, self.file)
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.fail(event, "starts a second document; one file holds one configuration")
                first = next(self.events)
                node = self.node(first, path, self.line(first), 0)
        return node

    def node(self, event: Any, path: Location, line: int, depth: int) -> Node:
        if depth > DEEPEST:
            self.fail(event, f"is nested more than {DEEPEST} levels deep")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, path, line, depth)
        before = self.count
        self.add(event, 1)
        if event.tag is not None:
            self.fail(event, f"has the tag {event.tag!r}; tags are not allowed")
        value: Any
        if isinstance(event, yaml.MappingStartEvent):
            value = self.mapping(path, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(path, depth)
        else:
            value = resolve(event.value) if event.implicit[0] else event.value
        node = Node(value, path, self.file, line)
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, self.count - before)
        return node

    def mapping(self, path: Location, depth: int) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            line = self.line(event)
            if not isinstance(event, yaml.ScalarEvent):
                self.fail(event, "has a key that is not a plain name")
            key = event.value
            if key == "<<" and event.implicit[0]:
                self.fail(event, "uses the merge key '<<', which is not supported; repeat the keys")
            if event.tag is not None or event.anchor is not None:
                self.fail(event, f"has a tag or anchor on the key {key!r}; write the key alone")
            if len(nodes) >= MOST_KEYS:
                self.fail(event, f"is the {MOST_KEYS + 1}st key of one mapping; is this the file?")
            if key in nodes:
                first = f", first in line {nodes[key].line}" if self.lines else ""
                self.fail(event, f"is written twice{first}; keep one", (*path, key))
            nodes[key] = self.node(next(self.events), (*path, key), line, depth + 1)
        return nodes

    def sequence(self, path: Location, depth: int) -> tuple[Node, ...]:
        nodes: list[Node] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            line = self.line(event)
            nodes.append(self.node(event, (*path, len(nodes)), line, depth + 1))
        return tuple(nodes)

    def alias(self, event: Any, path: Location, line: int, depth: int) -> Node:
        if event.anchor not in self.anchors:
            self.fail(event, f"uses *{event.anchor}, which no anchor before it defines")
        node, size = self.anchors[event.anchor]
        self.add(event, size)
        if depth + _height(node) > DEEPEST:
            self.fail(event, f"is nested more than {DEEPEST} levels deep by an alias")
        return _moved(node, path, line)

    def line(self, event: Any) -> int:
        return int(event.start_mark.line) + 1 if self.lines else 0

    def add(self, event: Any, nodes: int) -> None:
        self.count += nodes
        if self.count > MOST_NODES:
            self.fail(event, f"has more than {MOST_NODES} values once aliases are expanded")

    def fail(self, event: Any, message: str, path: Location = ()) -> NoReturn:
        raise ConfigError([Problem(self.file, self.line(event), ".".join(map(str, path)), message)])


def _height(node: Node) -> int:
    below = node.value.values() if isinstance(node.value, dict) else node.value
    return 1 + max(map(_height, below), default=0) if isinstance(node.value, dict | tuple) else 0


def _moved(node: Node, path: Location, line: int) -> Node:
    """A copy of an aliased node at the place of the alias; its inner lines stay."""
    value = node.value
    if isinstance(value, dict):
        value = {k: _moved(v, (*path, k), v.line) for k, v in value.items()}
    elif isinstance(value, tuple):
        value = tuple(_moved(v, (*path, i), v.line) for i, v in enumerate(value))
    return Node(value, path, node.file, line)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark
    lines = text.split("\n")
    if mark and mark.line < len(lines) and lines[mark.line][mark.column :].startswith("\t"):
        return "is not valid YAML: a tab is used for indentation; use spaces"
    context = f" {error.context}" if error.context else ""
    if context and mark and error.context_mark and error.context_mark.line < mark.line:
        context += f" that begins in line {error.context_mark.line + 1}"
    hint = "; check brackets, quotes, colons and indentation"
    return f"is not valid YAML: {error.problem}{context}{hint}".replace("\n", " ")


def _sibling(path: Path) -> str:
    if path.is_symlink():
        return f": it is a link to {path.readlink()}, which is not there"
    try:
        near = nearest(path.name, [p.name for p in path.parent.iterdir()])
    except OSError:
        return f"; there is no folder {path.parent}"
    return f"; did you mean {path.parent / near}?" if near else ""


def _fail(file: str, line: int, message: str) -> NoReturn:
    raise ConfigError([Problem(file, line, "", message)])
