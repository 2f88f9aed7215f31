"""Networks for another number of classes."""

from __future__ import annotations

import pytest

import dlcalc
from dlcalc.networks.classes import with_classes

BEFORE_AND_AFTER = [
    # the last layer reads n numbers: its parameters are (n + 1) for each class
    ("vgg16", 10, 138_357_544 - 990 * 4097),
    ("unet", 3, 31_030_658 + 65),
    ("squeezenet1.0", 10, 1_248_424 - 990 * 513),
    ("googlenet-aux", 10, 13_378_280 - 3 * 990 * 1025),
    ("8x8x3; conv 4 f3; flatten; dense 5 softmax", 7, 4 * 28 + 7 * (144 + 1)),
    ("8x8x3; conv 4 f3; pool 2; conv 6 f1; gap; softmax", 2, 4 * 28 + 2 * 5),
]


def test_the_last_layer_has_a_unit_for_each_class() -> None:
    odd = []
    for network, classes, parameters in BEFORE_AND_AFTER:
        found = dlcalc.net(network, classes=classes)
        if found.table.total["parameters"] != parameters:
            odd.append((network, found.table.total["parameters"], parameters))
    assert not odd
    same = dlcalc.net("alexnet", classes=1000).table.total["parameters"]
    assert same == dlcalc.net("alexnet").table.total["parameters"]


@pytest.mark.parametrize(
    ("network", "classes", "why"),
    [
        ("vgg16", 0, "a network has 1 to 1,000,000 classes, not 0"),
        ("inception-module", 3, "has no last dense layer or convolution with a unit for each class: "
                                "what comes out is that of inception-3a"),
        ("10x4 seq; lstm 8", 3, "has no last dense layer or convolution with a unit for each class"),
    ],
)  # fmt: skip
def test_what_has_no_classes_is_refused(network: str, classes: int, why: str) -> None:
    with pytest.raises(dlcalc.UserError, match=why):
        dlcalc.net(network, classes=classes)


def test_shared_weights_have_their_number_of_units() -> None:
    from dataclasses import replace

    found = dlcalc.api.networks.load("lenet5")
    layers = (*found.layers[:-1], replace(found.layers[-1], shares="fc-1"))
    with pytest.raises(dlcalc.UserError, match="fc-2 uses the weights of fc-1, so the number of its units is fixed"):
        with_classes(replace(found, layers=layers), 3)
