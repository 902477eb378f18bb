"""Open-circuit voltage of the stable state of materials and of electrodes that mix them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from electrode_model.analysis.interfaces import Surface, inside

__all__ = ["equilibrium", "open_circuit"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_HALVINGS = 60  # of an interval of fillings or voltages, to the last digit of a double


def equilibrium(surface: Surface) -> Callable[[Array], Array]:
    """Open-circuit voltage [kT/e] of the stable state of a group's material, as a function of c.

    A regular solution (mixing 1) with a gap is flat between its binodal compositions, which
    are symmetric about 1/2; a material given by its open-circuit voltage is taken at its word.
    Of two layers that interact it is the state in which both fill alike: stages, which may be
    more stable, appear as coherency.
    """
    potential, standard = surface.law.potential, surface.standard

    def uniform(c: Array) -> Array:
        c = inside(c)
        voltage: Array = standard - potential(c).total(c)
        return voltage

    if not surface.mixing:
        return uniform
    middle = np.array([0.5 - 1e-6, 0.5 + 1e-6])
    if np.diff(uniform(middle))[0] <= 0:
        return uniform
    low, high = 1e-12, 0.5 - 1e-6
    for _ in range(_HALVINGS):
        c = (low + high) / 2
        # on the way from 0 the voltage falls through the plateau at the binodal
        low, high = (c, high) if _outside(uniform, c, standard) else (low, c)
    binodal = (low + high) / 2

    def stable(c: Array) -> Array:
        return np.where((c > binodal) & (c < 1 - binodal), standard, uniform(c))

    return stable


def _outside(uniform: Callable[[Array], Array], c: float, standard: float) -> bool:
    """Whether a filling below 1/2 is less than the binodal one."""
    return bool(uniform(np.array([c]))[0] > standard)


def open_circuit(
    found: Sequence[Surface], weight: Array, mean: Array
) -> tuple[Array, list[Callable[[Array], Array]]]:
    """OCV [kT/e] of an electrode at its ``mean`` fillings (n,), and the curve of each group.

    ``weight`` (n_p,) are the particles' shares of the electrode's capacity.
    """
    curves = [equilibrium(surface) for surface in found]
    probe = np.linspace(0.001, 0.999, 97)
    if all(np.array_equal(curves[0](probe), curve(probe)) for curve in curves[1:]):
        return curves[0](mean), curves
    shares = [float(weight[surface.group.index].sum()) for surface in found]
    return _common_voltage(list(zip(curves, shares, strict=True)), mean), curves


def _common_voltage(parts: Sequence[tuple[Callable[[Array], Array], float]], mean: Array) -> Array:
    """Voltage (n,) at which materials of given shares together hold a mean filling."""
    edge = np.array([1e-12, 1 - 1e-12])
    ends = np.array([curve(edge) for curve, _ in parts])
    low, high = np.full(mean.shape, ends.min()), np.full(mean.shape, ends.max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        held = sum(share * _filling(curve, middle) for curve, share in parts)
        low, high = np.where(held > mean, middle, low), np.where(held > mean, high, middle)
    return (low + high) / 2


def _filling(curve: Callable[[Array], Array], voltage: Array) -> Array:
    """Filling (n,) of a material at a voltage; its curve must not rise."""
    low, high = np.full(voltage.shape, 1e-12), np.full(voltage.shape, 1 - 1e-12)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fuller = curve(middle) > voltage
        low, high = np.where(fuller, middle, low), np.where(fuller, high, middle)
    return (low + high) / 2
