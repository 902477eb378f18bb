"""A plate resolved along one lateral direction: what its models have in common.

    dc/dt = (2/thickness) k0 rate / (e rho_s) + d/dx [D M(c) d(mu/kT)/dx]
    mu/kT = ln(c/(1-c)) + excess(c) + B/(rho_s kT) (c - c_bar) - kappa/(rho_s kT) d2c/dx2

The filling is averaged over the thickness, along the fast direction [010].  The lateral flux is
present only in models that ask for it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import casadi as ca
import numpy as np

from electrode_model.free_energy import Potential, coherency
from electrode_model.particle import Chemistry, Kernel, Model, Particles, interface
from electrode_model.quantities import Spec
from electrode_model.symbolic import exp

__all__ = ["Cell", "ContactSeed", "Sharing", "plate", "plates", "shares_in_contact"]

Array = np.ndarray[Any, np.dtype[np.float64]]

Cell = Annotated[float, Spec("m", "largest width of a cell along the plate", above=0.0)]
Sharing = (
    Annotated[
        float, Spec("1", "how much finer cells may be for plates to share a grid", at_least=0.0)
    ]
    | None
)
ContactSeed = (
    Annotated[
        int,
        Spec("1", "contact is lost on one stretch, at a place drawn by this seed", at_least=0),
    ]
    | None
)

_MANY_GRIDS = 30  # kernels that take a few seconds to set up


def plates(
    particles: Particles,
    chemistry: Chemistry,
    cell: float,
    sharing: float | None,
    more: Callable[[Array], Mapping[str, Array]],
    contact_seed: int | None = None,
    layers: int = 1,
) -> list[Model]:
    """Models of plates of any length in cells of at most ``cell``.

    ``more`` gives numbers of a particle beyond reaction, film and gradient from the widths of
    the cells (p,).  With two ``layers`` each has a filling in every cell, half of the sites and
    the gradient energy kappa/2 (dc_i/dx)^2.

    The share of its surface that has no contact, wetted and wired, is spread evenly over a plate,
    so that it reacts the more slowly; with a ``contact_seed`` it is one stretch of
    :func:`shares_in_contact`, beyond which the plate reacts as it would.
    """
    models = []
    for count, index in _grids(particles.size, cell, sharing):
        width = particles.size[index] / count
        numbers = {
            **_reactions(particles, index, count, contact_seed),
            "gradient": layers * particles.gradient / width**2,
            **more(width),
            **{name: values[index] for name, values in particles.films.items()},
        }
        kernel = plate(
            chemistry,
            count,
            tuple(numbers),
            strain=particles.strain,
            wetting_filling=particles.wetting_filling,
            layers=layers,
        )
        models.append(Model(kernel, index, numbers))
    return models


def _reactions(
    particles: Particles, index: np.ndarray, count: int, contact_seed: int | None
) -> dict[str, Array]:
    """The number ``reaction`` of plates, or ``reaction_0``, ``reaction_1``, ... of their cells."""
    if contact_seed is None or np.all(particles.contact == 1):
        return {"reaction": particles.velocity[index] * 2 / particles.thickness}
    shares = shares_in_contact(particles.contact[index], index, count, contact_seed)
    whole = particles.reaction[index] * 2 / particles.thickness
    return {f"reaction_{k}": whole * shares[:, k] for k in range(count)}


def shares_in_contact(contact: Array, index: np.ndarray, count: int, seed: int) -> Array:
    """Share of each of ``count`` cells that has contact, (p, count), of plates ``index`` (p,).

    A stretch of 1 - ``contact`` (p,) of the length has none.  It begins anywhere from which it
    ends within the plate, drawn by ``seed`` and the plate's number; cells that it covers in part
    react in part, so that ``contact`` is exact on every grid.  The option localized_losses of MPET
    1.0.1 rounds the stretch to whole cells, draws its place anew in every run, and lets it go on
    at the other end, but for six cells.
    """
    lost = 1 - contact
    place = np.array([np.random.default_rng([seed, int(k)]).random() for k in index])
    first = (place * contact)[:, None]
    edges = np.arange(count + 1) / count
    before = np.clip(edges - first, 0.0, lost[:, None])  # length without contact up to each edge
    shares: Array = 1 - np.diff(before, axis=1) * count
    return np.clip(shares, 0.0, 1.0)  # rounding


def _grids(
    size: Array, cell: float, sharing: float | None
) -> Iterator[tuple[int, np.ndarray[Any, np.dtype[np.int64]]]]:
    """Numbers of cells, each with the indices of the plates of ``size`` (P,) that have so many."""
    least = np.maximum(np.ceil(size / cell * (1 - 1e-9)).astype(int), 2)
    if sharing is None:
        sharing = 0.0 if np.unique(least).size <= _MANY_GRIDS else 0.2
    cells = _shared_counts(least, sharing)
    for count in np.unique(cells):
        yield int(count), np.flatnonzero(cells == count)


def _shared_counts(least: np.ndarray, sharing: float) -> np.ndarray:
    """Cell counts, each at least its ``least`` and within ``sharing`` of it, from few values.

    A kernel costs about 0.1 s to set up and some fifty NumPy calls a step, whatever the number
    of its particles; a fifth more cells for some plates is cheaper.  It is not the same curve:
    the 1 nm grid is not converged, and finer cells move a plateau by up to 2 mV.
    """
    counts = [int(least.max())]
    while counts[-1] > least.min() * (1 + sharing):
        counts.append(min(int(counts[-1] / (1 + sharing)), counts[-1] - 1))
    ladder = np.array(counts[::-1])
    return ladder[np.searchsorted(ladder, least)]


def plate(
    chemistry: Chemistry,
    count: int,
    names: tuple[str, ...],
    *,
    strain: float,
    wetting_filling: float = np.nan,
    layers: int = 1,
) -> Kernel:
    """Kernel of a plate of ``count`` equal cells whose numbers of a particle are ``names``.

    reaction         velocity of the surface reaction over half the thickness [1/h]
    film             potential drop at that velocity; absent: no film
    gradient         kappa/(rho_s kT) over the squared width of a cell; absent: none
    diffusion        D_s over the squared width of a cell [1/h]; absent: no lateral flux
    wetting          weight of the wetted layer beyond the ends; absent: none
    surface_wetting  dc/dn over c (1-c) at the ends, times the width of a cell; absent: none

    With neither of the last two, dc/dx = 0 at the ends.  Instead of ``reaction`` and ``film``
    there may be ``reaction_0``, ``reaction_1``, ..., one for each cell.  ``strain`` is
    B/(rho_s kT), ``wetting_filling`` that of the wetted layer.  With two ``layers`` the state
    holds the fillings of both in each cell; the strain is that of their mean.
    """
    x = ca.SX.sym("c", count * layers)
    c_bar, c_e, dphi = (ca.SX.sym(name) for name in ("c_bar", "c_e", "dphi"))
    q = ca.SX.sym("q", len(names))
    value = dict(zip(names, ca.vertsplit(q), strict=True))
    film = _one_or_each("film", value) if any(name.startswith("film") for name in names) else None
    fillings = [x[k::layers] for k in range(layers)]
    mean = x if layers == 1 else (fillings[0] + fillings[1]) / 2
    rates, unknowns, residuals = [], [], []
    for c, laws in zip(fillings, chemistry.of_layers(fillings), strict=True):
        bending = _gradient_energy(c, value, wetting_filling)
        mu = laws.potential(c).plus(coherency(mean, c_bar, strain=strain) + bending)
        surface = interface(laws, film, dphi, c, c_e, mu)
        rate = _one_or_each("reaction", value) * surface.rate
        if "diffusion" in value:
            # the mean filling shifts every potential alike: it is left out of the differences
            lateral = laws.potential(c).plus(strain * mean + bending)
            flux = value["diffusion"] * _exchange(laws, c, lateral)
            rate += ca.vertcat(flux, 0) - ca.vertcat(0, flux)
        rates.append(rate)
        unknowns.append(surface.unknown)
        residuals.append(surface.residual)
    films = film is not None
    stride = 2 if films else 1
    # A film's unknown stands beside the filling of its place: the Jacobian stays banded.
    rows = np.arange(count * layers) * stride
    state, equations = ca.SX(rows.size * stride, 1), ca.SX(rows.size * stride, 1)
    state[rows.tolist()], equations[rows.tolist()] = x, _in_turn(rates)
    if films:
        beside = (rows + 1).tolist()
        state[beside], equations[beside] = _in_turn(unknowns), _in_turn(residuals)
    mass = np.zeros(rows.size * stride)
    mass[rows] = 1.0
    return Kernel(
        x=state,
        c_bar=c_bar,
        c_e=c_e,
        dphi=dphi,
        q=q,
        rate=equations,
        names=names,
        mass=mass,
        weights=mass / rows.size,
        filling=rows,
        positions=np.repeat((np.arange(count) + 0.5) / count, layers),
        surface=np.full(rows.size, 1 / rows.size),
    )


def _in_turn(columns: list[ca.SX]) -> ca.SX:
    """Columns (n,) of the layers as one: of all layers at the first place, at the second, ..."""
    return ca.vec(ca.horzcat(*columns).T)


def _exchange(chemistry: Chemistry, c: ca.SX, mu: Potential) -> ca.SX:
    """(n - 1,) D M(c) d(mu) between cells over D_s, positive towards x = 0.

    A lattice gas exchanges lithium and vacancies by hops over a symmetric barrier,
    c' (1 - c) exp(d/2) - c (1 - c') exp(-d/2) with d the step of the excess potential: second
    order for c (1 - c) d(mu), zero exactly where mu is equal, and without the logarithms that
    full or empty cells do not allow.
    """
    middle, step = (c[1:] + c[:-1]) / 2, mu.excess[1:] - mu.excess[:-1]
    if not mu.mixing:
        return chemistry.mobility(middle) * step
    backward, forward = c[1:] * (1 - c[:-1]), c[:-1] * (1 - c[1:])
    gain = exp(step / 2)
    return chemistry.diffusivity(middle) * (backward * gain - forward / gain)


def _one_or_each(name: str, value: Mapping[str, ca.SX]) -> ca.SX:
    """A number of the plate, or the column of those of its cells."""
    each = [symbol for key, symbol in value.items() if key.startswith(f"{name}_")]
    return ca.vertcat(*each) if each else value[name]


def _gradient_energy(c: ca.SX, value: Mapping[str, ca.SX], wetting_filling: float) -> ca.SX:
    """(n,) part of mu/kT, -kappa/(rho_s kT) d2c/dx2; nothing without a ``gradient``.

    A surface energy with the slope -s c (1-c) at the ends adds s/kappa c (1-c) to dc/dn there.
    The filling of an end face follows from its cell alone, to second order: the sum stays the
    derivative of a discrete free energy.
    """
    if "gradient" not in value:
        return ca.SX(c.shape[0], 1)
    inner = c[1:] - c[:-1]
    ends, slope = value.get("wetting", 0), value.get("surface_wetting", 0)

    def wet(end: ca.SX) -> ca.SX:
        face = end + slope / 2 * end * (1 - end)
        return slope * face * (1 - face)

    first = ends * (c[0] - wetting_filling) - wet(c[0])
    last = ends * (wetting_filling - c[-1]) + wet(c[-1])
    bend = ca.vertcat(inner, last) - ca.vertcat(first, inner)
    return -value["gradient"] * bend
