"""Strict YAML: what scalars mean, where they stand, and what is refused in time."""

import os
import time

import pytest

from electrode_model.config.problems import ConfigError
from electrode_model.config.yaml_source import DEEPEST, MOST_BYTES, MOST_NODES, parse, read

SCALARS = [
    ("1e-9", 1e-9),
    ("1.0e-9", 1e-9),
    ("-.5", -0.5),
    ("+3", 3),
    ("1.", 1.0),
    ("0", 0),
    ("-7", -7),
    ("9" * 5000, float("inf")),  # refused later, as a number that is not finite
    ("true", True),
    ("false", False),
    ("null", None),
    ("~", None),
    ("", None),
    *((word, word) for word in ("on", "off", "yes", "no", "y", "n", "On", "True", "NULL")),
    *((text, text) for text in ("1:30", "1:30:00", "010", "0o17", "0x1F", "1_000", "0b1")),
    *((text, text) for text in (".nan", ".inf", "-.inf", "nan", "2024-01-01", "1e", "C/20", "=")),
    ('"1"', "1"),
    ("'true'", "true"),
    ('""', ""),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_scalars(text, value):
    found = parse(f"key: {text}\n", "f.yaml").plain()["key"]
    assert found == value
    assert type(found) is type(value)


def test_nodes_know_their_line_and_path():
    root = parse("a: 1\n\nb:\n  - {c: 2}\n  - d:\n      3\n", "f.yaml")
    assert root.plain() == {"a": 1, "b": [{"c": 2}, {"d": 3}]}
    node, rest = root.find(("b", 1, "d"))
    assert (node.origin, node.key, rest) == ("f.yaml:5", "b.1.d", ())  # line of the key
    node, rest = root.find(("b", 1, "e", "f"))
    assert (node.key, rest) == ("b.1", ("e", "f"))


def test_alias_is_copied_to_its_place():
    root = parse("a: &x {c: 1}\nb: [*x, *x]\n", "f.yaml")
    assert root.plain() == {"a": {"c": 1}, "b": [{"c": 1}, {"c": 1}]}
    assert root.find(("b", 1, "c"))[0].key == "b.1.c"


def refusal(text):
    """Problem of a refused text, found at once: a text that explodes would take for ever."""
    start = time.process_time()  # of this process, however busy the machine is
    with pytest.raises(ConfigError) as caught:
        parse(text, "f.yaml")
    assert time.process_time() - start < 2
    (problem,) = caught.value.problems
    assert str(caught.value) == str(problem)
    assert "\n" not in str(problem)
    return problem


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)
STAIRS = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 600))
REFUSED = [
    ("a: 1\nb: 2\na: 3\n", 3, "written twice, first in line 1"),
    ("a: {b: 1, b: 1}\n", 1, "a.b is written twice"),
    ("a: [1\nb: 2\n", 2, "not valid YAML"),
    ("a:\n\t- 1\n", 2, "tab"),
    ("a: 'x\n", 1, "not valid YAML"),
    ("a: b: c\n", 1, "not valid YAML"),
    ("a: [", 1, "not valid YAML"),
    ("a: @x\n", 1, "not valid YAML"),
    ("a: 1\n--- \nb: 2\n", 2, "second document"),
    ("a: !!python/object/apply:os.system [ls]\n", 1, "tags are not allowed"),
    ("a: !!float 1\n", 1, "tags are not allowed"),
    ("a: &x {c: 1}\nb: {<<: *x}\n", 2, "merge key"),
    ("? [1, 2]\n: 3\n", 1, "not a plain name"),
    ("&k a: 1\n", 1, "anchor"),
    ("a: *nothing\n", 1, "no anchor"),
    ("a: &x [*x]\n", 1, "no anchor"),
    (BOMB, 5, f"more than {MOST_NODES} values"),
    (STAIRS, DEEPEST, "levels deep by an alias"),
    ("[" * 100_000, 1, f"more than {DEEPEST} levels"),
    ("- " * 100_000, 1, f"more than {DEEPEST} levels"),
    ("{a: " * 100_000, 1, f"more than {DEEPEST} levels"),
    ("a: [" + "1," * (MOST_NODES + 10) + "]", 1, f"more than {MOST_NODES} values"),
]


@pytest.mark.parametrize(("text", "line", "message"), REFUSED, ids=range(len(REFUSED)))
def test_refused_with_line(text, line, message):
    problem = refusal(text)
    assert message in str(problem)
    assert problem.line == line


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        (b"", 0, "is empty"),
        (b"# only a comment\n", 0, "is empty"),
        (b"null\n", 0, "is empty"),
        (b"- a\n- b\n", 1, "must be a mapping"),
        (b"just words\n", 1, "must be a mapping"),
        (b"a: 1\nb: \0\n", 0, "binary"),
        (bytes(range(256)), 0, "binary"),
        ("a: 1\n".encode("utf-16"), 0, "binary"),
        (b"a: 1\nb: \xe9\n", 2, "not text in UTF-8"),
        (b"a: 1\nb: \x07\n", 2, "control character"),
    ],
)
def test_unusable_files(tmp_path, raw, line, message):
    path = tmp_path / "f.yaml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError, match=message) as caught:
        read(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(path), line)


def test_byte_order_mark_is_no_key(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes("a: µ\r\nb: 1\r\n".encode("utf-8-sig"))
    assert read(path).plain() == {"a": "µ", "b": 1}


def test_large_file_is_refused_unread(tmp_path):
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    start = time.perf_counter()
    with pytest.raises(ConfigError, match=r"too large \(100\.0 MB\)"):
        read(path)
    assert time.perf_counter() - start < 0.5
    assert MOST_BYTES < 100_000_000


def test_what_is_no_file(tmp_path):
    (tmp_path / "lfp.yaml").write_text("a: 1")
    with pytest.raises(ConfigError, match=r"no such file; did you mean .*lfp\.yaml"):
        read(tmp_path / "lpf.yaml")
    with pytest.raises(ConfigError, match="there is no folder"):
        read(tmp_path / "no" / "lfp.yaml")
    with pytest.raises(ConfigError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "lfp.yaml" / "x")
    with pytest.raises(ConfigError, match="cannot be read"):
        read("a\0b")
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / ("x" * 10_000))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="not a regular file"):
        read(tmp_path / "pipe")
