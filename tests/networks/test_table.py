"""Tables of networks: every row by its formula, totals, receptive fields, letters, and what does not fit."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from naive.receptive_field import Layer as Layer1d
from naive.receptive_field import transposed

from dlcalc import document as doc
from dlcalc.errors import UserError
from dlcalc.explain.network import network
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import Name, Node
from dlcalc.networks import zoo
from dlcalc.networks.network import Layer, Network, ordered
from dlcalc.networks.table import COUNTS, Table, tabulate
from dlcalc.networks.text import read

ALEXNET = (
    "227x227x3; conv 96 f11 s4; pool f3 s2; conv 256 f5 p2; pool f3 s2; conv 384 f3 p1; conv 384 f3 p1;"
    " conv 256 f3 p1; pool f3 s2; dense 4096; dense 4096; dense 1000"
)


def table(text: str, convention: str = "") -> Table:
    return tabulate(read(text), convention)


def test_alexnet_of_one_tower() -> None:
    """Shapes and parameters of every layer (Krizhevsky et al., 2012, on one GPU): 62,378,344 in all."""
    found = table(ALEXNET)
    assert [(row.layer.name, row.output, row.count("parameters")) for row in found.rows] == [
        ("conv-1", (55, 55, 96), 34_944),
        ("maxpool-1", (27, 27, 96), 0),
        ("conv-2", (27, 27, 256), 614_656),
        ("maxpool-2", (13, 13, 256), 0),
        ("conv-3", (13, 13, 384), 885_120),
        ("conv-4", (13, 13, 384), 1_327_488),
        ("conv-5", (13, 13, 256), 884_992),
        ("maxpool-3", (6, 6, 256), 0),
        ("fc-1", (4096,), 37_752_832),
        ("fc-2", (4096,), 16_781_312),
        ("fc-3", (1000,), 4_097_000),
    ]
    assert found.total["parameters"] == 62_378_344


def test_receptive_fields_of_alexnet() -> None:
    """r grows by (f − 1) times the strides so far: 11, 19, 51, 67, 99, 131, 163, 195."""
    sizes = [row.field[0].size for row in table(ALEXNET).rows if row.field]
    assert sizes == [11, 19, 51, 67, 99, 131, 163, 195]


def test_a_small_network_of_the_course() -> None:
    found = table("36x36x3; conv 10 f5; pool 2; conv 20 f3; pool 2; dense 100; dense 10")
    assert [row.count("parameters") for row in found.rows] == [760, 0, 1_820, 0, 98_100, 1_010]
    assert found.total["parameters"] == 101_690


def test_conventions_reach_the_layers_that_know_them() -> None:
    """A simple RNN of 128 on rows of 28: 20,096 with one bias vector, 20,224 with PyTorch's two."""
    text = "28x28 seq; rnn 128; dense 10"
    assert [row.count("parameters") for row in table(text).rows] == [20_096, 1_290]
    assert table(text, "pytorch").total["parameters"] == 20_224 + 1_290


def test_letters_all_the_way_down() -> None:
    found = table("n x n x c; conv k f3 p1; conv k f3 p1; pool 2")
    assert evaluate(found.total["parameters"], {"c": 3, "k": 8}) == (27 + 1) * 8 + (72 + 1) * 8
    assert evaluate(found.rows[-1].output[0], {"n": 15}) == 7


LAYERS = st.lists(
    st.one_of(
        st.builds(lambda k, f, p: f"conv {k} f{f} p{p}", st.integers(1, 9), st.integers(1, 3), st.integers(1, 2)),
        st.builds(lambda f, s: f"pool f{f} s{s}", st.integers(1, 3), st.integers(1, 2)),
        st.sampled_from(["bn", "dropout 0.5", "gap", "flatten"]),
    ),
    min_size=1,
    max_size=6,
)


@given(LAYERS, st.integers(24, 40), st.integers(1, 4))
def test_totals_are_the_sums_of_the_rows_and_letters_can_be_put_in_later(layers: list[str], n: int, c: int) -> None:
    """For random stacks: totals equal sums, and numbers put in later give what numbers put in at once give."""
    end = next((i for i, layer in enumerate(layers) if layer in ("gap", "flatten")), len(layers) - 1)
    stack = "; ".join(layers[: end + 1])
    try:
        now = table(f"{n}x{n}x{c}; {stack}")
    except UserError as small:
        assume("does not fit" not in str(small))
        raise
    for name in COUNTS:
        assert now.total[name] == sum(row.count(name) for row in now.rows)
    later = table(f"n x n x c; {stack}")
    for name in COUNTS:
        value = later.total[name]
        assert (evaluate(value, {"n": n, "c": c}) if isinstance(value, Node) else value) == now.total[name]


def test_pinned_outputs_are_carried_forward() -> None:
    """Whoever finds 54 for the first convolution of AlexNet has 26 after the pooling."""
    found = tabulate(read(ALEXNET), known={"conv-1": (54, 54, 96)})
    assert found.rows[1].output == (26, 26, 96)
    assert found.rows[0].output == (55, 55, 96)


def graph(*layers: Layer) -> Network:
    return Network("g", "Graph", (8, 8, 4), ordered(layers))


def test_a_graph_joins_its_paths() -> None:
    """A residual block keeps its shape, a concatenation adds channels; the field is the largest path's."""
    found = tabulate(
        graph(
            Layer("a", "conv", {"k": 4, "f": 3, "p": 1}, ("input",)),
            Layer("sum", "add", {}, ("a", "input")),
            Layer("both", "concat", {}, ("sum", "a")),
        )
    )
    assert [row.output for row in found.rows] == [(8, 8, 4), (8, 8, 4), (8, 8, 8)]
    assert [row.field[0].size for row in found.rows] == [3, 3, 3]
    assert all(row.aligned for row in found.rows)


def test_paths_that_are_not_aligned_are_marked() -> None:
    """Two paths whose first windows have different centres meet: the sum is marked."""
    found = tabulate(
        graph(
            Layer("a", "conv", {"k": 4, "f": 3}, ("input",)),
            Layer("b", "conv", {"k": 4, "f": 1}, ("input",)),
            Layer("c", "conv", {"k": 4, "f": 3, "p": 0}, ("b",)),
            Layer("d", "maxpool", {"f": 1}, ("c",)),
            Layer("e", "conv", {"k": 4, "f": 5, "p": 1}, ("input",)),
            Layer("fine", "add", {}, ("a", "d")),
            Layer("off", "add", {}, ("a", "e")),
        )
    )
    assert found.row("fine").aligned
    assert found.row("off").aligned  # 3 without padding and 5 with padding 1 share their centre
    shifted = tabulate(
        graph(
            Layer("a", "conv", {"k": 4, "f": 2, "s": 2}, ("input",)),
            Layer("b", "conv", {"k": 4, "f": 1, "s": 2}, ("input",)),
            Layer("off", "add", {}, ("a", "b")),
        )
    )
    assert not shifted.row("off").aligned


def test_padding_that_keeps_the_size_keeps_the_centres() -> None:
    """A window of 3 padded by 1 on each side looks at the pixel that it stands on, as the input beside it does."""
    found = tabulate(
        graph(
            Layer("a", "conv", {"k": 4, "f": 3, "same": True}, ("input",)),
            Layer("b", "pad", {"pad_begin": 2, "pad_end": 2}, ("input",)),
            Layer("c", "conv", {"k": 4, "f": 5}, ("b",)),
            Layer("all", "add", {}, ("a", "c", "input")),
        )
    )
    assert [row.field[0].start for row in found.rows] == [0, -2, 0, 0]
    assert found.row("all").aligned


def test_paths_that_meet_off_centre_stay_so_and_one_axis_is_enough() -> None:
    """Windows of 1×2 and 1×1 differ along the width alone; what reads their sum is marked too."""
    found = tabulate(
        graph(
            Layer("a", "conv", {"k": 4, "f": (1, 2), "s": 2}, ("input",)),
            Layer("b", "conv", {"k": 4, "f": 1, "s": 2}, ("input",)),
            Layer("off", "add", {}, ("a", "b")),
            Layer("after", "conv", {"k": 4, "f": 3}, ("off",)),
        )
    )
    assert [row.aligned for row in found.rows] == [True, True, False, False]


def test_a_gate_may_stand_before_what_it_scales() -> None:
    """One number for each channel scales a map, whichever of the two is read first."""
    for inputs in (("gate", "input"), ("input", "gate")):
        found = tabulate(
            graph(Layer("gate", "adaptive-avgpool", {"o": 1}, ("input",)), Layer("m", "multiply", {}, inputs))
        )
        assert found.row("m").output == (8, 8, 4)


def test_paths_whose_units_are_not_equally_far_apart_are_marked() -> None:
    """Every other one of 15 pixels beside all of 8: unit 1 of both is pixel 1, but unit 2 is pixel 3 or pixel 2."""
    found = tabulate(
        graph(
            Layer("wide", "pad", {"pad_begin": 0, "pad_end": 7}, ("input",)),
            Layer("a", "conv", {"k": 4, "f": 1, "s": 2}, ("wide",)),
            Layer("b", "conv", {"k": 4, "f": 1}, ("input",)),
            Layer("off", "add", {}, ("a", "b")),
        )
    )
    first, second = found.row("a").field[0], found.row("b").field[0]
    assert (first.start, second.start, first.jump, second.jump) == (0, 0, 2, 1)
    assert not found.row("off").aligned


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([Layer("a", "conv", {"k": 4, "f": 9}, ("input",))], "a: the filter does not fit"),
        ([Layer("a", "dense", {"m": 3}, ("b",))], "a reads b, but no layer has that name"),
        ([Layer("a", "add", {}, ("b",)), Layer("b", "add", {}, ("a",))], "the layers form a cycle"),
        ([Layer("a", "add", {}, ("input",)), Layer("a", "add", {}, ("input",))], "two layers are called a"),
        (
            [Layer("a", "reshape", {"y": (2, 2, 2)}, ("input",))],
            "keeps all numbers: 8×8×4 does not become 2×2×2, as 256 are not 8",
        ),
        ([Layer("a", "reshape", {"y": (9, 9, 9)}, ("input",))], "keeps all numbers: 8×8×4 does not become 9×9×9"),
        ([Layer("a", "rnn", {"m": 3}, ("input",))], r"a \(rnn\) reads a sequence"),
        ([Layer("a", "embedding", {"v": 9, "n": 3}, ("input",))], r"a \(embedding\) reads a sequence of T indices"),
        ([Layer("a", "conv", {"k": 2, "f": 3}, ("input", "input"))], r"a \(conv\) reads one layer, not 2"),
        (
            [Layer("a", "conv", {"k": 2, "f": 3}, ("input",)), Layer("s", "add", {}, ("a", "input"))],
            r"s \(add\) reads equal shapes, not 6×6×2 and 8×8×4",
        ),
        (
            [Layer("a", "conv", {"k": 2, "f": 3}, ("input",)), Layer("s", "concat", {}, ("a", "input"))],
            r"s \(concat\) reads maps of one size, not 6×6×2 and 8×8×4",
        ),
    ],
)
def test_what_does_not_fit_names_the_layer(layers: list[Layer], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        tabulate(graph(*layers))


def test_an_unknown_kind_makes_the_totals_partial() -> None:
    """The layer and what reads it are marked; the rest of the table is still there."""
    found = tabulate(
        graph(
            Layer("a", "conv", {"k": 2, "f": 3}, ("input",)),
            Layer("b", "capsule", {}, ("a",)),
            Layer("c", "dense", {"m": 2}, ("b",)),
        )
    )
    assert found.partial
    assert [bool(row.unknown) for row in found.rows] == [False, True, True]
    assert "capsule is not a kind of layer" in found.rows[1].unknown
    assert found.total["parameters"] == 3 * 3 * 4 * 2 + 2


@pytest.mark.parametrize(
    ("text", "layer", "why"),
    [
        ("16x16x3; conv 8 f3; conv-transpose 8 f2 s2; conv 8 f3", "convt-1", "see by turns more and fewer pixels"),
        ("16x16x3; conv-transpose 8 f3 p1; conv 8 f3", "convt-1", "see by turns more and fewer pixels"),
        ("16x16x3; adaptive-avgpool 7; conv 8 f3", "adaptive-1", "windows are of several sizes"),
        ("5x16x16x3; convlstm 4 f3", "convlstm-1", "see all time steps"),
    ],
)
def test_a_field_that_no_one_number_says_is_not_known(text: str, layer: str, why: str) -> None:
    """From there on, while it is a map; the reason names the layer."""
    found = table(text)
    assert found.row(layer).field == ()
    assert found.rows[-1].field == ()
    assert found.rows[-1].reach.lost.startswith(f"{layer}: its ")
    assert why in found.rows[-1].reach.lost
    before = [row for row in found.rows[:-1] if row.layer.name.startswith("conv-")]
    assert all(row.field for row in before)


def test_adaptive_pooling_to_the_same_size_keeps_the_field() -> None:
    assert table("9x9x3; conv 8 f3; adaptive-avgpool 7").rows[-1].field[0].size == 3


def test_units_transposed_see_by_turns_more_and_fewer_pixels() -> None:
    """Followed back tap by tap: of a 3 × 3 filter with stride 2 every other unit sees one pixel, the others two."""
    assert [len(transposed(Layer1d(f=3, s=2), unit)) for unit in range(2, 8)] == [2, 1, 2, 1, 2, 1]
    assert [len(transposed(Layer1d(f=4, s=2), unit)) for unit in range(2, 8)] == [2] * 6


def test_where_paths_meet_letters_leave_the_largest_open() -> None:
    """A window of f beside one of 3: the field is the larger, whichever that is."""
    found = tabulate(
        graph(
            Layer("a", "conv", {"k": 4, "f": Name("f", integer=True), "same": True}, ("input",)),
            Layer("b", "conv", {"k": 4, "f": 3, "p": 1}, ("input",)),
            Layer("join", "concat", {}, ("a", "b")),
        )
    )
    size = found.row("join").field[0].size
    assert [evaluate(size, {"f": f}) for f in (1, 3, 5)] == [3, 3, 5]


def notes(found: Table) -> list[str]:
    blocks = network(found).blocks
    words = [doc.inlines(block.words) for block in blocks if isinstance(block, doc.Note)]
    return ["".join(str(getattr(word, "value", getattr(word, "text", ""))) for word in line) for line in words]


def test_what_is_kept_besides_is_called_what_it_is() -> None:
    """The 840 entries of LeNet-5's codes are fixed; batch normalisation keeps two running values for each channel."""
    assert notes(tabulate(zoo.network("lenet5-1998")))[0] == "840 more values are fixed and not learned"
    assert notes(table("8x8x4; conv 8 f3; bn"))[0] == "batch normalisation keeps 16 running values too"
    assert not any("besides" in note for note in notes(table("8x8x4; conv 8 f3")))


def test_a_total_of_many_terms_is_said_to_be_long() -> None:
    """Ten maps of different sizes make a total of ten terms; the table shows …, and the note says why."""
    found = table("n x n x 3; " + "; ".join(["conv 4 f3"] * 10))
    (note,) = [note for note in notes(found) if note.startswith("…")]
    assert "the total of MACs: too many terms" in note
    assert evaluate(found.total["macs"], {"n": 40}) == table("40x40x3; " + "; ".join(["conv 4 f3"] * 10)).total["macs"]


def test_a_total_of_more_than_a_thousand_terms_is_not_refused() -> None:
    layers = "; ".join(["conv 2 f3"] * 1_100)
    later, now = table(f"n x 1 x 2; {layers.replace('f3', 'f3x1')}"), table(f"3000x1x2; {layers.replace('f3', 'f3x1')}")
    assert evaluate(later.total["macs"], {"n": 3000}) == now.total["macs"]
    assert later.total["parameters"] == 1_100 * (3 * 2 * 2 + 2)
