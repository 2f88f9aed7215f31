"""The zoo: published networks, a small file for each family. Only the file of the network that is asked for is loaded.

Each file holds `NETWORKS`, from an id to the function that builds that network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module

from ...errors import UserError
from ..network import Network

_ZOO: dict[str, dict[str, str]] = {
    "lenet": {
        "lenet5": "LeNet-5, as it is built today",
        "lenet5-1998": "LeNet-5 (1998)",
        "lenet5-1998-dense": "LeNet-5 (1998) with a trained output layer",
        "lenet5-course": "LeNet of two strided convolutions",
    },
    "alexnet": {
        "alexnet": "AlexNet, one tower",
        "alexnet-2gpu": "AlexNet on two GPUs (2012)",
        "alexnet-2014": "AlexNet, “one weird trick” (2014)",
    },
    "vgg": {
        f"vgg{depth}{norm}": f"VGG-{depth}{' with batch normalisation' if norm else ''}"
        for norm in ("", "-bn")
        for depth in (11, 13, 16, 19)
    },
    "googlenet": {
        "googlenet": "GoogLeNet (Inception v1)",
        "googlenet-aux": "GoogLeNet (Inception v1) with its auxiliary heads",
        "googlenet-bn": "GoogLeNet with batch normalisation, as libraries ship it",
        "googlenet-bn-aux": "GoogLeNet with batch normalisation and its auxiliary heads",
        "inception-module": "Inception module 3a of GoogLeNet",
        "inception-module-naive": "Inception module 3a without its 1×1 reductions",
    },
    "inception": {
        "inception-v3": "Inception v3",
        "inception-v3-aux": "Inception v3 with its auxiliary head",
    },
    "squeezenet": {
        "squeezenet1.0": "SqueezeNet 1.0",
        "squeezenet1.1": "SqueezeNet 1.1",
    },
    "resnet": {
        **{f"resnet{depth}": f"ResNet-{depth}" for depth in (18, 34, 50, 101, 152)},
        "resnext50": "ResNeXt-50 (32×4d)",
        "wide-resnet50": "Wide ResNet-50-2",
        "se-resnet50": "SE-ResNet-50",
    },
    "densenet": {"densenet121": "DenseNet-121"},
    "mobilenet": {"mobilenet-v1": "MobileNet v1", "mobilenet-v2": "MobileNet v2"},
    "xception": {"xception": "Xception"},
    "shufflenet": {"shufflenet-v2": "ShuffleNet v2 (1×)"},
    "unet": {"unet": "U-Net"},
    "course": {
        "mnist-rnn": "Simple RNN that reads an MNIST digit row by row",
        "mnist-mlp": "Multilayer perceptron on MNIST",
        "mnist-mlp-bn": "Multilayer perceptron on MNIST with batch normalisation",
        "imdb-lstm": "LSTM on IMDB reviews",
        "cats-dogs": "Small convolutional network for cats and dogs",
    },
}
"""File → the ids of its networks, with their titles."""

_ALIASES = {"lenet": "lenet5", "inceptionv1": "googlenet"}
"""Other names, as `_plain` writes them."""


def names() -> tuple[str, ...]:
    """The ids of all networks, family by family."""
    return tuple(id for networks in _ZOO.values() for id in networks)


def title(id: str) -> str:
    """What a network is called: "VGG-16". No network is built for it. Raises UserError for one that is not here."""
    file, known = _found(id)
    return _ZOO[file][known]


def network(id: str) -> Network:
    """The network of that id, or of an alias: AlexNet, lenet-5 and VGG16_bn all say what they mean.

    Raises UserError for one that is not here.
    """
    file, known = _found(id)
    networks: Mapping[str, Callable[[], Network]] = import_module(f".{file}", __package__).NETWORKS
    return networks[known]()


def is_known(id: str) -> bool:
    """Whether a network has that id or alias. No network is built for it."""
    return _place(id) is not None


def _plain(id: str) -> str:
    """An id without case, hyphens, spaces, points and underscores."""
    return re.sub(r"[\W_]", "", id).lower()


def _place(id: str) -> tuple[str, str] | None:
    """(file, id) of a network, None for one that is not here."""
    wanted = _plain(id)
    wanted = _plain(_ALIASES.get(wanted, wanted))
    places = ((file, known) for file, networks in _ZOO.items() for known in networks)
    return next((place for place in places if _plain(place[1]) == wanted), None)


def _found(id: str) -> tuple[str, str]:
    """(file, id) of a network."""
    if place := _place(id):
        return place
    shown = id if len(id) <= 40 else f"{id[:37]}..."
    near = get_close_matches(shown.lower(), names(), n=3)
    rule = f"similar names are {', '.join(near)}" if near else "dlcalc net list names them"
    raise UserError(f"{shown} is not a network of the zoo; {rule}")
