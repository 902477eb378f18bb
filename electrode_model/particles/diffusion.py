"""stub"""
from typing import Annotated, Literal
from electrode_model.quantities import Spec

Shape = Literal["sphere", "cylinder", "slab"]
Nodes = Annotated[int, Spec("1", "grid points from the centre to the surface", at_least=3)]

def build(x, *, shape: Shape = "sphere", nodes: Nodes = 30):
    """Fick."""
