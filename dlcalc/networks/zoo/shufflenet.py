"""ShuffleNet v2: half of the channels pass untouched, the other half through a small branch, and a shuffle mixes them.

N. Ma, X. Zhang, H.-T. Zheng and J. Sun, ShuffleNet V2: practical guidelines for efficient CNN architecture design,
arXiv:1807.11164.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..builder import Builder
from ..network import Network
from . import title
from .blocks import conv_bn, depthwise_bn, imagenet_classifier, imagenet_stem


def shufflenet_v2() -> Network:
    """The network of complexity 1×: stages of 4, 8 and 4 units with 116, 232 and 464 channels."""
    net = Builder("shufflenet-v2", title("shufflenet-v2"), (224, 224, 3), "Ma and others, arXiv:1807.11164")
    imagenet_stem(net, 24, 3)
    for channels, units in ((116, 4), (232, 8), (464, 4)):
        downsampling_unit(net, channels)
        for _ in range(units - 1):
            unit(net, channels)
    conv_bn(net, 1024, 1)
    imagenet_classifier(net)
    return net.build()


def unit(net: Builder, channels: int) -> str:
    """Half of the channels stay as they are; the other half passes the branch."""
    before = net.last
    kept = net.add("split", before, parts=2, part=1)
    net.add("split", before, parts=2, part=2)
    return _mixed(net, kept, _branch(net, channels // 2, stride=1))


def downsampling_unit(net: Builder, channels: int) -> str:
    """Both halves are computed from all channels, and height and width are halved."""
    before = net.last
    depthwise_bn(net, 3, s=2, p=1, activation="")
    left = conv_bn(net, channels // 2, 1)
    net.last = before
    return _mixed(net, left, _branch(net, channels // 2, stride=2))


def _branch(net: Builder, channels: int, stride: int) -> str:
    conv_bn(net, channels, 1)
    depthwise_bn(net, 3, s=stride, p=1, activation="")
    return conv_bn(net, channels, 1)


def _mixed(net: Builder, left: str, right: str) -> str:
    net.add("concat", left, right)
    return net.add("shuffle", groups=2)


NETWORKS: Mapping[str, Callable[[], Network]] = {"shufflenet-v2": shufflenet_v2}
