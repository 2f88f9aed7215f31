"""GoogLeNet, the first Inception network: C. Szegedy et al., Going deeper with convolutions, CVPR 2015.

Besides the paper's form there is the one that libraries ship, ported from TensorFlow: batch normalisation after every
convolution, which has no bias then; 3×3 in the branch that the paper gives 5×5; a 2×2 pool before the last two modules.
"""

from __future__ import annotations

from functools import partial

from ..builder import Builder
from ..network import Network
from . import title
from .blocks import IMAGENET_CLASSES, conv_bn, imagenet_classifier

_SOURCE = "Szegedy and others, Going deeper with convolutions, arXiv:1409.4842"

_MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""The paper's Table 1: filters of 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5 and the projection after the pool."""

_WITH_HEAD = {"4a": "aux-1", "4d": "aux-2"}
"""Modules whose output an auxiliary head reads in training."""


class _GoogLeNet:
    """The network while it is built; `norm`: in the form that libraries ship."""

    def __init__(self, id: str, norm: bool = False, input: tuple[int, int, int] = (224, 224, 3)) -> None:
        self.net = Builder(id, title(id), input, _SOURCE)
        self.norm = norm

    def convolution(self, name: str, k: int, *reads: str, f: int = 1, s: int = 1, lrn: bool = False) -> str:
        """Keeps the size at stride 1; `lrn`: with local response normalisation in the paper's form."""
        if self.norm:
            return conv_bn(self.net, k, f, *reads, name=name, s=s, p=f // 2)
        remarks = ("relu", "lrn") if lrn else ("relu",)
        return self.net.add("conv", *reads, name=name, k=k, f=f, s=s, p=f // 2, remarks=remarks)

    def module(self, name: str) -> None:
        """Four branches side by side, joined along the channels."""
        k1, k3_reduce, k3, k5_reduce, k5, k_pool = _MODULES[name]
        before = self.net.last
        wide, f = ("3x3b", 3) if self.norm else ("5x5", 5)
        one = self.convolution(f"{name}/1x1", k1)
        self.convolution(f"{name}/3x3-reduce", k3_reduce, before)
        three = self.convolution(f"{name}/3x3", k3, f=3)
        self.convolution(f"{name}/{wide}-reduce", k5_reduce, before)
        five = self.convolution(f"{name}/{wide}", k5, f=f)
        self.net.add("maxpool", before, name=f"{name}/pool", f=3, s=1, p=1)
        pooled = self.convolution(f"{name}/pool-proj", k_pool)
        self.net.add("concat", one, three, five, pooled, name=f"inception-{name}")

    def naive_module(self, name: str) -> None:
        """The same filters without the 1×1 convolutions before them and after the pool."""
        k1, _, k3, _, k5, _ = _MODULES[name]
        before = self.net.last
        one = self.convolution(f"{name}/1x1", k1)
        three = self.convolution(f"{name}/3x3", k3, before, f=3)
        five = self.convolution(f"{name}/5x5", k5, before, f=5)
        pooled = self.net.add("maxpool", before, name=f"{name}/pool", f=3, s=1, p=1)
        self.net.add("concat", one, three, five, pooled, name=f"inception-{name}")

    def head(self, name: str) -> None:
        """A small classifier beside the way on, which `last` stays on."""
        before = self.net.last
        if self.norm:
            self.net.add("adaptive-avgpool", name=f"{name}/pool", o=4)
        else:
            self.net.add("avgpool", name=f"{name}/pool", f=5, s=3)
        self.convolution(f"{name}/conv", 128)
        self.net.add("dense", name=f"{name}/fc-1", m=1024, remarks=("relu", "dropout"))
        self.net.add("dense", name=f"{name}/fc-2", m=IMAGENET_CLASSES, remarks=("softmax",))
        self.net.last = before


def inception_module() -> Network:
    """Module 3a by itself."""
    form = _GoogLeNet("inception-module", input=(28, 28, 192))
    form.module("3a")
    return form.net.build()


def naive_inception_module() -> Network:
    """What module 3a would be without its 1×1 reductions (the paper's figure 2a)."""
    form = _GoogLeNet("inception-module-naive", input=(28, 28, 192))
    form.naive_module("3a")
    form.net.notes.append("nothing brings the pool's channels down, so every such module is deeper than the one before")
    return form.net.build()


def _id(norm: bool, heads: bool) -> str:
    return f"googlenet{'-bn' if norm else ''}{'-aux' if heads else ''}"


def googlenet(norm: bool, heads: bool) -> Network:
    """22 layers with weights on the way through; `heads`: with the two classifiers that only training uses."""
    form = _GoogLeNet(_id(norm, heads), norm)
    net = form.net
    form.convolution("conv-1", 64, f=7, s=2)
    net.add("maxpool", f=3, s=2, ceil=True, remarks=() if norm else ("lrn",))
    form.convolution("conv-2-reduce", 64)
    form.convolution("conv-2", 192, f=3, lrn=True)
    net.add("maxpool", f=3, s=2, ceil=True)
    for name in _MODULES:
        if name == "4a":
            net.add("maxpool", f=3, s=2, ceil=True)
        if name == "5a":
            net.add("maxpool", f=2 if norm else 3, s=2, ceil=True)
        form.module(name)
        if heads and name in _WITH_HEAD:
            form.head(_WITH_HEAD[name])
    imagenet_classifier(net, dropout=True)
    if norm:
        net.notes.append("the branch 3x3b has 3×3 filters where the paper has 5×5")
    if heads:
        net.notes.append("the auxiliary heads are counted, but they serve only training")
    return net.build()


NETWORKS = {
    **{_id(norm, heads): partial(googlenet, norm, heads) for norm in (False, True) for heads in (False, True)},
    "inception-module": inception_module,
    "inception-module-naive": naive_inception_module,
}
