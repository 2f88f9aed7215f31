"""SqueezeNet: F. N. Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters, arXiv:1602.07360.

1.0 is the paper's; 1.1, from the authors' repository, has a smaller first convolution and pools earlier.
"""

from __future__ import annotations

from ..builder import Builder
from ..network import Network
from . import title
from .blocks import IMAGENET_CLASSES

_SOURCE = "Iandola and others, SqueezeNet, arXiv:1602.07360"
_FIRE = {2: 16, 3: 16, 4: 32, 5: 32, 6: 48, 7: 48, 8: 64, 9: 64}
"""Fire module → filters of its squeeze; each of its two expansions has four times as many."""


def squeezenet_1_0() -> Network:
    """The paper's Table 1."""
    net = _squeezenet("squeezenet1.0", k=96, f=7, pooled_before=(2, 5, 9))
    net.notes.append("the paper prints an input of 224; its sizes, from 111×111 on, are those of 227")
    return net.build()


def squeezenet_1_1() -> Network:
    """Less than half the computation of 1.0."""
    return _squeezenet("squeezenet1.1", k=64, f=3, pooled_before=(2, 4, 6)).build()


def _squeezenet(id: str, k: int, f: int, pooled_before: tuple[int, ...]) -> Builder:
    """`k` and `f` are the first convolution's; a pool stands before each fire module of `pooled_before`."""
    net = Builder(id, title(id), (227, 227, 3), _SOURCE)
    net.add("conv", k=k, f=f, s=2, remarks=("relu",))
    for number, squeeze in _FIRE.items():
        if number in pooled_before:
            net.add("maxpool", f=3, s=2, ceil=True)
        _fire(net, f"fire-{number}", squeeze, 4 * squeeze, ("dropout",) if number == max(_FIRE) else ())
    net.add("conv", k=IMAGENET_CLASSES, f=1, remarks=("relu",))
    net.add("global-avgpool", remarks=("softmax",))
    net.notes.append("libraries take an input of 224")
    return net


def _fire(net: Builder, name: str, squeeze: int, expand: int, remarks: tuple[str, ...]) -> None:
    """A 1×1 convolution to few channels, then 1×1 and 3×3 side by side."""
    squeezed = net.add("conv", name=f"{name}/squeeze", k=squeeze, f=1, remarks=("relu",))
    one = net.add("conv", squeezed, name=f"{name}/1x1", k=expand, f=1, remarks=("relu",))
    three = net.add("conv", squeezed, name=f"{name}/3x3", k=expand, f=3, p=1, remarks=("relu",))
    net.add("concat", one, three, name=name, remarks=remarks)


NETWORKS = {"squeezenet1.0": squeezenet_1_0, "squeezenet1.1": squeezenet_1_1}
