"""Elementary functions for floats, NumPy arrays and CasADi symbols alike.

Physics calls these and never ``np.*``: NumPy functions on an SX warn and, after
``setNumpyMode``, broadcast differently from CasADi's own.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import casadi as ca
import numpy as np

__all__ = [
    "Expr",
    "asinh",
    "erfc",
    "exp",
    "log",
    "power",
    "sqrt",
    "tanh",
    "tree_sum",
    "where_at_least",
]

Expr: TypeAlias = Any  # float, ndarray, SX or MX: a union fails mypy on MX * SX

_SYMBOLS = (ca.SX, ca.MX, ca.DM)


def _dispatch(symbolic: Callable[..., Any], numeric: Callable[..., Any]) -> Callable[..., Any]:
    def function(x: Expr) -> Expr:
        return symbolic(x) if isinstance(x, _SYMBOLS) else numeric(x)

    return function


def _numeric_erfc(x: Expr) -> Expr:
    from scipy.special import erfc as scipy_erfc

    return scipy_erfc(x)


exp = _dispatch(ca.exp, np.exp)
log = _dispatch(ca.log, np.log)
sqrt = _dispatch(ca.sqrt, np.sqrt)
tanh = _dispatch(ca.tanh, np.tanh)
asinh = _dispatch(ca.asinh, np.arcsinh)
erfc = _dispatch(lambda x: 1 - ca.erf(x), _numeric_erfc)


def power(x: Expr, exponent: float) -> Expr:
    """``x**exponent`` for a number ``exponent``; 0, 1 and small whole numbers need no ``pow``.

    A whole exponent keeps the value finite for x slightly below zero, where Newton's
    iterates may pass; ``pow`` would give NaN there.
    """
    exponent = round(exponent, 12)  # 1 - 0.45 + 0.45 is not quite 1
    if exponent == 0:
        return 1.0
    if exponent == int(exponent) and 0 < exponent <= 4:
        product = x
        for _ in range(int(exponent) - 1):
            product = product * x
        return product
    if exponent == 0.5:
        return sqrt(x)
    if exponent == 1.5:
        return x * sqrt(x)
    return x**exponent


def where_at_least(x: Expr, threshold: float) -> Expr:
    """1 where ``x >= threshold`` and 0 elsewhere."""
    if isinstance(x, _SYMBOLS):
        return x >= threshold
    return np.where(np.asarray(x) >= threshold, 1.0, 0.0)


def tree_sum(terms: Sequence[Expr]) -> Expr:
    """Sum by halves: a shallow expression, which the vectorised evaluator turns into few calls."""
    terms = list(terms)
    while len(terms) > 1:
        paired = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = paired + terms[len(paired) * 2 :]
    return terms[0] if terms else 0.0
