"""U-Net: down to a small map of many channels, and up again beside the maps of the way down.

O. Ronneberger and others, arXiv:1505.04597: convolutions without padding, so the maps beside are cropped.
"""

from __future__ import annotations

from ..builder import Builder
from ..network import Network
from . import title

_SOURCE = "Ronneberger and others, arXiv:1505.04597"
_WIDTHS = (64, 128, 256, 512, 1024)
_CROPPED = (88, 40, 16, 4)
"""Pixels taken off each side of the map beside, from the largest map to the smallest."""


def unet() -> Network:
    """572 × 572 grey pixels in, two classes for 388 × 388 of them out."""
    net = Builder("unet", title("unet"), (572, 572, 1), _SOURCE)
    beside = []
    for width in _WIDTHS:
        if width != _WIDTHS[0]:
            net.add("maxpool", f=2)
        beside.append(_two(net, width))
    for width, cropped, across in reversed(list(zip(_WIDTHS[:-1], _CROPPED, beside[:-1], strict=True))):
        up = net.add("conv-transpose", k=width, f=2, s=2)
        kept = net.add("crop", across, crop_begin=cropped, crop_end=cropped)
        net.add("concat", kept, up)
        _two(net, width)
    net.add("conv", k=2, f=1)
    return net.build()


def _two(net: Builder, width: int) -> str:
    net.add("conv", k=width, f=3, remarks=("relu",))
    return net.add("conv", k=width, f=3, remarks=("relu",))


NETWORKS = {"unet": unet}
