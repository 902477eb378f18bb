"""Mistakes in a user's Python file: each is told with its line there and in the YAML file."""

import pytest

from electrode_model.__main__ import main
from electrode_model.config.load import load
from tests.test_user_files import mine
from tests.valid import SIZE, refused, written

LAW = "def law(dphi, c, a_e, mu, exchange{keys}):\n    {body}\n"

#: (text of mine.py, YAML of the population, what the message says after file, line and key)
MISTAKES = [
    ("", "material: ./mien.py", "names mien.py, but there is no file {folder}/mien.py; did you"
     " mean mine.py? there are: mine.py"),
    ("LFP = 1", "material: ./mine.py:lfp", "names mine.py:lfp, but {file} has no 'lfp'; there are:"
     " LFP"),
    ("x = 3", "material: ./mine.py:x", "names mine.py:x, but {file}: x is 3, of type int; a"
     " Material(...) is needed"),
    ("def f():\n    return 3", "material: ./mine.py:f", "names mine.py:f, but {file}:3: f returns"
     " 3, of type int; a Material(...) is needed"),
    ("def f(c, T):\n    return 4 - c", "material: ./mine.py:f", "names mine.py:f, but {file}:3: f"
     " takes (c, T), but a function that makes a material has keys only"),
    ("x = (1", "material: ./mine.py", "names mine.py, but {file}:3: is not valid Python: '(' was"
     " never closed"),
    ("x = 1\ny = 1 / 0", "material: ./mine.py", "names mine.py, but {file}:4: ZeroDivisionError:"
     " division by zero"),
    ("import nothing_of_that_name", "material: ./mine.py", "names mine.py, but {file}:3: needs the"
     " module 'nothing_of_that_name', which is not there; install it, or put it beside this file"),
    ("exit(3)", "material: ./mine.py", "names mine.py, but {file}:3: SystemExit: 3"),
    (LAW.format(keys="", body="return -1.0"), "kinetics: {law: ./mine.py}", "names mine.py, but"
     " {file} is named without what is meant in it; write mine.py:function, with the name of the"
     " kinetic law"),
    ("def law(eta, c):\n    return -eta", "kinetics: {law: ./mine.py:law}", "names mine.py:law, but"
     " {file}:3: law takes (eta, c), but a kinetic law is law(dphi, c, a_e, mu, exchange, *, its"
     " keys)"),
    ("def law(dphi, c, a_e, mu, j0):\n    return -dphi", "kinetics: {law: ./mine.py:law}",
     "names mine.py:law, but {file}:3: law calls its fifth argument j0; call it exchange, or _ if"
     " the law has an exchange current of its own"),
    (LAW.format(keys=", *, b=1", body="return -dphi"), "kinetics: {law: ./mine.py:law}",
     "names mine.py:law, but {file}:3: law(b) has no annotation: a number needs Annotated[...,"
     " Spec(...)]; write for example  *, exponent: Annotated["),
    (LAW.format(keys=", **keys", body="return -dphi"), "kinetics: {law: ./mine.py:law}",
     "names mine.py:law, but {file}:3: law takes any keys; write its keys out"),
    (LAW.format(keys=', *, b: Annotated[float, Spec("furlong", "b")] = 1', body="return -dphi"),
     "kinetics: {law: ./mine.py:law}", "names mine.py:law, but {file}:3: law(b) has the unit"
     " 'furlong', which"),
    (LAW.format(keys=', *, b: Annotated[float, Spec("1", "b", above=2)] = 1', body="return -dphi"),
     "kinetics: {law: ./mine.py:law}", "names mine.py:law, but {file}:3: law(b) has a default that"
     " is 1, out of range; allowed: above 2"),
    (LAW.format(keys="", body="return -dphi"), "kinetics: {law: ./mine.py:law}",
     "names mine.py:law, but {file}:3: law is -1.01 at equilibrium, dphi + mu.total(c)"),
    (LAW.format(keys="", body="return dphi + mu.total(c)"), "kinetics: {law: ./mine.py:law}",
     "names mine.py:law, but {file}:3: law must be above 0 (lithium enters) where"),
    (LAW.format(keys="", body="return -(dphi + mu.total(c)) if c > 0.5 else 0"),
     "kinetics: {law: ./mine.py:law}", "names mine.py:law, but {file}:4: The truth value of an"
     " array with more than one element is ambiguous. Use a.any() or a.all(); arrays and CasADi"
     " symbols arrive here: take exp, log, sqrt, tanh, power and where_at_least from"
     " electrode_model.symbolic, and no if, and, or, min or max of them"),
    (LAW.format(keys="", body="return [1, 2]"), "kinetics: {law: ./mine.py:law}",
     "names mine.py:law, but {file}:3: law returns an array of shape (2,) where 7 are needed"),
    ("import math\n" + LAW.format(keys="", body="return -math.tanh(dphi)"),
     "kinetics: {law: ./mine.py:law}", "names mine.py:law, but {file}:5: TypeError:"),
    ("def form(c, alpha, mixing):\n    return c * (1 - c)",
     "kinetics: {exchange_current: ./mine.py:form}", "names mine.py:form, but {file}:3: form"
     " returns an array of shape (7,) (ndarray); return Exchange(factor, filled, vacant,"),
    ("def form(c):\n    return 1 / (c - 0.5)",
     "material: {name: lfp, diffusivity_shape: ./mine.py:form}", "names mine.py:form, but {file}:3:"
     " form is inf at c = 0.5; it must be finite"),
    ("def form(c):\n    return 0.5 - c",
     "material: {name: lfp, diffusivity_shape: ./mine.py:form}", "names mine.py:form, but {file}:3:"
     " form is 0 at c = 0.5; it must be above 0"),
    ("import numpy as np\ndef form(c):\n    return np.maximum(c, 0.3) if isinstance(c, np.ndarray)"
     " else c",
     "material: {name: lfp, diffusivity_shape: ./mine.py:form}", "names mine.py:form, but {file}:4:"
     " form gives 0.3 for an array and 0.02 for a symbol of the same value"),
    ("def sizes(count, powers):\n    return [1e-7]", "size: ./mine.py:sizes", "names"
     " mine.py:sizes, but {file}:3: sizes returns an array of shape (1,) where 2 x 3 are needed"),
    ("def sizes(count, powers):\n    return -1e-7", "size: ./mine.py:sizes", "names mine.py:sizes,"
     " but {file}:3: sizes gives the size -1e-07 m; sizes are above 0"),
    ("def start(position, count):\n    return 1.5", "initial_filling: ./mine.py:start", "names"
     " mine.py:start, but {file}:3: start gives the filling 1.5; they are between 0 and 1"),
    ("def build(particles, chemistry):\n    return None", "model: ./mine.py", "names mine.py, but"
     " {file}:3: build returns nothing (None); return a list of Model"),
    ("from electrode_model.material import Material, Number\nMATERIAL = Material('m', 'made up',"
     " numbers={'site_densty': Number(1e28, 'x')})", "material: ./mine.py", "names mine.py, but"
     " {file}: MATERIAL.numbers['site_densty'] is unknown; did you mean site_density? allowed:"),
    ("from electrode_model.material import Material, Number\nMATERIAL = Material('m', 'made up',"
     " numbers={'site_density': -1.0})", "material: ./mine.py", "names mine.py, but {file}:"
     " MATERIAL.numbers['site_density'] is -1.0; write Number(-1.0, \"where it comes from\")"),
    ("from electrode_model.material import Material, Number\ndef ocv(c, T):\n    return 1 / (c -"
     " 0.5)\nMATERIAL = Material('m', 'made up', numbers={}, ocv=ocv)", "material: ./mine.py",
     "names mine.py, but {file}:4: ocv is inf at c = 0.5; it must be finite"),
]  # fmt: skip


REPLACED = {"model": "model: homogeneous", "material": "material: lfp", "size": f"size: {SIZE}"}


@pytest.mark.parametrize(("code", "change", "said"), MISTAKES)
def test_a_mistake_is_told_with_both_places(tmp_path, code, change, said):
    file = mine(tmp_path, code)
    # what is written instead of the line of that key, or after the material
    old = REPLACED.get(change.partition(":")[0])
    added = old or "material: lfp"
    new = change if old else f"{added}\n    {change}"
    path = written(tmp_path, added, new)
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if change in text)
    (text,) = refused(path)
    place, _, rest = text.partition(": positive.particles.")
    assert place == f"{path}:{line}"
    message = rest[rest.index("names") :]
    said = said.format(file=file, folder=tmp_path)
    assert message.startswith(said), message


def test_a_file_without_its_ending_is_known_by_its_slash(tmp_path):
    for old, new in (("material: lfp", "material: ./mine:lfp"), ("homogeneous", "./mine:build")):
        (line,) = refused(written(tmp_path, old, new))
        assert line.endswith("; a Python file is named ./mine.py:name")


def test_a_missing_number_is_asked_for(tmp_path):
    code = (
        "from electrode_model.material import Material, Number\n"
        "MATERIAL = Material('m', 'made up', numbers={'site_density': Number(1e28, 'x')},\n"
        "    kinetics={'law': 'linear', 'k0': 1.0, 'exchange_current': 'newman'})\n"
    )
    mine(tmp_path, code)
    lines = refused(written(tmp_path, "material: lfp", "material: ./mine.py"))
    keys = [line.partition("material.")[2].partition(" ")[0] for line in lines]
    assert keys == ["standard_potential", "omega"]
    assert "is missing; mine.py does not give it" in lines[0]
    numbers = "standard_potential: 3.4 V, omega: 1 kT"
    config = load(written(tmp_path, "material: lfp", f"material: {{name: ./mine.py, {numbers}}}"))
    assert config.positive.particles[0].material.numbers["standard_potential"] == 3.4


def test_an_incomplete_property_set_is_told(tmp_path):
    mine(tmp_path, "def diffusivity(c_e, temperature):\n    return 3e-10\n")
    (line,) = refused(written(tmp_path, "valoen_reimers", "./mine.py"))
    assert "concentrated with mine.py: build: there is no conductivity" in line
    assert "a property set has the functions diffusivity, conductivity, t_plus and" in line
    numbers = "conductivity: 1, t_plus: 0.3, thermodynamic_factor: 1"
    config = load(written(tmp_path, "valoen_reimers", f"./mine.py, {numbers}"))
    assert config.electrolyte.model.parameters["properties"] == f"{tmp_path}/mine.py"


def test_a_property_that_is_not_finite_is_told(tmp_path):
    code = "def {}(c_e, temperature):\n    return c_e - 3\n"
    names = ("diffusivity", "conductivity", "t_plus", "thermodynamic_factor")
    file = mine(tmp_path, "".join(map(code.format, names)))
    (line,) = refused(written(tmp_path, "valoen_reimers", "./mine.py"))
    assert f"{file}:3: diffusivity is -2.71 at c_e = 0.29 mol/L; it must be above 0" in line


def test_the_command_says_it_without_a_traceback(tmp_path, capsys):
    mine(tmp_path, "MATERIAL = 1 / 0\n")
    path = written(tmp_path, "material: lfp", "material: ./mine.py")
    for command in ("check", "run", "stability", "exchange-current"):
        assert main([command, str(path)]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"{path}:16: positive.particles.material.name names mine.py, but")
        assert "Traceback" not in said
