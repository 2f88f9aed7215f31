"""Xception: Inception's modules taken to the extreme, depthwise separable convolutions in residual blocks.

F. Chollet, Xception: deep learning with depthwise separable convolutions, arXiv:1610.02357; the network is that of the
author's code in Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..builder import Builder
from ..network import Network
from . import title
from .blocks import conv_bn, imagenet_classifier


def xception() -> Network:
    """Entry flow, eight times the middle flow, exit flow."""
    net = Builder("xception", title("xception"), (299, 299, 3), "Chollet, arXiv:1610.02357")
    net.notes.append(
        "batch normalisation follows the 1×1 part of a separable convolution only, and there is no activation between "
        "its two parts"
    )
    conv_bn(net, 32, 3, s=2)
    conv_bn(net, 64, 3)
    halving(net, 128, 128, activated=False)
    halving(net, 256, 256)
    halving(net, 728, 728)
    for _ in range(8):
        middle(net, 728)
    halving(net, 728, 1024)
    separable(net, 1536)
    separable(net, 2048)
    imagenet_classifier(net)
    return net.build()


def separable(net: Builder, k: int, activation: str = "relu") -> str:
    """A 3×3 depthwise and a 1×1 convolution with nothing between them, batch normalisation, an activation."""
    net.add("depthwise", f=3, same=True, bias=False)
    return conv_bn(net, k, 1, activation=activation)


def halving(net: Builder, first: int, k: int, activated: bool = True) -> str:
    """Two separable convolutions and a pooling, added to a strided 1×1 convolution of the input.

    `activated`: the branch, not the shortcut, reads the input through a ReLU.
    """
    before = net.last
    if activated:
        net.add("activation", remarks=("relu",))
    separable(net, first)
    separable(net, k, activation="")
    pooled = net.add("maxpool", f=3, s=2, same=True)
    shortcut = conv_bn(net, k, 1, before, s=2, same=True, activation="")
    return net.add("add", pooled, shortcut)


def middle(net: Builder, k: int) -> str:
    """ReLU and a separable convolution, three times, added to the input."""
    before = net.last
    net.add("activation", remarks=("relu",))
    separable(net, k)
    separable(net, k)
    after = separable(net, k, activation="")
    return net.add("add", after, before)


NETWORKS: Mapping[str, Callable[[], Network]] = {"xception": xception}
