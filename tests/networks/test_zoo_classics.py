"""LeNet-5, AlexNet, VGG, GoogLeNet, Inception v3, SqueezeNet and a course's own networks: the published numbers.

Totals are those of the papers, of torchvision (the weights' metadata: num_params, and _ops in 10⁹ MACs), of Caffe's
model zoo and of Keras.
"""

from dataclasses import replace
from itertools import pairwise

import pytest
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.networks import zoo
from dlcalc.networks.builder import Builder
from dlcalc.networks.table import Row, Table, tabulate
from dlcalc.networks.zoo.lenet import C3_TABLE


def table(id: str, convention: str = "") -> Table:
    return tabulate(zoo.network(id), convention)


def parameters(found: Table, prefix: str) -> int:
    """Of all layers whose names begin so."""
    return sum(row.count("parameters") for row in found.rows if row.layer.name.startswith(prefix))


@each_row(
    ("id", "total"),
    [
        ("lenet5-1998", 60_000),  # the paper, section II.B
        ("lenet5-1998-dense", 60_850),
        ("lenet5", 61_706),
        ("lenet5-course", 133_816),
        ("alexnet", 62_378_344),
        ("alexnet-2gpu", 60_965_224),  # Caffe, bvlc_alexnet
        ("alexnet-2014", 61_100_840),  # torchvision
        ("vgg11", 132_863_336),  # torchvision, as all of VGG
        ("vgg13", 133_047_848),
        ("vgg16", 138_357_544),
        ("vgg19", 143_667_240),
        ("vgg11-bn", 132_868_840),
        ("vgg13-bn", 133_053_736),
        ("vgg16-bn", 138_365_992),
        ("vgg19-bn", 143_678_248),
        ("googlenet", 6_998_552),  # Caffe, bvlc_googlenet
        ("googlenet-aux", 13_378_280),
        ("googlenet-bn", 6_624_904),  # torchvision
        ("googlenet-bn-aux", 13_004_888),
        ("inception-v3", 23_834_568),
        ("inception-v3-aux", 27_161_264),  # torchvision
        ("squeezenet1.0", 1_248_424),  # the paper, Table 1
        ("squeezenet1.1", 1_235_496),  # torchvision
        ("mnist-rnn", 21_386),
        ("mnist-mlp", 468_874),
        ("mnist-mlp-bn", 470_154),
        ("imdb-lstm", 213_301),
        ("cats-dogs", 3_453_121),  # Chollet, Deep Learning with Python, listing 5.6
    ],
)
def test_total_of_parameters(id: str, total: int) -> None:
    assert table(id).total["parameters"] == total


@pytest.mark.parametrize(
    ("id", "input", "billions"),
    [
        ("alexnet-2014", 224, 0.714),
        ("vgg11", 224, 7.609),
        ("vgg13", 224, 11.308),
        ("vgg16", 224, 15.470),
        ("vgg19", 224, 19.632),
        ("vgg16-bn", 224, 15.470),
        ("googlenet-bn", 224, 1.498),
        ("inception-v3", 299, 5.713),
        ("squeezenet1.0", 224, 0.819),
        ("squeezenet1.1", 224, 0.349),
    ],
)
def test_total_of_macs(id: str, input: int, billions: float) -> None:
    """torchvision's _ops, which counts a multiply-accumulate once."""
    found = tabulate(replace(zoo.network(id), input=(input, input, 3)))
    assert round(found.total["macs"] / 1e9, 3) == billions


def connections(row: Row) -> int:
    """Weights and bias of every output value; sub-sampling counts the four values that it adds up."""
    if "connections" in row.working.formula.answers:
        return row.working["connections"]
    at_each = "prod(o)*parameters" if row.layer.kind == "conv" else "parameters"
    return row.working.evaluate(at_each)


def test_lenet_5_of_1998_layer_by_layer() -> None:
    """The paper's section II.B: trainable parameters and connections; 340,908 connections in all."""
    rows = table("lenet5-1998").rows
    assert [(r.layer.name, r.output, r.count("parameters"), connections(r)) for r in rows] == [
        ("C1", (28, 28, 6), 156, 122_304),
        ("S2", (14, 14, 6), 12, 5_880),
        ("C3", (10, 10, 16), 1_516, 151_600),
        ("S4", (5, 5, 16), 32, 2_000),
        ("C5", (1, 1, 120), 48_120, 48_120),
        ("F6", (84,), 10_164, 10_164),
        ("output", (10,), 0, 840),
    ]
    assert sum(map(connections, rows)) == 340_908
    assert [row.non_trainable for row in rows] == [0, 0, 0, 0, 0, 0, 840]


def test_the_connection_table_of_lenet_5() -> None:
    """Table I of the paper: 16 different maps of 3, 4 or 6 inputs; each of the six inputs is read by ten maps."""
    assert len({frozenset(inputs) for inputs in C3_TABLE}) == 16
    assert [len(inputs) for inputs in C3_TABLE] == [3] * 6 + [4] * 9 + [6]
    assert [sum(map_ in inputs for inputs in C3_TABLE) for map_ in range(6)] == [10] * 6
    neighbours = [all((b - a) % 6 == 1 for a, b in pairwise(inputs)) for inputs in C3_TABLE]
    assert neighbours == [True] * 12 + [False] * 3 + [True]


def test_the_other_lenets_layer_by_layer() -> None:
    assert [(row.output, row.count("parameters")) for row in table("lenet5").rows] == [
        ((28, 28, 6), 156), ((14, 14, 6), 0), ((10, 10, 16), 2_416), ((5, 5, 16), 0), ((1, 1, 120), 48_120),
        ((84,), 10_164), ((10,), 850),
    ]  # fmt: skip
    assert [(row.output, row.count("parameters")) for row in table("lenet5-course").rows] == [
        ((14, 14, 6), 156), ((5, 5, 50), 7_550), ((100,), 125_100), ((10,), 1_010),
    ]  # fmt: skip


def test_alexnet_layer_by_layer() -> None:
    found = table("alexnet")
    columns = ("weights", "biases", "parameters")
    assert [(row.layer.name, row.output, *(row.count(name) for name in columns)) for row in found.rows] == [
        ("conv-1", (55, 55, 96), 34_848, 96, 34_944),
        ("maxpool-1", (27, 27, 96), 0, 0, 0),
        ("conv-2", (27, 27, 256), 614_400, 256, 614_656),
        ("maxpool-2", (13, 13, 256), 0, 0, 0),
        ("conv-3", (13, 13, 384), 884_736, 384, 885_120),
        ("conv-4", (13, 13, 384), 1_327_104, 384, 1_327_488),
        ("conv-5", (13, 13, 256), 884_736, 256, 884_992),
        ("maxpool-3", (6, 6, 256), 0, 0, 0),
        ("fc-1", (4096,), 37_748_736, 4096, 37_752_832),
        ("fc-2", (4096,), 16_777_216, 4096, 16_781_312),
        ("fc-3", (1000,), 4_096_000, 1000, 4_097_000),
    ]


def test_neurons_of_alexnet() -> None:
    """The outputs of all layers with weights; the paper prints 650,000."""
    sizes = [row.working.evaluate("prod(output)") for row in table("alexnet").rows if row.count("weights")]
    assert sum(sizes) == 659_272


def test_alexnet_on_two_gpus_halves_what_three_convolutions_read() -> None:
    """Caffe's bvlc_alexnet: the same shapes; 724,406,816 MACs."""
    one, two = table("alexnet"), table("alexnet-2gpu")
    assert [row.output for row in two.rows] == [row.output for row in one.rows]
    halved = {
        row.layer.name: row.count("weights")
        for row, whole in zip(two.rows, one.rows, strict=True)
        if 2 * row.count("weights") == whole.count("weights") > 0
    }
    assert halved == {"conv-2": 307_200, "conv-4": 663_552, "conv-5": 442_368}
    assert two.total["macs"] == 724_406_816


def test_sizes_of_the_alexnet_of_2014() -> None:
    outputs = [row.output for row in table("alexnet-2014").rows]
    assert outputs[:9] == [
        (55, 55, 64), (27, 27, 64), (27, 27, 192), (13, 13, 192), (13, 13, 384), (13, 13, 256), (13, 13, 256),
        (6, 6, 256), (6, 6, 256),
    ]  # fmt: skip


@pytest.mark.parametrize(("depth", "convolutions"), [(11, 8), (13, 10), (16, 13), (19, 16)])
def test_vgg_has_as_many_layers_with_weights_as_its_name_says(depth: int, convolutions: int) -> None:
    """Table 1 of the paper: configurations A, B, D and E, all with the same sizes after their five pools."""
    rows = table(f"vgg{depth}").rows
    assert sum(row.layer.kind == "conv" for row in rows) == convolutions == depth - 3
    assert [row.output for row in rows if row.layer.kind == "maxpool"] == [
        (112, 112, 64), (56, 56, 128), (28, 28, 256), (14, 14, 512), (7, 7, 512),
    ]  # fmt: skip


def test_vgg16_in_figures() -> None:
    """138,344,128 weights, 15,470,264,320 MACs; its last pool sees 212 pixels of the input."""
    found = table("vgg16")
    assert (found.total["weights"], found.total["macs"]) == (138_344_128, 15_470_264_320)
    assert [field.size for field in found.row("maxpool-5").field] == [212, 212]


def test_batch_normalisation_stands_after_every_convolution_of_vgg() -> None:
    """PyTorch counts two values per channel, Keras all four; the convolutions keep their biases."""
    kinds = [row.layer.kind for row in table("vgg16-bn").rows]
    assert all(kinds[index + 1] == "batchnorm" for index, kind in enumerate(kinds) if kind == "conv")
    channels = 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512
    plain = table("vgg16").total["parameters"]
    assert table("vgg16-bn", "pytorch").total["parameters"] == plain + 2 * channels
    assert table("vgg16-bn", "keras").total["parameters"] == plain + 4 * channels


@pytest.mark.parametrize("id", ["googlenet", "googlenet-bn"])
def test_sizes_of_googlenet(id: str) -> None:
    """Table 1 of the paper, which both forms keep."""
    found = table(id)
    sizes = {row.layer.name: row.output for row in found.rows}
    depths = {"3a": 256, "3b": 480, "4a": 512, "4b": 512, "4c": 512, "4d": 528, "4e": 832, "5a": 832, "5b": 1024}
    side = {"3": 28, "4": 14, "5": 7}
    for module, depth in depths.items():
        assert sizes[f"inception-{module}"] == (side[module[0]], side[module[0]], depth)
    assert sizes["conv-1"] == (112, 112, 64)
    assert sizes["maxpool-1"] == (56, 56, 64)
    assert sizes["conv-2"] == (56, 56, 192)
    assert sizes["maxpool-2"] == (28, 28, 192)
    assert sizes["gap-1"] == (1024,)
    assert found.rows[-1].output == (1000,)


@pytest.mark.parametrize(
    ("module", "millions"),
    [("3a", 128), ("3b", 304), ("4a", 73), ("4b", 88), ("4c", 100), ("4d", 119), ("4e", 170), ("5b", 71)],
)
def test_macs_of_the_inception_modules(module: str, millions: int) -> None:
    """The column “ops” of the paper's Table 1, in which only 5a (54 M for 51 M) does not follow from the filters."""
    macs = sum(row.count("macs") for row in table("googlenet").rows if row.layer.name.startswith(f"{module}/"))
    assert abs(macs - millions * 1e6) < 1e6


def test_the_wide_branch_of_googlenet_differs_in_libraries() -> None:
    paper, shipped = table("googlenet"), table("googlenet-bn")
    assert paper.row("3a/5x5").count("weights") == 25 * 16 * 32
    assert shipped.row("3a/3x3b").count("weights") == 9 * 16 * 32
    assert shipped.row("3a/3x3b").count("biases") == 0


@pytest.mark.parametrize(
    ("id", "heads"),
    [
        ("googlenet", {"aux-1": 3_188_840, "aux-2": 3_190_888}),
        ("googlenet-bn", {"aux-1": 3_188_968, "aux-2": 3_191_016}),
        ("inception-v3", {"aux": 3_326_696}),
    ],
)
def test_auxiliary_heads_hang_beside_the_way_on(id: str, heads: dict[str, int]) -> None:
    """They end in the classes, nothing reads them, and without them the network is the one without heads."""
    plain, with_heads = zoo.network(id), zoo.network(f"{id}-aux")
    read = {name for layer in with_heads.layers for name in layer.inputs}
    ends = [layer.name for layer in with_heads.layers if layer.name not in read]
    found = tabulate(with_heads)
    assert [name.partition("/")[0] for name in ends[:-1]] == list(heads)
    assert ends[-1] == plain.layers[-1].name == with_heads.layers[-1].name
    assert [found.row(name).output for name in ends] == [(1000,)] * len(ends)
    assert tuple(layer for layer in with_heads.layers if not layer.name.startswith("aux")) == plain.layers
    assert {head: parameters(found, f"{head}/") for head in heads} == heads


def test_the_heads_of_googlenet_pool_to_4_by_4() -> None:
    """The paper: 4×4×512 after module 4a, 4×4×528 after 4d."""
    for id in ("googlenet-aux", "googlenet-bn-aux"):
        found = table(id)
        assert found.row("aux-1/pool").output == (4, 4, 512)
        assert found.row("aux-2/pool").output == (4, 4, 528)


def test_an_inception_module_with_and_without_its_reductions() -> None:
    """Without them module 3a is deeper (416 for 256 channels) and more than twice as large."""
    reduced, naive = table("inception-module"), table("inception-module-naive")
    assert reduced.rows[-1].output == (28, 28, 256)
    assert naive.rows[-1].output == (28, 28, 64 + 128 + 32 + 192)
    assert reduced.total["parameters"] == parameters(table("googlenet"), "3a/") == 163_696
    assert naive.total["parameters"] == (1 * 64 + 9 * 128 + 25 * 32) * 192 + 64 + 128 + 32


def test_sizes_of_inception_v3() -> None:
    """Table 1 of the paper from 35×35×288 on; the stem and the names are the release's."""
    found = table("inception-v3")
    outputs = {row.layer.name: row.output for row in found.rows}
    assert [outputs[name] for name in ("conv-1", "conv-2", "conv-3", "maxpool-1", "conv-4", "conv-5", "maxpool-2")] == [
        (149, 149, 32), (147, 147, 32), (147, 147, 64), (73, 73, 64), (73, 73, 80), (71, 71, 192), (35, 35, 192),
    ]  # fmt: skip
    modules = [row.output for row in found.rows if row.layer.name.startswith("inception-")]
    assert modules == [
        (35, 35, 256), *[(35, 35, 288)] * 2, *[(17, 17, 768)] * 5, (8, 8, 1280), *[(8, 8, 2048)] * 2,
    ]  # fmt: skip
    assert outputs["gap-1"] == (2048,)


def test_keras_counts_inception_v3_without_scales() -> None:
    """Keras's 23,851,784: the shift and both running values of each channel, but no scale."""
    found = table("inception-v3", "keras")
    scales = sum(row.count("weights") for row in found.rows if row.layer.kind == "batchnorm")
    assert found.total["parameters"] - scales == 23_851_784


def test_squeezenet_layer_by_layer() -> None:
    """Table 1 of the paper: sizes, and parameters before pruning."""
    found = table("squeezenet1.0")
    assert [(r.layer.name, r.output) for r in found.rows if "/" not in r.layer.name] == [
        ("conv-1", (111, 111, 96)), ("maxpool-1", (55, 55, 96)),
        ("fire-2", (55, 55, 128)), ("fire-3", (55, 55, 128)), ("fire-4", (55, 55, 256)), ("maxpool-2", (27, 27, 256)),
        ("fire-5", (27, 27, 256)), ("fire-6", (27, 27, 384)), ("fire-7", (27, 27, 384)), ("fire-8", (27, 27, 512)),
        ("maxpool-3", (13, 13, 512)), ("fire-9", (13, 13, 512)), ("conv-2", (13, 13, 1000)), ("gap-1", (1000,)),
    ]  # fmt: skip
    assert parameters(found, "conv-1") == 14_208
    fires = [parameters(found, f"fire-{number}/") for number in range(2, 10)]
    assert fires == [11_920, 12_432, 45_344, 49_440, 104_880, 111_024, 188_992, 197_184]
    assert parameters(found, "conv-2") == 513_000


def test_squeezenet_1_1_pools_earlier() -> None:
    """It takes 2.4 times less computation, say its authors, and differs in one layer's parameters and the next's."""
    first, second = table("squeezenet1.0"), table("squeezenet1.1")
    names = [row.layer.name for row in second.rows]
    pools = [names[index + 1] for index, name in enumerate(names) if name.startswith("maxpool")]
    assert pools == ["fire-2/squeeze", "fire-4/squeeze", "fire-6/squeeze"]
    counts = [{row.layer.name: row.count("parameters") for row in t.rows} for t in (first, second)]
    assert {name for name, count in counts[0].items() if counts[1][name] != count} == {"conv-1", "fire-2/squeeze"}
    at_224 = [tabulate(replace(t.network, input=(224, 224, 3))).total["macs"] for t in (first, second)]
    assert 2.3 < at_224[0] / at_224[1] < 2.4


def test_the_recurrent_network_on_the_rows_of_a_digit() -> None:
    """20,096 and 1,290 with one bias vector; PyTorch's two make 20,224."""
    assert [row.count("parameters") for row in table("mnist-rnn").rows] == [20_096, 1_290]
    assert [row.count("parameters") for row in table("mnist-rnn", "pytorch").rows] == [20_224, 1_290]


def test_the_perceptron_with_batch_normalisation() -> None:
    """471,434 with all four values per unit, of which 1,280 are not learnt."""
    found = table("mnist-mlp-bn", "keras")
    assert found.total["parameters"] == 471_434
    assert sum(row.non_trainable for row in found.rows) == 1_280


def test_the_network_on_reviews() -> None:
    rows = table("imdb-lstm").rows
    assert [(row.output, row.count("parameters")) for row in rows] == [
        ((600, 32), 160_000), ((100,), 53_200), ((1,), 101),
    ]  # fmt: skip


def test_the_network_on_cats_and_dogs() -> None:
    """Chollet's listing: 148, 74, 72, 36, 34, 17, 15 and 7 pixels."""
    rows = table("cats-dogs").rows
    assert [row.output[0] for row in rows[:8]] == [148, 74, 72, 36, 34, 17, 15, 7]
    assert [row.count("parameters") for row in rows if row.count("parameters")] == [
        896, 18_496, 73_856, 147_584, 3_211_776, 513,
    ]  # fmt: skip


def test_fixed_codes_read_a_vector() -> None:
    net = Builder("codes", "Codes on a map", (5, 5, 16))
    net.add("rbf", m=10)
    with pytest.raises(UserError, match=r"^rbf-1 \(rbf\) reads a vector, not 5×5×16$"):
        tabulate(net.build())
