"""Where a run starts: at an open-circuit voltage or a state of charge."""

from typing import Annotated

from pydantic import model_validator

from electrode_model.config.fields import Quantity, Section, checked
from electrode_model.config.problems import Location

__all__ = ["Start"]


class Start(Section):
    """Equilibrium at the start, in place of fillings; of a full cell with their lithium."""

    voltage: Annotated[
        float | None, Quantity("V", "open-circuit voltage", at_least=-10, at_most=10)
    ] = None
    state_of_charge: Annotated[
        float | None, Quantity("1", "charge held between 'empty' and 'full'", at_least=0, at_most=1)
    ] = None
    empty: Annotated[
        float | None,
        Quantity("V", "open-circuit voltage at a state of charge of 0", at_least=-10, at_most=10),
    ] = None
    full: Annotated[
        float | None,
        Quantity("V", "open-circuit voltage at a state of charge of 1", at_least=-10, at_most=10),
    ] = None

    @model_validator(mode="after")
    def _check(self) -> "Start":
        faults: list[tuple[Location, str]] = []
        ends = [name for name in ("empty", "full") if getattr(self, name) is not None]
        if (self.voltage is None) == (self.state_of_charge is None):
            has = "says nothing" if self.voltage is None else "has voltage and state_of_charge"
            faults.append(((), f"{has}; write exactly one of voltage, state_of_charge"))
        elif self.voltage is not None:
            message = "goes with state_of_charge, not with a voltage; remove it"
            faults += [((name,), message) for name in ends]
        elif self.empty is None or self.full is None:
            message = "needs 'empty' and 'full', such as empty: 2.5 V, full: 4.2 V"
            faults.append((("state_of_charge",), message))
        elif self.empty >= self.full:
            message = f"is {self.empty:g} V, not below full, {self.full:g} V; write a lower one"
            faults.append((("empty",), message))
        return checked(self, faults)
