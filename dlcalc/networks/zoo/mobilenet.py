"""MobileNets: depthwise separable convolutions, for telephones.

v1: A. G. Howard and others, MobileNets: efficient convolutional neural networks for mobile vision applications,
arXiv:1704.04861. v2: M. Sandler, A. Howard, M. Zhu, A. Zhmoginov and L.-C. Chen, MobileNetV2: inverted residuals and
linear bottlenecks, arXiv:1801.04381.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..builder import Builder
from ..network import Network
from . import title
from .blocks import conv_bn, depthwise_bn, imagenet_classifier

_SAME = "“same” padding, as in TensorFlow and Keras; PyTorch's versions pad by 1 on each side: same sizes, same counts"


def mobilenet_v1() -> Network:
    """A convolution and 13 depthwise separable ones."""
    net = Builder("mobilenet-v1", title("mobilenet-v1"), (224, 224, 3), "Howard and others, arXiv:1704.04861")
    net.notes += [
        _SAME,
        "the paper's table gives the last depthwise convolution stride 2, but its sizes and MACs are those of stride 1",
        "the activation is the paper's ReLU; Keras has ReLU6",
    ]
    conv_bn(net, 32, 3, s=2, same=True)
    for channels, stride in (
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1),
    ):  # fmt: skip
        depthwise_bn(net, 3, s=stride, same=True)
        conv_bn(net, channels, 1)
    imagenet_classifier(net)
    return net.build()


def mobilenet_v2() -> Network:
    """A convolution, 17 inverted residual blocks, and a 1×1 convolution."""
    net = Builder("mobilenet-v2", title("mobilenet-v2"), (224, 224, 3), "Sandler and others, arXiv:1801.04381")
    net.notes.append(_SAME)
    conv_bn(net, 32, 3, s=2, same=True, activation="relu6")
    channels = 32
    # expansion, channels, blocks, stride of the first: t, c, n, s of the paper's table 2
    for expansion, width, count, first in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ):  # fmt: skip
        for index in range(count):
            inverted_residual(net, channels, width, 1 if index else first, expansion)
            channels = width
    conv_bn(net, 1280, 1, activation="relu6")
    imagenet_classifier(net, dropout=True)
    return net.build()


def inverted_residual(net: Builder, channels: int, width: int, stride: int, expansion: int) -> str:
    """1×1 up (unless the expansion is 1), 3×3 depthwise, 1×1 down without an activation; added to its input where the
    shapes are equal.
    """
    before = net.last
    if expansion > 1:
        conv_bn(net, expansion * channels, 1, activation="relu6")
    depthwise_bn(net, 3, s=stride, same=True, activation="relu6")
    after = conv_bn(net, width, 1, activation="")
    return net.add("add", before, after) if stride == 1 and channels == width else after


NETWORKS: Mapping[str, Callable[[], Network]] = {"mobilenet-v1": mobilenet_v1, "mobilenet-v2": mobilenet_v2}
