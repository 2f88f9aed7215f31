"""The layers that models of keras.applications define for themselves."""

from __future__ import annotations

from .keras_functions import joined
from .keras_node import Node, Reader, Unknown
from .views import View


def _layer_scale(given: Node) -> View:
    """A learned scale for each channel (ConvNeXt; Touvron and others, arXiv:2103.17239)."""
    if "projection_dim" not in given.values:
        raise Unknown("LayerScale")
    places = given.places([given.axis(-1)])
    return given.back(given.add("scale", given.arranged(places), over=0, arrays=given.kept(lambda gamma: [gamma]),
                                n=given.whole("projection_dim")), places)  # fmt: skip


def _scaled_residual(given: Node) -> View | list[View]:
    """The first input and the second times a fixed number (Inception-ResNet)."""
    if not isinstance(given.get("scale"), float | int) or len(given.views) != 2:
        raise Unknown("CustomScaleLayer")
    return joined("add")(given)


READERS: dict[str, Reader] = {"LayerScale": _layer_scale, "CustomScaleLayer": _scaled_residual}
"""Class → what its configuration says."""
