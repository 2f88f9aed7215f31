"""The picture of a network: well-formed, complete, to scale, and safe against what stands in names."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from rows import each_row

from dlcalc.api.networks import net
from dlcalc.diagrams import network_svg
from dlcalc.diagrams.layout import placed, rows_of
from dlcalc.diagrams.page import WIDTH, Extent, Page
from dlcalc.diagrams.solids import Scale
from dlcalc.errors import UserError
from dlcalc.networks import zoo
from dlcalc.networks.network import Layer, Network
from dlcalc.networks.table import Table, tabulate

SVG = "{http://www.w3.org/2000/svg}"
SMALL = "36x36x3; conv 10 f5; pool 2; conv 20 f3; pool 2; dense 100; dense 10"


def picture(table: Table, every: bool = False) -> ElementTree.Element:
    return ElementTree.fromstring(network_svg(table, every=every))


def words(root: ElementTree.Element) -> list[str]:
    """Everything that is written in the picture, without what shows under the pointer."""
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def boxes(root: ElementTree.Element) -> dict[str, tuple[float, float]]:
    """Layer → width and height of the front of what is drawn for it."""
    found = {}
    for group in root.iter(f"{SVG}g"):
        title, front = group.find(f"{SVG}title"), group.find(f"{SVG}rect")
        if title is not None and title.text and front is not None:
            found[title.text.split(";")[0]] = (float(front.attrib["width"]), float(front.attrib["height"]))
    return found


def test_every_layer_with_its_name_output_parameters_and_window() -> None:
    shown = words(picture(net("alexnet").table))
    for layer in net("alexnet").rows:
        assert layer.layer.name in shown
    for text in ("227×227×3", "55×55×96", "34,944", "11×11, s = 4", "6×6×256", "37,752,832", "3×3, s = 2"):
        assert text in shown
    assert "62,378,344 parameters · 1,135,256,096 MACs · 11 layers" in shown


def test_sizes_are_to_scale_by_their_square_roots() -> None:
    """AlexNet's first map is 55 high and its last 13: their boxes differ by √(55/13); channels by √(256/96)."""
    found = boxes(picture(net("alexnet").table))
    assert found["conv-1"][1] / found["conv-5"][1] == pytest.approx((55 / 13) ** 0.5, rel=0.01)
    assert found["conv-5"][0] / found["conv-1"][0] == pytest.approx((256 / 96) ** 0.5, rel=0.01)
    assert found["fc-1"][1] / found["fc-3"][1] == pytest.approx(4.096**0.5, rel=0.01)


@pytest.mark.parametrize(
    ("kind", "shape", "form"),
    [
        ("conv", (8, 8, 4), "box"),
        ("conv", (4, 8, 8, 4), "box"),
        ("rnn", (28, 128), "sheet"),
        ("dense", (10,), "bar"),
        ("add", (8, 8, 4), "circle"),
        ("mystery", (), "unknown"),
    ],
)
def test_what_a_layer_looks_like(kind: str, shape: tuple[int, ...], form: str) -> None:
    assert Scale([shape]).solid(kind, shape).form == form


@each_row("name", zoo.names())
def test_the_whole_zoo_is_drawn_within_the_page(name: str) -> None:
    """Well-formed; every layer that is drawn is named; nothing lies outside; two blocks never share a place."""
    table = net(name).table
    root = picture(table)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert width < WIDTH + 200
    for rectangle in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(rectangle.attrib[key]) for key in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
    graph = placed(table)
    assert len({(block.lane, block.column) for block in graph.blocks}) == len(graph.blocks)
    shown = set(words(root))
    assert {block.name for block in graph.blocks} <= shown


def test_height_depth_and_width_are_each_to_scale() -> None:
    """Of a map 20 high and 80 wide with 9 channels beside one of 80×80×36: √(20/80), √(80/80) and √(9/36)."""
    scale = Scale([(20, 80, 9), (80, 80, 36)])
    small, large = scale.solid("conv", (20, 80, 9)), scale.solid("conv", (80, 80, 36))
    assert small.height / large.height == pytest.approx(1 / 2)
    assert small.depth == large.depth
    assert small.width / large.width == pytest.approx(1 / 2)


def test_a_sheet_is_as_long_as_its_time_and_as_high_as_its_vectors() -> None:
    scale = Scale([(28, 128), (7, 128), (28, 32)])
    whole, shorter, lower = (scale.solid("rnn", shape) for shape in ((28, 128), (7, 128), (28, 32)))
    assert (shorter.width / whole.width, shorter.height) == (pytest.approx(1 / 2), whole.height)
    assert (lower.height / whole.height, lower.width) == (pytest.approx(1 / 2), whole.width)


def test_a_sum_and_a_product_have_their_signs() -> None:
    layers = (
        Layer("a", "conv", {"k": 3, "f": 1}, ("input",)),
        Layer("b", "conv", {"k": 3, "f": 1}, ("input",)),
        Layer("sum", "add", {}, ("a", "b")),
        Layer("product", "multiply", {}, ("a", "sum")),
    )
    shown = words(picture(tabulate(Network("net", "net", (8, 8, 3), layers))))
    assert (shown.count("+"), shown.count("×")) == (1, 1)


def paged(table: Table) -> Page:
    """A page in whose columns every solid is 40 wide and 30 high."""
    graph = placed(table)
    return Page(graph, {block: Extent(40.0, 30.0, 60.0, 3) for block in graph.blocks})


def one_skipped() -> Table:
    """A sum of a layer and of the next one: an arrow over a single block."""
    layers = (
        Layer("a", "conv", {"k": 3, "f": 1}, ("input",)),
        Layer("b", "conv", {"k": 3, "f": 1}, ("a",)),
        Layer("sum", "add", {}, ("a", "b")),
    )
    return tabulate(Network("net", "net", (8, 8, 3), layers))


@pytest.mark.parametrize("name", ["", "googlenet", "googlenet-aux", "resnet50", "densenet121", "inception-v3"])
def test_no_arrow_runs_through_another_block(name: str) -> None:
    """An arrow leaves its source at the right side or above and arrives at its target's left side or above."""
    page = paged(net(name).table if name else one_skipped())
    for edge in page.graph.edges:
        route = page.route(edge)
        for block in page.graph.blocks:
            left, axis = page.left_of(block), page.lane(block).axis
            if block in (edge.source, edge.target):
                continue
            for (x, y), (to_x, to_y) in pairwise(route):
                if y == to_y and abs(y - axis) < 15:
                    assert max(x, to_x) <= left or min(x, to_x) >= left + 40, (edge, block)
        source, target = page.left_of(edge.source), page.left_of(edge.target)
        assert route[0] in [(source + 40, page.lane(edge.source).axis), (source + 23, page.lane(edge.source).axis - 15)]
        assert route[-1] in [(target, page.lane(edge.target).axis), (target + 17, page.lane(edge.target).axis - 15)]


def test_an_arrow_has_a_head() -> None:
    """Seven long and as wide, its tip where the arrow ends: half of 7 · 7."""
    heads = [path.attrib["d"] for path in picture(net("alexnet").table).iter(f"{SVG}path") if path.get("fill") != "none"
             and path.get("fill") == "#4a5563"]  # fmt: skip
    assert len(heads) == 11
    for head in heads:
        (x, y), (x1, y1), (x2, y2), *_ = [
            tuple(map(float, pair.split(","))) for pair in re.findall(r"-?[\d.]+,-?[\d.]+", head)
        ]
        assert abs((x1 - x) * (y2 - y) - (x2 - x) * (y1 - y)) / 2 == pytest.approx(24.5, abs=2)


REPEATED = "32x32x8; conv 8 f3 p1; bn; conv 8 f3 p1; bn; conv 8 f3 p1; bn; flatten; dense 10"


def test_before_and_behind_a_repeated_block_are_its_first_and_last_layer() -> None:
    """Of three times (conv, bn) one is drawn: the chain through it is unbroken, and each layer has its own column."""
    graph = placed(net(REPEATED).table)
    names = ["input", "conv-1", "bn-1", "flatten-1", "fc-1"]
    assert [(block.name, block.column) for block in graph.blocks] == [(name, at) for at, name in enumerate(names)]
    assert [(edge.source.name, edge.target.name) for edge in graph.edges] == list(pairwise(names))
    assert [(repeat.first, repeat.last, repeat.times) for repeat in graph.repeats] == [(1, 2, 3)]


def test_a_row_of_the_page_does_not_end_within_a_repeated_block() -> None:
    """Where two columns fit, the input stands alone, so that (conv, bn) stay together."""
    graph = placed(net(REPEATED).table)
    assert rows_of(graph, [1.0] * 5, 2) == [range(1), range(1, 3), range(3, 5)]


def test_every_layer_follows_what_it_reads() -> None:
    for edge in placed(net("googlenet").table).edges:
        assert edge.source.column < edge.target.column


def test_branches_lie_below_one_another() -> None:
    """The four branches of an inception module; the module's end is back on the main line."""
    lanes = {block.name: block.lane for block in placed(net("googlenet").table).blocks}
    assert [lanes[f"3a/{name}"] for name in ("1x1", "3x3", "5x5", "pool-proj")] == [0, 1, 2, 3]
    assert lanes["inception-3a"] == 0


def test_a_head_that_ends_on_the_way_hangs_below() -> None:
    lanes = {block.name: block.lane for block in placed(net("googlenet-aux").table).blocks}
    assert lanes["4b/1x1"] == 0
    assert lanes["aux-1/pool"] > 0


def test_a_repeated_block_is_drawn_once() -> None:
    """ResNet-50 has 2, 3, 5 and 2 equal blocks in its stages; written out they are all there."""
    table = net("resnet50").table
    shown = words(picture(table))
    assert [word for word in shown if word.startswith("×") and word != "×"] == ["×2", "×3", "×5", "×2"]
    assert "conv-9" not in shown
    whole = words(picture(table, every=True))
    assert {row.layer.name for row in table.rows} <= set(whole)
    assert not any(word.startswith("×") for word in whole)


def test_equal_layers_side_by_side_are_no_repetition() -> None:
    """In 3b two branches begin with the same 1 × 1 convolution: both are drawn."""
    assert {"3b/1x1", "3b/3x3-reduce"} <= set(words(picture(net("googlenet").table)))


def test_equal_layers_that_are_all_read_later_are_no_repetition() -> None:
    layers = (
        Layer("a", "conv", {"k": 3, "f": 1}, ("input",)),
        Layer("b", "conv", {"k": 3, "f": 1}, ("a",)),
        Layer("sum", "add", {}, ("a", "b")),
    )
    table = tabulate(Network("net", "net", (8, 8, 3), layers))
    assert {"a", "b", "sum"} <= set(words(picture(table)))


def test_a_row_ends_where_one_arrow_leads_on() -> None:
    graph = placed(net("googlenet").table)
    for row in rows_of(graph, [100.0] * graph.columns, WIDTH)[1:]:
        across = {edge.source for edge in graph.edges if edge.source.column < row.start <= edge.target.column}
        assert len(across) == 1


def test_letters_stay_letters() -> None:
    shown = words(picture(net("n x n x c; conv k f3; pool 2; dense 10").table))
    assert {"n×n×c", "(n − 2)×(n − 2)×k", "(9c + 1)k", "Letters are drawn as if they were 64."} <= set(shown)


def test_a_profile_spells_the_letters() -> None:
    """Under the block and under the pointer."""
    drawn = network_svg(net("alexnet").table, {"s": "S"})
    assert "11×11, S = 4" in drawn
    assert "f = 11, S = 4" in drawn
    assert "s = 4" not in drawn


def test_under_the_pointer_a_setting_that_is_on_or_off_is_a_word() -> None:
    layers = (
        Layer("on", "conv", {"k": 3, "f": 1, "bias": True}, ("input",)),
        Layer("off", "conv", {"k": 3, "f": 1, "bias": False}, ("on",)),
    )
    root = picture(tabulate(Network("net", "net", (8, 8, 3), layers)))
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert [re.findall("bias = [a-z]+", title) for title in titles if "bias" in title] == [
        ["bias = yes"],
        ["bias = no"],
    ]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a & b", '"quoted"', "]]>"])
def test_a_name_stays_text(name: str) -> None:
    table = tabulate(Network("net", name, (8, 8, 3), (Layer(name, "conv", {"k": 3, "f": 1}, ("input",)),)))
    root = picture(table)
    assert name in words(root)
    assert not list(root.iter(f"{SVG}script"))


@pytest.mark.parametrize("name", ["nul\0", "two\nlines", "\ud800"])
def test_a_name_that_xml_cannot_hold_is_written_as_python_would(name: str) -> None:
    table = tabulate(Network("net", "net", (8, 8, 3), (Layer(name, "conv", {"k": 3, "f": 1}, ("input",)),)))
    assert repr(name) in words(ElementTree.fromstring(network_svg(table).encode()))


def test_long_names_are_cut_in_the_picture_and_whole_under_the_pointer() -> None:
    name = "encoder/block_1/attention/output/projection"
    table = tabulate(Network("net", "t" * 200, (8, 8, 3), (Layer(name, "conv", {"k": 3, "f": 1}, ("input",)),)))
    root = picture(table)
    assert name[:31] + "…" in words(root)
    assert any((title.text or "").startswith(name) for title in root.iter(f"{SVG}title"))
    assert float(root.attrib["width"]) < WIDTH


def test_a_layer_that_is_not_known_is_drawn_with_a_question_mark() -> None:
    layers = (Layer("a", "mystery", {}, ("input",)), Layer("b", "dense", {"m": 3}, ("a",)))
    shown = words(picture(tabulate(Network("net", "net", (8,), layers))))
    assert shown.count("?") == 2
    assert any(word.startswith("at least 0 parameters") for word in shown)


def test_the_same_bytes_each_time() -> None:
    assert network_svg(net(SMALL).table) == network_svg(net(SMALL).table)


def test_without_the_drawing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "drawsvg", None)
    with pytest.raises(UserError, match=r'drawn by the drawsvg package: pip install "dlcalc\[draw\]"'):
        network_svg(net(SMALL).table)
