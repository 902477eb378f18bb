"""Is what a user's file defines what it is taken for?  Looked at when a configuration is read.

Signatures are compared with those of the built-in components, and every function is called a
few times, with arrays and with symbols: what it returns must have the right type and shape, be
finite, and be the same both ways.  Each fault is a
:class:`~electrode_model.user_files.UserFileError` that says where in the user's file it is.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np

from electrode_model import exchange_current
from electrode_model.config import units, user_sample
from electrode_model.config.components import (
    CONNECTIONS,
    DIFFUSIVITIES,
    ELECTROLYTES,
    EXCHANGE_CURRENTS,
    FACTORS,
    FRACTIONS,
    LAWS,
    PARTICLES,
    TORTUOSITIES,
    Family,
    Parameter,
    parameters,
)
from electrode_model.config.problems import Refused, show
from electrode_model.connections import Edges
from electrode_model.constants import BOLTZMANN
from electrode_model.electrolyte import Transport
from electrode_model.exchange_current import Exchange
from electrode_model.free_energy import Potential
from electrode_model.particle import Model
from electrode_model.symbolic import Expr
from electrode_model.user_files import UserFileError, guarded, is_reference, label, place

__all__ = [
    "above_zero",
    "array_of",
    "check_component",
    "check_fillings",
    "check_signature",
    "check_sizes",
    "values_of",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

FILLINGS = np.array([0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
_SAME = 1e-9  # NumPy and CasADi differ by rounding of a few operations
_EQUILIBRIUM = 1e-6  # of the rate at 2 kT: rounding, and closed forms of integrals
_ROOM = 298.15  # K, where no temperature is known


def check_signature(family: Family, name: str) -> None:
    """Whether it is a function of what its family is called with, and its keys can be read.

    Raises UserFileError.
    """
    function = family.function(name)
    needed, where = family.arguments, place(function)
    known = family.parameters(name)
    start = f"{where}: {function.__name__}"
    given = inspect.signature(function).parameters.values()
    before = [p.name for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    odd = next((p.name for p in given if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL)), None)
    if odd is not None:
        raise UserFileError(f"{start} takes any {odd}; write its keys out, each with its Spec")
    if len(before) != len(needed):
        call = f"{function.__name__}({', '.join((*needed, '*', 'its keys'))})"
        text = f"{start} takes ({', '.join(before)}), but a {family.noun} is {call}"
        raise UserFileError(f"{text}: what is not a key stands before the *, keys stand after it")
    if family is LAWS and before[-1] != "exchange" and not before[-1].startswith("_"):
        text = f"{start} calls its fifth argument {before[-1]}; call it exchange, or _ if the law"
        raise UserFileError(f"{text} has an exchange current of its own")
    for parameter in known.values():
        _check_parameter(parameter, start)


def _check_parameter(parameter: Parameter, start: str) -> None:
    """Whether its unit is known and its default allowed."""
    where = f"{start}({parameter.name})"
    if parameter.spec is not None:
        try:
            units.dimension(parameter.spec.unit)
        except units.UnitError as error:
            text = f"{where} has the unit {parameter.spec.unit!r}, which {error}"
            raise UserFileError(f"{text}; a plain number has the unit '1'") from None
    if not parameter.required:
        try:
            parameter.read(parameter.default, _ROOM)
        except Refused as error:
            raise UserFileError(f"{where} has a default that {error}") from None


def check_component(
    family: Family, name: str, own: Mapping[str, Any], temperature: float | None
) -> None:
    """Call a user's component with its keys and look at what it returns; raises UserFileError.

    Components of the package are looked at if one of their keys names a user's file.
    """
    files = [value for value in own.values() if is_reference(value)]
    if not files and not is_reference(name):
        return
    check = _CHECKS.get(family)
    if check is None:
        return
    function = family.function(name)
    where = place(function) if is_reference(name) else f"{name} with {label(files[0])}"
    kelvin = _ROOM if temperature is None else temperature
    check(f"{where}: {function.__name__}", function, own, kelvin)


def _law(what: str, law: Callable[..., Any], own: Mapping[str, Any], kelvin: float) -> None:
    known = parameters(law)
    energies = {key for key, p in known.items() if p.spec is not None and p.spec.unit == "J"}
    keys = {k: v / (BOLTZMANN * kelvin) if k in energies else v for k, v in own.items()}
    for mixing in (1.0, 0.0):  # a lattice gas, and a material given by its voltage
        for a_e in (0.5, 1.5):
            rates = []
            for eta in (-2.0, 0.0, 2.0):  # kT/e

                def rate(dphi: Expr, c: Expr, mixing: float = mixing, a_e: float = a_e) -> Expr:
                    mu = Potential(mixing, 3.0 * (1 - 2 * c))
                    return law(dphi, c, a_e, mu, exchange_current.newman, **keys)

                dphi = eta - Potential(mixing, 3.0 * (1 - 2 * FILLINGS)).total(FILLINGS)
                rates.append(values_of(rate, what, dphi=dphi, c=FILLINGS))
            insertion, still, extraction = rates
            size = np.maximum(np.abs(insertion), np.abs(extraction))
            worst = int(np.argmax(np.abs(still) - _EQUILIBRIUM * size))
            if abs(still[worst]) > _EQUILIBRIUM * size[worst]:
                text = f"{what} is {still[worst]:.3g} at equilibrium, dphi + mu.total(c) = 0"
                raise UserFileError(f"{text} (c = {FILLINGS[worst]:g}); it must be 0 there")
            if np.any(insertion <= 0) or np.any(extraction >= 0):
                text = f"{what} must be above 0 (lithium enters) where dphi + mu.total(c) is below"
                worst = int(np.argmax((insertion <= 0) | (extraction >= 0)))
                found = f"{insertion[worst]:.3g} at -2 and {extraction[worst]:.3g} at 2"
                raise UserFileError(f"{text} 0, and below 0 above; it is {found}")


def _exchange(what: str, form: Callable[..., Any], own: Mapping[str, Any], _: float) -> None:
    for mixing in (1.0, 0.0):
        found = form(FILLINGS, 0.5, mixing, **own)
        if getattr(found, "_fields", None) != Exchange._fields:  # also a copy of the class
            text = f"{what} returns {_sort(found)}; return Exchange(factor, filled, vacant,"
            raise UserFileError(f"{text} excess, electrolyte) of electrode_model.exchange_current")
        for key, power in zip(Exchange._fields[1:], found[1:], strict=True):
            if not isinstance(power, int | float) or not np.isfinite(power):
                raise UserFileError(f"{what}: {key} is {_sort(power)}; a finite power is needed")

        def factor(c: Expr, mixing: float = mixing) -> Expr:
            return form(c, 0.5, mixing, **own).factor

        if np.all(values_of(factor, f"{what}: factor", c=FILLINGS) <= 0):
            raise UserFileError(f"{what}: factor is nowhere above 0")


def _diffusivity(what: str, form: Callable[..., Any], own: Mapping[str, Any], _: float) -> None:
    def shape(c: Expr) -> Expr:
        return form(c, **own)

    above_zero(values_of(shape, what, c=FILLINGS), what, FILLINGS)


def _electrolyte(
    what: str, build: Callable[..., Any], own: Mapping[str, Any], kelvin: float
) -> None:
    try:
        transport = build(**own)
    except AttributeError as error:
        needs = "diffusivity, conductivity, t_plus and thermodynamic_factor, of (c_e, temperature)"
        text = f"{what}: there is no {error.name}; a property set has the functions"
        raise UserFileError(f"{text} {needs}") from None
    if transport is None:
        return
    if not isinstance(transport, Transport):
        text = f"{what} returns {_sort(transport)}; return a Transport(...)"
        raise UserFileError(f"{text} of electrode_model.electrolyte, or None for no transport")
    low, high = transport.concentrations or (0.1, 2.0)
    c_e = low + (high - low) * np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    names = ("diffusivity", "conductivity", "t_plus", "thermodynamic_factor", "activity")
    for key in names:
        where = place(getattr(transport, key))
        inner = f"{where}: {key}" if where else f"{what}: {key}"
        function = guarded(getattr(transport, key), Path(where.rpartition(":")[0]))

        def value(c_e: Expr, function: Callable[..., Any] = function) -> Expr:
            return function(c_e, kelvin)

        found = values_of(value, inner, c_e=c_e)
        if key != "t_plus":
            above_zero(found, inner, c_e, "c_e", " mol/L")


def _particles(what: str, build: Callable[..., Any], own: Mapping[str, Any], kelvin: float) -> None:
    models = build(user_sample.particles(kelvin), user_sample.chemistry(), **own)
    if not isinstance(models, Sequence) or not all(isinstance(m, Model) for m in models):
        text = f"{what} returns {_sort(models)}; return a list of Model"
        raise UserFileError(f"{text} of electrode_model.particle")
    seen = np.concatenate([np.asarray(m.index) for m in models]) if models else np.empty(0)
    if sorted(seen.tolist()) != [0, 1]:
        text = f"{what} makes models of the particles {seen.tolist()} of a population of two"
        raise UserFileError(f"{text}; every index must be in one of them, once")
    for model in models:
        kernel, n = model.kernel, int(model.kernel.x.shape[0])
        m = np.asarray(kernel.filling).size
        shapes = {
            "rate": (kernel.rate.shape[0], n),
            "mass": (np.asarray(kernel.mass).size, n),
            "weights": (np.asarray(kernel.weights).size, n),
            "names": (len(kernel.names), int(kernel.q.shape[0])),
            "surface": (np.asarray(kernel.surface).size, m),
        }
        for key, (found, needed) in shapes.items():
            if found != needed:
                text = f"{what}: the kernel has {key} of length {found}; {needed} are needed"
                raise UserFileError(f"{text}, with {n} in x, {m} in filling, {kernel.q.shape[0]}"
                                    " in q")  # fmt: skip
        for key in kernel.names:
            if np.shape(model.q.get(key)) != (len(model.index),):
                text = f"{what}: the number {key} has the shape {np.shape(model.q.get(key))}"
                raise UserFileError(f"{text}; one for each particle is needed")
        if abs(float(np.sum(kernel.weights)) - 1) > 1e-9:
            text = f"{what}: the weights sum to {float(np.sum(kernel.weights)):g}"
            raise UserFileError(f"{text}; weights @ x is the mean filling, so they sum to 1")
        inputs = [kernel.x, kernel.c_bar, kernel.c_e, kernel.dphi, kernel.q]
        try:
            rate = ca.Function("rate", inputs, [kernel.rate])
        except RuntimeError:
            text = f"{what}: the rate holds symbols that are none of x, c_bar, c_e, dphi, q"
            raise UserFileError(text) from None
        start = np.where(np.asarray(kernel.mass) > 0, 0.3, 0.0)
        q = [np.asarray(model.q[key], dtype=float)[0] for key in kernel.names]
        if not np.all(np.isfinite(np.asarray(rate(start, 0.3, 1.0, 0.0, q)))):
            raise UserFileError(f"{what}: the rate is not finite at a uniform filling of 0.3")


def _tortuosity(what: str, law: Callable[..., Any], own: Mapping[str, Any], _: float) -> None:
    eps = np.array([0.3, 0.4])
    above_zero(array_of(law(eps, **own), eps.shape, what), what, eps, "porosity")


def _factors(what: str, law: Callable[..., Any], own: Mapping[str, Any], _: float) -> None:
    _scattered(what, law, own)


def _fractions(what: str, law: Callable[..., Any], own: Mapping[str, Any], _: float) -> None:
    _scattered(what, lambda z, **keys: law(z, 0.5, **keys), own)


def _scattered(what: str, law: Callable[..., Any], own: Mapping[str, Any]) -> None:
    z = np.array([[-1.0, 0.0, 1.0]])
    if not any(isinstance(value, tuple) for value in own.values()):  # lists have a length
        above_zero(array_of(law(z, **own), z.shape, what)[0], what, z[0], "z")


def _connections(what: str, form: Callable[..., Any], own: Mapping[str, Any], _: float) -> None:
    if any(isinstance(value, tuple) for value in own.values()):
        return
    edges = form(3, 0, **own)
    if getattr(edges, "_fields", None) != Edges._fields:
        text = f"{what} returns {_sort(edges)}; return Edges(first, second, conductance)"
        raise UserFileError(f"{text} of electrode_model.connections")
    count = np.size(edges.first)
    for key, values in zip(Edges._fields, edges, strict=True):
        array_of(values, (count,), f"{what}: {key}")


_CHECKS: Mapping[Family, Callable[[str, Callable[..., Any], Mapping[str, Any], float], None]] = {
    LAWS: _law,
    EXCHANGE_CURRENTS: _exchange,
    DIFFUSIVITIES: _diffusivity,
    ELECTROLYTES: _electrolyte,
    PARTICLES: _particles,
    TORTUOSITIES: _tortuosity,
    FACTORS: _factors,
    FRACTIONS: _fractions,
    CONNECTIONS: _connections,
}


def check_sizes(family: Family, name: str, own: Mapping[str, Any], count: tuple[int, int]) -> None:
    """What a user's distribution gives for ``count`` (volumes, per_volume); UserFileError."""
    function = family.function(name)
    what = f"{place(function)}: {function.__name__}"
    sizes = array_of(function(count, (2, 3), **own), count, what)
    if np.any(sizes <= 0):
        raise UserFileError(f"{what} gives the size {sizes.min():.3g} m; sizes are above 0")


def check_fillings(
    family: Family, name: str, own: Mapping[str, Any], positions: Array, count: int
) -> None:
    """What a user's initial profile gives at ``positions`` (m,); UserFileError."""
    function = family.function(name)
    what = f"{place(function)}: {function.__name__}"
    shape = (max(positions.size, 1), count)
    start = array_of(function(positions, count, **own), shape, what)
    outside = start[(start <= 0) | (start >= 1)]
    if outside.size:
        raise UserFileError(f"{what} gives the filling {outside[0]:.3g}; they are between 0 and 1")


def values_of(function: Callable[..., Expr], what: str, **at: Array) -> Array:
    """Values (n,) of an elementwise function at arrays (n,), checked against those of symbols.

    ``what`` begins the messages.  Raises UserFileError.
    """
    size = next(iter(at.values())).size
    with np.errstate(all="ignore"):
        numeric = array_of(function(**at), (size,), what, tuple(at.items())[-1])
    symbols = {key: ca.SX.sym(key, size) for key in at}
    expression = function(**symbols)
    try:
        compiled = ca.Function("value", list(symbols.values()), [ca.densify(ca.SX(expression))])
        symbolic = np.asarray(compiled(*at.values()), dtype=float)
    except (NotImplementedError, TypeError, RuntimeError):
        raise UserFileError(f"{what} gives {_sort(expression)} for a symbol") from None
    if symbolic.size not in (1, size):
        text = f"{what} gives {symbolic.size} values for {size}: it must be elementwise"
        raise UserFileError(text)
    symbolic = np.broadcast_to(symbolic.ravel(), size)
    scale = np.max(np.abs(numeric))
    if np.any(np.abs(symbolic - numeric) > _SAME * scale):
        worst = int(np.argmax(np.abs(symbolic - numeric)))
        text = f"{what} gives {numeric[worst]:.6g} for an array and {symbolic[worst]:.6g} for a"
        raise UserFileError(
            f"{text} symbol of the same value; take its functions from electrode_model.symbolic"
        )
    return numeric


def array_of(
    value: Any, shape: tuple[int, ...], what: str, at: tuple[str, Array] | None = None
) -> Array:
    """The value as finite floats of a ``shape``; a single number serves for all."""
    try:
        found = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise UserFileError(f"{what} returns {_sort(value)}; numbers are needed") from None
    if found.shape not in ((), shape):
        needed = " x ".join(map(str, shape))
        text = f"{what} returns an array of shape {found.shape} where {needed} are needed"
        raise UserFileError(text)
    found = np.broadcast_to(found, shape)
    wrong = np.argwhere(~np.isfinite(found))
    if wrong.size:
        first = tuple(wrong[0])
        there = f" at {at[0]} = {at[1][first]:g}" if at else ""
        raise UserFileError(f"{what} is {found[first]:g}{there}; it must be finite")
    return found


def above_zero(values: Array, what: str, at: Array, name: str = "c", unit: str = "") -> None:
    """Refuse a value that is not, with the place ``at`` where it is; raises UserFileError."""
    wrong = np.flatnonzero(values <= 0)
    if wrong.size:
        first = wrong[0]
        text = f"{what} is {values[first]:.3g} at {name} = {at[first]:g}{unit}"
        raise UserFileError(f"{text}; it must be above 0")


def _sort(value: object) -> str:
    """A wrong value with its type."""
    if value is None:
        return "nothing (None)"
    shape = f" of shape {value.shape}" if isinstance(value, np.ndarray) else ""
    return f"{show(value) if not shape else 'an array'}{shape} ({type(value).__name__})"
