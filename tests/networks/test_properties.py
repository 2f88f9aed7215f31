"""What holds for every stack: totals are sums, letters can be put in later, a line of text says the same network."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlcalc.errors import UserError
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import Node, Value
from dlcalc.networks.network import Network
from dlcalc.networks.table import COUNTS, Table, tabulate
from dlcalc.networks.text import read
from dlcalc.networks.writers.text import plain, written

CONV = st.builds(
    lambda k, f, p, s, bias: f"conv {k} f{f} s{s} p{p}{bias}",
    st.integers(1, 9), st.integers(1, 4), st.integers(0, 2), st.integers(1, 2),
    st.sampled_from(["", " nobias", " relu"]),
)  # fmt: skip
POOL = st.builds(
    lambda kind, f, s, end: f"{kind} f{f} s{s}{end}",
    st.sampled_from(["maxpool", "avgpool"]), st.integers(1, 3), st.integers(1, 3), st.sampled_from(["", " ceil"]),
)  # fmt: skip
OTHER = st.one_of(
    st.sampled_from(["bn", "dropout 0.5", "lrn", "conv 4 f3 same", "activation"]),
    st.builds(lambda m, f: f"depthwise {m} f{f} p1", st.integers(1, 2), st.integers(1, 3)),
    st.builds(lambda k, f: f"conv-transpose {k} f{f} s2", st.integers(1, 4), st.integers(1, 3)),
)
DENSE = st.builds(lambda m: f"dense {m}", st.integers(1, 20))
MAPS = st.builds(
    lambda front, end, back: "; ".join([*front, *end, *back]),
    st.lists(st.one_of(CONV, POOL, OTHER), min_size=1, max_size=6),
    st.sampled_from([[], ["gap"], ["flatten"]]),
    st.lists(DENSE, max_size=2),
)
RECURRENT = st.builds(
    lambda kind, m, more: f"{kind} {m}{more}",
    st.sampled_from(["rnn", "lstm", "gru"]), st.integers(1, 9), st.sampled_from(["", " bi", " L2"]),
)  # fmt: skip
SEQUENCES = st.builds(
    lambda front, back: "; ".join([*front, *back]),
    st.lists(RECURRENT, min_size=1, max_size=3), st.lists(DENSE, max_size=2),
)  # fmt: skip
CONVENTIONS = st.sampled_from(["", "pytorch", "keras"])


def evaluate_at(value: Value, numbers: dict[str, int]) -> Value:
    return evaluate(value, numbers) if isinstance(value, Node) else value


def fitting(network: Network, convention: str = "") -> Table:
    """The table; a draw whose windows outgrow its maps is passed over."""
    try:
        return tabulate(network, convention)
    except UserError as small:
        assume("does not fit" not in str(small))
        raise


@settings(max_examples=40)
@given(MAPS, CONVENTIONS)
def test_totals_of_maps_are_the_sums_of_the_rows(layers: str, convention: str) -> None:
    table = fitting(read(f"32x32x3; {layers}"), convention)
    assert {name: sum(row.count(name) for row in table.rows) for name in COUNTS} == table.total


@settings(max_examples=20)
@given(SEQUENCES, CONVENTIONS)
def test_totals_of_sequences_are_the_sums_of_the_rows(layers: str, convention: str) -> None:
    table = tabulate(read(f"7x5 seq; {layers}"), convention)
    assert {name: sum(row.count(name) for row in table.rows) for name in COUNTS} == table.total


def same(later: Network, now: Network, numbers: dict[str, int]) -> None:
    """Shapes and counts of every row, the receptive field, and the totals."""
    letters, exact = tabulate(later), tabulate(now)
    for late, row in zip(letters.rows, exact.rows, strict=True):
        assert tuple(evaluate_at(size, numbers) for size in late.output) == row.output
        for name in COUNTS:
            assert evaluate_at(late.count(name), numbers) == row.count(name)
        assert [evaluate_at(field.size, numbers) for field in late.field] == [field.size for field in row.field]
    for name in COUNTS:
        assert evaluate_at(letters.total[name], numbers) == exact.total[name]


@settings(max_examples=30, deadline=None)
@given(MAPS, st.integers(24, 40), st.integers(24, 40), st.integers(1, 5))
def test_letters_put_in_later_are_numbers_put_in_at_once(layers: str, h: int, w: int, c: int) -> None:
    now = read(f"{h}x{w}x{c}; {layers}")
    fitting(now)
    same(read(f"h x w x c; {layers}"), now, {"h": h, "w": w, "c": c})


@settings(max_examples=20, deadline=None)
@given(SEQUENCES, st.integers(1, 9), st.integers(1, 9))
def test_letters_of_a_sequence_too(layers: str, length: int, n: int) -> None:
    same(read(f"T x n seq; {layers}"), read(f"{length}x{n} seq; {layers}"), {"T": length, "n": n})


def test_letters_in_the_settings_too() -> None:
    """Filters, units and window sizes."""
    later = read("32x32x3; conv k f(f) p1; pool 2; dense m; dense 10")
    same(later, read("32x32x3; conv 8 f5 p1; pool 2; dense 30; dense 10"), {"k": 8, "f": 5, "m": 30})


@settings(max_examples=60)
@given(
    st.one_of(MAPS.map("32x28x3; {}".format), SEQUENCES.map("T x 5 seq; {}".format), MAPS.map("n x n x c; {}".format))
)
def test_a_network_is_read_back_from_the_line_that_is_written_of_it(line: str) -> None:
    network = read(line)
    again = read(written(network))
    assert [plain(layer) for layer in again.layers] == [plain(layer) for layer in network.layers]
    assert (again.input, again.sequence) == (network.input, network.sequence)
    assert fitting(again).total == tabulate(network).total


@pytest.mark.parametrize(
    ("layers", "field"),
    [
        ("; ".join(["pool 2"] * 31), 2**31),
        ("; ".join(["pool 2"] * 40), 2**40),
        ("; ".join(["conv 4 f3 d9 p9"] * 9), 163),
    ],
)
def test_deep_stacks_have_a_field(layers: str, field: int) -> None:
    """r = 2^L after L pools of 2; 1 + 9·18 after nine 3×3 filters dilated by 9."""
    assert tabulate(read(f"n x n x 3; {layers}")).rows[-1].field[0].size == field


def test_a_field_that_is_too_large_for_its_formula_is_not_known_and_says_why() -> None:
    row = tabulate(read("n x n x 3; " + "; ".join(["pool 2"] * 70))).rows[-1]
    assert row.field == ()
    assert row.reach.lost.startswith("maxpool-61: r is a whole number from 1 to 1e+18")
