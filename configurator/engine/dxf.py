"""The drawings for machines, of boards and of pieces; both are asked for here alone.

ezdxf takes long to import, so it is left until somebody sells a product that is cut. Its modules import each other in a circle: of
two threads that began at two of them, each would wait for the other.
"""

from configurator.engine.boards.dxf import board_dxf
from configurator.engine.pattern.dxf import pieces_dxf

__all__ = ["board_dxf", "pieces_dxf"]
