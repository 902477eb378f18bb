"""Fits of curves: measured data, objectives and methods.

``electrode_model.fit(...)`` is a function of the public door, and Python gives the name to this
package as soon as anything in it is imported: so the package itself can be called.
"""

import sys
from types import ModuleType
from typing import Any

__all__: list[str] = []


class _Callable(ModuleType):
    """The package, which when called is :func:`electrode_model.fit.fit.fit`."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        from electrode_model.fit.fit import fit

        return fit(*given, **named)


sys.modules[__name__].__class__ = _Callable
