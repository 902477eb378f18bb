"""An electrolyte that stays at its concentration and drops no potential."""

__all__ = ["build"]


def build() -> None:
    """No transport: c_e is constant and phi_e the same everywhere."""
    return None
