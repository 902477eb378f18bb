"""Mistakes in what differs between particles: file, line, key, what is allowed, the cure."""

import pytest

from electrode_model.config.problems import ConfigError
from tests.models import SINGLE, configuration
from tests.valid import check_one_fault

ALSO = "    material: lfp\n    "
PAIRS = "size-k0, size-film_resistance, size-contact, k0-film_resistance, k0-contact"

# what follows the material, and the message after the key
FAULTS = [
    ("contact: 0", "contact is 0, out of range; allowed: above 0, at most 1"),
    ("contact: 1.2", "contact is 1.2, out of range; allowed: above 0, at most 1"),
    ("scatter: {ko: {}}", "scatter.ko is unknown; allowed: k0, film_resistance, contact, corr"),
    ("scatter: {k0: 0.3}", "scatter.k0 is 0.3; write a distribution of factors: listed, lognorm"),
    (
        "scatter: {k0: {distribution: normal, std: 1}}",
        "scatter.k0.distribution is 'normal', no distribution of factors; did you mean lognormal?",
    ),
    (
        "scatter: {k0: {distribution: lognormal}}",
        "scatter.k0.std is missing (standard deviation over the mean); distribution of factors",
    ),
    (
        "scatter: {k0: {distribution: uniform, half_width: 1}}",
        "scatter.k0.half_width is 1, out of range; allowed: at least 0, below 1",
    ),
    (
        "scatter: {k0: {distribution: listed, values: [1, 1]}}",
        "per_volume is 3, but scatter.k0.values lists 2; write per_volume: 2",
    ),
    (
        "scatter: {k0: {distribution: listed, values: [1, 1, 0]}}",
        "scatter.k0.values.2 is 0, out of range; allowed: above 0, at most 1e+06",
    ),
    (
        "scatter: {k0: {distribution: listed, values: [[1, 1, 1]]}}",
        "scatter.k0.values has 1 lists, but there are 2 volumes; write one list for each, or one",
    ),
    (
        "scatter: {film_resistance: {distribution: lognormal, std: 1}}",
        "scatter.film_resistance multiplies film_resistance, which is 0; write film_resistance",
    ),
    (
        "scatter: {contact: {distribution: beta, std: 0.1}}",
        "scatter.contact scatters about contact, which is 1, the most there is; write for example",
    ),
    (
        "contact: 0.9\n    scatter: {contact: {distribution: listed, values: [1, 1, 0.9]}}",
        "contact is 0.9, but scatter.contact lists the shares themselves; remove one of them",
    ),
    (
        "contact: 0.9\n    scatter: {contact: {distribution: beta, std: 0.4}}",
        "scatter.contact.std is 0.4, but fractions of mean 0.9 have a standard deviation below 0.3",
    ),
    (
        "contact: 0.9\n    scatter: {contact: {distribution: uniform, half_width: 0.2}}",
        "scatter.contact.half_width is 0.2, but fractions of mean 0.9 can be 0.1 away from it",
    ),
    (
        "scatter: {k0: {distribution: lognormal, std: 1}, correlation: {k0-siz: 1}}",
        f"scatter.correlation.k0-siz is unknown; allowed: {PAIRS}",
    ),
    (
        "scatter: {k0: {distribution: lognormal, std: 1}, correlation: {size-k0: 1.5}}",
        "scatter.correlation.size-k0 is 1.5, out of range; allowed: at least -1, at most 1",
    ),
    (
        "scatter: {k0: {distribution: lognormal, std: 1}, correlation: {size-k0: 0, k0-size: 0}}",
        "scatter.correlation.k0-size is given as size-k0 too; keep one of them",
    ),
    (
        "scatter: {k0: {distribution: lognormal, std: 1}, correlation: {k0-contact: 0.5}}",
        "scatter.correlation.k0-contact is of no use: contact is the same for all particles; write",
    ),
    (
        "scatter: {k0: {distribution: listed, values: [1, 1, 1]}, correlation: {size-k0: 0.5}}",
        "scatter.correlation.size-k0 is of no use: k0 is listed, with the correlations that its",
    ),
    (
        "scatter: {k0: {distribution: lognormal, std: 1}, correlation: 0.5}",
        "scatter.correlation is 0.5; write pairs of size, k0, film_resistance, contact, for examp",
    ),
    (
        "contact: 0.9\n    scatter: {k0: {distribution: lognormal, std: 1}, contact: {distribution:"
        " beta, std: 0.1}, correlation: {size-k0: 0.9, size-contact: 0.9, k0-contact: -0.9}}",
        "scatter.correlation contradict each other: no numbers can be correlated like that; bring",
    ),
]


@pytest.mark.parametrize(("written", "message"), FAULTS)
def test_one_fault_one_line(tmp_path, written, message):
    line = 17 + (written.count("\n") if message.startswith("scatter") else 0)
    line = 14 if message.startswith("per_volume") else line
    check_one_fault(
        tmp_path, "    material: lfp\n", f"{ALSO}{written}\n", line, f"positive.particles.{message}"
    )


def test_a_size_for_all_correlates_with_nothing(tmp_path):
    config = [
        "positive.particles.size=100 nm",
        "positive.particles.scatter={k0: {distribution: lognormal, std: 1},"
        " correlation: {size-k0: 0.5}}",
    ]
    with pytest.raises(ConfigError, match="names size, but all sizes are alike"):
        configuration(tmp_path, SINGLE, config)
