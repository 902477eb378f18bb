"""Numbers that rows M2 and M3 are judged by, and the model of Lim et al. that they are of.

Calculated from Eqs. S12 to S18 of Lim et al., Science 353 (2016) 566, SI, without this package;
Omega 4.49 kT, B 3.73 kT, k = 0.  Rates are in units of k0, "lith" is positive.
"""

from functools import cache
from typing import Literal

import numpy as np

from electrode_model.analysis import stability

Intervals = list[tuple[float, float]]

INF = np.inf
RATES = (0.1, 0.2, 0.3, 1, 2, 3, 5, 10, INF)
DIRECTION: dict[str, Literal["discharge", "charge"]] = {"lith": "discharge", "del": "charge"}
SIGN = {"lith": 1, "del": -1}

#: Form of the package and its factor in the paper's F.
FORMS = {
    "S15": ("transition_state", 1.2),
    "S16": ("skewed", 1.0),
    "S17": ("newman", 2.0),
    "S18": ("constant", 0.5),
}

#: Unstable intervals of the filling at RATES, printed to 0.001.
NONE: Intervals = []
TABLE: dict[tuple[str, str], list[Intervals]] = {
    ("S15", "lith"): [[(0.274, 0.579)], [(0.306, 0.465)], *[NONE] * 7],
    ("S15", "del"): [[(x, 1.0)] for x in (0.243, 0.233, 0.224, 0.19, 0.168, 0.158, 0.149, 0.143)]
    + [[(0.141, 1.0)]],
    ("S16", "lith"): [
        [(0.257, 0.663)],
        [(0.257, 0.610)],
        [(0.258, 0.568)],
        [(0.273, 0.360)],
        NONE,
        [(0.098, 0.224)],
        [(0, 0.235)],
        [(0, 0.237)],
        [(0, 0.238)],
    ],
    ("S16", "del"): [[(x, 1.0)] for x in (0.256, 0.255, 0.255, 0.254, 0.253, 0.253, 0.252, 0.252)]
    + [[(0.252, 1.0)]],
    ("S17", "lith"): [
        [(0.245, 0.734)],
        [(0.233, 0.724)],
        [(0.220, 0.715)],
        [(0.109, 0.670)],
        [(0, 0.643)],
        [(0, 0.632)],
        [(0, 0.624)],
        [(0, 0.620)],
        [(0, 0.619)],
    ],
    ("S17", "del"): [
        [(0.267, 0.755)],
        [(0.276, 0.767)],
        [(0.285, 0.780)],
        [(0.330, 0.891)],
        [(0.357, 1)],
        [(0.368, 1)],
        [(0.376, 1)],
        [(0.380, 1)],
        [(0.381, 1)],
    ],
    ("S18", "lith"): [[(0.256, 0.744)]] * 9,
    ("S18", "del"): [[(0.256, 0.744)]] * 9,
}

GAIN_RATES = (0.1, 0.25, 0.5, 1, 2, 5, 10, INF)
#: ln of the amplification, the largest between any start and end in [.01, .99].
GAIN = {
    ("S15", "lith"): (1.16, 0, 0, 0, 0, 0, 0, 0),
    ("S15", "del"): (6.21, 4.80, 4.33, 4.14, 4.08, 4.08, 4.09, 4.09),
    ("S16", "lith"): (2.27, 0.57, 0.13, 0, 0, 0.04, 0.07, 0.07),
    ("S16", "del"): (7.31, 5.82, 5.30, 5.04, 4.93, 4.89, 4.89, 4.88),
    ("S17", "lith"): (4.19, 1.72, 0.93, 0.62, 0.62, 0.64, 0.64, 0.64),
    ("S17", "del"): (4.19, 1.72, 0.93, 0.62, 0.62, 0.64, 0.64, 0.64),
    ("S18", "lith"): (2.15, 0.88, 0.48, 0.30, 0.24, 0.22, 0.22, 0.21),
    ("S18", "del"): (2.15, 0.88, 0.48, 0.30, 0.24, 0.22, 0.22, 0.21),
}
#: The same at infinite rate, of what is there at .01 or .99.
FROM_START = {
    "lith": {"S15": 0.0, "S16": 0.07, "S17": 0.64, "S18": 0.0},
    "del": {"S15": 4.09, "S16": 4.88, "S17": 0.64, "S18": 0.0},
}


@cache
def lim(form: str) -> stability.Reaction:
    """Lim's model: rates in his k0, strain in the driving force alone (Eqs. S12 to S14)."""
    name, factor = FORMS[form]
    return stability.of_material(
        "lfp",
        {"law": "butler_volmer", "k0": 1e-2, "exchange_current": name},
        omega="4.49 kT",
        strain=3.73,
        strain_in_activity=False,
        rate_constant=factor,
    )


#: Turns of the neutral curve: rate and filling; the other cases have none.
CRITICAL: dict[tuple[str, str], list[tuple[str, float, float]]] = {
    ("S15", "lith"): [("closes", 0.25550, 0.368)],
    ("S16", "lith"): [("closes", 1.14885, 0.301), ("opens", 2.54303, 0.190)],
}
