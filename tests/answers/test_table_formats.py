"""The key is right in every format and notation, for any network; and no text makes the marking fail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from rows import each_row
from tables import ALEXNET, FORMATS, GROUPS, OTHERS, SHAPES, at, changed, mistakes, separated, statuses, table

from dlcalc.answers.formula_judging import verify
from dlcalc.answers.marks import EARNING
from dlcalc.answers.table_marks import STATUSES, mark_table
from dlcalc.errors import UserError
from dlcalc.expressions.answers import read_answer
from dlcalc.networks import exercise, zoo
from dlcalc.networks.exercise import COLUMNS, blank, filled, to_csv
from dlcalc.networks.table import Table, tabulate

# the round trip: blank, filled in, checked


@pytest.mark.parametrize("text", [ALEXNET, *OTHERS])
@pytest.mark.parametrize("headings", exercise.HEADINGS)
def test_the_key_is_all_right(text: str, headings: str) -> None:
    worked = table(text)
    marks = mark_table(worked, to_csv(filled(worked, COLUMNS, headings)))
    assert statuses(marks) == {}
    assert marks.correct
    assert marks.notes == ()
    assert {cell.column for cell in marks.cells} >= {"output", "size", "parameters", "macs"}


def test_the_blank_is_all_missing() -> None:
    marks = mark_table(table(), to_csv(blank(table())))
    assert set(statuses(marks).values()) == {"missing"}
    assert (marks.marks, len(marks.cells), marks.correct) == (0, 11 * 4 + 3, False)


def test_a_blank_that_is_filled_in_is_right() -> None:
    worked = table()
    rows, key = blank(worked, ["parameters"]), filled(worked)
    marks = mark_table(worked, to_csv([[*row[:-1], full[-1]] for row, full in zip(rows, key, strict=True)]))
    assert marks.correct


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_right_in_every_format_and_notation_of_shapes(format: str, shape: str) -> None:
    worked = table()
    rows = filled(worked, COLUMNS)
    for row in rows[1:]:
        if row[1].count("x") == 2:
            row[1] = shape.format(*row[1].split("x"))
    marks = mark_table(worked, FORMATS[format](rows))
    assert statuses(marks) == {}
    assert marks.notes == ()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("group", GROUPS)
def test_right_in_every_format_and_notation_of_numbers(format: str, group: str) -> None:
    worked = table()
    rows = [
        [f"{int(text):,}".replace(",", group) if text.isdigit() else text for text in row]
        for row in filled(worked, COLUMNS)
    ]
    assert statuses(mark_table(worked, FORMATS[format](rows))) == {}


@pytest.mark.parametrize(
    "number", ["11*11*3*96", "11×11×3×96", "(11^2)·3·96", "11x11x3x96 = 34848", "=34848", "34848.0"]
)
def test_an_expression_is_its_value(number: str) -> None:
    assert mark_table(table(), changed(filled(table()), conv_1__weights=number)).correct


def test_a_dash_is_zero_only_where_zero_is_right() -> None:
    marks = mark_table(table(), changed(filled(table()), maxpool_1__weights="—", conv_1__weights="—"))
    assert statuses(marks) == {("conv-1", "weights"): "missing"}
    assert marks.of("maxpool-1", "weights").wrote == "—"


@pytest.mark.parametrize("vector", ["4096", "4,096", "1x1x4096", "(4096, 1)", "[None, 4096]"])
def test_a_vector_may_have_axes_of_one(vector: str) -> None:
    assert mark_table(table(), changed(filled(table()), fc_1__output=vector)).correct


# properties


@st.composite
def stack_texts(draw: st.DrawFn) -> str:
    """A small stack of convolutions and poolings with dense layers behind, whose numbers are all different enough."""
    parts = [f"{draw(st.integers(14, 40))}x{draw(st.integers(14, 40))}x{draw(st.integers(1, 4))}"]
    for _ in range(draw(st.integers(1, 4))):
        k, f, s, p = (draw(st.integers(*ends)) for ends in ((2, 9), (1, 4), (1, 2), (0, 2)))
        conv = f"conv {k} f{f} s{s} p{p}"
        parts.append(draw(st.sampled_from([conv, conv, "pool f2", "pool f3 s2", "bn"])))
    parts += [f"dense {draw(st.integers(2, 20))}" for _ in range(draw(st.integers(0, 2)))]
    return _fitting("; ".join(parts))


@st.composite
def mixed_texts(draw: st.DrawFn) -> str:
    """A small stack of layers of many kinds, some with as many channels as rows."""
    sides, small = st.integers(4, 24), st.integers(1, 4)
    parts = [f"{draw(sides)}x{draw(sides)}x{draw(st.integers(1, 12))}"]
    for _ in range(draw(st.integers(1, 6))):
        k, f, g, s = draw(st.integers(2, 9)), draw(small), draw(small), draw(st.integers(1, 2))
        kinds = [
            f"conv {k} f{f} s{s} p1", f"conv {k} f{f}x{g} same", f"conv {k} f{f} nobias", f"dw f{f} same",
            f"convt {k} f{f} s{s}", "pool f2", "pool f2 s2 ceil", f"pool f3 s{s} same", f"avg f{f} s{s}", "bn", "ln",
            "act", "dropout 0.5",
        ]  # fmt: skip
        parts.append(draw(st.sampled_from(kinds)))
    parts += [f"dense {draw(st.integers(2, 20))}" for _ in range(draw(st.integers(0, 2)))]
    return _fitting("; ".join(parts))


def _fitting(text: str) -> str:
    """A text of layers that fit on each other."""
    try:
        table(text)
    except UserError:
        assume(False)
    return text


Grown = dict[int, tuple[int, ...]]
"""How much larger than what follows there the shapes of some layers are written: the layer's place, and by how much."""


@st.composite
def grown(draw: st.DrawFn, stack: st.SearchStrategy[str], most: int) -> tuple[str, Grown]:
    """A stack, and what is added to the shapes of one or more of its layers."""
    text = draw(stack)
    shapes = [row.output for row in table(text).rows]
    places = draw(st.lists(st.sampled_from(range(len(shapes))), min_size=1, max_size=most, unique=True))
    return text, {place: tuple(draw(st.integers(1, 3)) for _ in shapes[place]) for place in sorted(places)}


def handed_in(worked: Table, more: Grown) -> tuple[list[list[str]], dict[str, tuple[int, ...]]]:
    """The table of somebody who finds larger shapes for some layers, and works all the rest out from them correctly."""
    known: dict[str, tuple[int, ...]] = {}
    for place, by in more.items():
        row = tabulate(worked.network, "", known).rows[place]
        known[row.layer.name] = tuple(size + one for size, one in zip(row.output, by, strict=True))
    rows = filled(tabulate(worked.network, "", known), COLUMNS)
    for name, shape in known.items():
        for column, text in (("output", "x".join(map(str, shape))), ("size", str(exercise.size(shape)))):
            line, column_ = at(rows, name, column)
            rows[line][column_] = text
    return rows, known


@given(grown(stack_texts(), 1))
@example(("14x23x4; pool f2; pool f3 s2; bn", {0: (3, 1, 2)}))
@example(("17x27x3; conv 8 f4 s1 p0; pool f2; bn; dense 18; dense 4", {0: (3, 2, 1)}))
@settings(max_examples=60)
def test_one_wrong_shape_in_any_stack_is_one_wrong_cell(drawn: tuple[str, Grown]) -> None:
    """The central property: whatever is worked out correctly from one wrong shape is not marked down again.

    In the examples a size along the first axis is by chance the number of channels: 4×5×6 follows, and 3×5×4 is right.
    """
    text, more = drawn
    worked = table(text)
    rows, known = handed_in(worked, more)
    ((name, _),) = known.items()
    found = statuses(mark_table(worked, to_csv(rows)))
    assert found.pop((name, "output")) == "wrong"
    assert set(found.values()) <= {"follows"}
    after = worked.rows[next(iter(more)) + 1 :]
    assert {layer for layer, _ in found} <= {name, "total", *(later.layer.name for later in after)}


@given(grown(mixed_texts(), 3), st.booleans(), st.integers(0, 20))
@example(("24x9x6; ln; avg f2 s1", {1: (0, 1, -1)}), True, 0)  # 5x23x9 also follows from 6x24x9 as it stands there
@settings(max_examples=60)
def test_several_wrong_shapes_and_a_wrong_count_are_as_many_wrong_cells(
    drawn: tuple[str, Grown], first: bool, more_weights: int
) -> None:
    """Whichever layers follow, and wherever the channels stand: in all shapes first, or in all last."""
    text, more = drawn
    worked = table(text)
    rows, known = handed_in(worked, more)
    if first:
        for row in rows[2:-1]:
            *sizes, channels = row[1].split("x")
            row[1] = "x".join([channels, *sizes])
    expected = {(name, "output") for name, shape in known.items() if shape != worked.row(name).output}
    name = next((row.layer.name for row in worked.rows if row.count("weights")), "")
    if name and more_weights:
        for layer, column in product((name, "total"), ("weights", "parameters")):
            line, place = at(rows, layer, column)
            rows[line][place] = str(int(rows[line][place]) + more_weights)
        expected.add((name, "weights"))
    found = statuses(mark_table(worked, to_csv(rows)))
    assert {place for place, status in found.items() if status not in EARNING} <= expected


def test_what_follows_says_where_the_channels_are() -> None:
    """8×13×9 begins with the 8 channels of 7×12×8; the pooling behind it, 4×6×9 or 9×4×6, has them last or first."""
    worked = table("14x24x3; conv 8 f2 s2; pool f2; conv 5 f3 p1")
    rows = filled(tabulate(worked.network, "", {"conv-1": (8, 13, 9)}))
    last = changed(rows, conv_1__output="8x13x9")
    assert statuses(mark_table(worked, last))["maxpool-1", "output"] == "follows"
    first = changed(rows, conv_1__output="9x8x13", maxpool_1__output="9x4x6", conv_2__output="5x4x6")
    assert statuses(mark_table(worked, first))["maxpool-1", "output"] == "follows"


@pytest.mark.parametrize("name", ["googlenet", "resnet18", "se-resnet50", "densenet121", "shufflenet-v2"])
def test_one_wrong_shape_in_a_graph_is_one_wrong_cell(name: str) -> None:
    """Where paths part and meet again a wrong shape is followed along all of them."""
    worked = tabulate(zoo.network(name))
    row = worked.rows[0]
    grown = (row.output[0] + 2, row.output[1] + 2, row.output[2])
    rows = filled(tabulate(worked.network, "", {row.layer.name: grown}), COLUMNS)
    place = rows[0].index("Tensor size")
    rows[2][place] = "x".join(map(str, grown))
    marks = mark_table(worked, to_csv(rows))
    found = statuses(marks)
    assert found.pop((row.layer.name, "output")) == "wrong"
    assert found.pop((row.layer.name, "size"), "right") == "right"
    assert set(found.values()) == {"follows"}
    assert len(found) > 10


@given(stack_texts(), st.integers(0, 5), st.integers(1, 10**6))
@settings(max_examples=60)
def test_one_mistake_in_any_stack_is_named_and_followed(text: str, place: int, weights: int) -> None:
    """A mistake in the weights is named; the parameters and the totals that follow from it are not marked down."""
    worked = table(text)
    rows = filled(worked)
    weighted = [row for row in worked.rows if row.count("weights")]
    assume(place < len(weighted))
    row = weighted[place]
    assert row.working is not None
    assume(weights != row.count("weights"))
    more = weights - row.count("weights")
    name = row.layer.name.replace("-", "_")
    cells = {
        f"{name}__weights": weights,
        f"{name}__parameters": row.count("parameters") + more,
        "total__weights": worked.total["weights"] + more,
        "total__parameters": worked.total["parameters"] + more,
    }
    marks = mark_table(worked, changed(rows, **{name: str(value) for name, value in cells.items()}))
    assert statuses(marks) == {
        (row.layer.name, "weights"): "wrong",
        (row.layer.name, "parameters"): "follows",
        ("total", "weights"): "follows",
        ("total", "parameters"): "follows",
    }
    verdict = verify(row.working.formula, row.working.given, "weights", read_answer(str(weights)))
    assert mistakes(marks, row.layer.name, "weights") == [found.id for found in verdict.mistakes]


@given(stack_texts(), st.sampled_from(list(FORMATS)), st.sampled_from(SHAPES), st.sampled_from(GROUPS))
@settings(max_examples=60)
def test_the_key_of_any_stack_is_right_in_every_notation(text: str, format: str, shape: str, group: str) -> None:
    worked = table(text)

    def said(text: str) -> str:
        if text.count("x") == 2:
            return shape.format(*text.split("x"))
        return f"{int(text):,}".replace(",", group) if text.isdigit() and group != "." else text

    rows: Sequence[Sequence[str]] = filled(worked, COLUMNS)
    assert statuses(mark_table(worked, FORMATS[format]([[said(text) for text in row] for row in rows]))) == {}


HOSTILE = [
    "=cmd|' /C calc'!A0", "\x1b[31m", "\u202e", "9^9^9^9", "Σ(i=1..10^9, i)", "((((((((", "1e400", "-1x-1x-1", "0x0x0",
    "1/0", "99999999999999999999x1x1", "prod(i=1..20000, i)", "⌊", "nan", "inf", "1" * 60, "<script>", "\0", "a" * 5000,
    "10^1000 x 10^1000 x 3", "1.5x2.5x3.5", "𝟗", "٣", "()", "[[1,2],[3,4]]", "1e50", "-7",
]  # fmt: skip


@each_row("text", HOSTILE)
def test_hostile_text_in_any_cell_is_a_status(text: str) -> None:
    """Whatever stands there, in all cells at once: every cell gets a status, and the report is plain JSON."""
    rows = [[row[0], *(text for _ in row[1:])] if index else row for index, row in enumerate(filled(table(), COLUMNS))]
    marks = mark_table(table(), separated("\t")(rows))
    assert len(marks.cells) == 90
    assert all(cell.wrote.isprintable() for cell in marks.cells)
    assert json.loads(json.dumps(marks.to_dict()))["of"] == 90


@given(st.lists(st.tuples(st.integers(2, 13), st.integers(1, 8), st.text(max_size=20)), max_size=6))
@settings(max_examples=60)
def test_any_text_in_some_cells_is_a_status(cells: list[tuple[int, int, str]]) -> None:
    rows = filled(table(), COLUMNS)
    for line, place, text in cells:
        rows[line][place] = text
    marks = mark_table(table(), separated(";")(rows))
    assert {cell.status for cell in marks.cells} <= set(STATUSES)
