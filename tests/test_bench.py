"""What the bench says of a row: met, bounded by what was measured beside it, or neither."""

from __future__ import annotations

from rows import each_row

from bench import kernels, training
from bench.rows import limited, table

MEASURED = {
    "name": "conv2d", "cores": 1, "ours": 1e-3, "peer": 1e-3, "peer_name": "PyTorch", "one": 0.0, "times": 1.5,
    "twice": 1.5, "operations": 10**8, "streams": 0.0, "tile": 0.5e-3, "gain": 0.0, "empty": 0.0, "near": 0.0,
}  # fmt: skip
TWO = {"cores": 2, "one": 1.2e-3, "gain": 1.9}


@each_row(
    "changes, verdict, said, unsaid",
    [
        ({}, "NOT MET", ["50% of the peak", "at the tile's peak 2.00 times as fast"], ["bounded"]),
        ({"tile": 0.8e-3}, "bounded", ["bounded by arithmetic: at the tile's peak 1.25 times as fast"], []),
        ({"tile": 0.8e-3, "times": 0.9}, "met", ["at the tile's peak 1.25 times as fast"], ["bounded"]),
        ({"tile": 0.0}, "NOT MET", [], ["peak"]),
        (TWO, "NOT MET", ["1.20 times our one thread", "in the tile two are 1.90 times one"], ["bounded"]),
        ({**TWO, "gain": 1.3}, "bounded", ["bounded by the cores: in the tile two are 1.30 times one"], []),
        ({**TWO, "gain": 1.3, "one": 1.6e-3}, "met", ["in the tile two are 1.30 times one"], ["bounded"]),
        ({**TWO, "gain": 1.3, "twice": None}, "met", [], ["in the tile"]),
        ({"tile": 0.0, "streams": 0.9e-3}, "met", ["90% of the bandwidth"], ["NOT MET"]),
        ({"empty": 0.25e-3}, "NOT MET", ["calls from Python: 0.25 of 1 ms"], []),
        ({"empty": 0.05e-3}, "NOT MET", [], ["calls from Python"]),
        ({"near": 0.6e-3}, "NOT MET", ["with its arrays in a near cache: 0.6 of 1 ms"], []),
        ({"near": 0.6e-3, "times": 1.0}, "met", [], ["near cache"]),
    ],
)
def test_a_row_is_bounded_only_where_what_was_measured_lies_below_its_goal(
    changes: dict[str, object], verdict: str, said: list[str], unsaid: list[str]
) -> None:
    line = table([kernels._computed({**MEASURED, **changes})]).splitlines()[-1]
    assert f"| {verdict} " in line
    assert all(words in line for words in said), line
    assert not any(words in line for words in unsaid), line


def test_a_goal_that_is_reached_is_never_bounded() -> None:
    assert limited(1.0, 2.0, True, 1) == (False, "at the tile's peak 1.00 times as fast")


@each_row("line, found", [
    (training.MLP, "1; dense 1 relu; dense 1 relu; dense 2"),
    (training.LENET, "1x1x1; conv 1 f1 relu; pool 1; conv 1 f1 relu; pool 1; dense 1 relu; dense 1 relu; dense 2"),
    (training.LECUN, "1x1x1; conv 1 f1 tanh; conv 1 f1 tanh; dense 1 tanh; dense 2"),
    ("28x28 seq; lstm 128; dense 10", "1x1 seq; lstm 1; dense 2"),
])  # fmt: skip
def test_the_smallest_layers_are_those_of_the_row(line: str, found: str) -> None:
    assert training.smallest(line) == found
