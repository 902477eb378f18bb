"""Two coupled layers in a particle: what its models have in common.

Lithium in graphite fills the spaces between the sheets in turn.  Two sorts of them, each with
a filling of its own at every place of a particle, give the stages: Ferguson & Bazant,
Electrochim. Acta 146 (2014) 89; Guo et al., J. Phys. Chem. Lett. 7 (2016) 2151.  A layer has
half of the sites and half of the reacting surface,

    dc_i/dt = (A/V) (k0/2) rate(c_i, mu_i) / (e rho_s/2),      c = (c_1 + c_2)/2,

so that layers which fill alike are a particle of one filling.  The half is missing in the type
homog2 of MPET 1.0.1, which runs twice as fast as its own siblings.

Layers that are exactly alike stay alike where that is unstable, as a pencil stands on its tip.
MPET starts them with random differences, which die out while the mixture is stable; an implicit
method of long steps then never leaves the unstable state.  Here the sites of the second layer
lie a little higher, ``SPLIT``, so that the first fills first, at every step length.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np

from electrode_model.constants import BOLTZMANN
from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.quantities import Spec

__all__ = ["SPLIT", "Difference", "Split", "parted", "split"]

#: 1e-3 kT at 298.15 K, assumed: 0.026 mV, a tenth of what a plateau is read to.
SPLIT = 4.1e-24  # J

Split = Annotated[float, Spec("J", "energy of a site in the second layer above one in the first")]
Difference = Annotated[
    float,
    Spec(
        "1",
        "filling of the first layer less that of the second at the start",
        at_least=-1.0,
        at_most=1.0,
    ),
]


def split(chemistry: Chemistry, energy: float, particles: Particles) -> Chemistry:
    """The laws with the sites of the second layer higher by ``energy`` [J]."""
    return replace(chemistry, split=energy / (BOLTZMANN * particles.temperature))


def parted(models: Sequence[Model], difference: float) -> list[Model]:
    """The models with the fillings of the layers that far apart at the start.

    Near 0 and 1 the difference is at most half of what would empty or fill a layer.
    """
    parts = [
        np.tile([difference / 2, -difference / 2], model.kernel.filling.size // 2)
        for model in models
    ]
    return [replace(m, offset=part) for m, part in zip(models, parts, strict=True)]
