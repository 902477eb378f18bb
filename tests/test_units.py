"""Units: values against hand conversion, dimensions, spellings, refusals."""

import pytest

from electrode_model.config.units import (
    UnitError,
    dimension,
    expected,
    read,
    read_current,
    read_rate,
)
from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.material import NUMBERS

VALUES = [
    ("50 um", "m", 5e-5),
    ("100 nm", "m", 1e-7),
    ("3 µm", "m", 3e-6),  # micro sign
    ("3 μm", "m", 3e-6),  # Greek letter
    ("2.5 Å", "m", 2.5e-10),
    ("5e-5", "m", 5e-5),
    (" -.5e-3m ", "m", -5e-4),
    ("1 mol/L", "mol/m^3", 1000.0),
    ("1 M", "mol/m^3", 1000.0),
    ("1.2 mol dm^-3", "mol/m^3", 1200.0),
    ("0.16 A/m2", "A/m^2", 0.16),
    ("2 mA/cm^2", "A/m^2", 20.0),
    ("2 mA cm⁻²", "A/m^2", 20.0),
    ("2 mA*cm**-2", "A/m^2", 20.0),
    ("25 degC", "K", 298.15),
    ("-10 °C", "K", 263.15),
    ("298.15 K", "K", 298.15),
    ("30 min", "s", 1800.0),
    ("1.5 h", "s", 5400.0),
    ("2 ms", "s", 2e-3),
    ("1 ohm m^2", "ohm m^2", 1.0),
    ("15 Ω cm²", "ohm m^2", 15e-4),
    ("1.1 eV", "J", 1.1 * ELEMENTARY_CHARGE),
    ("115 meV", "J", 0.115 * ELEMENTARY_CHARGE),
    ("1 mV", "V", 1e-3),
    ("1e-14 cm^2/s", "m^2/s", 1e-18),
    ("10 mS/cm", "S/m", 1.0),
    ("3.6 g/cm^3", "kg/m^3", 3600.0),
    ("1 A h/m^2", "A h/m^2", 1.0),
    ("2 mAh/cm^2", "A h/m^2", 20.0),
    ("3600 C/m^2", "A h/m^2", 1.0),
    ("101325 Pa", "Pa", 101325.0),
    ("0.19 GPa", "Pa", 1.9e8),
    ("5e-10 J/m", "J/m", 5e-10),
    ("2 W/(m K)", "W/m/K", 2.0),
    ("30 kJ/mol", "J/mol", 3e4),
    ("1.38e28 1/m^3", "1/m^3", 1.38e28),
    ("1.38e28 /m^3", "1/m^3", 1.38e28),
    ("40 %", "1", 0.4),
    ("0", "1", 0.0),
    ("0.2 F/m^2", "F/m^2", 0.2),
]


@pytest.mark.parametrize(("text", "unit", "value"), VALUES)
def test_value_in_the_unit_asked_for(text, unit, value):
    assert read(text, unit) == pytest.approx(value, rel=1e-15, abs=0)


@pytest.mark.parametrize("size", range(1, 1000, 7))
def test_a_prefix_costs_no_rounding(size):
    assert read(f"{size} nm", "m") == float(f"{size}e-9")


@pytest.mark.parametrize("temperature", [250.0, 298.15])
def test_kT_is_an_energy_at_the_temperature_of_the_cell(temperature):
    exact = 4.51 * BOLTZMANN * temperature
    assert read("4.51 kT", "J", temperature) == pytest.approx(exact, rel=1e-15)
    assert read("4.51 kT", "kT", temperature) == 4.51
    with pytest.raises(UnitError, match="temperature"):
        read("4.51 kT", "J")


WRONG_DIMENSION = [
    ("50 s", "m", "a time", "a length"),
    ("50 um", "s", "a length", "a time"),
    ("1 mol", "mol/m^3", "mol", "a concentration"),
    ("10 A", "A/m^2", "a current", "a current density"),
    ("1 ohm", "ohm m^2", "a resistance", "a resistance times area"),
    ("25 degC", "m", "a temperature", "a length"),
    ("3 V", "1", "a voltage", "a plain number"),
    ("50 %", "m", "a plain number", "a length"),
    ("1 kT", "V", "an energy", "a voltage"),
    ("1 C", "s", "a charge", "a time"),
]


@pytest.mark.parametrize(("text", "unit", "given", "wanted"), WRONG_DIMENSION)
def test_another_dimension_is_refused_by_name(text, unit, given, wanted):
    with pytest.raises(UnitError) as caught:
        read(text, unit, 298.15)
    message = str(caught.value)
    assert repr(text) in message
    assert given in message
    assert f"{wanted} is needed, such as" in message


REFUSED = [
    ("", "not a number"),
    ("fast", "not a number"),
    ("m", "not a number"),
    ("1,5 m", "decimal point"),
    ("010", "leading zeros"),
    ("1:30", "digits only"),
    ("1_000 m", "digits only"),
    ("0x10", "cannot be read|unknown unit"),
    ("nan", "finite"),
    ("-inf m", "finite"),
    ("1e999 m", "too large"),
    ("1e9999 m", "not a number"),
    ("1e999999999", "not a number"),
    ("1.2.3 m", "not a number"),
    ("5 m/", "cannot be read"),
    ("5 /", "cannot be read"),
    ("5 (m", "cannot be read"),
    ("5 m)", "cannot be read"),
    ("5 ()", "cannot be read"),
    ("5 m//s", "cannot be read"),
    ("5 m^99", "cannot be read"),
    ("5 m^", "cannot be read"),
    ("5 2m", "cannot be read"),
    ("25 degC/m", "only a temperature by itself"),
    ("25 mdegC", "unknown unit"),
    ("5 xm", "unknown unit 'xm'"),
    ("5 metre", "unknown unit"),
    ("5 nM^9 nM^9 nM^9", "quantity in"),
    ("1" * 200, "200 characters"),
    ("((((" * 20 + "m", "not a number"),
    ("٣ m", "not a number"),  # a digit, but of another script
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_unreadable_text_is_refused_with_the_reason(text, message):
    with pytest.raises(UnitError, match=message):
        read(text, "m", 298.15)


def test_unknown_unit_suggests_the_nearest():
    with pytest.raises(UnitError, match="did you mean ohm"):
        read("3 ohms m^2", "ohm m^2")


RATES = [
    ("1 C", 1.0),
    ("1C", 1.0),
    ("0.5C", 0.5),
    ("-0.5 C", -0.5),
    ("C/20", 0.05),
    ("-C/4", -0.25),
    ("- C / 4", -0.25),
    ("2C/5", 0.4),
    ("0.05", 0.05),
    ("−2 C", -2.0),  # minus sign
]


@pytest.mark.parametrize(("text", "value"), RATES)
def test_c_rates(text, value):
    assert read_rate(text) == value
    assert read(text, "C-rate") == value


@pytest.mark.parametrize(("text", "value"), [r for r in RATES if "C" in r[0]])
def test_a_current_may_be_a_c_rate(text, value):
    assert read_current(text) == (value, "C-rate")


@pytest.mark.parametrize("text", ["12 A/m^2", "1.2 mA/cm^2", "12", "12 C/(m^2 s)"])
def test_a_current_may_be_a_density(text):
    value, unit = read_current(text)
    assert unit == "A/m^2"
    assert value == pytest.approx(12.0, rel=1e-15)


@pytest.mark.parametrize("text", ["C/0", "x C", "1 A", "1 mC", "C/x", "CC", "C", "", "1 V"])
def test_other_currents_are_refused(text):
    if text == "C":  # one capacity an hour
        assert read_current(text) == (1.0, "C-rate")
    else:
        with pytest.raises(UnitError):
            read_current(text)


@pytest.mark.parametrize("text", ["1 A/m^2", "1 h", "fast"])
def test_other_rates_are_refused(text):
    with pytest.raises(UnitError):
        read_rate(text)


@pytest.mark.parametrize("unit", sorted({spec.unit for spec in NUMBERS.values()}))
def test_units_of_materials_are_coherent(unit):
    """A bare number and the same number with its unit agree: no hidden factor."""
    assert read(f"2.5 {unit}", unit) == 2.5
    assert "such as" in expected(unit)


def test_dimension_of_equal_units():
    assert dimension("J/m") == dimension("N") == dimension("Pa m^2") == dimension("kg m s^-2")
    assert dimension("V") == dimension("J/C") != dimension("J")
    assert expected("kg m/s^3") == "a quantity in kg m/s^3 is needed"
