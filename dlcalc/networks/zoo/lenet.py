"""LeNet-5: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document recognition,
Proceedings of the IEEE 86, 1998. Its forms differ in the third layer, in the sub-sampling and in the output.
"""

from __future__ import annotations

from ..builder import Builder
from ..network import Network
from . import title

_SOURCE = "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998"

C3_TABLE = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (4, 5, 0), (5, 0, 1),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (3, 4, 5, 0), (4, 5, 0, 1), (5, 0, 1, 2),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip
"""Which maps of S2 each of the 16 maps of C3 reads (the paper's Table I)."""


def lenet5_1998(id: str = "lenet5-1998", fixed_codes: bool = True) -> Network:
    """The paper's network under the paper's names; its output has fixed codes, or is a dense layer that is trained."""
    net = Builder(id, title(id), (32, 32, 1), _SOURCE)
    net.add("conv", name="C1", k=6, f=5, remarks=("tanh",))
    net.add("subsampling", name="S2", f=2, remarks=("tanh",))
    net.add("conv-table", name="C3", k=16, f=5, pairs=sum(map(len, C3_TABLE)), remarks=("tanh",))
    net.add("subsampling", name="S4", f=2, remarks=("tanh",))
    net.add("conv", name="C5", k=120, f=5, remarks=("tanh",))
    net.add("dense", name="F6", m=84, remarks=("tanh",))
    net.add("rbf" if fixed_codes else "dense", name="output", m=10)
    net.notes.append("the squashing function is a scaled tanh, 1.7159·tanh(⅔a)")
    if fixed_codes:
        net.notes.append("the output's codes are drawn by hand, 7×12 pixels for each digit, and are not trained")
    return net.build()


def lenet5() -> Network:
    """Every map of the second convolution reads all six inputs; the pooling learns nothing; the output is dense."""
    net = Builder("lenet5", title("lenet5"), (32, 32, 1), _SOURCE)
    net.add("conv", k=6, f=5, remarks=("tanh",))
    net.add("avgpool", f=2)
    net.add("conv", k=16, f=5, remarks=("tanh",))
    net.add("avgpool", f=2)
    net.add("conv", k=120, f=5, remarks=("tanh",))
    net.add("dense", m=84, remarks=("tanh",))
    net.add("dense", m=10, remarks=("softmax",))
    net.notes.append("the last convolution sees all of its 5×5 input: libraries write it as a dense layer of 120 units")
    return net.build()


def lenet5_course() -> Network:
    """Strides in place of sub-sampling."""
    net = Builder("lenet5-course", title("lenet5-course"), (32, 32, 1), "after LeCun and others, 1998")
    net.add("conv", k=6, f=5, s=2, remarks=("tanh",))
    net.add("conv", k=50, f=5, s=2, remarks=("tanh",))
    net.add("dense", m=100, remarks=("tanh",))
    net.add("dense", m=10, remarks=("softmax",))
    return net.build()


NETWORKS = {
    "lenet5": lenet5,
    "lenet5-1998": lenet5_1998,
    "lenet5-1998-dense": lambda: lenet5_1998("lenet5-1998-dense", fixed_codes=False),
    "lenet5-course": lenet5_course,
}
