"""Inception v3: C. Szegedy et al., Rethinking the Inception architecture for computer vision, CVPR 2016.

As Google released it and libraries ship it. The paper's Table 1 prints another stem, three 3×3 convolutions from
73×73×64 to 35×35×288; the release has a 1×1 and a 3×3 convolution and a pool there. Every convolution is followed by a
batch normalisation and has no bias.
"""

from __future__ import annotations

from functools import partial

from ..builder import Builder
from ..network import Network
from . import title
from .blocks import IMAGENET_CLASSES, conv_bn, imagenet_classifier

_SOURCE = "Szegedy and others, Rethinking the Inception architecture for computer vision, arXiv:1512.00567"
_Size = int | tuple[int, int]


class _Inception:
    """The network while it is built. A module is called by its place, 5b to 7c, as in Google's release."""

    def __init__(self, id: str) -> None:
        self.net = Builder(id, title(id), (299, 299, 3), _SOURCE)

    def convolution(self, name: str, k: int, *reads: str, f: _Size = 1, s: int = 1, pad: bool = True) -> str:
        """With `pad` it keeps the size at stride 1."""
        height, width = (f, f) if isinstance(f, int) else f
        p = (height // 2, width // 2) if pad else 0
        return conv_bn(self.net, k, f, *reads, name=name, s=s, p=p)

    def averaged(self, module: str, before: str, k: int) -> str:
        """The branch of a pool and its projection."""
        self.net.add("avgpool", before, name=f"{module}/pool", f=3, s=1, p=1)
        return self.convolution(f"{module}/pool-proj", k)

    def joined(self, module: str, *branches: str) -> None:
        self.net.add("concat", *branches, name=f"inception-{module}")

    def fives(self, module: str, pooled: int) -> None:
        """5×5, and 3×3 twice in its place, at 35×35 (the paper's figure 5, with one 5×5 kept)."""
        before = self.net.last
        one = self.convolution(f"{module}/1x1", 64)
        self.convolution(f"{module}/5x5-reduce", 48, before)
        five = self.convolution(f"{module}/5x5", 64, f=5)
        self.convolution(f"{module}/3x3-reduce", 64, before)
        self.convolution(f"{module}/3x3-1", 96, f=3)
        three = self.convolution(f"{module}/3x3-2", 96, f=3)
        self.joined(module, one, five, three, self.averaged(module, before, pooled))

    def sevens(self, module: str, width: int) -> None:
        """7×7 factorised into 1×7 and 7×1, once and twice, at 17×17 (figure 6)."""
        before = self.net.last
        one = self.convolution(f"{module}/1x1", 192)
        self.convolution(f"{module}/7x7-reduce", width, before)
        self.convolution(f"{module}/1x7", width, f=(1, 7))
        once = self.convolution(f"{module}/7x1", 192, f=(7, 1))
        self.convolution(f"{module}/7x7b-reduce", width, before)
        self.convolution(f"{module}/7x1-1", width, f=(7, 1))
        self.convolution(f"{module}/1x7-1", width, f=(1, 7))
        self.convolution(f"{module}/7x1-2", width, f=(7, 1))
        twice = self.convolution(f"{module}/1x7-2", 192, f=(1, 7))
        self.joined(module, one, once, twice, self.averaged(module, before, 192))

    def threes(self, module: str) -> None:
        """3×3 that ends in 1×3 and 3×1 side by side, at 8×8 (figure 7)."""
        before = self.net.last
        one = self.convolution(f"{module}/1x1", 320)
        narrow = self.convolution(f"{module}/3x3-reduce", 384, before)
        row, column = self.split(f"{module}/", narrow)
        self.convolution(f"{module}/3x3b-reduce", 448, before)
        deep = self.convolution(f"{module}/3x3b", 384, f=3)
        deep_row, deep_column = self.split(f"{module}/3x3b-", deep)
        self.joined(module, one, row, column, deep_row, deep_column, self.averaged(module, before, 192))

    def split(self, prefix: str, reads: str) -> tuple[str, str]:
        """1×3 and 3×1, both reading one layer."""
        row = self.convolution(f"{prefix}1x3", 384, reads, f=(1, 3))
        return row, self.convolution(f"{prefix}3x1", 384, reads, f=(3, 1))

    def halved_35(self, module: str) -> None:
        """From 35×35 to 17×17 without a bottleneck (figure 10)."""
        before = self.net.last
        three = self.convolution(f"{module}/3x3", 384, f=3, s=2, pad=False)
        self.convolution(f"{module}/3x3b-reduce", 64, before)
        self.convolution(f"{module}/3x3b-1", 96, f=3)
        twice = self.convolution(f"{module}/3x3b-2", 96, f=3, s=2, pad=False)
        pooled = self.net.add("maxpool", before, name=f"{module}/pool", f=3, s=2)
        self.joined(module, three, twice, pooled)

    def halved_17(self, module: str) -> None:
        """From 17×17 to 8×8."""
        before = self.net.last
        self.convolution(f"{module}/3x3-reduce", 192)
        three = self.convolution(f"{module}/3x3", 320, f=3, s=2, pad=False)
        self.convolution(f"{module}/7x7-reduce", 192, before)
        self.convolution(f"{module}/1x7", 192, f=(1, 7))
        self.convolution(f"{module}/7x1", 192, f=(7, 1))
        seven = self.convolution(f"{module}/3x3b", 192, f=3, s=2, pad=False)
        pooled = self.net.add("maxpool", before, name=f"{module}/pool", f=3, s=2)
        self.joined(module, three, seven, pooled)

    def head(self) -> None:
        """The auxiliary classifier beside the way on, which `last` stays on."""
        before = self.net.last
        self.net.add("avgpool", name="aux/pool", f=5, s=3)
        self.convolution("aux/conv-1", 128)
        self.convolution("aux/conv-2", 768, f=5, pad=False)
        self.net.add("dense", name="aux/fc", m=IMAGENET_CLASSES, remarks=("softmax",))
        self.net.last = before


def inception_v3(id: str, head: bool) -> Network:
    """`head`: with the classifier that only training uses."""
    form = _Inception(id)
    net = form.net
    form.convolution("conv-1", 32, f=3, s=2, pad=False)
    form.convolution("conv-2", 32, f=3, pad=False)
    form.convolution("conv-3", 64, f=3)
    net.add("maxpool", f=3, s=2)
    form.convolution("conv-4", 80)
    form.convolution("conv-5", 192, f=3, pad=False)
    net.add("maxpool", f=3, s=2)
    for module, pooled in (("5b", 32), ("5c", 64), ("5d", 64)):
        form.fives(module, pooled)
    form.halved_35("6a")
    for module, width in (("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)):
        form.sevens(module, width)
    if head:
        form.head()
        net.notes.append("the auxiliary head is counted, but it serves only training")
    form.halved_17("7a")
    for module in ("7b", "7c"):
        form.threes(module)
    imagenet_classifier(net, dropout=True)
    net.notes.append("Keras leaves out the scale γ of every batch normalisation, so its counts differ")
    return net.build()


NETWORKS = {
    "inception-v3": partial(inception_v3, "inception-v3", False),
    "inception-v3-aux": partial(inception_v3, "inception-v3-aux", True),
}
