"""VGG: K. Simonyan and A. Zisserman, Very deep convolutional networks for large-scale image recognition, ICLR 2015.

Configurations A, B, D and E of the paper's Table 1. The paper has no batch normalisation; libraries offer each network
with it too, and keep the biases of the convolutions before it, which it makes redundant.
"""

from __future__ import annotations

from functools import partial

from ..builder import Builder
from ..network import Network
from . import title
from .blocks import dense_classifier

_SOURCE = "Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, arXiv:1409.1556"
_WIDTHS = (64, 128, 256, 512, 512)
_CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Layers with weights → convolutions of each block; three dense layers follow."""


def _id(depth: int, batchnorm: bool) -> str:
    return f"vgg{depth}{'-bn' if batchnorm else ''}"


def vgg(depth: int, batchnorm: bool) -> Network:
    """`depth` layers with weights."""
    id = _id(depth, batchnorm)
    net = Builder(id, title(id), (224, 224, 3), _SOURCE)
    for width, convolutions in zip(_WIDTHS, _CONVOLUTIONS[depth], strict=True):
        for _ in range(convolutions):
            if batchnorm:
                net.add("conv", k=width, f=3, p=1)
                net.add("batchnorm", remarks=("relu",))
            else:
                net.add("conv", k=width, f=3, p=1, remarks=("relu",))
        net.add("maxpool", f=2)
    dense_classifier(net)
    return net.build()


NETWORKS = {_id(depth, norm): partial(vgg, depth, norm) for norm in (False, True) for depth in _CONVOLUTIONS}
