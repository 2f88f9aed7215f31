"""The receptive field in the input, the jump and the start of a chain of layers."""

from fractions import Fraction

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import receptive_field as naive
from naive.receptive_field import Layer

from dlcalc.errors import UserError

LAYER = st.builds(Layer, st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2))
VGG = ((3, 3, 2) * 2 + (3, 3, 3, 2) * 3, (1, 1, 2) * 2 + (1, 1, 1, 2) * 3)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"f": (5, 2, 5), "s": (1, 2, 1)}, 14),
        ({"f": (5, 2, 5), "s": (1, 2, 1), "d": (2, 1, 1)}, 18),
        ({"f": (3, 3)}, 5),
        ({"f": (3, 3, 3)}, 7),
        ({"f": (11, 3, 5, 3, 3, 3, 3, 3), "s": (4, 2, 1, 2, 1, 1, 1, 2)}, 195),  # AlexNet's last pooling
        ({"f": VGG[0], "s": VGG[1]}, 212),  # VGG-16's last pooling
        ({"f": (*VGG[0], 7), "s": (*VGG[1], 1)}, 404),  # and its first dense layer, as a convolution
        ({"f": (1,)}, 1),
    ],
)
def test_receptive_fields_of_known_chains(given: dict[str, tuple[int, ...]], field: int) -> None:
    """The networks as in Araujo, Norris and Sim's table (2019)."""
    assert ask("rf", **given)["receptive_field"] == field


@given(st.lists(LAYER, min_size=1, max_size=4))
def test_what_a_unit_sees_is_what_it_can_be_followed_back_to(layers: list[Layer]) -> None:
    f, s, d, p = zip(*layers, strict=True)
    chain = ask("rf", f=f, s=s, d=d, p=p)
    assert chain["receptive_field"] == naive.extent(layers)
    assert chain["jump"] == naive.jump(layers)
    assert chain["start"] == naive.centre(layers)
    assert ask("rf", "half-pixel", f=f, s=s, d=d, p=p)["start"] == naive.centre(layers) + Fraction(1, 2)
    assert ask("rf", "window", f=f, s=s, d=d, p=p)["receptive_field"] == naive.extent(layers[-1:])
    for depth in range(1, len(layers) + 1):
        assert chain["r"][depth - 1] == naive.extent(layers[:depth])
        assert chain["j"][depth - 1] == naive.jump(layers[:depth])
        assert chain["first"][depth - 1] == naive.centre(layers[:depth])


def test_what_the_mistakes_give() -> None:
    """Conv 5 with stride 2, pool 2 with stride 2, conv 5 with dilation 2: 5 + 2 + 32 = 39."""
    chain = {"f": (5, 2, 5), "s": (2, 2, 1), "d": (1, 1, 2), "pool": (0, 1, 0)}
    assert ask("rf", **chain)["receptive_field"] == 1 + 4 + 2 + 8 * 4
    given = wrong("rf", "receptive_field", **chain)
    assert given["sizes-added"] == 12
    assert given["strides-ignored"] == 1 + 4 + 1 + 8
    assert given["own-stride-inside"] == 1 + 4 * 2 + 4 + 8 * 4
    assert given["pools-skipped"] == 1 + 4 + 8 * 2
    assert given["started-at-zero"] == 38
    assert given["size-for-size-minus-one"] == 1 + 5 + 2 * 2 + 10 * 4
    assert given["dilation-ignored"] == 1 + 4 + 2 + 4 * 4
    assert wrong("rf", "jump", **chain)["own-stride-forgotten"] == 4
    assert wrong("rf", "jump", **{**chain, "s": (2, 2, 3)})["strides-added"] == 7
    assert wrong("rf", "start", **chain, p=(2, 0, 0))["padding-forgotten"] == naive.centre(
        [Layer(5, 2), Layer(2, 2), Layer(5, 1, 2)]
    )


def test_a_wrong_receptive_field_is_named() -> None:
    verdict = judge("rf", "receptive_field", "12", f=(5, 2, 5), s=(1, 2, 1))
    assert not verdict.correct
    assert named(verdict)[0] == "sizes-added"


def test_the_window_itself_is_recognised() -> None:
    """Some courses call the f×f window the receptive field."""
    verdict = judge("rf", "receptive_field", "5", f=(3, 2, 5), s=(1, 2, 1))
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "window"


@pytest.mark.parametrize(
    ("name", "what"),
    [("s", "has a stride"), ("d", "has a dilation"), ("p", "has a padding"), ("pool", r"pools \(1\) or not \(0\)")],
)
@pytest.mark.parametrize("values", [(1, 1), (1, 1, 1, 1)])
def test_every_layer_has_all_its_numbers(name: str, what: str, values: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=f"^every layer {what}: one number for each of the filter sizes"):
        ask("rf", f=(5, 2, 5), **{name: values})


def test_a_layer_pools_or_not() -> None:
    with pytest.raises(UserError, match=r"^pool is a whole number from 0 to 1, not 2$"):
        ask("rf", f=(5, 2), pool=(0, 2))
