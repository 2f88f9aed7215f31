"""Blocks that several families share. Each is added after the builder's last layer, or after the layers it `reads`."""

from __future__ import annotations

from ...expressions.nodes import Value
from ..builder import Builder

IMAGENET_CLASSES = 1000


def conv_bn(
    net: Builder, k: int, f: Value, *reads: str, name: str = "", activation: str = "relu", **window: Value
) -> str:
    """A convolution without biases (the shift of the normalisation is the bias), batch normalisation, an activation.

    `window` holds the other settings of the convolution: s, p, groups, same. Of a convolution that is called `name` the
    normalisation is called `name`-bn. Returns the last layer's name.
    """
    net.add("conv", *reads, name=name, k=k, f=f, bias=False, **window)
    return _normalised(net, activation, f"{name}-bn" if name else "")


def depthwise_bn(net: Builder, f: int, *reads: str, activation: str = "relu", **window: Value) -> str:
    """`conv_bn` with a filter of its own for each channel."""
    net.add("depthwise", *reads, f=f, bias=False, **window)
    return _normalised(net, activation)


def _normalised(net: Builder, activation: str, name: str = "") -> str:
    return net.add("batchnorm", name=name, remarks=(activation,) if activation else ())


def imagenet_stem(net: Builder, k: int, f: int) -> str:
    """A quarter of the image's height and width: a strided convolution and a strided max pooling."""
    conv_bn(net, k, f, s=2, p=f // 2)
    return net.add("maxpool", f=3, s=2, p=1)


def imagenet_classifier(net: Builder, dropout: bool = False) -> str:
    """The average of each map, then one dense layer on the classes of ImageNet."""
    net.add("global-avgpool", remarks=("dropout",) if dropout else ())
    return net.add("dense", m=IMAGENET_CLASSES, remarks=("softmax",))


def dense_classifier(net: Builder) -> str:
    """AlexNet's and VGG's end: two dense layers of 4096 units with dropout, then one on the classes of ImageNet."""
    net.add("dense", m=4096, remarks=("relu", "dropout"))
    net.add("dense", m=4096, remarks=("relu", "dropout"))
    return net.add("dense", m=IMAGENET_CLASSES, remarks=("softmax",))
