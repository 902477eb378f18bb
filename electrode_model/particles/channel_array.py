"""Channels along [010] side by side in one plate, each with a rate constant of its own.

    dc/dt = (2/thickness) factor(x) k0 rate / (e rho_s) + d/dx [D_lateral M(c) d(mu/kT)/dx]
    mu/kT = ln(c/(1-c)) + excess(c) + B/(rho_s kT) (c - c_bar) - kappa/(rho_s kT) d2c/dx2

The reaction plate of :mod:`~electrode_model.particles.allen_cahn` with an uneven surface, from
which Lim et al., Science 353 (2016) 566, explain domains that are fast in both directions.
Each channel is averaged over its depth: its surface has its mean filling.  Channels share the
potential, the coherency strain of the whole plate, the gradient energy with their neighbours
and a slow exchange of lithium with them, inside the solid or along its surface.

With ``gradient_energy: 0`` in the material and ``lateral_diffusivity: 0`` the channels see each
other through the strain and the potential alone: the mean-field array, which knows no length.
Inside the spinodal a lateral flux without gradient energy has no shortest wavelength: no grid
resolves it.
"""

from typing import Annotated, Any, Literal

import numpy as np
from scipy.special import ndtri

from electrode_model.constants import HOUR
from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.plate import plate
from electrode_model.quantities import Spec

__all__ = ["build", "rate_factors"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Wave number times correlation length of the last wave kept: exp(-q^2/2) is 2e-8 of the first's.
_LAST_WAVE = 6.0


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    nodes: Annotated[int, Spec("1", "channels, or points along the plate", at_least=2)] = 100,
    rate_spread: Annotated[
        float, Spec("1", "s.d. of ln k0 between channels", at_least=0.0, at_most=3.0)
    ] = 0.3,
    correlation_length: Annotated[
        float,
        Spec("m", "distance over which ln k0 decorrelates; 0: each channel for itself", at_least=0),
    ] = 0.0,
    sampling: Literal["random", "quantiles"] = "random",
    seed: Annotated[int, Spec("1", "seed of the rate constants", at_least=0)] = 0,
    lateral_diffusivity: Annotated[
        float, Spec("m^2/s", "tracer diffusivity between channels", at_least=0.0)
    ]
    | None = None,
    wetted: bool = False,
) -> list[Model]:
    """``nodes`` states each; ``size`` is the length of the plate across its channels.

    k0 is the mean rate constant; see :func:`rate_factors` for its distribution.
    ``lateral_diffusivity`` None is the material's diffusivity; exchange along the surface adds
    2 D_surface times its layer's thickness over the plate's.  ``wetted`` as in the reaction
    plate.  With gradient energy the spacing should be at most half of sqrt(kappa/(rho_s kT)),
    2.97 nm for LiFePO4: a coarser grid pins phase boundaries.
    """
    count = particles.size.size
    width = particles.size / nodes
    factors = rate_factors(
        particles.size,
        nodes,
        spread=rate_spread,
        correlation_length=correlation_length,
        sampling=sampling,
        seed=seed,
    )
    velocity = particles.velocity * 2 / particles.thickness
    numbers: dict[str, Array] = {f"reaction_{i}": velocity * factors[:, i] for i in range(nodes)}
    for name, film in particles.films.items():  # the drop is that of the channel's own current
        numbers |= {f"{name}_{i}": film * factors[:, i] for i in range(nodes)}
    if particles.gradient > 0:
        numbers["gradient"] = particles.gradient / width**2
        if wetted:
            numbers["wetting"] = 2 * width / (width + 2 * particles.wetting_layer)
    diffusivity = particles.diffusivity
    if lateral_diffusivity is not None:
        diffusivity = lateral_diffusivity * HOUR
    if diffusivity != 0:  # nan: the material gives none, and the assembly says so
        numbers["diffusion"] = diffusivity / width**2
    kernel = plate(
        chemistry,
        nodes,
        tuple(numbers),
        strain=particles.strain,
        wetting_filling=particles.wetting_filling,
    )
    return [Model(kernel, np.arange(count), numbers)]


def rate_factors(
    size: Array,
    nodes: int,
    *,
    spread: float,
    correlation_length: float = 0.0,
    sampling: Literal["random", "quantiles"] = "random",
    seed: int = 0,
) -> Array:
    """Rate constants of the channels over k0, (P, nodes), for plates of length ``size`` (P,).

    Lognormal with the mean 1 and ``spread`` of the logarithm.  Without a correlation length
    every channel stands for itself: ``random`` draws it, ``quantiles`` takes the quantiles at
    (i + 1/2)/nodes in a drawn order.  With one, ln k0 is a stationary Gaussian field with the
    correlation exp(-d^2/(2 length^2)), a sum of waves whose amplitudes are drawn: refining the
    grid samples the same field.  Each particle has its own draws, by ``seed`` and its number;
    more particles leave those of the first ones as they were.
    """
    streams = (np.random.default_rng([seed, particle]) for particle in range(size.size))
    if correlation_length > 0:
        pairs = zip(size, streams, strict=True)
        rows = [_field(length / correlation_length, nodes, stream) for length, stream in pairs]
    elif sampling == "quantiles":
        quantiles = ndtri((np.arange(nodes) + 0.5) / nodes)
        rows = [stream.permutation(quantiles) for stream in streams]
    else:
        rows = [stream.standard_normal(nodes) for stream in streams]
    factors: Array = np.exp(spread * np.array(rows) - spread**2 / 2)
    return factors


def _field(extent: float, nodes: int, stream: np.random.Generator) -> Array:
    """Stationary Gaussian field of unit variance over ``extent`` correlation lengths, (nodes,).

    The period of its waves is longer by six correlation lengths, so that the two ends do not
    know each other.
    """
    x = (np.arange(nodes) + 0.5) / nodes * extent
    period = extent + _LAST_WAVE
    count = int(np.ceil(_LAST_WAVE * period / (2 * np.pi)))
    wave = 2 * np.pi * np.arange(count + 1) / period
    power = np.exp(-0.5 * wave**2)
    power[0] /= 2  # the others stand for two waves, to the left and to the right
    amplitude = np.sqrt(power / power.sum())
    even, odd = stream.standard_normal((2, count + 1))
    phase = np.multiply.outer(x, wave)
    values: Array = np.cos(phase) @ (amplitude * even) + np.sin(phase) @ (amplitude * odd)
    return values


#: Keys of a population with which tests try the model: rates that a finer grid shares.
EXAMPLE = {"model": {"correlation_length": 5e-9}}
