"""A user's own Python files beside the YAML: used like the package's, or refused with the cure."""

import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from electrode_model import user_files
from electrode_model.analysis.exchange_current import given
from electrode_model.analysis.losses import losses
from electrode_model.analysis.reaction import of_config, of_material
from electrode_model.config import components
from electrode_model.config.load import load, resolved_yaml
from electrode_model.config.user_components import check_component, check_signature
from electrode_model.config.user_materials import check_material
from electrode_model.simulation.simulate import simulate
from tests.discovered import keys_of
from tests.models import HALF_CELL, SINGLE
from tests.valid import refused, written

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "user_files.md").read_text(encoding="utf-8")
FIRST_LINES = "from typing import Annotated\nfrom electrode_model.quantities import Spec\n"
SHORT = "protocol=[{current: 1 C, until: {time: 2 min}}]"
TANH = (
    "from electrode_model.symbolic import tanh\n"
    "def law(dphi, c, a_e, mu, exchange, *,\n"
    '        width: Annotated[float, Spec("J", "of the step", above=0)] = 4e-21):\n'
    "    return -tanh((dphi + mu.total(c)) / width)\n"
)


def mine(folder, code, name="mine.py"):
    path = folder / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(FIRST_LINES + code, encoding="utf-8")
    return path


def cell(folder, *overrides, text=SINGLE, run=SHORT):
    """A result of the small cell whose file is in ``folder``."""
    path = folder / "cell.yaml"
    path.write_text(text, encoding="utf-8")
    result = simulate(path, overrides=[run, *overrides])
    assert result.status == "finished", result.message
    return result


def same(a, b):
    for name in ("Voltage [V]", "Time [s]", "Particle filling fraction"):
        np.testing.assert_array_equal(a[name], b[name])


P = "positive.particles"
COPIED = [
    (f"{P}.material", "lfp", "electrode_model.materials.lfp", "MATERIAL", ""),
    (
        f"{P}.kinetics.law",
        "marcus_hush_chidsey",
        "electrode_model.kinetics",
        "marcus_hush_chidsey",
        f"{P}.kinetics.reorganisation=8 kT",
    ),
    (f"{P}.kinetics.exchange_current", "skewed", "electrode_model.exchange_current", "skewed", ""),
    (
        f"{P}.material.diffusivity_shape",
        "{form: exponential, decay: 2}",
        "electrode_model.diffusivity",
        "exponential",
        f"{P}.model={{name: cahn_hilliard, nodes: 6}}",
    ),
    (f"{P}.model", "homogeneous", "electrode_model.particles.homogeneous", "build", ""),
    (
        f"{P}.size",
        "{distribution: lognormal, mean: 50 nm, std: 5 nm, sampling: random, seed: 3}",
        "electrode_model.distributions",
        "lognormal",
        "",
    ),
    (
        f"{P}.initial_filling",
        "{profile: scattered, mean: 0.1, std: 0.01, seed: 2}",
        "electrode_model.initial",
        "scattered",
        "",
    ),
    ("electrolyte", "{model: dilute}", "electrode_model.electrolytes.dilute", "build", ""),
    ("separator.tortuosity", "thorat", "electrode_model.tortuosity", "thorat", ""),
    (
        f"{P}.scatter.k0",
        "{distribution: lognormal, std: 0.3}",
        "electrode_model.scatter.factors",
        "lognormal",
        "",
    ),
    (
        "positive.connections",
        "{model: chain, conductance: 1e-6 S}",
        "electrode_model.connections",
        "chain",
        "",
    ),
]


@pytest.mark.parametrize(("key", "value", "module", "name", "more"), COPIED)
def test_the_same_component_in_a_user_file_gives_the_same(tmp_path, key, value, module, name, more):
    """To the last bit: one way through the program for the package's and the user's."""
    source = Path(sys.modules[module].__file__ if module in sys.modules else _file_of(module))
    (tmp_path / "mine.py").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    known = yaml.safe_load(value)
    tag = next(iter(known)) if isinstance(known, dict) else None
    reference = f"./mine.py:{name}"
    own = json.dumps(known | {tag: reference}) if tag else f'"{reference}"'
    more = [SHORT, more] if more else [SHORT]
    path = tmp_path / "cell.yaml"
    path.write_text(HALF_CELL, encoding="utf-8")
    few = [f"{P}.per_volume=2", *more]
    same(
        simulate(path, overrides=[*few, f"{key}={value}"]),
        simulate(path, overrides=[*few, f"{key}={own}"]),
    )


def _file_of(module):
    return ROOT / (module.replace(".", "/") + ".py")


FAMILIES = [value for value in vars(components).values() if isinstance(value, components.Family)]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: f"{family.noun} {family.tag}")
def test_the_checks_pass_every_component_of_the_package(tmp_path, family):
    for name in family.names():
        function = family.function(name)
        home, inner = function.__module__, function.__name__
        reference = f"{mine(tmp_path, f'from {home} import {inner}', f'{name}.py')}:{inner}"
        check_signature(family, reference)
        own = family.read(reference, keys_of(family, name), 298.15)
        check_component(family, reference, own, 298.15)


def test_the_checks_pass_every_material_of_the_package(tmp_path):
    for name in components.material_names():
        code = f"from electrode_model.materials.{name} import MATERIAL"
        check_material(str(mine(tmp_path, code, f"{name}.py")), {}, 298.15)


class TestKeys:
    """Arguments after the * are keys, with units."""

    def test_of_a_law(self, tmp_path):
        mine(tmp_path, TANH)
        path = written(
            tmp_path, "material: lfp", "material: lfp\n    kinetics: {law: ./mine.py:law}"
        )
        law = load(path, [f"{P}.kinetics.width=0.1 eV"]).positive.particles[0].kinetics.law
        assert law.name == f"{tmp_path}/mine.py:law"
        assert law.parameters == {"width": pytest.approx(1.602176634e-20)}
        (line,) = refused(path, f"{P}.kinetics.widht=1")
        assert "kinetics.widht is unknown; did you mean width? allowed: law, k0," in line
        (line,) = refused(path, f"{P}.kinetics.width=3 nm")
        assert "width" in line
        assert "an energy" in line

    def test_energies_arrive_in_kt(self, tmp_path):
        """-tanh(eta/w) at the reaction's own slope: j0/k0 = 1/w with w in kT."""
        mine(tmp_path, TANH)
        text = f"{P}.kinetics={{law: ./mine.py:law, k0: 2, width: 5 kT}}"
        path = tmp_path / "cell.yaml"
        path.write_text(SINGLE, encoding="utf-8")
        j0 = given(load(path, [text]), [0.2, 0.6])
        assert j0 == pytest.approx(2 / 5, rel=1e-9)  # rounding

    def test_of_a_material(self, tmp_path):
        code = (
            "from dataclasses import replace\n"
            "from electrode_model.material import Number\n"
            "from electrode_model.materials.lfp import MATERIAL as LFP\n"
            'def lfp(*, gap: Annotated[float, Spec("J", "omega", above=0)],\n'
            "        fast: bool = False):\n"
            '    kinetics = {**LFP.kinetics, "k0": 1.6 if fast else 0.16}\n'
            '    numbers = {**LFP.numbers, "omega": Number(gap, "mine")}\n'
            "    return replace(LFP, numbers=numbers, kinetics=kinetics)\n"
        )
        mine(tmp_path, code)
        path = written(tmp_path, "material: lfp", "material: {name: ./mine.py:lfp, gap: 4 kT}")
        choice = load(path, [f"{P}.material.fast=true"]).positive.particles[0]
        assert choice.material.numbers["omega"] == pytest.approx(1.64656e-20, rel=1e-5)
        assert choice.kinetics.k0 == 1.6
        assert load(written(tmp_path, text=resolved_yaml(load(path)))) == load(path)
        path = written(tmp_path, "material: lfp", "material: {name: ./mine.py:lfp, gpa: 4 kT}")
        first, second = refused(path)
        assert "material.gpa is unknown; did you mean gap?" in first
        assert "material.gap is missing (omega); material mine.py:lfp needs it" in second


class TestPlaces:
    """A configuration with user's files means the same everywhere."""

    def test_relative_to_the_yaml_file(self, tmp_path, monkeypatch):
        mine(tmp_path, "from electrode_model.materials.lfp import MATERIAL")
        path = written(tmp_path, "material: lfp", "material: ./mine.py")
        config = load(path)
        assert config.positive.particles[0].material.name == f"{tmp_path}/mine.py"
        monkeypatch.chdir(tmp_path)
        assert load(path.name) == config
        (tmp_path / "below").mkdir()
        monkeypatch.chdir(tmp_path / "below")
        assert load("../lfp.yaml") == config
        monkeypatch.setenv("HOME", str(tmp_path))
        assert load(path, [f"{P}.material=~/mine.py"]) == config
        assert load(path, [f"{P}.material=mine.py"]) == config  # without ./ too

    def test_the_name_of_a_run_is_no_file(self, tmp_path):
        assert load(written(tmp_path, "name: base", "name: ./mine.py")).name == "./mine.py"

    def test_configurations_are_texts(self, tmp_path):
        """They go to worker processes and back; the YAML says the same."""
        mine(tmp_path, TANH)
        path = written(
            tmp_path, "material: lfp", "material: lfp\n    kinetics: {law: ./mine.py:law}"
        )
        config = load(path)
        assert pickle.loads(pickle.dumps(config)) == config
        (tmp_path / "other").mkdir()
        assert load(written(tmp_path / "other", text=resolved_yaml(config))) == config

    def test_a_worker_process_loads_the_file_itself(self, tmp_path):
        mine(tmp_path, TANH)
        path = written(
            tmp_path, "material: lfp", "material: lfp\n    kinetics: {law: ./mine.py:law}"
        )
        (tmp_path / "config.pickle").write_bytes(pickle.dumps(load(path)))
        code = (
            "import pickle, sys; from electrode_model.assemble import assemble;"
            "print(len(assemble(pickle.load(open(sys.argv[1], 'rb'))).groups))"
        )
        command = [sys.executable, "-c", code, str(tmp_path / "config.pickle")]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=True)
        assert done.stdout.strip() == "1"


class TestLoading:
    """A file runs once, and leaves nothing behind."""

    def test_once_for_each_state(self, tmp_path):
        path = mine(tmp_path, "import builtins\nMATERIAL = object()\n")
        first = user_files.find(str(path), "MATERIAL")
        assert user_files.find(str(path), "MATERIAL") is first
        path.write_text("MATERIAL = 'changed'\n", encoding="utf-8")
        assert user_files.find(str(path), "MATERIAL") == "changed"

    def test_files_beside_it(self, tmp_path):
        """Two folders may have helpers of one name; a changed helper counts."""
        for folder, number in (("a", 1), ("b", 2)):
            mine(tmp_path / folder, "import helper\nvalue = helper.NUMBER\n")
            mine(tmp_path / folder, f"NUMBER = {number}\n", "helper.py")
        before, paths = set(sys.modules), list(sys.path)
        a, b = (f"{tmp_path}/{folder}/mine.py:value" for folder in ("a", "b"))
        assert (user_files.find(a), user_files.find(b)) == (1, 2)
        assert set(sys.modules) == before
        assert sys.path == paths
        assert not list(tmp_path.rglob("__pycache__"))
        mine(tmp_path / "a", "NUMBER = 10\n", "helper.py")
        assert user_files.find(a) == 10
        names = {path.name for path in user_files.sources(tmp_path / "a" / "mine.py")}
        assert names == {"mine.py", "helper.py"}

    def test_dataclasses_with_postponed_annotations(self, tmp_path):
        code = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        path = tmp_path / "mine.py"
        path.write_text(code + "@dataclass\nclass A:\n    x: float = 1\nvalue = A()\n")
        assert user_files.find(f"{path}:value").x == 1

    def test_numpy_functions_serve_where_they_agree(self, tmp_path):
        """np.exp of a symbol is right, if not ours; no warning reaches the user."""
        mine(tmp_path, "import numpy as np\ndef dip(c):\n    return np.exp(-c)\n")
        path = written(
            tmp_path,
            "material: lfp",
            "material: {name: lfp, diffusivity_shape: ./mine.py:dip}",
        )
        assert load(path).positive.particles[0].material.diffusivity_shape is not None
        code = (
            "import numpy as np\n"
            "from electrode_model.electrolyte import Transport, constant\n"
            "def build():\n"
            "    return Transport(constant(3e-10), lambda c_e, T: np.exp(-c_e), constant(0.3),\n"
            "                     constant(1.0))\n"
        )
        mine(tmp_path, code, "salt.py")
        cell(tmp_path, "electrolyte=./salt.py", text=HALF_CELL)


def test_tools_take_user_files(tmp_path):
    mine(tmp_path, "from electrode_model.materials.nmc532 import MATERIAL\n" + TANH)
    choice = [f"{P}.material=./mine.py", f"{P}.kinetics={{law: ./mine.py:law, k0: 1}}"]
    more = [*choice, "electrolyte={model: dilute}", "positive.initial_filling=0.4"]
    result = cell(tmp_path, *more, text=HALF_CELL)
    budget = losses(result)
    assert np.max(np.abs(budget.remainder)) < 1e-3 * np.max(np.abs(result["Voltage [V]"]))
    assert of_config(load(tmp_path / "cell.yaml", choice)).name == "mine.py"
    found = of_material(f"{tmp_path}/mine.py", {"law": f"{tmp_path}/mine.py:law", "k0": 1.0})
    assert np.isfinite(found.rate_constant)


def test_the_example_of_the_package_runs(tmp_path):
    path = ROOT / "configs" / "user_files" / "cell.yaml"
    few = ["positive.volumes=2", "positive.particles.per_volume=1"]
    result = simulate(path, overrides=few, folder=tmp_path / "out")
    assert result.status == "finished"
    assert [step.planned for step in result.steps] == [True, True]


def sections():
    """(heading, [(file name, code)], [YAML]) of the page."""
    for part in PAGE.split("\n## ")[1:]:
        blocks = re.findall(r"```(python|yaml)\n(.*?)```", part, flags=re.DOTALL)
        codes: list[tuple[str, str]] = []
        for language, text in blocks:
            if language == "python":
                codes.append((text.splitlines()[0].removeprefix("# "), text))
            else:
                yield pytest.param(codes, text, id=f"{part.splitlines()[0]} {codes[-1][0]}")


def merged(base, more):
    """The cell with sections replaced, but for those that lead to a key of the particles."""
    for key, value in more.items():
        leads = key in ("positive", "particles")
        base[key] = merged(dict(base[key]), value) if leads else value
    return base


@pytest.mark.parametrize(("codes", "text"), list(sections()))
def test_the_page_runs(tmp_path, codes, text):
    for name, code in codes:
        (tmp_path / name).write_text(code, encoding="utf-8")
    tree = merged(yaml.safe_load(HALF_CELL), yaml.safe_load(text))
    tree["positive"]["particles"]["per_volume"] = 2
    result = cell(
        tmp_path, text=json.dumps(tree), run="protocol=[{current: 1 C, until: {time: 60}}]"
    )
    assert "/" + text.partition("./")[2].partition(".py")[0] + ".py" in resolved_yaml(result.config)
