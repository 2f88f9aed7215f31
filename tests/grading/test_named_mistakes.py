"""Wrong values that students really write, worked out by plain functions: each is named for what it is."""

from __future__ import annotations

from typing import Any, NamedTuple

from naive import mistaken as slip
from rows import each_row

import dlcalc


class Case(NamedTuple):
    """A question, what was written, and the mistake behind it."""

    command: Any
    ask: str
    wrote: object
    mistake: str
    given: dict[str, Any]
    choice: tuple[str, ...] = ()


def conv(ask: str, wrote: object, mistake: str, **given: Any) -> Case:
    return Case(dlcalc.conv, ask, wrote, mistake, given)


def pool(ask: str, wrote: object, mistake: str, **given: Any) -> Case:
    return Case(dlcalc.pool, ask, wrote, mistake, given)


def dense(ask: str, wrote: object, mistake: str, n: int = 400, m: int = 120) -> Case:
    return Case(dlcalc.dense, ask, wrote, mistake, {"n": n, "m": m})


LAYER = {"n": 32, "f": 5, "s": 2, "p": 1, "c": 6, "k": 16}
"""o = ⌊(32 + 2 − 5)/2⌋ + 1 = 15; 5·5·6·16 = 2,400 weights, 2,416 parameters."""
WIDE = {"n": (30, 40), "f": 3, "c": 3, "k": 8}
"""28×38×8."""

CASES = [
    conv("o", slip.size(32, 5, 2, 1, plus=0), "no-plus-one", **LAYER),
    conv("o", slip.size(31, 5, 2, 2, sides=1), "padding-once", n=31, f=5, s=2, p=2),
    conv("o", slip.size(31, 5, 2, 2, sides=0), "padding-forgotten", n=31, f=5, s=2, p=2),
    conv("o", slip.size(32, 5, 1, 1), "stride-ignored", **LAYER),
    conv("o", slip.size(32, 5, 2, 1, up=True), "rounded-up", **LAYER),
    conv("o", (64 + 2 + 5) // 2 + 1, "size-added", n=64, f=5, s=2, p=1),
    conv("o", (64 + 2) // 2 - 5 + 1, "size-after-division", n=64, f=5, s=2, p=1),
    conv("o", slip.size(32, 3), "dilation-ignored", n=32, f=3, d=4),
    conv("o", slip.size(32, 4 * 3), "dilation-times-size", n=32, f=3, d=4),
    conv("output", f"{slip.size(32, 5, 2, 1)}x{slip.size(32, 5, 2, 1)}x6", "depth-is-channels", **LAYER),
    conv("output", f"{slip.size(40, 3)}x{slip.size(30, 3)}x8", "axes-swapped", **WIDE),
    conv("parameters", slip.conv_count(5, 6, 16, biases=0), "biases-forgotten", **LAYER),
    conv("parameters", slip.conv_count(5, 6, 16, deep=False), "channels-forgotten", **LAYER),
    conv("parameters", slip.conv_count(5, 6, 16, biases=1), "one-bias", **LAYER),
    conv("parameters", slip.conv_count(5, 6, 16, biases=6 * 16), "bias-per-channel", **LAYER),
    conv("parameters", slip.conv_count(5, 6, 16, filters=1), "filters-forgotten", **LAYER),
    conv("parameters", slip.volume(5, 6, 16) + 16, "filter-not-squared", **LAYER),
    conv("parameters", slip.conv_count(32, 6, 16), "input-for-filter", **LAYER),
    conv("parameters", slip.volume(15, 15) * slip.conv_count(5, 6, 16, biases=0) + 16, "weights-per-position", **LAYER),
    conv("parameters", slip.conv_count(5, 6, 16, biases=15 * 15 * 16), "bias-per-position", **LAYER),
    conv("macs", slip.conv_products(15, 5, 6, 16, places=32 * 32), "macs-per-input", **LAYER),
    conv("macs", slip.conv_products(15, 5, 6, 16, places=1), "macs-one-position", **LAYER),
    conv("macs", 2 * slip.conv_products(15, 5, 6, 16), "flops-for-macs", **LAYER),
    conv("macs", slip.conv_products(slip.size(32, 5, 2, 1, plus=0), 5, 6, 16), "no-plus-one", **LAYER),
    conv("flops", slip.conv_products(15, 5, 6, 16), "macs-for-flops", **LAYER),
    conv("weights", slip.volume(3, 3, 8, 16), "groups-ignored", n=9, f=3, c=8, k=16, groups=4),
    pool("o", slip.size(55, 3, 2, plus=0), "no-plus-one", n=55, f=3, s=2),
    pool("o", slip.size(56, 3, 2, up=True), "rounded-up", n=56, f=3, s=2),
    pool("o", slip.size(56, 3, 1), "stride-one", n=56, f=3, s=2),
    pool("output", "27x27x48", "depth-divided", n=55, f=3, s=2, c=96),
    pool("output", "27x27x1", "depth-one", n=55, f=3, s=2, c=96),
    pool("parameters", slip.volume(3, 3, 96), "weights-given", n=55, f=3, s=2, c=96),
    pool("parameters", 96, "biases-given", n=55, f=3, s=2, c=96),
    pool("macs", slip.volume(27, 27, 3, 3, 96), "macs-given", n=55, f=3, s=2, c=96),
    dense("parameters", slip.dense_count(400, 120, biases=0), "biases-forgotten"),
    dense("parameters", slip.dense_count(400, 120, biases=400), "bias-per-input"),
    dense("parameters", slip.dense_count(400, 120, biases=1), "one-bias"),
    dense("parameters", slip.dense_count(400, 120, weights=400 + 120), "sizes-added"),
    dense("parameters", slip.dense_count(400, 120, weights=400), "units-forgotten"),
    dense("macs", slip.dense_count(400, 120), "biases-in-macs"),
    dense("macs", 2 * 400 * 120, "flops-for-macs"),
    *(
        Case(command, "parameters", wrote, mistake, {"n": 50, "m": 80})
        for command, blocks in ((dlcalc.lstm, 4), (dlcalc.gru, 3), (dlcalc.rnn, 1))
        for wrote, mistake in (
            (slip.cell_count(50, 80, blocks, recurrent=0), "recurrent-weights-forgotten"),
            (slip.cell_count(50, 80, blocks, recurrent=50 * 50), "recurrent-n-squared"),
            (slip.cell_count(50, 80, blocks, recurrent=80), "recurrent-not-squared"),
            (slip.cell_count(50, 80, blocks, reads=False), "input-weights-forgotten"),
            (slip.cell_count(50, 80, blocks, biases=1), "one-bias"),
        )
    ),
    Case(dlcalc.lstm, "parameters", slip.cell_count(50, 80, 3), "three-gates", {"n": 50, "m": 80}),
    Case(dlcalc.lstm, "parameters", slip.cell_count(50, 80, 1), "one-gate", {"n": 50, "m": 80}),
    Case(dlcalc.gru, "parameters", slip.cell_count(50, 80, 4), "four-gates", {"n": 50, "m": 80}),
    Case(dlcalc.gru, "parameters", slip.cell_count(50, 80, 2), "two-gates", {"n": 50, "m": 80}),
    Case(dlcalc.lstm, "parameters", slip.cell_count(50, 80, 4) * 12, "weights-per-step", {"n": 50, "m": 80, "T": 12}),
    Case(dlcalc.lstm, "parameters", slip.cell_count(50, 80, 4), "one-direction", {"n": 50, "m": 80, "D": 2}),
    Case(dlcalc.lstm, "parameters", slip.stacked_count(50, 80, 4, 2, deeper=50), "deeper-layer-reads-n",
         {"n": 50, "m": 80, "L": 2}),
    Case(dlcalc.gru, "parameters", slip.stacked_count(50, 80, 3, 2, 2, deeper=80), "deeper-layer-reads-m",
         {"n": 50, "m": 80, "L": 2, "D": 2}),
    Case(dlcalc.rnn, "parameters", slip.stacked_count(50, 80, 1, 1), "one-layer", {"n": 50, "m": 80, "L": 3}),
    Case(dlcalc.lstm, "macs", 4 * 80 * (50 + 80), "macs-one-step", {"n": 50, "m": 80, "T": 12}),
    Case(dlcalc.gru, "macs", 12 * slip.cell_count(50, 80, 3), "biases-in-macs", {"n": 50, "m": 80, "T": 12}),
    Case(dlcalc.embedding, "parameters", 10_001 * 300, "extra-row", {"v": 10_000, "n": 300, "T": 20}),
    Case(dlcalc.embedding, "parameters", 20 * 300, "row-per-position", {"v": 10_000, "n": 300, "T": 20}),
    Case(dlcalc.embedding, "parameters", 20 * 10_000 * 300, "table-per-position", {"v": 10_000, "n": 300, "T": 20}),
    Case(dlcalc.embedding, "parameters", slip.dense_count(10_000, 300), "dense-biases", {"v": 10_000, "n": 300,
        "T": 20}),
    Case(dlcalc.batchnorm, "parameters", 64, "shift-forgotten", {"n": 14, "c": 64}),
    Case(dlcalc.batchnorm, "parameters", 2 * 14 * 14 * 64, "per-pixel", {"n": 14, "c": 64}),
    Case(dlcalc.batchnorm, "parameters", 2, "one-for-all", {"n": 14, "c": 64}),
    Case(dlcalc.batchnorm, "values", 2 * 64, "running-values-forgotten", {"n": 14, "c": 64}),
    Case(dlcalc.batchnorm, "values", 3 * 64, "running-variance-forgotten", {"n": 14, "c": 64}),
    Case(dlcalc.rf, "receptive_field", sum([7, 3, 5]), "sizes-added", {"f": [7, 3, 5], "s": [2, 2, 1]}),
    Case(dlcalc.rf, "receptive_field", slip.field([7, 3, 5], [1, 1, 1]), "strides-ignored",
         {"f": [7, 3, 5], "s": [2, 2, 1]}),
    Case(dlcalc.rf, "receptive_field", slip.field([7, 3, 5], [2, 2, 1], own=True), "own-stride-inside",
         {"f": [7, 3, 5], "s": [2, 2, 1]}),
    Case(dlcalc.rf, "receptive_field", slip.field([7, 3, 5], [2, 2, 1], start=0), "started-at-zero",
         {"f": [7, 3, 5], "s": [2, 2, 1]}),
    Case(dlcalc.rf, "receptive_field", slip.field([7, 3, 5], [2, 2, 1], less=0), "size-for-size-minus-one",
         {"f": [7, 3, 5], "s": [2, 2, 1]}),
    Case(dlcalc.rf, "jump", 2 + 2 + 3, "strides-added", {"f": [7, 3, 5], "s": [2, 2, 3]}),
    Case(dlcalc.rf, "jump", 2 * 2, "own-stride-forgotten", {"f": [7, 3, 5], "s": [2, 2, 3]}),
    Case(dlcalc.dropout, "test_scale", "0.2", "drop-for-keep", {"n": 1500, "p": "0.8"}),
    Case(dlcalc.dropout, "test_scale", "1.25", "divided-at-test", {"n": 1500, "p": "0.8"}),
    Case(dlcalc.dropout, "training_scale", "0.8", "multiplied-in-training", {"n": 1500, "p": "0.8"}),
    Case(dlcalc.init, "deviation", f"{slip.he(784, numerator=1):.5f}", "two-forgotten", {"n": 784, "m": 300},
        ("he-normal",)),
    Case(dlcalc.init, "deviation", f"{slip.he(300):.5f}", "fan-out-for-fan-in", {"n": 784, "m": 300}, ("he-normal",)),
    Case(dlcalc.init, "deviation", f"{slip.he(784 + 300):.5f}", "both-fans", {"n": 784, "m": 300}, ("he-normal",)),
    Case(dlcalc.init, "deviation", f"{slip.he(784) ** 2:.8f}", "variance-for-deviation", {"n": 784, "m": 300},
         ("he-normal",)),
    Case(dlcalc.init, "deviation", f"{slip.he(784):.5f}", "fan-in-alone", {"n": 784, "m": 300}, ("glorot-normal",)),
    Case(dlcalc.init, "limit", f"{slip.he(784 + 300):.5f}", "deviation-for-limit", {"n": 784, "m": 300},
         ("glorot-uniform",)),
    Case(dlcalc.clip, "norm", sum(x * x for x in (6, 8)), "root-forgotten", {"g": [6, 8], "theta": 5}),
    Case(dlcalc.clip, "norm", 6 + 8, "absolute-values-added", {"g": [6, -8], "theta": 5}),
    Case(dlcalc.clip, "clipped", slip.cut([6, -8], -5, 5), "by-component", {"g": [6, -8], "theta": 5}),
    Case(dlcalc.clip, "clipped", slip.scaled([6.0, -8.0], slip.length([6, -8]) / 5), "factor-inverted",
         {"g": [6, -8], "theta": 5}),
    Case(dlcalc.clip, "clipped", slip.scaled([6.0, -8.0], 1 / slip.length([6, -8])), "threshold-forgotten",
         {"g": [6, -8], "theta": 5}),
    Case(dlcalc.clip, "clipped", slip.cut([6, -8], -100, 5), "negative-unclipped",
         {"g": [6, -8], "theta": 5, "value": True}),
    Case(dlcalc.updates, "updates", 1_000, "one-per-example", {"N": 1_000, "B": 64}),
    Case(dlcalc.updates, "updates", slip.batches(1_000, 64), "epochs-forgotten", {"N": 1_000, "B": 64, "epochs": 8}),
    Case(dlcalc.updates, "updates", slip.batches(8 * 1_000, 64), "rounded-at-the-end", {"N": 1_000, "B": 64,
        "epochs": 8}),
    Case(dlcalc.updates, "updates", 8, "one-per-epoch", {"N": 1_000, "B": 64, "epochs": 8}),
]  # fmt: skip


@each_row("case", CASES, ids=lambda case: f"{case.command.__name__}-{case.ask}-{case.mistake}")
def test_the_mistake_is_named(case: Case) -> None:
    judged = case.command.check(case.ask, case.wrote, *case.choice, **case.given).to_dict()
    named = [mistake["id"] for mistake in judged["mistakes"]]
    assert not judged["correct"]
    assert case.mistake in named
    assert len(named) <= 5


def test_there_are_many_and_of_all_kinds() -> None:
    assert len(CASES) >= 60
    assert {case.command.__name__ for case in CASES} >= {
        "conv", "pool", "dense", "lstm", "gru", "rnn", "embedding", "batchnorm", "rf", "dropout", "init", "clip",
            "updates"
    }  # fmt: skip
    first = [
        case.command.check(case.ask, case.wrote, *case.choice, **case.given).to_dict()["mistakes"][0]["id"]
        == case.mistake
        for case in CASES
    ]
    assert sum(first) / len(first) >= 0.85
