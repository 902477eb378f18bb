"""Is what a user's file gives as a material one?  Looked at when a configuration is read."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from electrode_model.config import components
from electrode_model.config.problems import Refused, show, unknown
from electrode_model.config.reading import read_number
from electrode_model.config.user_components import above_zero, values_of
from electrode_model.material import NUMBERS, Material, Number
from electrode_model.symbolic import Expr
from electrode_model.user_files import UserFileError, parts, place

__all__ = ["check_material", "missing"]

_SHARES = np.array([0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])  # of the range of fillings


def check_material(name: str, values: Mapping[str, Any], temperature: float | None) -> None:
    """Whether a user's file gives a material that can be computed with; raises UserFileError."""
    for key in components.material_parameters(name):
        if key in NUMBERS or key in ("name", "ocv", "diffusivity_shape"):
            text = f"has the argument {key}, which is a key of every material; call it otherwise"
            raise UserFileError(f"{parts(name)[0]}: {parts(name)[1]} {text}")
    material = components.material(name, values)
    where = f"{parts(name)[0]}: {parts(name)[1] or 'MATERIAL'}"
    _check_numbers(material, where)
    given: Any = material.ocv_range
    try:
        low, high = map(float, given)
    except (TypeError, ValueError):
        low, high = 1.0, 0.0
    if not 0 <= low < high <= 1:
        text = f"{where}.ocv_range is {show(given)}; write two ascending fillings"
        raise UserFileError(f"{text} from 0 to 1")
    c = low + (high - low) * _SHARES
    numbers = {key: number.value for key, number in material.numbers.items()}
    kelvin = 298.15 if temperature is None else temperature

    def check(key: str, call: Callable[[Expr], Expr] | None) -> Any:
        if call is None:
            return None
        return values_of(call, f"{place(call) or where}: {key}", c=c)

    ocv, own = material.ocv, material.chemical_potential
    check("ocv", None if ocv is None else _of_c(ocv, kelvin))
    check("chemical_potential", None if own is None else _of_c(own, numbers))
    for key in ("diffusivity_shape", "mobility_shape"):
        function = getattr(material, key)
        above_zero(check(key, function), f"{place(function)}: {key}", c)


def _of_c(function: Callable[..., Expr], second: Any) -> Callable[[Expr], Expr]:
    """The function of the filling alone, which still tells where it is defined."""

    def of_c(c: Expr) -> Expr:
        return function(c, second)

    of_c.__wrapped__ = function  # type: ignore[attr-defined]
    return of_c


def _check_numbers(material: Material, where: str) -> None:
    numbers: Mapping[str, Any] = material.numbers
    for key, number in numbers.items():
        if key not in NUMBERS:
            raise UserFileError(f"{where}.numbers[{key!r}] {unknown(key, list(NUMBERS))}")
        if not isinstance(number, Number):
            text = f"{where}.numbers[{key!r}] is {number!r}"
            raise UserFileError(f'{text}; write Number({number!r}, "where it comes from")')
        try:
            read_number(number.value, NUMBERS[key])
        except Refused as error:
            raise UserFileError(f"{where}.numbers[{key!r}] {error}") from None


def missing(material: Material, numbers: Mapping[str, float], tabulated: bool) -> list[str]:
    """Keys of numbers that a material needs and neither it nor the configuration gives."""
    needed = ["site_density", "standard_potential"]
    if not tabulated and material.ocv is None and material.chemical_potential is None:
        needed.append("omega")
    return [key for key in needed if key not in numbers]
