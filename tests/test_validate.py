"""The validation suite: verdicts, exit status, JSON, one page that loads nothing; its folders."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from electrode_model import __main__ as command_line
from electrode_model.config.problems import ConfigError
from electrode_model.validate import suite
from electrode_model.validate.cases import find, folder_of_cases, read_case
from electrode_model.validate.rows import Row

ROOT = Path(__file__).parent.parent
PLACES = ("*/case.yaml", "fits/*/case.yaml")
CASES = sorted(path.parent for at in PLACES for path in (ROOT / "validation").glob(at))

YAML = """
title: A case called NAME
group: itself
claim: that it ends as it should
judged: itself
tolerance: none is needed, a number is equal to itself
disagrees: Nothing disagrees. There is no physics in it.
parameters: [none]
fitted: nothing
figures: {picture.svg: a line}
expected: {EXPECTED}
quick: {}
"""
#: Writes one row, and the smallest picture there is.
SCRIPT = """
import json, sys
from pathlib import Path
out = Path(sys.argv[sys.argv.index("-o") + 1])
curve = {"rms": 7.5, "largest": 12.3, "end": -0.04}
row = {"id": "one", "curve": curve, "claim": "1 < 2 & 3", "criterion": "-", "value": "7.5 mV",
       "verdict": VERDICT, "why": " ".join(a for a in sys.argv if a == "--quick")}
(out / "rows.json").write_text(json.dumps([row]))
svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs>'
svg += '<path id="m" d="M0 0h9"/></defs><use href="#m"/><text>volts</text></svg>'
(out / "picture.svg").write_text(svg)
sys.exit(row["verdict"] == "not reproduced")
"""


def make(folder, name, verdict, expected="reproduced: [one]", script=SCRIPT):
    """A case in a folder of cases."""
    home = folder / name
    home.mkdir(parents=True)
    text = YAML.replace("NAME", name).replace("EXPECTED", expected)
    (home / "case.yaml").write_text(text, encoding="utf-8")
    (home / "run.py").write_text(script.replace("VERDICT", repr(verdict)), encoding="utf-8")
    return home


@pytest.fixture
def cases(tmp_path):
    """One that passes, one that fails as expected."""
    make(tmp_path / "cases", "good", "reproduced")
    make(tmp_path / "cases", "known", "not reproduced", "not reproduced: [one]")
    return tmp_path / "cases"


def validate(cases, *more):
    return command_line.main(["validate", "--cases", str(cases), "-j", "2", *map(str, more)])


class Page(HTMLParser):
    """What a page loads, the ids and figures in it, and its tables' header cells."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.ids, self.targets, self.scopes, self.labels = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.scopes += [found.get("scope")] if tag == "th" else []
        self.labels += [found.get("aria-label")] if tag == "svg" else []
        for name in ("src", "href", "xlink:href", "data", "srcset", "poster"):
            if name in found:
                (self.targets if tag == "a" else self.loaded).append(found[name])


def test_expected_outcomes_are_no_error_and_stay_visible(cases, tmp_path, capsys):
    assert validate(cases, "-o", tmp_path / "out") == 0
    printed = capsys.readouterr()
    assert "1 pass, 1 fail, 0 open of 2 cases" in printed.out
    assert "failing as expected: known" in printed.out
    found = json.loads((tmp_path / "out" / "validation.json").read_text(encoding="utf-8"))
    assert {c["name"]: c["verdict"] for c in found["cases"]} == {"good": "pass", "known": "fail"}
    assert found["suite"]["surprises"] == []
    assert found["cases"][0]["rows"][0]["value"] == "7.5 mV"
    assert found["cases"][0]["rows"][0]["curve"] == {"rms": 7.5, "largest": 12.3, "end": -0.04}
    assert found["cases"][0]["figures"] == {"good/picture.svg": "a line"}
    # a Python that does hardly anything: some hundredths of a second, of a core that may wait
    assert 0 < found["cases"][0]["processor seconds"] <= found["cases"][0]["seconds"] + 0.1
    assert {"version", "commit", "platform", "libraries", "date"} <= set(found["suite"])


def test_page_holds_everything_and_loads_nothing(cases, tmp_path):
    validate(cases, "-o", tmp_path / "out")
    text = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.loaded
    assert all(target.startswith(("data:", "#")) for target in page.loaded + page.targets)
    assert not re.search(r"@import|url\((?!#)", text)
    assert len(set(page.ids)) == len(page.ids)  # two cases with the same picture
    assert {t[1:] for t in page.loaded + page.targets if t.startswith("#")} <= set(page.ids)
    assert set(page.scopes) == {"col", "row", "rowgroup"}
    for word in ("1 &lt; 2 &amp; 3", "7.5 mV", ">volts</text>", "not reproduced", "casadi", ">12<"):
        assert word in text


def test_a_second_run_prints_the_same(cases, tmp_path):
    found = []
    for _ in range(2):  # into the same folder: what the first wrote is replaced
        validate(cases, "-o", tmp_path / "out")
        page = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
        page = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC|\d+ s\b|commit \w+", "", page)
        record = json.loads((tmp_path / "out" / "validation.json").read_text(encoding="utf-8"))
        found.append((page, record["suite"]["fingerprint"]))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("verdict", "expected", "script", "said"),
    [
        (
            "not reproduced",
            "reproduced: [one]",
            SCRIPT,
            "one is not reproduced, was reproduced",
        ),
        ("open", "reproduced: [one]", SCRIPT, "one is open, was reproduced"),
        ("not reproduced", "open: [one]", SCRIPT, "one is not reproduced, was open"),
        ("reproduced", "open: []", SCRIPT, None),  # nothing is expected: a mistake in case.yaml
        ("reproduced", "reproduced: [one, two]", SCRIPT, "two is missing"),
        ("odd", "reproduced: [one]", SCRIPT, "rows.json cannot be read"),
        ("reproduced", "reproduced: [one]", "pass", "it wrote no rows.json"),
        ("reproduced", "reproduced: [one]", "1 / 0", "crashed with status 1: ZeroDivisionError"),
        ("reproduced", "reproduced: [one]", "import os; os.abort()", "crashed with status -6"),
        # rows are there, but what came after them failed
        (
            "reproduced",
            "reproduced: [one]",
            SCRIPT.replace("sys.exit", "1 / 0 #"),
            "crashed with status 1: ZeroDivisionError",
        ),
    ],
)
def test_worse_than_expected_is_exit_status_1(
    cases, tmp_path, capsys, verdict, expected, script, said
):
    """And the other cases go on."""
    make(cases, "bad", verdict, expected, script)
    if said is None:
        assert validate(cases, "-o", tmp_path / "out") == 2
        assert "expected is missing" in capsys.readouterr().err
        return
    assert validate(cases, "-o", tmp_path / "out") == 1
    printed = capsys.readouterr().out
    assert "bad: " in printed
    assert said in printed
    found = json.loads((tmp_path / "out" / "validation.json").read_text(encoding="utf-8"))
    assert {c["name"]: c["verdict"] for c in found["cases"]}["good"] == "pass"
    assert "Worse than recorded" in (tmp_path / "out" / "validation.html").read_text("utf-8")


def test_quick_runs_what_has_a_quick_form(cases, tmp_path):
    home = make(cases, "slow", "reproduced")
    text = (home / "case.yaml").read_text(encoding="utf-8").replace("quick: {}", "")
    (home / "case.yaml").write_text(text, encoding="utf-8")
    assert validate(cases, "--quick", "-o", tmp_path / "out") == 0
    found = json.loads((tmp_path / "out" / "validation.json").read_text(encoding="utf-8"))
    assert [case["name"] for case in found["cases"]] == ["good", "known"]
    assert found["cases"][0]["rows"][0]["why"] == "--quick"
    assert found["suite"]["cases there are"] == 3


def test_a_case_that_hangs_is_ended(cases, tmp_path):
    home = make(cases, "hangs", "reproduced", script="import time; time.sleep(600)")
    (outcome,) = suite.run_all([read_case(home)], tmp_path / "o", quick=False, jobs=1, limit=0.5)
    assert outcome.verdict == "fail"
    assert outcome.surprises() == ["ended after 0.5 s, in which it came to no end"]


def test_an_open_case_has_a_reason_and_nothing_to_run(cases, tmp_path, capsys):
    home = make(cases, "waits", "reproduced")
    (home / "run.py").unlink()
    assert validate(cases) == 2
    assert "open goes with a folder without run.py" in capsys.readouterr().err
    text = (home / "case.yaml").read_text(encoding="utf-8")
    text = re.sub("expected: .*\nquick: .*\n", "open: the data are not at hand\n", text)
    (home / "case.yaml").write_text(text, encoding="utf-8")
    assert validate(cases, "-o", tmp_path / "out") == 0
    assert "1 pass, 1 fail, 1 open" in capsys.readouterr().out
    assert "the data are not at hand" in (tmp_path / "out" / "validation.html").read_text("utf-8")


def test_a_case_whose_program_is_not_there_is_open(cases, tmp_path, capsys):
    home = make(cases, "other", "reproduced")
    with (home / "case.yaml").open("a", encoding="utf-8") as file:
        file.write("needs: {no_such_module: compare}\n")
    assert validate(cases, "-o", tmp_path / "out") == 0
    assert "1 pass, 1 fail, 1 open" in capsys.readouterr().out
    page = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
    assert "not installed here: no_such_module; pip install" in page
    assert "electrode-model[compare]" in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"picture.svg"', '"other.svg"'), "figure picture.svg was not drawn"),
        (("<text>volts", "<text>volts & amperes"), "figure picture.svg is no SVG"),
        (("<text>volts", "<script>1</script><text>volts"), "holds a <script>"),
        (('href="#m"', 'href="https://example.org/m.svg"'), "which is outside of the page"),
        (('(out / "picture.svg").write_text(svg)', ""), "figure picture.svg was not drawn"),
    ],
)
def test_a_figure_that_is_missing_or_broken_is_an_error(cases, tmp_path, capsys, change, said):
    """It does not just vanish from the page."""
    assert change[0] in SCRIPT
    make(cases, "drawn", "reproduced", script=SCRIPT.replace(*change))
    assert validate(cases, "-o", tmp_path / "out") == 1
    assert said in capsys.readouterr().out
    found = json.loads((tmp_path / "out" / "validation.json").read_text(encoding="utf-8"))
    assert {case["name"]: case["verdict"] for case in found["cases"]}["drawn"] == "fail"


NASTY = "<b onclick=\"x\">&amp; 'it' </td></script>"


def test_no_text_can_become_markup(tmp_path):
    """Every text of a case, a row and a caption, all of them hostile."""
    cases = tmp_path / "cases"
    home = make(cases, "nasty", "reproduced")
    text = (home / "case.yaml").read_text(encoding="utf-8")
    quoted = json.dumps(NASTY)
    for key in ("title", "claim", "judged", "tolerance", "disagrees", "fitted"):
        text = re.sub(f"^{key}: .*$", lambda _, key=key: f"{key}: {quoted}", text, flags=re.M)
    text = text.replace("[none]", f"[{quoted}]").replace("a line", quoted)
    text += f"unseen: {quoted}\ndata: [{{what: {quoted}, source: {quoted}, licence: {quoted}, "
    text += f"error: {quoted}}}]\n"
    text = text.replace("[one]", f"[{quoted}]")
    (home / "case.yaml").write_text(text, encoding="utf-8")
    script = SCRIPT.replace("VERDICT", "'reproduced'")
    for word in ('"one"', '"1 < 2 & 3"', '"-"', '"7.5 mV"', '"reproduced"'):
        script = script.replace(f": {word}", f": {NASTY!r}")
    (home / "run.py").write_text(script, encoding="utf-8")
    assert validate(cases, "-o", tmp_path / "out") == 0
    page = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
    assert "<b" not in page.replace("<body", "").replace("<br", "")
    assert "</script" not in page
    assert page.count("&lt;b onclick") >= 15  # and nothing is lost
    assert NASTY in Page(page).labels[0]  # as it is, not escaped twice


def test_accept_records_the_verdicts(cases, tmp_path, capsys):
    make(cases, "mended", "reproduced", "not reproduced:\n    [one]")
    script = SCRIPT.replace("[row]", '[row, dict(row, id="a, b: 2", verdict="open")]')
    make(cases, "more", "reproduced", "reproduced: [one]", script)
    out = ("-o", tmp_path / "out")
    assert validate(cases, "--accept", "--quick", *out) == 2
    assert "--accept needs a full run" in capsys.readouterr().err
    before = (cases / "good" / "case.yaml").read_text(encoding="utf-8")
    assert validate(cases, *out) == 0  # better, and an open row that is new: no regression
    assert read_case(cases / "mended").expected == {"one": "not reproduced"}
    assert validate(cases, "--accept", *out) == 0
    assert "mended: verdicts recorded in case.yaml" in capsys.readouterr().out
    assert (cases / "good" / "case.yaml").read_text(encoding="utf-8") == before
    assert read_case(cases / "mended").expected == {"one": "reproduced"}
    assert read_case(cases / "mended").expected_quick == {"one": "reproduced"}
    assert read_case(cases / "more").expected == {"one": "reproduced", "a, b: 2": "open"}
    assert validate(cases, "--accept", *out) == 0
    assert "no verdict has changed" in capsys.readouterr().out


def test_cases_in_a_folder_of_cases(cases, tmp_path):
    make(cases / "fits", "cell", "reproduced")
    assert [case.name for case in find(cases, [])] == ["fits/cell", "good", "known"]
    assert validate(cases, "fits/cell", "-o", tmp_path / "out") == 0
    found = json.loads((tmp_path / "out" / "validation.json").read_text(encoding="utf-8"))
    assert found["cases"][0]["figures"] == {"fits/cell/picture.svg": "a line"}


def test_better_than_expected_is_said(cases, tmp_path):
    case = read_case(cases / "known")
    row = Row("one", "", "", "", "reproduced")
    outcome = suite.Outcome(case, (row,), (), 1.0, "", case.expected, False)
    assert outcome.better() == ["one"]
    assert outcome.surprises() == []
    assert replace(outcome, error="crashed").verdict == "fail"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("title:", "titel:"), "titel is unknown; did you mean title?"),
        (("title:", "titel:"), "title is missing"),
        (("group: itself", "group: others"), "group is others; allowed: measured, fits, published"),
        (("fitted: nothing", "fitted: k0 to both curves"), "unseen is missing"),
        (("{picture.svg: a line}", "[picture.svg]"), "figures must be a mapping"),
        (("[none]", "7"), "parameters must be a list"),
        (("quick: {}", "quick: {without: [two]}"), "names two, no row"),
        (("quick: {}", "seconds: soon"), "seconds must be a number of seconds"),
        (("{reproduced: [one]}", "{fine: [one]}"), "fine is unknown; allowed: reproduced, open"),
        (("quick: {}", "data: [{what: a, source: b}]"), "licence is missing"),
        (("quick: {}", "data: [{what: a, source: b, licence: c, folder: d}]"), "no folder"),
    ],
)  # fmt: skip
def test_mistakes_in_case_yaml_name_the_line(cases, capsys, change, said):
    path = cases / "good" / "case.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    assert validate(cases) == 2
    error = capsys.readouterr().err
    assert said in error
    assert re.search(r"good/case\.yaml:\d+: ", error)


def test_other_mistakes(cases, tmp_path, capsys, monkeypatch):
    assert validate(cases, "god") == 2
    assert "no case god; did you mean good?" in capsys.readouterr().err
    assert validate(tmp_path / "nowhere") == 2
    assert "not a folder" in capsys.readouterr().err
    assert validate(tmp_path) == 2
    assert "holds no cases" in capsys.readouterr().err
    assert validate(cases, "-j", "0") == 2
    taken = tmp_path / "taken" / "good"
    taken.mkdir(parents=True)
    (taken / "thesis.tex").touch()
    assert validate(cases, "-o", tmp_path / "taken") == 2
    assert "holds other files" in capsys.readouterr().err
    assert (taken / "thesis.tex").exists()
    assert validate(cases, "--list") == 0
    assert "A case called known" in capsys.readouterr().out
    monkeypatch.setattr("electrode_model.validate.cases.__file__", str(tmp_path / "a" / "b" / "c"))
    monkeypatch.chdir(tmp_path)
    assert command_line.main(["validate"]) == 2
    assert "part of the repository, not of the installed package" in capsys.readouterr().err


@pytest.mark.parametrize("folder", CASES, ids=lambda p: p.name)
def test_the_repository_has_complete_cases(folder):
    """Each says what it is; two sentences or more about what disagrees; no row without verdict."""
    case = read_case(folder)
    assert len(re.findall(r"[.!?](?:\s|$)", case.disagrees)) >= 2
    assert case.open or case.figures
    assert case.group != "fits" or folder.parent.name == "fits"
    for data in case.data:  # the error of reading a figure is part of the limit
        assert data.error or "digitised" not in data.what + data.source
    assert case.open or (folder / "README.md").exists() or (folder / "SOURCE.md").exists()


def test_every_folder_of_validation_is_a_case():
    """Those whose script writes rows: others measure something else, such as times."""
    for script in (ROOT / "validation").glob("*/run.py"):
        if "electrode_model.validate" in script.read_text(encoding="utf-8"):
            assert script.parent in CASES
    assert len(find(folder_of_cases(None), [])) == len(CASES)
    with pytest.raises(ConfigError):
        read_case(ROOT / "tests")


def test_no_message_of_a_script_can_become_markup(cases, tmp_path):
    make(cases, "crash", "reproduced", script=f"raise ValueError({NASTY!r})")
    assert validate(cases, "-o", tmp_path / "out") == 1
    page = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
    assert "<b " not in page
    assert page.count("&lt;b onclick") >= 3  # at the top, in the case, and the end of its output


def test_an_interrupt_ends_every_script(cases, tmp_path):
    script = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
    pid = make(cases, "long", "reproduced", script=script) / "pid"
    command = [sys.executable, "-m", "electrode_model", "validate", "--cases", str(cases), "long"]
    process = subprocess.Popen(
        [*command, "-o", str(tmp_path / "out")], stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    while not (pid.exists() and pid.read_text()):  # a crash would end it: wait for the number
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert "interrupted" in process.communicate(timeout=60)[1].decode()
    assert process.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
