"""Functions of one variable that a file gives as a number, a formula or a table.

Formulae are those of Python with ``x``, ``+ - * / **`` and a few functions; their syntax tree is
walked here and nothing is ever executed.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

import numpy as np

from electrode_model.tables import columns

__all__ = ["Function", "read_function", "sampled"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Function = Callable[[Array], Array]

_LONGEST, _DEEPEST = 20_000, 200  # characters, levels of a formula

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "exp": np.exp,
    "tanh": np.tanh,
    "cosh": np.cosh,
    "sinh": np.sinh,
    "log": np.log,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "abs": np.abs,
    "arctan": np.arctan,
}
_BINARY: Mapping[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}


def read_function(value: Any) -> Function:
    """The function that a number, a text or a table ``{x: [...], y: [...]}`` stands for.

    Tables are interpolated linearly and constant beyond their ends.  Raises ValueError with what is
    wrong, as a continuation of the name of the key.
    """
    if isinstance(value, str):
        return _formula(value)
    if isinstance(value, Mapping):
        return _table(value)
    if not _is_number(value) or not np.isfinite(value):
        raise ValueError("is no finite number, formula or table of x and y")
    number = float(value)
    return lambda x: np.full_like(x, number)


def sampled(
    function: Function, low: float, high: float, error: float, most: int = 120
) -> tuple[Array, Array]:
    """(n,) places and values, of which the PCHIP interpolant is off by at most ``error``.

    Begins with 24 even intervals and halves those that are off; stops at ``most`` places, the worst
    first.
    """
    from scipy.interpolate import PchipInterpolator

    x = np.linspace(low, high, 25)
    while x.size < most:
        middle = (x[1:] + x[:-1]) / 2
        off = np.abs(PchipInterpolator(x, function(x))(middle) - function(middle))
        worst = np.argsort(-off)[: min(most - x.size, 8)]
        wrong = worst[off[worst] > error]
        if wrong.size == 0:
            break
        x = np.sort(np.concatenate([x, middle[wrong]]))
    return x, function(x)


def _table(value: Mapping[str, Any]) -> Function:
    try:
        x, y = (np.asarray(value[key], dtype=float) for key in ("x", "y"))
    except (KeyError, TypeError, ValueError):
        raise ValueError("is no table of numbers x and y") from None
    x, y = columns(x, y, names=("values of x", "values of y"))
    if not np.all(np.isfinite(x)) or not np.all(np.isfinite(y)):
        raise ValueError("has a number that is not finite")
    return lambda at: np.interp(at, x, y)


def _formula(text: str) -> Function:
    if len(text) > _LONGEST:
        raise ValueError(f"has more than {_LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError(f"is no formula: {text[:60]!r}") from None
    evaluate = _node(tree, 0)

    def function(x: Array) -> Array:
        with np.errstate(all="ignore"):  # overflow beyond the range of use is seen by the caller
            values: Array = np.broadcast_to(evaluate(np.asarray(x, dtype=float)), np.shape(x))
        return np.array(values)

    return function


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _node(node: ast.expr, depth: int) -> Callable[[Array], Any]:
    if depth > _DEEPEST:
        raise ValueError(f"is nested more than {_DEEPEST} deep")
    if isinstance(node, ast.Constant) and _is_number(node.value):
        number = float(node.value)
        return lambda x: number
    if isinstance(node, ast.Name):
        if node.id == "x":
            return lambda x: x
        if node.id == "pi":
            return lambda x: np.pi
        raise ValueError(f"has the unknown name {node.id!r}; the variable is x")
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner, sign = _node(node.operand, depth + 1), -1.0 if isinstance(node.op, ast.USub) else 1.0
        return lambda x: sign * inner(x)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        operation = _BINARY[type(node.op)]
        left, right = _node(node.left, depth + 1), _node(node.right, depth + 1)
        return lambda x: operation(left(x), right(x))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        called = _FUNCTIONS.get(node.func.id)
        if called is None or len(node.args) != 1 or node.keywords:
            known = ", ".join(_FUNCTIONS)
            raise ValueError(f"calls {node.func.id!r}; known, of one argument: {known}")
        argument, function = _node(node.args[0], depth + 1), called
        return lambda x: function(argument(x))
    raise ValueError(f"has {ast.unparse(node)[:40]!r}, which is no part of a formula")
