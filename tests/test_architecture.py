"""The shape of the code: imports point one way, files stay short, README says what is."""

import ast
import re
import shlex
from pathlib import Path

import pytest

import electrode_model as em
from electrode_model import __main__ as command_line
from electrode_model import exchange_current, materials
from electrode_model.config.components import EXCHANGE_CURRENTS
from electrode_model.config.load import load

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "electrode_model"
README = (ROOT / "README.md").read_text(encoding="utf-8")

#: From the bottom to the top; a module may import from its own level and those below it.
LEVELS = [
    ["constants", "symbolic", "quantities", "user_files", "processes", "page"],
    [
        "scales",
        "free_energy",
        "grid",
        "material",
        "electrolyte",
        "distributions",
        "scatter",
        "initial",
        "connections",
        "tables",
    ],
    ["exchange_current", "kinetics", "particle", "noise", "heat", "diffusivity", "tortuosity"],
    ["inner_transport", "layers", "polar"],
    ["materials", "electrolytes", "particles"],
    ["config"],
    ["importing"],
    ["results.records"],
    ["cell", "binding", "electrode", "interphase"],
    ["network"],
    ["starts"],
    ["assemble"],
    ["solver"],
    ["results"],
    ["simulation"],
    ["analysis", "fokker_planck"],
    ["fit", "sweeps"],
    ["plots"],
    ["validate"],
    ["benchmarks", "terminal"],
    ["commands"],
    ["__main__"],
]
MODULES = sorted(p for p in PACKAGE.rglob("*.py"))
SOURCES = [p for d in ("electrode_model", "tests", "validation") for p in (ROOT / d).rglob("*.py")]


def level(name):
    """Level of a dotted module name below the package; the longest match counts."""
    found = {entry: k for k, entries in enumerate(LEVELS) for entry in entries}
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in found:
            return found[".".join(parts[:length])]
    raise AssertionError(f"{name} has no level: add it to LEVELS")


def imported(path):
    """Modules of the package that run when this one is imported, type checking left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:  # imports inside functions are of the caller's time
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "electrode_model":
                yield from (alias.name for alias in node.names)
            elif node.module.startswith("electrode_model."):
                below = node.module.removeprefix("electrode_model.")
                yield below
                if (PACKAGE / below.replace(".", "/")).is_dir():
                    yield from (f"{below}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path):
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    if name == "__init__":
        return  # the public door
    for other in imported(path):
        assert level(other) <= level(name), f"{name} imports {other}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_physics_looks_nothing_up():
    """Pure functions: no configuration, no type tests in the laws."""
    for name in ("free_energy", "exchange_current", "kinetics", "grid", "distributions"):
        text = (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
        assert "isinstance" not in text
        assert "config" not in [other.split(".")[0] for other in imported(PACKAGE / f"{name}.py")]


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_readme_paths_exist():
    links = re.findall(r"\]\(([\w./-]+)\)", README)
    assert len(links) > 20
    for link in links:
        assert (ROOT / link).exists(), link
    for path in re.findall(
        r"`((?:configs|validation|electrode_model)/[\w./]+\.(?:py|yaml))`", README
    ):
        assert (ROOT / path).exists() or "NAME" in path, path


def test_readme_names_every_config_choice():
    """Each component that the program finds is in the README's table of choices."""
    from electrode_model.config import components

    families = [
        value for value in vars(components).values() if isinstance(value, components.Family)
    ]
    assert len(families) > 8
    for family in families:
        for name in family.names():
            assert f"`{name}`" in README or name == "constant", name
    for name in components.material_names():
        assert f"`{name}`" in README, name


def test_readme_commands_are_those_of_the_program(capsys):
    named = set(re.findall(r"`electrode-model ([\w-]+)", README))
    with pytest.raises(SystemExit):
        command_line.main(["--help"])
    said = capsys.readouterr().out
    assert named == set(command_line.command_names())
    for name in named:
        assert name in said


def test_readme_command_lines_are_complete():
    """The two lines of set-up stand alone on a machine with python3, venv and pip."""
    lines = [line.strip() for line in README.splitlines() if "-m venv" in line]
    assert len(lines) == 2
    for line in lines:
        first, second, third = (shlex.split(part) for part in line.split("&&"))
        assert first == ["python3", "-m", "venv", ".venv"]
        assert second[:2] == [".venv/bin/pip", "install"]
        assert third[0] in (".venv/bin/electrode-model", ".venv/bin/pytest")


def test_readme_python_runs(monkeypatch):
    code = next(block for block in blocks("python") if "em.simulate" in block)
    monkeypatch.chdir(ROOT)
    fast = em.simulate(
        "configs/lfp_half_cell.yaml",
        overrides=["positive.particles.per_volume=2", "protocol=[{rest: 1 s}]"],
    )
    asked = []
    monkeypatch.setattr(em, "simulate", lambda *a, **k: asked.append((a, k)) or fast, raising=False)
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    load(*asked[0][0], **asked[0][1])  # the override is a valid one
    assert names["filling"].shape[1] == 20
    assert names["voltage"].size


def test_readme_yaml_runs(tmp_path):
    path = tmp_path / "readme.yaml"
    path.write_text(blocks("yaml")[0], encoding="utf-8")
    small = ["positive.volumes=1", "positive.particles.per_volume=1", "protocol=[{rest: 1 s}]"]
    assert load(path).protocol
    assert em.simulate(path, overrides=small).status == "finished"


def test_readme_material_is_found_and_runs(tmp_path, monkeypatch):
    """The example of a new material, as a file in the folder of materials."""
    home = tmp_path / "materials"
    home.mkdir()
    code = next(block for block in blocks("python") if "MATERIAL" in block)
    (home / "example.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(materials, "__path__", [*materials.__path__, str(home)])
    path = tmp_path / "readme.yaml"
    path.write_text(blocks("yaml")[0], encoding="utf-8")
    overrides = [
        "positive.particles.material=example",
        "positive.particles.model=homogeneous",
        "positive.initial_filling=0.4",
        "protocol=[{current: 1 C, until: {filling: 0.5}}]",
    ]
    result = em.simulate(path, overrides=overrides)
    assert result["Positive filling fraction"][-1] == pytest.approx(0.5)


def test_readme_exchange_current_is_found(monkeypatch):
    code = next(block for block in blocks("python") if "def quadratic" in block)
    names = dict(vars(exchange_current))
    exec(compile(code, "README.md", "exec"), names)
    monkeypatch.setattr(exchange_current, "quadratic", names["quadratic"], raising=False)
    monkeypatch.setattr(exchange_current, "__all__", [*exchange_current.__all__, "quadratic"])
    assert "quadratic" in EXCHANGE_CURRENTS.names()
    assert names["quadratic"](0.75, 0.5, 1).factor == pytest.approx(1.0625)
