"""Variants: the same on every machine, independent streams, sensible choices."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from contextlib import redirect_stdout
from fractions import Fraction
from io import StringIO

import pytest
from problem_files import FRONT, changed, one_part, problem
from rows import each_row

from dlcalc import document as doc
from dlcalc.answers.formula_target import FormulaTarget
from dlcalc.errors import ProblemError
from dlcalc.quiz import bank, drawing
from dlcalc.quiz.render import value_words
from dlcalc.quiz.variant import on_edge, variant

NETWORK = "net = {kind = 'cnn', convs = [2], dense = [1]}\nbad = {slip = 'net', column = 'parameters'}\n[let]"


def test_a_seed_gives_the_same_numbers_on_every_machine() -> None:
    """The notes of today, written down: 46·46·8·9 = 152,352 and 25·25·16·49 = 490,000."""
    made = [variant(problem(), seed).note for seed in (1, 2, "a1b2")]
    assert made == [
        "layer v1 | n = 48, f = 3, c = 1, k = 8 | size: (46, 46, 8), cost: 152352",
        "layer v1 | n = 31, f = 7, c = 1, k = 16 | size: (25, 25, 16), cost: 490000",
        "layer v1 | n = 36, f = 5, c = 1, k = 16 | size: (32, 32, 16), cost: 409600",
    ]


def test_a_drawn_network_is_the_same_on_every_machine() -> None:
    assert variant(changed("[let]", NETWORK), 1).note == (
        "layer v1 | n = 48, f = 3, c = 1, k = 8, net = conv k10 f3 p2; conv k32 f3 s2 p1; maxpool f2; dense m10, "
        "bad = fc-1 parameters 1588 (sizes-added) | size: (46, 46, 8), cost: 152352"
    )


def test_choices_stand_in_the_same_order_on_every_machine() -> None:
    """With f = 5, c = 3, k = 8: 600 weights and 8 biases; each wrong one is a mistake's value."""
    made = variant(one_part("kind = 'choice'\nask = 'conv.parameters'"), 1)
    assert [(choice.words, choice.right, choice.id) for choice in made.choices["a"]] == [
        ("600", False, "biases-forgotten"),
        ("608", True, ""),
        ("208", False, "channels-forgotten"),
        ("83", False, "filters-forgotten"),
    ]


BANK = {
    # o = ⌊(59 + 2 − 7)/3⌋ + 1 = 19; 32·(6·49 + 1) = 9,440; 19²·32·6·49
    "output-size": "n = 59, f = 7, s = 3, p = 1, c = 6, k = 32 | size: (19, 19, 32), weights: 9440, cost: 3396288",
    # a gate: 128·(16 + 128 + 1); four of them; 4·128 further biases; 20·4·128·(16 + 128)
    "lstm-parameters": "n = 16, m = 128, T = 20 | gate: 18560, layer: 74240, pytorch: 74752, cost: 1474560",
    # 28·16 = 448 inputs; 200·8 = 1,600; 200·(448 + 200 + 1) + 8·201
    "rnn-shapes": "h = 28, w = 16, T = 10, m = 200, q = 8 | input: (448, 200), recurrent: (200, 200), readout: 1600, "
    "outputs: (10, 8), parameters: 131408",
    # 9·16 weights on 28 pixels without padding; 25·16·20; 720·64; the second convolution costs 13²·20·25·16
    "cnn-table": "net = conv k16 f3; avgpool f2; conv k20 f5 p2; maxpool f2; dense m64; dense m10 | table: ((26, 26, "
    "16), 144, 16, 160, (13, 13, 16), 0, 0, 0, (13, 13, 20), 8000, 20, 8020, (6, 6, 20), 0, 0, 0, (64), 46080, 64, "
    "46144, (10), 640, 10, 650), cost: 1352000",
    # 9·8·20 + 20 parameters of the third convolution; as a dense layer (28·28·8 + 1)·28·28·20
    "wrong-count": "net = conv k8 f5; maxpool f2; conv k8 f3; conv k20 f3 p1; maxpool f2; dense m100; dense m10, bad "
    "= conv-3 parameters 98360640 (counted-as-dense) | layer: (conv-3), value: 1460, total: 395762",
    # ⌊(61 + 2 − 4)/3⌋ + 1 = 20, rounded up 21; then 21/3
    "ceil-mode": "n = 61, f = 4, s = 3, p = 1, c = 16, g = 3 | down: (20, 20, 16), up: 21, parameters: 0, again: 7",
    "dropout": "n = 9, p = 0.9, w = 200 | networks: 512, active: 180, factor: 0.9, argument: 0.1, inverted: 10/9",
    "gradient-clipping": "t = 5, u = 1, s = 1, r = 0.25 | length: 23, norm: ((3.5, 0.75, -4.5)), "
    "value: ((5.75, 3, -5.75))",
    "which-stride": "n = 148, f = 11, s = 3, p = 3, c = 3, k = 64 | stride: 3, cost: 53526528",
    "mlp-hidden-size": "n = 120, m = 48, q = 2 | size: 48, units: 50",
    "what-pooling-does": " | choice: (It makes later layers see a larger part of the input., It passes on one "
    "quarter of the values that it reads., A small shift of the input often leaves its output unchanged.)",
}
"""Problem of the bank → its question note of the seed 2026."""


@pytest.mark.parametrize("id", BANK)
def test_a_variant_of_the_bank_is_the_same_on_every_machine(id: str) -> None:
    assert variant(bank.find(id), 2026).note == f"{id} v1 | {BANK[id]}"


PROGRAM = """
from dlcalc import document as doc
from dlcalc.quiz import bank
from dlcalc.quiz.variant import variant
for path in bank.files():
    for seed in (1,):
        made = variant(bank.load(str(path)), seed)
        choices = [doc.plain(choice.words) for shown in made.choices.values() for choice in shown]
        wrong = [f'{each.id} {each.value}' for asked in made.asked.values() for each in asked.wrong()]
        print(made.note, choices, wrong)
"""


@pytest.mark.long
def test_every_problem_is_the_same_in_every_process() -> None:
    """Neither the order of sets and dictionaries nor the seed of Python's own hashes plays a part, nor what the process
    has done before: this one has its own seed and its own past."""
    with redirect_stdout(StringIO()) as here:
        exec(PROGRAM, {})
    other = "1" if os.environ.get("PYTHONHASHSEED") == "4711" else "4711"
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONHASHSEED": other}, capture_output=True,
        encoding="utf-8", check=True, timeout=600,
    ).stdout  # fmt: skip
    assert here.getvalue() == there
    assert there.count("\n") == len(bank.files())


def test_the_rank_of_the_right_choice_tells_nothing() -> None:
    """Of 200 variants the right number is the smallest, second, third and largest about equally often: by chance each
    in 50, with a deviation of 6. (The commonest mistakes alone would make it the largest nearly always.)"""
    made = one_part("kind = 'choice'\nask = 'conv.parameters'", "n = '20..64'\nf = [3, 5]\nc = [3]\nk = '8..32'")
    shown = [variant(made, seed).choices["a"] for seed in range(200)]
    ranks = Counter(sum(c.value < right.value for c in each) for each in shown for right in each if right.right)  # type: ignore[operator]
    assert set(ranks) == {0, 1, 2, 3}
    assert all(20 < times < 80 for times in ranks.values())
    places = Counter(next(i for i, c in enumerate(each) if c.right) for each in shown)
    assert all(20 < places[place] < 80 for place in range(4))


def test_choices_stand_still_where_the_author_says_so() -> None:
    two = "kind = 'choice'\nfixed = true\n[[part.choice]]\ntext = 'yes'\nright = true\nbecause = 'b'\n" \
          "[[part.choice]]\ntext = 'no'\nbecause = 'c'"  # fmt: skip
    assert {variant(one_part(two), seed).choices["a"][0].words for seed in range(20)} == {("yes",)}
    loose = one_part(two.replace("fixed = true\n", ""))
    assert {variant(loose, seed).choices["a"][0].words for seed in range(20)} == {("yes",), ("no",)}


@each_row("seed", range(1, 40))
def test_a_further_drawn_name_changes_no_other(seed: int) -> None:
    """Each name has a stream of its own. (The first attempt's: a new name that a requirement reads may refuse it.)"""
    more = changed("c = [1, 3]", "z = '1..9'\nc = [1, 3]")
    before, after = variant(problem(), seed).values, variant(more, seed).values
    assert {name: after[name] for name in before} == before


def test_the_seed_decides_not_its_type() -> None:
    assert variant(problem(), 7).note == variant(problem(), "7").note


def test_version_and_id_change_the_numbers() -> None:
    notes = {variant(made, 1).note.partition("|")[2] for made in (
        problem(), problem(f"version = 2\n{FRONT}"), problem(path="topic/other.md"))}  # fmt: skip
    assert len(notes) == 3


def test_equal_variants_have_equal_notes() -> None:
    """Two numbers make two variants: their notes coincide exactly when what is drawn does."""
    made = [variant(changed("'20..64'", "[20, 30]"), seed) for seed in range(60)]
    by_note = {}
    for each in made:
        drawn = tuple(each.values[name] for name in ("n", "f", "c", "k"))
        assert by_note.setdefault(each.note, drawn) == drawn
    assert len(by_note) == len(set(by_note.values())) <= 2 * 3 * 2 * 2


def test_requirements_hold() -> None:
    made = problem(f"require = ['mod(n - f, 4) = 0', 'c < 3']\n{FRONT}")
    for seed in range(40):
        values = variant(made, seed).values
        assert (values["n"] - values["f"]) % 4 == 0
        assert values["c"] == 1


def test_no_network_is_drawn_for_numbers_that_a_requirement_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of four sizes of the image fit no convolution: their networks are never laid out."""
    drawn = []
    tabulate = drawing.tabulate
    monkeypatch.setattr(drawing, "tabulate", lambda network: drawn.append(network) or tabulate(network))
    made = bank.find("alexnet-rows")
    sizes = [variant(made, seed).values["n"] for seed in range(20)]
    assert len(drawn) == len(sizes)
    assert all((n - 11) % 4 == 0 and n != 227 for n in sizes)


def test_earlier_working_is_shared_and_right() -> None:
    """Two parts of one formula on the same numbers are worked out once; another convention is not the same."""
    made = one_part("id = 'x'\nkind = 'integer'\nask = 'conv.macs'")
    two = problem(FRONT.replace("follows = ['size']", "convention = 'no-bias'"))
    asked = variant(problem(), 3).asked
    size, cost = asked["size"], asked["cost"]
    assert isinstance(size, FormulaTarget)
    assert isinstance(cost, FormulaTarget)
    assert cost.working_out is size.working_out
    other = variant(two, 3).asked
    assert other["cost"].working_out is not other["size"].working_out  # type: ignore[union-attr]
    assert variant(made, 3).asked["x"].expected == (
        variant(made, 3).values["n"] - variant(made, 3).values["f"] + 1
    ) ** 2 * (8 * 3 * variant(made, 3).values["f"] ** 2)


def test_wrong_choices_are_different_and_wrong() -> None:
    made = one_part("kind = 'choice'\nask = 'conv.macs'")
    for seed in range(30):
        shown = variant(made, seed).choices["a"]
        assert len({choice.value for choice in shown}) == 4
        assert [choice.value for choice in shown if choice.right] == [variant(made, seed).asked["a"].expected]
        assert all(choice.because for choice in shown if not choice.right)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("kind = 'integer'\nask = 'conv.output'", r"part a: \(.*\) is not a whole number"),
        ("kind = 'number'\nask = 'conv.output'", r"part a: \(.*\) is not a number"),
        ("kind = 'expression'\nask = 'conv.weights'", r"part a: \d+ has no letters"),
        ("kind = 'choice'\nask = 'conv.f_eff'\npick = 12", r"part a: only \d+ of 12 choices differ"),
        ("kind = 'integer'\nask = 'conv.o'\nwith = {n = '2', f = '9'}", "the filter"),
        ("kind = 'integer'\nask = 'conv.o'\nwith = {n = '1/0', f = '9'}", "division by zero"),
        ("kind = 'shape'\nask = 'conv.o'\nwith = {f = '3'}", "part a: .* is not a shape"),
        (
            "kind = 'number'\nask = 'this.a'\n[[step]]\nname = 'a'\nexpression = 'exp(log(1.2345))'",
            r"part a: 1\.234\d* lies on the edge of rounding",
        ),
        (
            "kind = 'choice'\n[[part.choice]]\ntext = '{{f}}'\nright = true\nbecause = 'b'\n[[part.choice]]\n"
            "text = '{{2f - f}}'\nbecause = 'b'",
            "part a: two choices are the same",
        ),
    ],
)
def test_a_draw_that_never_fits(part: str, said: str) -> None:
    with pytest.raises(ProblemError, match=rf"^topic/layer.md: draw: none of 400 draws fits; the last: .*{said}"):
        variant(one_part(part), 1)


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, False), (1.2345, True), (1.2346, False), (12.35, True), (2.5, False), (1 / 3, False)]
)
def test_edges_of_rounding(value: float, expected: bool) -> None:
    """1.2345 rounds to 1.234 or 1.235 by a hair, 12.35 to 12.3 or 12.4; 2.5 has no more than two digits anyway."""
    assert on_edge(value) is expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (9999, "9999"), (10_000, "10,000"), (-3, "−3"), (-9999, "−9999"), (-12_345, "−12,345"), ("tanh", "tanh"),
        (Fraction(7, 10), "0.7"), (Fraction(-1, 8), "−0.125"), (Fraction(5, 2), "2.5"),
    ],
)  # fmt: skip
def test_numbers_in_a_text(value: int | Fraction | str, words: str) -> None:
    """Groups of three from 10,000 on, a minus that is one, fractions as short decimals where they are."""
    assert value_words(value) == words


def test_a_fraction_that_is_no_short_decimal_stays_one() -> None:
    assert value_words(Fraction(1, 3)) == doc.Math(Fraction(1, 3))
