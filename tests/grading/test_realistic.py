"""Hand-ins as students write them, with the marks that a teacher gives them, worked out by hand.

The numbers of each problem, and its right answers, stand in the comment above its hand-ins.
"""

from __future__ import annotations

from typing import NamedTuple

from handing_in import marked, posed, said
from rows import each_row


class Case(NamedTuple):
    """Problem and numbers; what was written for each part, with what is said of it; the points of the question."""

    problem: str
    numbers: dict[str, int]
    parts: dict[str, tuple[object, str]]
    points: float


LAYER = {"n": 32, "f": 5, "s": 1, "p": 0, "c": 3, "k": 8}
TWO = {"h": 40, "w": 60, "c": 3, "f": 5, "s": 1, "p": 2, "k": 8, "g": 3, "t": 1, "l": 20}
CHAIN = {"n": 29, "c": 1, "k": 8, "f": 5, "s": 1, "p": 0, "q": 2, "m": 10}
LSTM = {"n": 16, "m": 24, "T": 10}
SPREAD = {"n": 784, "m": 100, "f": 5, "c": 3, "k": 24}
UPDATES = {"N": 12_500, "B": 64, "epochs": 10}
MLP = {"n": 784, "m_1": 300, "m_2": 100, "q": 10}

CASES = {
    # 28×28×8; 5·5·3·8 + 8 = 608; 28²·600 = 470,400. Two points each.
    "careful": Case("output-size", LAYER, {
        "size": ("(32-5)/1 + 1 = 28, so 28 x 28 x 8", "right"),
        "weights": ("5*5*3*8 + 8 = 608 parameters", "right"),
        "cost": ("28*28*600 = 470,400 MACs", "right"),
    }, 6),
    "off by one, then consistent": Case("output-size", LAYER, {
        "size": ("27 × 27 × 8 (h × w × c)", "wrong:no-plus-one"),
        "weights": ("(5·5·3 + 1)·8 = 608", "right"),
        "cost": ("27²·5²·3·8 = 437400", "follows"),
    }, 4),
    "biases forgotten, in German": Case("output-size", LAYER, {
        "size": ("28x28x8.", "right"),
        "weights": ("600", "wrong:biases-forgotten"),
        "cost": ("470.400", "undecided"),
    }, 2),
    "in a hurry": Case("output-size", LAYER, {
        "size": ("28x28", "wrong:depth-forgotten"),
        "weights": ("208", "wrong:channels-forgotten"),  # 5·5·8 + 8
        "cost": ("?", "missing"),
    }, 0),
    # 40×60×8; 38×58×20; 3·3·8·20 + 20 = 1,460. Two points each.
    "padded on one side only": Case("two-layers", TWO, {
        "first": ("[38, 58, 8]", "wrong:padding-once"),
        "second": ("[36, 56, 20]", "follows"),
        "weights": ("1460", "right"),
    }, 4),
    "the channels of the image as depth": Case("two-layers", TWO, {
        "first": ("40 by 60 with the image's 3 channels", "unreadable"),
        "second": ("38 by 58 by 20", "right"),
        "weights": ("3x3x3x20 + 20 = 560", "wrong"),
    }, 2),
    "the same, but written plainly": Case("two-layers", TWO, {
        "first": ("height 40, width 60, 3 channels", "wrong:depth-is-channels"),
        "second": ("$38 \\times 58 \\times 20$", "right"),
        "weights": ("3x3x3x20 + 20 = 560", "follows"),
    }, 4),
    # 25×25×8; 12×12×8; 1,152; 11,530; the dense layer. Points 1, 1, 1, 2, 1.
    "as large as the image": Case("conv-pool-dense", CHAIN, {
        "conv": ("29x29x8", "wrong"),
        "pool": ("14x14x8", "follows"),
        "flat": ("14*14*8 = 1568", "follows"),
        "dense": ("1568*10+10=15690", "follows"),
    }, 4),
    "rounded up in pooling": Case("conv-pool-dense", CHAIN, {
        "conv": ("25 × 25 × 8", "right"),
        "pool": ("13 × 13 × 8", "wrong:rounded-up"),
        "flat": ("1 352", "follows"),
        "dense": ("13520", "wrong:biases-forgotten"),  # 1,352·10
    }, 2),
    # one gate 16·24 + 24² + 24 = 984; 3,936; PyTorch 4,032; 10·4·960 = 38,400. Points 1, 2, 1, 2.
    "three gates": Case("lstm-parameters", LSTM, {
        "gate": ("24*(16+24+1) = 984", "right"),
        "layer": ("3*984 = 2952", "wrong:three-gates"),
        "pytorch": ("4(nm + m² + 2m)", "unreadable"),
        "cost": ("3840", "wrong:macs-one-step"),
    }, 1),
    "no recurrent weights": Case("lstm-parameters", LSTM, {
        "gate": ("16·24 + 24 = 408", "wrong:recurrent-weights-forgotten"),
        "layer": ("4 · 408 = 1632", "wrong:recurrent-weights-forgotten"),
        "cost": ("38.4k", "right"),
    }, 2),
    # √(2/784) = 0.05051; √(6/884) = 0.08239; √(2/75) = 0.1633. Points 1, 1, 2.
    "roots": Case("initialisation", SPREAD, {
        "he": ("√(2/784) ≈ 0,0505", "right"),
        "glorot": ("a = sqrt(6/884) ~ 0.0824", "right"),
        "filters": ("0.0267", "wrong:variance-for-deviation"),  # 2/75
    }, 2),
    "rounded": Case("initialisation", SPREAD, {
        "he": ("5.05*10^-2", "right"),
        "glorot": ("0.0476", "wrong:deviation-for-limit"),  # √(2/884) = 0.04757
        "filters": ("0.1633", "right"),
    }, 3),
    # ⌈12,500/64⌉ = 196; 12,500 − 195·64 = 20; 1,960; 195·10 = 1,950. One point each.
    "batches left over": Case("updates-per-epoch", UPDATES, {
        "epoch": ("12500/64 ≈ 195", "wrong"),
        "rest": ("20 examples", "right"),
        "all": ("195 * 10 = 1950", "follows"),
        "dropped": ("1950 updates", "right"),
    }, 3),
    # 784·300 + 300 = 235,500; 235,500 + 30,100 + 1,010 = 266,610; 4·400 = 1,600. Points 1, 2, 1.
    "weights only": Case("mlp-parameters", MLP, {
        "first": ("235 500", "right"),
        "whole": ("784*300+300*100+100*10 = 266200", "wrong:biases-forgotten"),
        "normed": ("2*(300+100) = 800", "wrong:running-values-forgotten"),
    }, 1),
    "thousands": Case("mlp-parameters", MLP, {
        "first": ("235.500", "undecided"),
        "whole": ("235500 + 30100 + 1010 = 266.610", "undecided"),
        "normed": ("1600.", "right"),
    }, 1),
}  # fmt: skip


@each_row("name", CASES)
def test_a_teacher_would_say_the_same(name: str) -> None:
    case = CASES[name]
    found = marked(posed(case.problem, **case.numbers), **{part: wrote for part, (wrote, _) in case.parts.items()})
    got = {part: said(found[part]) for part in case.parts}
    expected = {part: word for part, (_, word) in case.parts.items()}
    assert {p: w if ":" in expected[p] else w.partition(":")[0] for p, w in got.items()} == expected
    assert sum(mark.share * mark.part.points for mark in found.values()) == case.points


def test_there_are_fifteen() -> None:
    assert len(CASES) >= 15
