"""AlexNet: A. Krizhevsky, I. Sutskever and G. E. Hinton, ImageNet classification with deep convolutional neural
networks, NIPS 2012. The paper spreads it over two GPUs, which share nothing in three of the convolutions; textbooks
draw one tower.
"""

from __future__ import annotations

from ..builder import Builder
from ..network import Network
from . import title
from .blocks import dense_classifier

_SOURCE = "Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012"
_SOURCE_2014 = "Krizhevsky, One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997"
_NOTE_227 = "the paper prints an input of 224, but (224 − 11)/4 is not whole: its sizes are those of 227"


def alexnet(id: str = "alexnet", groups: int = 1) -> Network:
    """`groups` is how many GPUs keep their halves of the second, fourth and fifth convolution to themselves."""
    net = Builder(id, title(id), (227, 227, 3), _SOURCE)
    net.add("conv", k=96, f=11, s=4, remarks=("relu", "lrn"))
    net.add("maxpool", f=3, s=2)
    net.add("conv", k=256, f=5, p=2, groups=groups, remarks=("relu", "lrn"))
    net.add("maxpool", f=3, s=2)
    net.add("conv", k=384, f=3, p=1, remarks=("relu",))
    net.add("conv", k=384, f=3, p=1, groups=groups, remarks=("relu",))
    net.add("conv", k=256, f=3, p=1, groups=groups, remarks=("relu",))
    net.add("maxpool", f=3, s=2)
    dense_classifier(net)
    net.notes.append(_NOTE_227)
    return net.build()


def alexnet_2014() -> Network:
    """The later form, narrower and without local response normalisation, that PyTorch's torchvision ships."""
    net = Builder("alexnet-2014", title("alexnet-2014"), (224, 224, 3), _SOURCE_2014)
    net.add("conv", k=64, f=11, s=4, p=2, remarks=("relu",))
    net.add("maxpool", f=3, s=2)
    net.add("conv", k=192, f=5, p=2, remarks=("relu",))
    net.add("maxpool", f=3, s=2)
    net.add("conv", k=384, f=3, p=1, remarks=("relu",))
    net.add("conv", k=256, f=3, p=1, remarks=("relu",))
    net.add("conv", k=256, f=3, p=1, remarks=("relu",))
    net.add("maxpool", f=3, s=2)
    net.add("adaptive-avgpool", o=6)
    dense_classifier(net)
    net.notes.append("the adaptive pooling, which torchvision adds for other input sizes, changes nothing at 224")
    return net.build()


NETWORKS = {
    "alexnet": alexnet,
    "alexnet-2gpu": lambda: alexnet("alexnet-2gpu", groups=2),
    "alexnet-2014": alexnet_2014,
}
