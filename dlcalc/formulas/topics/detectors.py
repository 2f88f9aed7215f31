"""Kernels that find something in an image, as data: edges, lines, corners, and those that blur or sharpen.

The signs follow the course: `vertical` is positive where the left is brighter than the right. I. Sobel and G. Feldman,
A 3×3 isotropic gradient operator for image processing, 1968: `sobel-y` differs from row to row, so it finds horizontal
edges.
"""

from __future__ import annotations

from fractions import Fraction

from ...errors import UserError
from ...expressions.nodes import Value

_NINTH = Fraction(1, 9)

DETECTORS: dict[str, tuple[tuple[Value, ...], ...]] = {
    "vertical": ((1, 0, -1), (1, 0, -1), (1, 0, -1)),
    "horizontal": ((1, 1, 1), (0, 0, 0), (-1, -1, -1)),
    "sobel-x": ((1, 0, -1), (2, 0, -2), (1, 0, -1)),
    "sobel-y": ((1, 2, 1), (0, 0, 0), (-1, -2, -1)),
    "vertical-line": ((-1, 1, -1), (-1, 1, -1), (-1, 1, -1)),
    "horizontal-line": ((-1, -1, -1), (1, 1, 1), (-1, -1, -1)),
    "corner": ((-1, -1, -1), (-1, 1, 1), (-1, 1, 1)),
    "diagonal": ((1, -1, -1), (-1, 1, -1), (-1, -1, 1)),
    "blur": ((_NINTH,) * 3,) * 3,
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "edges": ((1, 1, 1), (1, -8, 1), (1, 1, 1)),
}

_ALIASES = {
    "sobel-horizontal": "sobel-y",
    "sobel-vertical": "sobel-x",
    "vertical-edges": "vertical",
    "horizontal-edges": "horizontal",
    "box-blur": "blur",
}


def detector(name: str) -> Value:
    """The 3×3 kernel of that name. Raises UserError."""
    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    found = DETECTORS.get(_ALIASES.get(plain, plain))
    if found is None:
        raise UserError(f"detector is one of {', '.join((*DETECTORS, *_ALIASES))}, not {name[:40]!r}")
    return found
