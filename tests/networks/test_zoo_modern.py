"""Residual, dense, depthwise-separable and shuffling networks: their published counts, costs, shapes and fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

import pytest
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions.nodes import Name, Node, Value
from dlcalc.networks import text, zoo
from dlcalc.networks.builder import Builder
from dlcalc.networks.network import Layer, Network
from dlcalc.networks.table import Row, Table, tabulate

PARAMETERS = {
    # torchvision, `num_params` of the weights
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnext50": 25_028_904,
    "wide-resnet50": 68_883_240,
    "densenet121": 7_978_856,
    "mobilenet-v2": 3_504_872,
    "shufflenet-v2": 2_278_604,
    # timm and Gluon
    "se-resnet50": 28_088_024,
    # Keras, trainable
    "xception": 22_855_952,
    "mobilenet-v1": 4_231_976,
}
KERAS = {
    "xception": 22_910_480,
    "mobilenet-v1": 4_253_864,
    "mobilenet-v2": 3_538_984,
    "densenet121": 8_062_504,
}
"""Keras, total: batch normalisation counted with its running values."""
GIGA_MACS = {
    # torchvision, `_ops` of the weights
    "resnet18": 1.814,
    "resnet34": 3.664,
    "resnet50": 4.089,
    "resnet101": 7.801,
    "resnet152": 11.514,
    "resnext50": 4.23,
    "wide-resnet50": 11.398,
    "densenet121": 2.834,
    "mobilenet-v2": 0.301,
    "shufflenet-v2": 0.145,
    # Howard and others, table 4
    "mobilenet-v1": 0.569,
}
FIELDS = {
    # of the last map; Araujo and others, Distill, 2019, for MobileNet v1, and the sum of (f − 1)·jump for the others
    "resnet18": 435,
    "resnet34": 899,
    "resnet50": 427,
    "resnet101": 971,
    "resnet152": 1451,
    "densenet121": 2071,
    "mobilenet-v1": 315,
    "mobilenet-v2": 491,
}
RESNETS = {"resnet18": 18, "resnet34": 34, "resnet50": 50, "resnet101": 101, "resnet152": 152}


@cache
def tabulated(id: str, convention: str = "") -> Table:
    return tabulate(zoo.network(id), convention)


def rows_of(table: Table, *kinds: str) -> list[Row]:
    return [row for row in table.rows if row.layer.kind in kinds]


def last_map(table: Table) -> Row:
    return [row for row in table.rows if len(row.output) == 3][-1]


@each_row("id", PARAMETERS)
def test_parameters_as_published(id: str) -> None:
    """The learnt values, two for each channel of a batch normalisation; nothing is left out of the total."""
    table = tabulated(id)
    assert table.total["parameters"] == PARAMETERS[id]
    assert table.total["weights"] + table.total["biases"] == PARAMETERS[id]
    assert not table.partial


@pytest.mark.parametrize("id", KERAS)
def test_parameters_as_keras_prints_them(id: str) -> None:
    """Keras adds the two running values of each channel; what it calls trainable is the other count."""
    table = tabulated(id, "keras")
    assert table.total["parameters"] == KERAS[id]
    assert KERAS[id] - sum(row.non_trainable for row in table.rows) == PARAMETERS[id]


def test_resnet50_of_keras_keeps_its_biases() -> None:
    """Keras's own ResNet-50 prints 25,636,712: its convolutions have the biases that normalising makes redundant."""
    table = tabulated("resnet50", "keras")
    assert table.total["parameters"] + sum(row.output[-1] for row in rows_of(table, "conv")) == 25_636_712


@pytest.mark.parametrize("id", GIGA_MACS)
def test_macs_as_published(id: str) -> None:
    """Multiply-accumulates of convolutions and dense layers, to the digit that is published."""
    assert round(tabulated(id).total["macs"] / 1e9, 3) == GIGA_MACS[id]


@pytest.mark.parametrize("id", FIELDS)
def test_receptive_field_of_the_last_map(id: str) -> None:
    (height, width) = last_map(tabulated(id)).field
    assert height == width
    assert (height.size, height.jump) == (FIELDS[id], 32)


@pytest.mark.parametrize(
    ("id", "sizes"),
    [
        ("resnet18", [43, 99, 211, 435]),
        ("resnet34", [59, 179, 547, 899]),
        ("resnet50", [35, 91, 267, 427]),
        ("resnet101", [35, 91, 811, 971]),
    ],
)
def test_receptive_field_of_each_stage(id: str, sizes: list[int]) -> None:
    """The field at the end of each stage: of the last sum before the map shrinks."""
    last = {row.output: row.field[0].size for row in rows_of(tabulated(id), "add")}
    assert list(last.values()) == sizes


@pytest.mark.parametrize(
    ("id", "field", "giga"), [("resnet50", 483, 3.86), ("resnet101", 1027, 7.57), ("resnet152", 1507, 11.28)]
)
def test_the_paper_strides_earlier(id: str, field: int, giga: float) -> None:
    """With the stride in a block's first 1×1 the parameters stay, the MACs shrink and the field grows, as noted.

    Araujo and others, Distill, 2019, state these fields; He and others round the MACs to 3.8, 7.6 and 11.3 billion.
    """
    network = zoo.network(id)
    table = tabulate(replace(network, layers=tuple(_strided_first(network))))
    assert table.total["parameters"] == PARAMETERS[id]
    assert last_map(table).field[0].size == field
    assert round(table.total["macs"] / 1e9, 2) == giga
    assert any("the paper has it in the first 1×1" in note for note in network.notes)


def _strided_first(network: Network) -> Iterator[Layer]:
    """The layers with the stride of every strided 3×3 in the 1×1 before it."""
    strided = {
        layer.inputs[0] for layer in network.layers if (layer.settings.get("f"), layer.settings.get("s")) == (3, 2)
    }
    before = {layer.inputs[0] for layer in network.layers if layer.name in strided and layer.kind == "batchnorm"}
    for layer in network.layers:
        if layer.kind == "conv" and layer.settings["f"] == 3:
            yield replace(layer, settings={**layer.settings, "s": 1})
        elif layer.name in before and layer.settings["f"] == 1:
            yield replace(layer, settings={**layer.settings, "s": 2})
        else:
            yield layer


@pytest.mark.parametrize("id", RESNETS)
def test_depth_is_what_the_name_says(id: str) -> None:
    """Layers with weights on the longest path: all but the projections, which stand beside it."""
    table = tabulated(id)
    projections = {layer.inputs[1] for layer in table.network.layers if layer.kind == "add"}
    beside = [row for row in rows_of(table, "batchnorm") if row.layer.name in projections]
    assert len(rows_of(table, "conv", "dense")) - len(beside) == RESNETS[id]


def test_depth_of_densenet121() -> None:
    assert len(rows_of(tabulated("densenet121"), "conv", "dense")) == 121


@pytest.mark.parametrize(
    ("id", "maps"),
    [
        ("resnet18", [(56, 64), (28, 128), (14, 256), (7, 512)]),
        ("resnet50", [(56, 256), (28, 512), (14, 1024), (7, 2048)]),
        ("resnext50", [(56, 256), (28, 512), (14, 1024), (7, 2048)]),
        ("xception", [(74, 128), (37, 256), (19, 728), (10, 1024)]),
    ],
)
def test_maps_of_the_stages(id: str, maps: list[tuple[int, int]]) -> None:
    """What the sums of the stages look like: half as high and wide from one to the next."""
    outputs = dict.fromkeys(row.output for row in rows_of(tabulated(id), "add"))
    assert list(outputs) == [(size, size, channels) for size, channels in maps]


def test_maps_of_densenet121() -> None:
    """Each layer adds 32 channels, each transition halves them: 256, 512, 1024 and 1024 at the ends of the blocks."""
    ends = {row.output[0]: row.output[-1] for row in rows_of(tabulated("densenet121"), "concat")}
    assert ends == {56: 256, 28: 512, 14: 1024, 7: 1024}
    assert [row.output[-1] for row in rows_of(tabulated("densenet121"), "avgpool")] == [128, 256, 512]


def test_maps_of_shufflenet_v2() -> None:
    """Halves are joined and shuffled: 116, 232 and 464 channels, in 4, 8 and 4 units."""
    shuffled = [row.output for row in rows_of(tabulated("shufflenet-v2"), "shuffle")]
    assert shuffled == [(28, 28, 116)] * 4 + [(14, 14, 232)] * 8 + [(7, 7, 464)] * 4
    assert {row.output[-1] for row in rows_of(tabulated("shufflenet-v2"), "split")} == {58, 116, 232}


def test_inverted_residuals_are_added_where_shapes_are_equal() -> None:
    """Of MobileNet v2's 17 blocks 10 keep their shape; none has an activation where it is narrow."""
    added = rows_of(tabulated("mobilenet-v2"), "add")
    assert [row.output[-1] for row in added] == [24, 32, 32, 64, 64, 64, 96, 96, 160, 160]
    narrow = {name for row in added for name in row.layer.inputs}
    assert all(row.layer.remarks == () for row in tabulated("mobilenet-v2").rows if row.layer.name in narrow)


def test_squeeze_and_excitation_of_se_resnet50() -> None:
    """Two dense layers of C·C/16 weights for each block, once per image; biases C/16 + C (Hu and others, section 5)."""
    table, plain = tabulated("se-resnet50"), tabulated("resnet50")
    blocks = ((3, 256), (4, 512), (6, 1024), (3, 2048))
    weights = sum(count * 2 * channels**2 // 16 for count, channels in blocks)
    biases = sum(count * (channels // 16 + channels) for count, channels in blocks)
    assert (weights, biases) == (2_514_944, 16_048)
    assert table.total["parameters"] - plain.total["parameters"] == weights + biases
    assert table.total["macs"] - plain.total["macs"] == weights
    scaled = rows_of(table, "multiply")
    assert [row.output for row in scaled] == [row.output for row in rows_of(table, "add")]
    assert all(row.field for row in scaled)


def test_groups_of_resnext50() -> None:
    """32 groups of 4 channels each in the first stage: 32 filters' worth of 3·3·4 weights, 4 filters each."""
    (first, *_) = [row for row in rows_of(tabulated("resnext50"), "conv") if row.layer.settings.get("groups") == 32]
    assert first.output[-1] == 128
    assert first.count("weights") == 3 * 3 * 4 * 128


@each_row("id", PARAMETERS)
def test_no_convolution_has_a_bias(id: str) -> None:
    """All are normalised, before or after; only normalisations and dense layers have biases."""
    table = tabulated(id)
    assert {row.count("biases") for row in rows_of(table, "conv", "depthwise")} == {0}
    assert table.total["biases"] == sum(row.count("biases") for row in rows_of(table, "batchnorm", "dense"))


@each_row("id", PARAMETERS)
def test_it_says_what_it_is(id: str) -> None:
    """Its id and title are those of the register, its source an article, and it ends in 1000 classes."""
    network = zoo.network(id)
    assert (network.id, network.title) == (id, zoo.title(id))
    assert "arXiv:" in network.source
    assert tabulated(id).rows[-1].output == (1000,)


@each_row("id", PARAMETERS)
def test_the_image_size_may_stay_a_letter(id: str) -> None:
    """Shapes meet in letters too where the padding is a number, and the parameters depend on no image size."""
    network = zoo.network(id)
    if any(layer.settings.get("same") for layer in network.layers):
        network = replace(network, input=(320, 256, 3))
    else:
        n = Name("n", integer=True)
        network = replace(network, input=(n, n, 3))
        assert isinstance(last_map(tabulate(network)).output[0], Node)
    assert tabulate(network).total["parameters"] == PARAMETERS[id]


def test_paths_of_xception_do_not_align() -> None:
    """“same” pads 74 columns at the end only, where the pooled path and the strided 1×1 beside it part by a pixel."""
    assert next(row.layer.name for row in tabulated("xception").rows if not row.aligned) == "add-2"
    for id in RESNETS:
        assert all(row.aligned for row in tabulated(id).rows)


def map_network(kind: str, channels: int = 6, **settings: Value) -> Network:
    net = Builder("test", "Test", (4, 5, channels))
    net.add(kind, **settings)
    return net.build()


@pytest.mark.parametrize(
    ("kind", "settings", "output"),
    [
        ("split", {}, (4, 5, 3)),
        ("split", {"parts": 3, "part": 3}, (4, 5, 2)),
        ("shuffle", {"groups": 3}, (4, 5, 6)),
    ],
)
def test_split_and_shuffle(kind: str, settings: Mapping[str, Value], output: tuple[int, ...]) -> None:
    """A split gives one part of the channels, a shuffle all of them; neither has parameters."""
    table = tabulate(map_network(kind, **settings))
    assert table.rows[0].output == output
    assert table.total["parameters"] == table.total["macs"] == 0
    assert [field.size for field in table.rows[0].field] == [1, 1]


def test_split_refuses_a_part_that_is_not_there() -> None:
    with pytest.raises(UserError, match=r"split-1 \(split\) gives one of the parts 1 to 2, not 3"):
        tabulate(map_network("split", part=3))


def test_pixels_of_channels() -> None:
    """The last two layers of ESPCN for three times the size, arXiv:1609.05158: r² maps become one of r times the size.

    Its filters are those of the paper, (5, 64), (3, 32) and (3, r²).
    """
    table = tabulate(text.read("17x17x1; conv 64 f5 tanh; conv 32 f3 tanh; conv 9 f3 same; pixel-shuffle 3"))
    assert [row.output for row in table.rows] == [(13, 13, 64), (11, 11, 32), (11, 11, 9), (33, 33, 1)]
    assert [row.count("parameters") for row in table.rows] == [1664, 18_464, 2601, 0]
    assert [row.field is None or row.field[0].size for row in table.rows[:3]] == [5, 7, 9]
    with pytest.raises(UserError, match="pixelshuffle-1: r² channels become one: 3² does not divide 6 channels"):
        tabulate(map_network("pixel-shuffle", r=3))


def test_split_and_shuffle_need_equal_parts() -> None:
    with pytest.raises(UserError, match="split-1: the parts must have equal depth: 2 does not divide 7 channels"):
        tabulate(map_network("split", channels=7))
    with pytest.raises(UserError, match="shuffle-1: the groups must have equal depth: 4 does not divide 6 channels"):
        tabulate(map_network("shuffle", groups=4))


def test_unet() -> None:
    """The figure of the paper: 28 pixels at the bottom, 388 out; 31,030,658 parameters, counted in PyTorch as built."""
    table = tabulate(zoo.network("unet"))
    assert table.row("conv-10").output == (28, 28, 1024)
    assert [table.row(f"concat-{i}").output for i in (1, 2, 3, 4)] == [
        (56, 56, 1024), (104, 104, 512), (200, 200, 256), (392, 392, 128),
    ]  # fmt: skip
    assert table.rows[-1].output == (388, 388, 2)
    assert table.total["parameters"] == 31_030_658
