"""Numbers that differ from particle to particle, in a configuration."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from electrode_model.config.components import FACTORS, FRACTIONS
from electrode_model.config.fields import Component, Part, Quantity, Read, Section, checked
from electrode_model.config.problems import Location, Refused, listing, show, unknown
from electrode_model.config.reading import read_number
from electrode_model.quantities import Spec
from electrode_model.scatter.joint import QUANTITIES, SIZE, correlations, triangle

__all__ = ["Scatter"]

_BETWEEN = "-"
_NAMES = (SIZE, *QUANTITIES)
_PAIRS = tuple(
    f"{one}{_BETWEEN}{other}" for k, one in enumerate(_NAMES) for other in _NAMES[k + 1 :]
)


def _correlation(values: Any, temperature: float | None) -> dict[str, float]:
    """Correlations by pair, in either order; raises Refused."""
    if not isinstance(values, dict):
        example = f"write pairs of {listing(_NAMES)}, for example {_PAIRS[0]}: -0.5"
        raise Refused(f"is {show(values)}; {example}")
    spec = Spec("1", "correlation", at_least=-1.0, at_most=1.0)
    faults: list[tuple[Location, str]] = []
    result: dict[str, float] = {}
    for key, value in values.items():
        turned = _BETWEEN.join(reversed(str(key).split(_BETWEEN)))
        try:
            if key not in _PAIRS and turned not in _PAIRS:
                raise Refused(unknown(key, _PAIRS))
            if turned in result:
                raise Refused(f"is given as {turned} too; keep one of them")
            result[key] = read_number(value, spec, temperature)
        except Refused as error:
            faults.append(((key,), str(error)))
    if faults:
        raise Refused("", *faults)
    return result


class Scatter(Section):
    """By how much numbers of the particles differ: none of them unless it is named here."""

    k0: Annotated[Component | None, Part(FACTORS)] = Field(
        default=None, description="factor of the rate constant, of mean 1; null: 1"
    )
    film_resistance: Annotated[Component | None, Part(FACTORS)] = Field(
        default=None, description="factor of the film resistance, of mean 1; null: 1"
    )
    contact: Annotated[Component | None, Part(FRACTIONS)] = Field(
        default=None,
        description="share of the surface in contact, about the population's; null: that one",
    )
    correlation: Annotated[dict[str, float], Read(_correlation, "object")] = Field(
        default_factory=dict,
        description="correlations of the normal scores of two quantities, such as size-k0: -0.5",
    )
    seed: Annotated[int, Quantity("1", "seed of the random draws", at_least=0)] = 0

    @property
    def forms(self) -> dict[str, Component]:
        """The quantities that scatter, each with its form."""
        found = {name: getattr(self, name) for name in QUANTITIES}
        return {name: form for name, form in found.items() if form is not None}

    @property
    def drawn(self) -> tuple[str, ...]:
        """The quantities that are drawn: those that scatter and are not listed."""
        return tuple(name for name, form in self.forms.items() if not form.lists)

    @property
    def pairs(self) -> dict[tuple[str, str], float]:
        """The correlations by the two names."""
        split = {key: key.split(_BETWEEN) for key in self.correlation}
        return {(split[key][0], split[key][1]): value for key, value in self.correlation.items()}

    @model_validator(mode="after")
    def _check(self) -> "Scatter":
        faults: list[tuple[Location, str]] = []
        for pair in self.pairs:
            for name in pair:
                if name == SIZE or name in self.drawn:
                    continue
                what = "is listed, with the correlations that its list has"
                what = what if name in self.forms else "is the same for all particles"
                cure = "remove this" if name in self.forms else f"write {name} beside, or remove"
                place = ("correlation", _BETWEEN.join(pair))
                faults.append((place, f"is of no use: {name} {what}; {cure}"))
        if not faults:
            try:
                triangle(correlations(_NAMES, self.pairs))
            except ValueError as error:
                cure = "bring them nearer to 0"
                faults.append((("correlation",), f"{error}; {cure}"))
        return checked(self, faults)
