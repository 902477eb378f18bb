"""stub"""
from typing import Literal

def build(x, *, shape: Literal["sphere", "cylinder", "slab", "plate"] = "sphere"):
    """Uniform composition."""
