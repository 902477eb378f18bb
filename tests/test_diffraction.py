"""Operando diffraction: positions from the lattice, intensities from volume, widths as asked."""

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from electrode_model.__main__ import main
from electrode_model.analysis import diffraction as xrd
from electrode_model.config.problems import ConfigError
from electrode_model.plots.diffraction import two_theta
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from tests.models import HALF_CELL, SMOOTH, particle
from tests.runs import finished, protocol
from tests.synthetic import Case, make

CONFIGS = Path(__file__).parent.parent / "configs"
TABLES = Path(xrd.__file__).parent.parent / "materials" / "lattices"
ENDS = np.array([0.0, 1.0])


def test_every_table_is_read_and_says_where_it_is_from():
    assert xrd.lattice_names() == ["lfp", "lto", "nmc111", "nmc532"]
    for name in xrd.lattice_names():
        table = xrd.lattice(name)
        assert table.material == name
        assert all(len(source) > 10 for source in table.sources.values())
        given = yaml.safe_load((TABLES / f"{name}.yaml").read_text(encoding="utf-8"))
        assert all(isinstance(row["assumed"], bool) for row in given["lengths"].values())


def test_spacings_of_the_crystal_systems():
    assert xrd.lattice("lto").spacing(ENDS, (1, 1, 1))[0] == pytest.approx(8.3595 / np.sqrt(3))
    nmc = xrd.lattice("nmc111")
    np.testing.assert_allclose(nmc.spacing(np.array([0.5, 1.0]), (0, 0, 3)), [14.47 / 3, 14.24 / 3])
    assert nmc.spacing(np.array([1.0]), (1, 1, 0))[0] == pytest.approx(2.86 / 2)
    lfp = xrd.lattice("lfp")
    d = 1 / np.sqrt(4 / 10.334**2 + 1 / 6.008**2 + 1 / 4.693**2)
    assert lfp.spacing(ENDS, (2, 1, 1))[1] == pytest.approx(d)


def test_lfp_peaks_stand_where_they_were_measured():
    """Angles that the review of Orikasa et al. 2022 prints with its Fig. 11; 0.05 deg is how far
    these are rounded.  The wavelength is that of their beam line, 1.00 angstrom as (020) says.
    """
    lfp = xrd.lattice("lfp")
    for hkl, measured in (((2, 1, 1), (19.5, 19.15)), ((0, 2, 0), (19.85, 19.15))):
        np.testing.assert_allclose(two_theta(lfp.q(ENDS, hkl), 1.0), measured, atol=0.05)


def test_o18_vegard_puts_the_intermediate_between_0_6_and_0_75():
    """Row O18: a = 10.207, b = 5.943, c = 4.724 angstrom; a alone gives 0.752."""
    lfp = xrd.lattice("lfp")
    x = {}
    for name, length in (("a", 10.207), ("b", 5.943), ("c", 4.724)):
        empty, full = lfp.length(name, ENDS)
        x[name] = (length - empty) / (full - empty)
    assert 0.6 < np.mean(list(x.values())) < 0.75
    assert x["a"] == pytest.approx(0.752, abs=1e-3)


def test_a_pattern_has_unit_area_and_the_width_asked_for():
    q = np.linspace(1.2, 1.4, 4001)
    one = xrd.pattern(np.array([1.3003]), np.ones(1), q, 0.006)
    assert one.sum() * 5e-5 == pytest.approx(1, abs=1e-6)
    assert q[one.argmax()] == pytest.approx(1.3003, abs=5e-5)
    half = q[one > one.max() / 2]
    assert half[-1] - half[0] == pytest.approx(0.006, abs=1e-4)  # two steps of q
    two = xrd.pattern(np.array([1.25, 1.35]), np.array([3.0, 1.0]), q, 0.006)
    assert two[q < 1.3].sum() * 5e-5 == pytest.approx(0.75, abs=1e-6)
    found = xrd.peaks(q, two)
    np.testing.assert_allclose(found.positions, [1.25, 1.35], atol=1e-4)
    assert found.ratio == pytest.approx(1 / 3, abs=1e-3)


def test_binning_does_not_show():
    rng = np.random.default_rng(1)
    position, volume = rng.uniform(1.29, 1.33, 300), rng.uniform(size=300)
    q = np.linspace(1.27, 1.35, 200)
    sigma = 0.006 / 2.354820045
    shape = np.exp(-0.5 * ((q[:, None] - position) / sigma) ** 2) / sigma / np.sqrt(2 * np.pi)
    exact = shape @ volume / volume.sum()
    np.testing.assert_allclose(
        xrd.pattern(position, volume, q, 0.006), exact, atol=1e-3 * exact.max()
    )


def test_scherrer_broadening():
    assert xrd.width(0.006) == 0.006
    # 0.9 2 pi/(50 nm) = 0.01131 1/angstrom, in quadrature
    assert xrd.width(0.006, 50e-9) == pytest.approx(np.hypot(0.006, 0.01130973))


def test_shells_count_by_their_volume(tmp_path):
    """A diffusion profile: the centroid of the pattern is that of the mean filling (Vegard in Q
    is straight to 1 %), and its intensity reaches from the core's filling to the surface's.
    """
    cycle = protocol("{current: 1 C, until: {filling: 0.7}}")
    settings = [*SMOOTH, particle("diffusion", nodes=12), "positive.initial_filling=0.6", cycle]
    result = finished(tmp_path, HALF_CELL, [*settings, "positive.particles.per_volume=2"])
    last = result["Field time [s]"].size - 1
    c, share, particles = xrd.places(result, last)
    assert c.size == result.layout.size.size * 12
    assert share.sum() == pytest.approx(1)
    assert c @ share == pytest.approx(0.7, abs=1e-9)
    assert set(particles) == set(range(result.layout.size.size))
    narrow = xrd.diffraction(result, fwhm=2e-4, frames=np.array([last]))
    table = xrd.lattice("nmc532")
    lit = narrow.q[narrow.intensity[0] > 1e-3 * narrow.intensity[0].max()]
    ends = table.q(np.array([c.min(), c.max()]))
    np.testing.assert_allclose([lit[0], lit[-1]], ends, atol=4e-4)  # twice the width
    centroid = np.average(narrow.q, weights=narrow.intensity[0])
    assert centroid == pytest.approx(table.q(np.array([0.7]))[0], abs=1e-4)


def test_without_profiles_particles_count_whole():
    result = make(
        Case(volumes=2, per_volume=3, separator=0, n_node=5, frames=3, fields=("particles",))
    )
    c, share, particles = xrd.places(result, 1)
    assert particles.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(c, result["Particle filling fraction"][1])
    np.testing.assert_array_equal(share, result.layout.weight)


def test_mixed_materials_stand_each_at_its_place(tmp_path):
    two = (
        "positive.particles=[{model: homogeneous, size: 100 nm, material: lfp,"
        " volume_fraction: 0.5}, {model: homogeneous, size: 100 nm, material: nmc532,"
        " volume_fraction: 0.5}]"
    )
    result = finished(
        tmp_path, HALF_CELL, [two, "positive.initial_filling=0.6", "protocol=[{rest: 1e-9 s}]"]
    )
    patterns = xrd.diffraction(result, hkl=(0, 0, 3), fwhm=0.006, points=4000)
    found = xrd.peaks(patterns.q, patterns.intensity[0])
    c = result["Particle filling fraction"][0]
    expected = [xrd.lattice("nmc532").q(c[-1], None), xrd.lattice("lfp").q(c[0], (0, 0, 3))]
    np.testing.assert_allclose(sorted(found.positions), expected, atol=1e-3)
    assert found.ratio == pytest.approx(1, abs=0.02)  # equal volumes


@pytest.fixture(scope="module")
def split(tmp_path_factory) -> Path:
    """Folder of the NMC532 ensemble at 4C: split on the way out, whole on the way back."""
    folder = tmp_path_factory.mktemp("xrd") / "run"
    overrides = [
        "positive.particles.per_volume=300",  # enough to classify, physics.md 6.2
        "protocol.0.current=-4 C",
        "protocol.2.current=4 C",
    ]
    simulate(CONFIGS / "nmc532_ensemble.yaml", overrides=overrides, folder=folder)
    return folder


def test_p18_two_peaks_need_a_narrow_instrument(split):
    """Row P18: 0.37 at 0.006 1/angstrom, 0 at 0.010, two peaks up to 0.008."""
    result = Result.open(split)
    found = {}
    for fwhm in (0.006, 0.008, 0.010):
        patterns = xrd.diffraction(result, fwhm=fwhm)
        ratios = patterns.ratios()
        found[fwhm] = ratios[patterns.step == 0].max()
        assert ratios[patterns.step == 2].max() == 0  # lithiation: one peak
    assert found[0.006] == pytest.approx(0.37, abs=0.03)  # 300 particles, not 1000
    assert found[0.008] > 0.05
    assert found[0.010] == 0


def test_p1_one_peak_moves_in_slow_cycling():
    """Row P1: no second peak at C/15, either way."""
    slow = [
        "positive.particles.per_volume=200",
        "protocol.0.current=-C/15",
        "protocol.2.current=C/15",
    ]
    patterns = xrd.diffraction(simulate(CONFIGS / "nmc532_ensemble.yaml", overrides=slow))
    assert patterns.ratios().max() == 0
    table = xrd.lattice("nmc532")
    np.testing.assert_allclose(patterns.positions(), table.q(patterns.filling), atol=2e-3)


def test_command(split, capsys, tmp_path):
    picture = tmp_path / "map.png"
    options = ["--reflection", "0,0,3", "--fwhm", "0.006", "--wavelength", "0.7"]
    assert main(["diffraction", str(split), *options, "-o", str(picture)]) == 0
    said = capsys.readouterr().out
    assert "reflection 0,0,3" in said
    assert "0.3" in said
    with Image.open(picture) as image:
        assert len(np.unique(np.asarray(image.convert("L")))) > 50, "a blank picture"
    with picture.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][3].endswith(" deg")
    assert len(rows) == 1 + Result.open(split)["Field time [s]"].size
    assert len(rows[1]) == len(rows[0])
    assert main(["diffraction", str(split)]) == 0
    assert (split / "figures" / "diffraction.png").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--reflection", "0,3"], "three whole numbers"),
        (["--reflection", "0,0,0"], "three whole numbers"),
        (["--fwhm", "0"], "must lie between"),
        (["--fwhm", "nan"], "must lie between"),
        (["--crystallite", "5 V"], "a length is needed"),
        (["--wavelength", "20"], "too long"),
        (["--lattice", "nowhere.yaml"], "cannot be read"),
        (["-o", "map.txt"], "must end in one of"),
    ],
)
def test_command_refuses(split, capsys, options, said):
    assert main(["diffraction", str(split), *options]) == 2
    assert said in capsys.readouterr().err


def test_own_tables(tmp_path, split):
    own = tmp_path / "own.yaml"
    text = (TABLES / "nmc532.yaml").read_text(encoding="utf-8")
    own.write_text(text.replace("14.47", "14.30"), encoding="utf-8")
    assert (
        main(["diffraction", str(split), "--lattice", str(own), "-o", str(tmp_path / "a.png")]) == 0
    )
    assert xrd.lattice(own).length("c", np.array([0.5]))[0] == 14.3
    for change, said in (
        (("hexagonal", "triclinic"), "allowed: cubic"),
        (("[14.47, 14.24]", "[14.47]"), "as many"),
        (("[0.5, 1.0]", "[1.0, 0.5]"), "ascending"),
        (("lengths:", "sizes:"), "lengths"),
        (("[0, 0, 3]", "[0, 3]"), "three indices"),
    ):
        wrong = tmp_path / f"{said[:4]}.yaml"
        wrong.write_text(text.replace(*change), encoding="utf-8")
        with pytest.raises(ConfigError, match=said):
            xrd.lattice(wrong)
    with pytest.raises(ConfigError, match="has no lattice parameters"):
        xrd.lattice("lco")
