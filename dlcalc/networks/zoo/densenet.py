"""DenseNet: every layer reads the maps of all layers before it in its block.

G. Huang, Z. Liu, L. van der Maaten and K. Q. Weinberger, Densely connected convolutional networks, arXiv:1608.06993.
This is DenseNet-BC: bottlenecks (B) in the layers, compression (C) between the blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..builder import Builder
from ..network import Network
from . import title
from .blocks import conv_bn, imagenet_classifier, imagenet_stem

GROWTH = 32
"""Channels that a layer adds."""


def densenet121() -> Network:
    """Four blocks of 6, 12, 24 and 16 layers, joined by three transitions."""
    net = Builder("densenet121", title("densenet121"), (224, 224, 3), "Huang and others, arXiv:1608.06993")
    net.notes.append(
        "batch normalisation and ReLU come before each convolution, except the first; what the layers of a block have "
        "added is joined after each layer"
    )
    channels = 2 * GROWTH
    imagenet_stem(net, channels, 7)
    for block, layers in enumerate((6, 12, 24, 16)):
        if block:
            channels //= 2
            transition(net, channels)
        for _ in range(layers):
            dense_layer(net)
        channels += layers * GROWTH
    net.add("batchnorm", remarks=("relu",))
    imagenet_classifier(net)
    return net.build()


def dense_layer(net: Builder) -> str:
    """Joins 32 new channels to all those before: 1×1 down to four times as many, then 3×3."""
    before = net.last
    net.add("batchnorm", remarks=("relu",))
    conv_bn(net, 4 * GROWTH, 1)
    net.add("conv", k=GROWTH, f=3, p=1, bias=False)
    return net.add("concat", before, net.last)


def transition(net: Builder, channels: int) -> str:
    """Halves the channels with a 1×1 convolution, height and width with an average pooling."""
    net.add("batchnorm", remarks=("relu",))
    net.add("conv", k=channels, f=1, bias=False)
    return net.add("avgpool", f=2, s=2)


NETWORKS: Mapping[str, Callable[[], Network]] = {"densenet121": densenet121}
