"""Residual networks: ResNet, and with the same skeleton ResNeXt, Wide ResNet and SE-ResNet.

ResNet: K. He, X. Zhang, S. Ren and J. Sun, Deep residual learning for image recognition, arXiv:1512.03385.
ResNeXt: S. Xie, R. Girshick, P. Dollár, Z. Tu and K. He, Aggregated residual transformations for deep neural networks,
arXiv:1611.05431. Wide ResNet: S. Zagoruyko and N. Komodakis, Wide residual networks, arXiv:1605.07146.
SE-ResNet: J. Hu, L. Shen and G. Sun, Squeeze-and-excitation networks, arXiv:1709.01507.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..builder import Builder
from ..network import Network
from . import title
from .blocks import conv_bn, imagenet_classifier, imagenet_stem


@dataclass(frozen=True)
class Basic:
    """Two 3×3 convolutions."""

    expansion: ClassVar[int] = 1
    """Channels that come out, in widths of the stage."""
    notes: ClassVar[tuple[str, ...]] = ()

    def add_to(self, net: Builder, width: int, stride: int) -> str:
        """Adds the layers and returns the last one's name; `width` is the stage's: 64, 128, 256 or 512."""
        conv_bn(net, width, 3, s=stride, p=1)
        return conv_bn(net, width, 3, p=1, activation="")


_STRIDE = (
    "the stride of a block is in its 3×3 convolution, as in the libraries (“v1.5”); the paper has it in the first "
    "1×1, with the same parameters, fewer MACs and a larger receptive field"
)


@dataclass(frozen=True)
class Bottleneck:
    """1×1 down to the inner width, 3×3, 1×1 up to four times the stage's width."""

    inner: int = 1
    """The 3×3 convolution's channels, in widths of the stage."""
    groups: int = 1
    reduction: int = 0
    """Channels per unit of the layer that squeezes them; 0: they are not squeezed."""
    expansion: ClassVar[int] = 4
    notes: ClassVar[tuple[str, ...]] = (_STRIDE,)

    def add_to(self, net: Builder, width: int, stride: int) -> str:
        """As `Basic.add_to`."""
        channels = self.expansion * width
        conv_bn(net, self.inner * width, 1)
        conv_bn(net, self.inner * width, 3, s=stride, p=1, groups=self.groups)
        maps = conv_bn(net, channels, 1, activation="")
        return squeeze_excitation(net, maps, channels, self.reduction) if self.reduction else maps


Branch = Basic | Bottleneck
"""What a block adds to its input."""


def squeeze_excitation(net: Builder, maps: str, channels: int, reduction: int) -> str:
    """Scales each map by a factor in 0..1 that is computed from the averages of all maps."""
    net.add("global-avgpool", maps)
    net.add("dense", m=channels // reduction, remarks=("relu",))
    factors = net.add("dense", m=channels, remarks=("sigmoid",))
    return net.add("multiply", maps, factors)


def residual(id: str, branch: Branch, blocks: tuple[int, ...], source: str, *notes: str) -> Network:
    """Stages of blocks of doubling width; every stage but the first halves height and width in its first block."""
    net = Builder(id, title(id), (224, 224, 3), source)
    net.notes += [*branch.notes, *notes]
    imagenet_stem(net, 64, 7)
    channels = 64
    for stage, count in enumerate(blocks):
        width = 64 * 2**stage
        for index in range(count):
            channels = _block(net, branch, width, channels, stride=2 if stage and not index else 1)
    imagenet_classifier(net)
    return net.build()


def _block(net: Builder, branch: Branch, width: int, channels: int, stride: int) -> int:
    """Adds the branch to its input, which is projected where the shapes differ. Returns the channels that come out."""
    shortcut = net.last
    made = branch.expansion * width
    added = branch.add_to(net, width, stride)
    if stride > 1 or made != channels:
        shortcut = conv_bn(net, made, 1, shortcut, s=stride, activation="")
    net.add("add", added, shortcut, remarks=("relu",))
    return made


_HE = "He and others, arXiv:1512.03385"
_SE_NOTES = (
    "squeeze and excitation with reduction 16 and biases in both dense layers, as in the libraries; the paper counts "
    "their 2.5 M weights alone",
    "a squeezed average depends on the whole image; the receptive field is that of the maps alone",
)

NETWORKS: Mapping[str, Callable[[], Network]] = {
    "resnet18": partial(residual, "resnet18", Basic(), (2, 2, 2, 2), _HE),
    "resnet34": partial(residual, "resnet34", Basic(), (3, 4, 6, 3), _HE),
    "resnet50": partial(residual, "resnet50", Bottleneck(), (3, 4, 6, 3), _HE),
    "resnet101": partial(residual, "resnet101", Bottleneck(), (3, 4, 23, 3), _HE),
    "resnet152": partial(residual, "resnet152", Bottleneck(), (3, 8, 36, 3), _HE),
    "resnext50": partial(
        residual, "resnext50", Bottleneck(inner=2, groups=32), (3, 4, 6, 3), "Xie and others, arXiv:1611.05431",
        "32 groups of 4 channels in the first stage, of twice as many in each further one",
    ),
    "wide-resnet50": partial(
        residual, "wide-resnet50", Bottleneck(inner=2), (3, 4, 6, 3), "Zagoruyko and Komodakis, arXiv:1605.07146",
        "the 3×3 convolutions are twice as wide as ResNet-50's",
    ),
    "se-resnet50": partial(
        residual, "se-resnet50", Bottleneck(reduction=16), (3, 4, 6, 3), "Hu and others, arXiv:1709.01507", *_SE_NOTES
    ),
}  # fmt: skip
