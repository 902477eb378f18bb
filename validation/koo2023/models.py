"""The models that are compared: configurations, their contrasts, and changes of one number."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["CONTRASTS", "DECOMPOSITION", "SENSITIVITIES", "Model", "few"]

_P = "positive.particles"
_FILM = 0.2055  # ohm m^2, configuration A: 8 kT/e at 1 A/m^2


@dataclass(frozen=True)
class Model:
    """A shipped configuration with changes."""

    label: str
    config: str
    overrides: tuple[str, ...] = ()
    start: float = 0.01  # of lithiation; 1 - start of delithiation
    #: Koo gap at 1, 2, 4, 7C that another solver gave, mV; nan where it has none
    expected: tuple[float, ...] = ()


NAN = float("nan")
A = Model("A: slab, film, D(c)", "lfp_koo_film", (), 0.01, (14.5, 35.7, 63.8, 92.8))
CONTROL = Model("0-D, negative control", "lfp_koo_0d", (), 0.01, (-14, -15, -15, -15))
NO_FILM = Model("B: no film", "lfp_koo_nofilm", (), 0.01, (6, NAN, 47, 84))

CONTRASTS = {
    "A": A,
    "B": NO_FILM,
    "C": Model("C: 0-D, alpha = 0.4", "lfp_koo_alpha"),
    "D": Model("D: CIET", "lfp_koo_ciet", (), 0.03, (-2, 2, 11, 27)),
    "0-D": CONTROL,
}

#: The six lines of the decomposition: what each step of the model adds.
DECOMPOSITION = (
    CONTROL,
    Model(
        "0-D, weaker phases, film",
        "lfp_koo_0d",
        (f"{_P}.material.omega=1.44e-20 J", f"{_P}.film_resistance={_FILM} ohm m^2"),
        0.01,
        (0, 10, 22, 29),
    ),
    Model(
        "+ slab, constant D",
        "lfp_koo_film",
        (f"{_P}.material.diffusivity_shape={{form: uniform}}",),
        0.01,
        (9, 27, 54, 79),
    ),
    Model("+ D(c): configuration A", "lfp_koo_film", (), 0.01, A.expected),
    Model(
        "A with symmetric j0",
        "lfp_koo_film",
        (f"{_P}.kinetics.exchange_current=newman",),
        0.01,
        (1, 1, 3, 6),
    ),
    Model("A without film", "lfp_koo_nofilm", (), 0.01, NO_FILM.expected),
)


def _a(label: str, *changes: str, start: float = 0.01) -> Model:
    return Model(label, "lfp_koo_film", tuple(f"{_P}.{change}" for change in changes), start)


def _size(mean: float, sigma: float, more: str = "") -> str:
    """Lognormal sizes of a mean [nm] and a standard deviation of ln L."""
    from math import expm1, sqrt

    std = mean * sqrt(expm1(sigma**2))
    return f"size={{distribution: lognormal, mean: {mean} nm, std: {std:.4f} nm{more}}}"


def _slab(nodes: int, refinement: float) -> str:
    shape = f"nodes: {nodes}, refinement: {refinement}"
    return f"model={{name: cahn_hilliard, shape: slab, {shape}}}"


#: Configuration A with one thing changed.
SENSITIVITIES = (
    _a("A"),
    _a("size spread 0.1", _size(75, 0.1)),
    _a("size spread 0.3", _size(75, 0.3)),
    _a("mean size 50 nm", _size(50, 0.2)),
    _a("mean size 100 nm", _size(100, 0.2)),
    _a("sizes drawn, seed 0", _size(75, 0.2, ", sampling: random, seed: 0")),
    _a("sizes drawn, seed 1", _size(75, 0.2, ", sampling: random, seed: 1")),
    _a("D 5e-17 m²/s", "material.diffusivity=5e-17 m^2/s"),
    _a("D 2e-16 m²/s", "material.diffusivity=2e-16 m^2/s"),
    _a("D 1e-14 m²/s", "material.diffusivity=1e-14 m^2/s"),
    _a("D constant", "material.diffusivity_shape={form: uniform}"),
    _a("film halved", f"film_resistance={_FILM / 2} ohm m^2"),
    _a("film doubled", f"film_resistance={_FILM * 2} ohm m^2"),
    _a("k0 5e-3 A/m²", "kinetics.k0=5e-3 A/m^2"),
    _a("k0 2e-2 A/m²", "kinetics.k0=2e-2 A/m^2"),
    _a("k0 5e-2 A/m²", "kinetics.k0=5e-2 A/m^2"),
    _a("Ω 3.0 kT", "material.omega=1.2349e-20 J"),
    _a("Ω 3.25 kT", "material.omega=1.3378e-20 J"),
    _a("Ω 3.75 kT", "material.omega=1.5437e-20 J"),
    # two phases in each particle: finer, or the grid pins their boundary
    _a("Ω 4.0 kT, 60 points", "material.omega=1.6466e-20 J", _slab(60, 2), "per_volume=25"),
    _a("α 0.45", "kinetics.alpha=0.45"),
    _a("α 0.55", "kinetics.alpha=0.55"),
    _a("B 20 % less", "material.coherency=1.533e8 Pa"),
    _a("B 20 % more", "material.coherency=2.299e8 Pa"),
    _a("no gradient energy", "material.gradient_energy=0 J/m"),
    _a("start 0.005", start=0.005),
    _a("start 0.03", start=0.03),
    _a("15 points", _slab(15, 4)),
    _a("30 equal cells", _slab(30, 1)),
    _a("60 points", _slab(60, 4)),
    _a("25 sizes", "per_volume=25"),
    _a("400 sizes", "per_volume=400"),
)


def few(model: Model, count: int) -> Sequence[str]:
    """The overrides of a model with ``count`` sizes, unless it sets the number itself."""
    if any(".per_volume=" in change for change in model.overrides):
        return model.overrides
    return (f"{_P}.per_volume={count}", *model.overrides)
