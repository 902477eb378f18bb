"""Bad drive cycles, sweeps, waves, ramps, loops and titrations: one line each, with the cure."""

import pytest

from electrode_model.config.load import ConfigError, load
from tests.valid import check_one_fault, refused, written

REST = "{rest: 30 min}"
FILE = "file: d.csv, time: 'Time [s]', current: 'Current [A]'"
SINE = "{waveform: sine, amplitude: 1 C, frequency: 1 Hz}"

# what stands in place of the rest, and the message after "protocol.1"
STEPS = [
    ("{drive: us06.csv}", ".drive is 'us06.csv'; write for example {file: us06.csv, time:"),
    ("{drive: {file: d.csv}}", ".drive needs 'time' and one of current, rate, power, voltage, the"),
    (
        "{drive: {file: dd.csv, time: t, current: i}}",
        ".drive.file names a table: PLACE/dd.csv: there is no such file; did you mean PLACE/d.csv?",
    ),
    (
        "{drive: {file: d.csv, time: Time, current: 'Current [A]'}}",
        ".drive.time is 'Time', no column of PLACE/d.csv; did you mean Time [s]? allowed: Time [s]",
    ),
    (f"{{drive: {{{FILE}, unit: A}}}}", ".drive.unit is '1 A': a current, but a current density"),
    (f"{{drive: {{{FILE}, area: 0}}}}", ".drive.area is 0 m^2, out of range; allowed: above 0"),
    (f"{{drive: {{{FILE}, scal: 2}}}}", ".drive.scal is unknown; did you mean scale? allowed:"),
    (f"{{drive: {{{FILE}, repeat: 0}}}}", ".drive.repeat is 0, out of range; allowed: at least 1"),
    (f"{{drive: {{{FILE}, interpolation: cubic}}}}", ".drive.interpolation is 'cubic'; allowed: l"),
    (
        "{drive: {file: d.csv, time: 'Time [s]', rate: 'Current [A]', area: 1}}",
        ".drive.area divides a current or a power, not a rate; remove it",
    ),
    ("{drive: {time: [0, 1], rate: [1, 2], area: 1}}", ".drive.area goes with 'file'; numbers in"),
    ("{drive: {time: [0, 1], rate: [1, 2, 3]}}", ".drive.rate has 3 values, but there are 2 times"),
    ("{drive: {time: [0, 1], rate: [1, 2], power: [1, 2]}}", ".drive has rate and power; a drive"),
    ("{drive: {time: [0, 1]}}", ".drive has none of them; a drive cycle has exactly one of curren"),
    ("{drive: {time: [1, 1], rate: [1, 2]}}", ".drive.time is 1 s in all rows; write when each"),
    ("{drive: {time: [2, 1], rate: [1, 2]}}", ".drive.time goes back from 2 s to 1 s at row 2;"),
    ("{drive: {time: 0 a, rate: [1, 2]}}", ".drive.time holds 'a', no number; write numbers with"),
    ("{drive: {time: [0, 1 V], rate: [1, 2]}}", ".drive.time.1 is '1 V': a voltage, but a time"),
    ("{drive: {time: [0, 1], current: [1, 1 C]}}", ".drive.current.1 is '1 C': a charge, but a"),
    ("{drive: {time: [0, 1], rate: [1, 2]}, until: {time: 2}}", ".until.time is 2 s, but the driv"),
    ("{drive: {time: [0, 1], rate: [1, 2]}, until: {rate: 2}}", ".until.rate cannot end this step"),
    (
        "{drive: {time: [0, 1], voltage: [3, 3]}, until: {voltage: 3}}",
        ".until.voltage cannot end t",
    ),
    ("{drive: {time: [0, 1], rate: [1, 2]}, ramp: 3}", ".ramp is unknown; allowed: drive, until"),
    ("{current: 1 C, ramp: 0, until: {time: 1}}", ".ramp is 0 s, out of range; allowed: above 0 s"),
    ("{voltage: {from: 3, to: 3, rate: 1 mV/s}}", ".voltage.to is 3 V, where it begins; write ano"),
    ("{voltage: {from: 3, rate: 1 mV/s}}", ".voltage.to is missing (voltage where it ends [V])"),
    ("{voltage: {from: 3, to: 4, rate: 1 mV}}", ".voltage.rate is '1 mV': a voltage, but a speed"),
    ("{voltage: {frm: 3, to: 4, rate: 1 V/s}}", ".voltage.frm is unknown; did you mean protocol.1"),
    (
        "{voltage: {to: 4, rate: 1 mV/s}, ramp: 1}",
        ".ramp cannot lead into this step: it has a cour",
    ),
    ("{voltage: {to: 7, rate: 1 mV/s}}", ".voltage.to is 7 V, outside voltage_window [2 V, 5 V];"),
    ("{voltage: {to: 4, rate: 1 mV/s}, until: {rate: 1}}", ".until.rate cannot end this step: the"),
    (f"{{current: {SINE}}}", ".until needs at least one of voltage, current, rate,"),
    (
        "{current: {waveform: sin, amplitude: 1 C, frequency: 1 Hz}, until: {time: 1}}",
        ".current.waveform is 'sin'; did you mean sine? allowed: sine",
    ),
    (
        "{current: {waveform: sine, amplitude: 1 V, frequency: 1 Hz}, until: {time: 1}}",
        ".current.amplitude is '1 V': a voltage, but a current density is needed,",
    ),
    (
        "{current: {waveform: sine, amplitude: C, mean: 1 A/m^2, frequency: 1}, until: {time: 9}}",
        ".current.mean is in A/m^2, but the amplitude is in C-rate; write both in one",
    ),
    (
        "{current: {waveform: sine, amplitude: 0, frequency: 1}, until: {time: 1}}",
        ".current.amplitude is 0, no wave; write the set point alone, or a rest",
    ),
    (
        "{current: 1 C, until: {voltage: [2.5]}}",
        ".until.voltage has 1 values; write one voltage, o",
    ),
    (
        "{current: 1 C, until: {voltage: [3, 4], voltage_above: 4}}",
        ".until.voltage has two voltages",
    ),
    ("{current: 1 C, until: {voltage: [1, 4]}}", ".until.voltage.0 is 1 V, outside voltage_window"),
    (
        "{current: 1 C, until: {time: 1}, skip: {voltage: 3}}",
        ".skip.voltage is no stop of this ste",
    ),
    (
        "{current: 1 C, until: {time: 1}, skip: {time: 3}}",
        ".skip.time is 3, but only 0 steps follow",
    ),
    ("{current: 1 C, until: {time: 1}, skip: {time: x}}", ".skip.time is 'x'; a whole number from"),
    ("{current: 1 C, until: {time: 1}, skip: 3}", ".skip is 3; write stops with numbers of steps"),
    ("{repeat: 2, steps: [{rest: 1}], end: {voltage: 3}}", ".end.voltage is 3, but no step of the"),
    ("{repeat: 2, steps: [{rest: 1}], end: 3}", ".end is 3; write stops, as below 'until'"),
    (
        "{repeat: 2, steps: [{rest: 1}], end: {volage: 3}}",
        ".end.volage is unknown; did you mean vol",
    ),
    ("{gitt: {current: C/20, pulse: 1, rest: 1}}", ".gitt.count is missing"),
    (
        "{gitt: {current: C/9, pulse: 1 V, rest: 1, count: 3}}",
        ".gitt.pulse is '1 V': a voltage, bu",
    ),
    (
        "{gitt: {current: C/9, pulse: 1, rest: 1, count: 0}}",
        ".gitt.count is 0; a whole number from",
    ),
    (
        "{gitt: {current: C/9, pulse: 1, rest: 1, count: 6000}}",
        ".gitt.count makes 12000 steps; at m",
    ),
    (
        "{gitt: {current: C/9, pulse: 1, rest: 1, count: 2, until: {time: 3}}}",
        ".gitt.until.time is that of pulse; remove it",
    ),
    ("{gitt: 3}", ".gitt is 3; a mapping is needed, with current, pulse, rest, count"),
    (
        "{pitt: {from: 3, to: 4, step: 0, until: {time: 1}}}",
        ".pitt.step is 0 V; write its size, ab",
    ),
    (
        "{pitt: {from: 3, to: 4, step: 1e-6, until: {time: 1}}}",
        ".pitt.step makes 1000000 steps; at",
    ),
    ("{pitt: {from: 3, to: x, step: 1, until: {time: 1}}}", ".pitt.to is 'x', not a number with a"),
    ("{pulses: {current: [], duration: 3, rest: 1}}", ".pulses.current is an empty list; write at"),
    (
        "{pulses: {current: [1 V], duration: 3, rest: 1}}",
        ".pulses.current.0 is '1 V': a voltage, b",
    ),
    ("Ramp to 3 V until C/50", " is 'Ramp to 3 V until C/50', which says not 'in' what; write"),
    ("Ramp to 3 V in 1 km until C/50", ".ramp is '1 km': a length, but a time is needed"),
    ("Sweep to 3 V", " is 'Sweep to 3 V', which says not at what; write 'Sweep from 3 V to 4 V at"),
    ("Rest in 3 s for 1 h", " is 'Rest in 3 s for 1 h'; 'in' does not go with 'rest', write"),
]


@pytest.mark.parametrize(("step", "message"), STEPS)
def test_a_bad_step_is_one_line(tmp_path, step, message):
    (tmp_path / "d.csv").write_text("Time [s],Current [A]\n0,1\n1,2\n", encoding="utf-8")
    message = message.replace("PLACE", str(tmp_path))
    check_one_fault(tmp_path, REST, step, 21, f"protocol.1{message}")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("# one\nt,i\n0,1\n1,x\n", 4, "has no numbers in t, i: '1,x'"),
        ("t,i\n0\n1,2\n", 2, "has no numbers in t, i: '0'"),
        ("\n", 1, "is empty; a line of names is needed"),
    ],
)
def test_a_bad_table_is_named_with_its_line(tmp_path, text, line, message):
    (tmp_path / "cycle.csv").write_text(text, encoding="utf-8")
    path = written(tmp_path, REST, "{drive: {file: cycle.csv, time: t, current: i}}")
    assert refused(path) == [f"{tmp_path / 'cycle.csv'}:{line}: {message}"]


def test_too_many_rows_are_refused(tmp_path):
    rows = " ".join(str(k) for k in range(60_000))
    drive = f"{{drive: {{time: {rows}, rate: {'1 ' * 60_000}}}}}"
    path = written(tmp_path, REST, f"{{repeat: 2, steps: [{drive}]}}")
    with pytest.raises(ConfigError, match="drive cycles of 120000 rows together; at most 100000"):
        load(path)


STARTS = [
    ("{}", "start says nothing; write exactly one of voltage, state_of_charge"),
    ("{voltage: 3, state_of_charge: 0.5}", "start has voltage and state_of_charge; write exactly"),
    (
        "{voltage: 3, full: 4}",
        "start.full goes with state_of_charge, not with a voltage; remove it",
    ),
    ("{state_of_charge: 0.5, full: 4}", "start.state_of_charge needs 'empty' and 'full', such as"),
    ("{state_of_charge: 1.5, empty: 3, full: 4}", "start.state_of_charge is 1.5, out of range;"),
    ("{state_of_charge: 1, empty: 4, full: 4}", "start.empty is 4 V, not below full, 4 V; write"),
    ("{voltag: 3}", "start.voltag is unknown; did you mean start.voltage?"),
    (
        "3.4",
        "start is 3.4; a mapping is needed, with the keys voltage, state_of_charge, empty, full",
    ),
]


@pytest.mark.parametrize(("start", "message"), STARTS)
def test_a_bad_start_is_one_line(tmp_path, start, message):
    window = "voltage_window: [2 V, 5 V]"
    check_one_fault(tmp_path, window, f"start: {start}", 18, message)


def test_a_start_beside_a_state_to_go_on_from_is_refused(tmp_path):
    path = written(tmp_path, "name: base", "start: {voltage: 3 V}\ncontinue_from: a")
    (line,) = refused(path)
    assert "continue_from goes on from a state, and 'start' asks for another; remove one" in line
