"""Bad configurations: every fault has file, line, key, what is allowed and the cure."""

import pytest

from electrode_model.config.components import DISTRIBUTIONS, PARTICLES, material_names
from electrode_model.config.problems import listing
from tests.valid import SEPARATOR, SIZE, check_one_fault

# what is replaced, by what, the line that is named, and the message after the line
ONE_FAULT = [
    # unknown keys, with the nearest match and what is allowed
    (
        "name: base",
        "nmae: base",
        2,
        "nmae is unknown; did you mean name? allowed: schema, name, temperature,",
    ),
    (
        "porosity: 0.5}",
        "porosity: 0.5, porsity: 0.4}",
        5,
        "separator.porsity is unknown; did you mean separator.porosity? allowed: thickness,",
    ),
    (
        "model: homogeneous",
        "model: {name: homogeneous, shap: plate}",
        13,
        "positive.particles.model.shap is unknown; did you mean shape? allowed: name, shape",
    ),
    (
        "std: 20 nm",
        "std: 20 nm, sed: 1",
        15,
        "positive.particles.size.sed is unknown; did you mean seed?",
    ),
    (
        "material: lfp",
        "material: {name: lfp, omgea: 4 kT}",
        16,
        "positive.particles.material.omgea is unknown; did you mean omega? allowed: name, site",
    ),
    (
        "material: lfp",
        "material: lfp\n    kinetics: {alfa: 0.5}",
        17,
        "positive.particles.kinetics.alfa is unknown; did you mean alpha? allowed: law, k0,",
    ),
    (
        "concentration:",
        "concentration: 1, properites:",
        17,
        "electrolyte.properites is unknown; did you mean properties? allowed: model, concentration",
    ),
    # unknown names
    (
        "lithium_foil",
        "lithum_foil",
        4,
        "negative.model is 'lithum_foil'; did you mean lithium_foil?",
    ),
    (
        "model: homogeneous",
        "model: homogenous",
        13,
        "positive.particles.model.name is 'homogenous', no particle model; did you mean"
        f" homogeneous? allowed: {listing(PARTICLES.names())}",
    ),
    (
        "lognormal",
        "lognormol",
        15,
        "positive.particles.size.distribution is 'lognormol', no distribution; did you mean"
        f" lognormal? allowed: {listing(DISTRIBUTIONS.names())}",
    ),
    (
        "material: lfp",
        "material: lfpp",
        16,
        "positive.particles.material.name is 'lfpp', no material; did you mean lfp? allowed:"
        f" {listing(material_names())}",
    ),
    (
        "material: lfp",
        "material: lfp\n    kinetics: {law: lineal}",
        17,
        "positive.particles.kinetics.law is 'lineal', no kinetic law; did you mean linear?",
    ),
    ("valoen_reimers", "valoen", 17, "electrolyte.properties is 'valoen'; did you mean valoen_re"),
    ("concentrated", "concentratde", 17, "electrolyte.model is 'concentratde', no electrolyte;"),
    (
        "voltage_window:",
        "output: {fields: [particle]}\nvoltage_window:",
        18,
        "output.fields.0 is 'particle'; did you mean particles? allowed: particles, profiles,",
    ),
    # missing
    ("schema: 1\n", "", 1, "schema is missing (version of the format: 1)"),
    ("  volumes: 2\n", "", 6, "positive.volumes is missing (number of finite volumes)"),
    (SEPARATOR, "", 1, "separator is missing; a lithium foil needs one: write for example"),
    ("    material: lfp\n", "", 12, "positive.particles.material is missing (material by name,"),
    ("mean: 100 nm, ", "", 15, "positive.particles.size.mean is missing (arithmetic mean"),
    ("distribution: lognormal, ", "", 15, "positive.particles.size has no 'distribution';"),
    ("model: concentrated, ", "", 17, "electrolyte has no 'model'; allowed:"),
    # wrong types
    ("schema: 1", "schema: 2", 1, "schema is 2; allowed: 1"),
    ("name: base", "name: 3", 2, "name is 3; a text is needed"),
    ("50 um", "on", 7, "positive.thickness is 'on', not a number with a unit; a length is needed"),
    ("50 um", "true", 7, "positive.thickness is true; a length is needed, such as 50 um"),
    ("50 um", "[1]", 7, "positive.thickness is [1]; a length is needed"),
    ("50 um", "", 7, "positive.thickness is null; a length is needed"),
    (
        "50 um",
        ".nan",
        7,
        "positive.thickness is '.nan', not a number with a unit; it must be finite",
    ),
    ("50 um", "1e999", 7, "positive.thickness is inf; it must be finite"),
    ("50 um", "9" * 400, 7, "positive.thickness is inf; it must be finite"),
    (
        "per_volume: 3",
        "per_volume: 3.5",
        14,
        "positive.particles.per_volume is 3.5; a whole number",
    ),
    (
        "per_volume: 3",
        "per_volume: '3'",
        14,
        "positive.particles.per_volume is '3'; a whole number",
    ),
    ("per_volume: 3", "per_volume: yes", 14, "positive.particles.per_volume is 'yes'; a whole"),
    (
        "model: homogeneous",
        "model: 7",
        13,
        "positive.particles.model is 7; write a particle model:",
    ),
    (SIZE, "[1 um, 2 um]", 15, "positive.particles.size is [1 um, 2 um]; write a distribution:"),
    ("material: lfp", "material: 3", 16, "positive.particles.material is 3; write a material:"),
    (
        SEPARATOR,
        "separator: 3\n",
        5,
        "separator is 3; a mapping is needed, with the keys thickness,",
    ),
    ("voltage_window:", "solver:\nvoltage_window:", 18, "solver is null; a mapping is needed"),
    (
        "voltage_window:",
        "output: {figures: on}\nvoltage_window:",
        18,
        "output.figures is 'on'; write true or false",
    ),
    ("[2 V, 5 V]", "3 V", 18, "voltage_window is '3 V'; write two voltages"),
    ("[2 V, 5 V]", "[3 V, x]", 18, "voltage_window.1 is 'x', not a number with a unit; a voltage"),
    # wrong dimensions
    (
        "50 um",
        "50 s",
        7,
        "positive.thickness is '50 s': a time, but a length is needed, such as 50 um",
    ),
    (
        "10 A/m^2",
        "10 A",
        4,
        "negative.exchange_current is '10 A': a current, but a current density",
    ),
    ("100 nm", "100 K", 15, "positive.particles.size.mean is '100 K': a temperature, but a length"),
    (
        "1 mol/L",
        "1 mol",
        17,
        "electrolyte.concentration is '1 mol': a quantity in mol^1, but a conc",
    ),
    ("1 C", "1 A", 20, "protocol.0.current is '1 A': a current, but a current density is needed"),
    (
        "30 min",
        "3 V",
        21,
        "protocol.1.rest is '3 V': a voltage, but a time is needed, such as 30 min",
    ),
    # out of range
    (
        "50 um",
        "50",
        7,
        "positive.thickness is 50 m (a bare number is in m), out of range; allowed: above 0 m, at"
        " most 0.01 m",
    ),
    (
        "25 um",
        "-25 um",
        5,
        "separator.thickness is -2.5e-05 m ('-25 um'), out of range; allowed: above",
    ),
    ("100 nm", "0", 15, "positive.particles.size.mean is 0 m, out of range; allowed: at"),
    (SIZE, "0", 15, "positive.particles.size.value is 0 m, out of range; allowed: at"),
    (
        "298.15",
        "25",
        3,
        "temperature is 25 K (a bare number is in K), out of range; allowed: at least",
    ),
    ("298.15", "9" * 400, 3, "temperature is inf; it must be finite"),
    (
        "0.01",
        "0",
        11,
        "positive.initial_filling is 0, out of range; allowed: above 0, below 1; an empty",
    ),
    (
        "0.01",
        "1",
        11,
        "positive.initial_filling is 1, out of range; allowed: above 0, below 1; an empty",
    ),
    (
        "per_volume: 3",
        "per_volume: 0",
        14,
        "positive.particles.per_volume is 0, out of range; allowed:",
    ),
    ("0.414", "0.7", 8, "positive.porosity + active_fraction = 1.1, more than the electrode;"),
    ("[2 V, 5 V]", "[5 V, 2 V]", 18, "voltage_window is [5 V, 2 V]; write the lower voltage first"),
    # sizes and shapes
    (
        SIZE,
        "{distribution: listed, sizes: [1 um, 2 um]}",
        14,
        "positive.particles.per_volume is 3, but size.sizes lists 2; write per_volume: 2",
    ),
    (
        SIZE,
        "{distribution: listed, sizes: [[1 um, 2 um, 3 um]]}",
        15,
        "positive.particles.size.sizes has 1 lists, but there are 2 volumes;",
    ),
    (
        SIZE,
        "{distribution: listed, sizes: [[1 um, 2 um, 3 um], [1 um]]}",
        15,
        "positive.particles.size.sizes mixes lists of different lengths;",
    ),
    (
        SIZE,
        "{distribution: listed, sizes: [1 um, 2 um, 3 s]}",
        15,
        "positive.particles.size.sizes.2 is '3 s': a time, but a length is needed",
    ),
    (SIZE, "{distribution: listed, sizes: []}", 15, "positive.particles.size.sizes is []; a list"),
    (
        "per_volume: 3",
        "thickness: 20 nm",
        14,
        "positive.particles.thickness belongs to plates, but these are of shape sphere; remove it",
    ),
    (
        "model: homogeneous",
        "model: {name: homogeneous, shape: plate}",
        12,
        "positive.particles.thickness is missing; plates need one, for example thickness: 20 nm",
    ),
    # tables
    (
        "material: lfp",
        "material: {name: lfp, ocv: no.csv}",
        16,
        "positive.particles.material.ocv names a",
    ),
    (
        "material: lfp",
        "material: {name: lfp, ocv: {c: [0, 0.5, 0.4, 1], voltage: [4, 3, 2, 1]}}",
        16,
        "positive.particles.material.ocv.c.2 is 0.4, not above the value before it; sort the rows",
    ),
    (
        "material: lfp",
        "material: {name: lfp, ocv: {c: [0, 0.5, 0.6, 1.1], voltage: [4, 3, 2, 1]}}",
        16,
        "positive.particles.material.ocv.c.3 is 1.1, out of range; allowed: at least 0, at most 1",
    ),
    (
        "material: lfp",
        "material: {name: lfp, ocv: {c: [0, 0.5, 0.6, 1], voltage: [4, 3, 2]}}",
        16,
        "positive.particles.material.ocv.voltage has 3 values, but c has 4;",
    ),
    (
        "material: lfp",
        "material: {name: lfp, ocv: {c: [0, 0.5, 1], voltage: [4, 3, 2]}}",
        16,
        "positive.particles.material.ocv.c has 3 values; a table needs at least 4 rows",
    ),
    # YAML itself
    ("volumes: 2", "volumes: 2\n  porosity: 1", 11, "positive.porosity is written twice, first in"),
    ("negative: {", "negative: [", 4, "is not valid YAML"),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), ONE_FAULT)
def test_one_fault_is_one_line(tmp_path, old, new, line, message):
    check_one_fault(tmp_path, old, new, line, message)
