"""What a working, an inverse question and a verdict show; and what they keep to themselves."""

from __future__ import annotations

import re
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from asking import ask
from rows import each_row

import dlcalc
from dlcalc import document as doc
from dlcalc import explain
from dlcalc.answers.array_judging import judge_answer
from dlcalc.answers.formula_target import FormulaTarget
from dlcalc.answers.marks import Mark
from dlcalc.answers.terms import Terms
from dlcalc.api.results import Judged
from dlcalc.explain import problem_files, questions
from dlcalc.explain.network import network
from dlcalc.expressions import printing
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.inverse import Solutions
from dlcalc.expressions.nodes import Name, names_in
from dlcalc.formulas.diagnose import wrong_values
from dlcalc.formulas.draw import draw
from dlcalc.formulas.model import Formula, Step
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import Line, Working, run
from dlcalc.formulas.topics import ids_known
from dlcalc.networks.network import Layer, Network
from dlcalc.networks.table import Table, tabulate
from dlcalc.networks.text import read

EVERY = each_row("f", [pytest.param(formula(id), id=id) for id in sorted(ids_known())])


def plain(words: doc.Words) -> str:
    """Running text without any format."""
    return "".join(
        printing.text(inline.value) if isinstance(inline, doc.Math) else inline.text for inline in doc.inlines(words)
    )


def chain(equation: doc.Equation) -> str:
    """An equation in one line."""
    left = equation.left if isinstance(equation.left, str) else printing.text(equation.left)
    rights = [printing.text(right) for right in equation.rights]
    signs = ["="] * (len(rights) - 1) + ["≈" if equation.rounded else "="]
    return left + "".join(f" {sign} {right}" for sign, right in zip(signs, rights, strict=True))


def said(document: doc.Document) -> str:
    """All that a document says, block by block."""
    lines = [document.title]
    for block in document.blocks:
        match block:
            case doc.Heading(words=words) | doc.Paragraph(words=words):
                lines.append(plain(words))
            case doc.Note(kind, words):
                lines.append(f"{kind}: {plain(words)}")
            case doc.Formula(equations):
                lines += [chain(equation) for equation in equations]
            case doc.Steps(items):
                lines += [f"{plain(words)}: {chain(equation)}" for words, equation in items]
            case doc.Items(items):
                lines += [plain(words) for words in items]
            case doc.Table(rows=rows):
                lines += [" | ".join(plain(cell) for cell in row) for row in rows]
    return "\n".join(lines)


def shown(id: str, convention: str = "", **given: object) -> list[str]:
    return said(explain.working(ask(id, convention, **given))).split("\n")


def steps(id: str, name: str, **given: object) -> list[str]:
    return [line.name for line in explain.shown_lines(ask(id, **given), name)]


def test_a_whole_working() -> None:
    """Title, shapes, what is known, the textbook's line, the steps behind it, the counts, what was not given."""
    assert shown("conv", n=227, f=11, s=4) == [
        "Convolution",
        "227 × 227 × c → 55 × 55 × k",
        "n | input size | 227 | ",
        "f | filter size | 11 | ",
        "s | stride | 4 | ",
        "c | input channels | c | not given",
        "k | number of filters | k | not given",
        "Output size",
        "o = ⌊(n − f)/s⌋ + 1 = ⌊(227 − 11)/4⌋ + 1 = 55",
        "Step by step",
        "room for the filter to move: span = n − f = 227 − 11 = 216",
        "whole steps of the stride: q = ⌊span/s⌋ = ⌊216/4⌋ = 54",
        "output size: o = q + 1 = 54 + 1 = 55",
        "Parameters and cost",
        "weights | f²ck | 121ck",
        "biases, one per filter | k | k",
        "parameters | (f²c + 1)k | (121c + 1)k",
        "MACs (multiply-accumulates) | o²f²ck | 366025ck",
        "FLOPs, two per MAC | 2·macs | 732050ck",
        "total memory | activation_memory + parameter_memory | 12100k + 4(121ck + k) bytes",
        "output in memory, 4 bytes a number | 4o²k | 12100k bytes",
        "parameters in memory, 4 bytes each | 4·parameters | 4(121ck + k) bytes",
        "receptive field (in the input) | f | 11",
        "note: not given: c (input channels) and k (number of filters); they stay letters",
    ]


def test_one_of_a_unit_is_singular() -> None:
    """Neighbours of a layer of stride 1 are 1 pixel apart, of stride 2 are 2 pixels."""
    lines = shown("rf", f=(3,), s=(1,))
    assert any(line.endswith(" | 1 pixel") for line in lines)
    assert any(line.endswith(" | 2 pixels") for line in shown("rf", f=(3,), s=(2,)))


def test_kinds_of_blocks() -> None:
    """In the order of a slide, headings one level below the title."""
    document = explain.working(ask("conv", n=224, f=11, s=4))
    kinds = [type(block).__name__ for block in document.blocks]
    assert kinds == ["Paragraph", "Table", "Heading", "Formula", "Heading", "Steps", "Heading", "Table", "Note", "Note"]
    assert {block.level for block in document.blocks if isinstance(block, doc.Heading)} == {1}


def test_title_and_spelling() -> None:
    """A title of one's own, and the letters of a course."""
    document = explain.working(ask("conv", n=5, f=3), {"f": "F"}, "Task 1")
    assert (document.title, document.spell) == ("Task 1", {"f": "F"})


def test_shapes() -> None:
    """What goes in and what comes out, each axis by itself; nothing for what is no layer."""
    assert shown("conv", n=(20, 30), f=3, c=3, k=8)[1] == "20 × 30 × 3 → 18 × 28 × 8"
    assert shown("dense", n=4, m=3)[1] == "4 → 3"
    assert not any("→" in line for line in shown("iou", a=(0, 0, 4, 4), b=(2, 2, 6, 6)))


def test_defaults_that_change_nothing_are_not_shown() -> None:
    """Stride 1 and padding 0 go without saying, in every layer; a stride that follows the window does not."""
    assert not any("default" in line for line in shown("conv", n=5, f=3))
    for layers in range(1, 7):
        assert not any("default" in line for line in shown("rf", f=(3,) * layers))
    assert "s | stride | 3 | default" in shown("pool", n=55, f=3)
    assert "s | stride | f | default" in shown("pool", n=55)


def test_what_is_given_is_shown() -> None:
    """Even where it is the default; with thousands apart and sizes per axis."""
    text = shown("conv", n=(1_200, 900), f=3, s=1, p=0)
    assert {"n | input size | 1200 × 900 | ", "s | stride | 1 | ", "p | padding on each side | 0 | "} <= set(text)
    assert "n | number of inputs | 9,216 | " in shown("dense", n=9216, m=4096)


def test_axes_that_differ() -> None:
    """Two lines with h and w below the name, and the counts with products of both."""
    text = shown("conv", n=(20, 30), f=(3, 5), c=3, k=8)
    assert "oₕ = n − f + 1 = 20 − 3 + 1 = 18" in text
    assert "o_w = n − f + 1 = 30 − 5 + 1 = 26" in text
    assert "weights | fₕf_w·ck | 360" in text
    assert "receptive field (in the input), height | f | 3" in text
    assert "receptive field (in the input), width | f | 5" in text


def test_one_step_is_not_told_twice() -> None:
    """n·m needs no steps; the output size of a convolution does."""
    assert "Step by step" not in shown("dense", n=4, m=3)
    assert "Step by step" in shown("conv", n=5, f=3)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"n": 227, "f": 11, "s": 4}, ["span", "q", "o"]),
        ({"n": 5, "f": 3}, ["span", "o"]),
        ({"n": 5, "f": 3, "s": 1}, ["span", "q", "o"]),
        ({"n": 5, "f": 3, "s": 2, "p": 1}, ["pad", "padded", "span", "q", "o"]),
        ({"n": 9, "f": 3, "s": 2, "d": 2}, ["f_eff", "span", "q", "o"]),
        ({"n": 9, "f": 3, "s": 2, "d": 2, "p": 1}, ["f_eff", "pad", "padded", "span", "q", "o"]),
        ({"n": 9, "f": 3, "s": 2, "p": 0, "d": 1}, ["f_eff", "pad", "padded", "span", "q", "o"]),
    ],
)
def test_steps_that_say_something(given: dict[str, int], told: list[str]) -> None:
    """What only hands a number on is left out; what somebody gave is not."""
    assert steps("conv", "o", **given) == told


def test_steps_of_other_answers() -> None:
    """Those of the parameters: no output size among them, k biases without a line of their own, no single layer."""
    assert steps("conv", "parameters", n=5, f=3, c=2, k=4) == ["weights", "parameters"]
    single = ["input_weights", "recurrent_weights", "first_weights", "biases", "parameters"]
    assert steps("lstm", "parameters", n=3, m=4) == single
    stacked = steps("lstm", "parameters", n=3, m=4, L=2)
    assert stacked[:2] == single[:2]
    assert stacked[2:] == ["first_weights", "deeper_weights", "weights", "biases", "parameters"]
    assert "deeper_input" in steps("lstm", "parameters", n=3, m=4, L=2, D=2)


def test_steps_put_in_the_values_of_each_axis() -> None:
    """Where height and width of a filter differ, both are put in."""
    told = explain.shown_lines(ask("init_he_normal_conv", f=(3, 5), c=3, k=4), "deviation")
    assert chain(explain.equation(ask("init_he_normal_conv", f=(3, 5), c=3, k=4), told[0])) == (
        "fan_in = fₕf_w·c = 3 × 5 × 3 = 45"
    )


def test_a_shape_is_not_taken_for_a_number() -> None:
    """The memory is 4 bytes for each number of the output, not 4 times its shape."""
    told = {line.name: line for line in explain.shown_lines(ask("attention", d=8, h=2, T=3), "memory")}
    assert printing.text(told["activation_memory"].expression) == "4·prod(output)"


def test_a_default_that_matters_keeps_its_letter() -> None:
    """Pooling divides by the stride, though nobody gave it."""
    assert "whole steps of the stride: q = ⌊span/s⌋ = ⌊52/3⌋ = 17" in shown("pool", n=55, f=3)


@EVERY
def test_steps_are_closed(f: Formula) -> None:
    """Each told step reads only what was given, what is told before it, and letters; and gives its value."""
    for seed in range(1 if "_by_hand" in f.id else 3):  # of whole arrays one draw holds many numbers
        found = run(f, draw(f, "explain", seed))
        for answer in f.answers:
            told = explain.shown_lines(found, answer)
            known = {variable.name for variable in f.variables}
            assert told, answer
            assert told[-1].name.partition("[")[0] == answer
            folded = not any("[" in line.name for line in found.steps) and not any(step.called for step in f.steps)
            for line in told if folded else ():
                read = {re.sub("_[dhw]$", "", letter) if f.axes else letter for letter in names_in(line.expression)}
                assert read <= known, (answer, line.name)
                assert evaluate(line.values) == line.value, (answer, line.name)
                known.add(line.name)


@EVERY
def test_every_answer_is_shown(f: Formula) -> None:
    """On top or in the table, but for the shape, which stands first."""
    found = run(f, draw(f, "explain", 1))
    text = said(explain.working(found)).split("\n")
    for answer in f.answers:
        if answer != f.shape:
            meaning = f.by_name[answer].meaning
            assert any(line.lower().startswith(meaning.lower()) for line in text), answer


@EVERY
def test_letters_alone(f: Formula) -> None:
    """With all left open but vectors and what says how far steps run, there is a working; it says what is missing."""
    ends = {letter for step in f.steps for letter in re.findall(r"\w+", step.each.partition(" in ")[2])}
    drawn = draw(f, "explain", 2)
    given = {name: value for name, value in drawn.items() if f.by_name[name].kind.rank or name in ends}
    document = explain.working(run(f, given))
    missing = [v for v in f.variables if v.name not in given and v.default is None]
    notes = [plain(block.words) for block in document.blocks if isinstance(block, doc.Note) and block.kind == "note"]
    named = [note for note in notes if note.startswith("not given: ")]
    assert len(named) == bool(missing)
    for variable in missing:
        assert f"{printing.text(Name(variable.name))} ({variable.meaning})" in named[0]
    assert not missing or named[0].endswith("it stays a letter" if len(missing) == 1 else "they stay letters")


def test_letters_left_over_leave_out_the_half_filled_line() -> None:
    """(121c + 1)k follows the formula at once."""
    text = shown("lstm", n=32)
    assert "parameters = 4m(n + m + 1) = 4m(m + 33)" in text


def test_warnings_come_first() -> None:
    """The stride that does not fit, before what was not given."""
    notes = [block for block in explain.working(ask("conv", n=224, f=11, s=4)).blocks if isinstance(block, doc.Note)]
    assert [note.kind for note in notes] == ["warning", "note"]
    assert plain(notes[0].words) == (
        "the stride does not fit: (224 − 11)/4 is not whole: the last 1 row and column never read"
    )
    assert not any(line.startswith("warning") for line in shown("conv", n=227, f=11, s=4))


def test_conventions_stand_beside() -> None:
    """Whose count this is, and what the others make of it; those that agree, and other layers, are left out."""
    assert shown("lstm", n=32, m=100, T=5)[-1] == (
        "note: counted here as in textbooks: one bias vector per gate, column layout; PyTorch, cuDNN, ONNX: 53,600 "
        "(two bias vectors per gate, bias_ih and bias_hh)"
    )
    keras = shown("gru", "keras", n=256, m=1024, T=5)[-1]
    assert keras.startswith(
        "note: counted here as in Keras (reset_after=True): two bias vectors per gate, row layout; "
    )
    assert "textbooks: 3,935,232" in keras
    assert "PyTorch" not in keras
    assert "without biases" not in keras


def test_no_conventions_to_name() -> None:
    """Where there is one count only, or all agree, nothing is said."""
    for id, given in (
        ("conv", {"n": 5, "f": 3, "c": 2, "k": 3}),
        ("layernorm", {"n": 8}),
        ("clip_value", {"g": (1,), "theta": 1}),
    ):
        assert not any("counted here" in line for line in shown(id, **given)), id


def test_a_neighbour_without_an_answer_is_passed_over() -> None:
    """Nothing is dropped at p = 1, by which the other convention would divide."""
    found = ask("dropout", n=100, p=1)
    assert [convention.name for convention, _ in explain.neighbours(found)] == ["keep"]
    assert "expected = np = 100 × 1 = 100" in said(explain.working(found))


@each_row(
    ("value", "short"),
    [
        (0.123456789, 0.123457),
        (1234567.89, 1_234_570),
        (2.0, 2),
        (1e-9, 1e-9),
        (1e300, 1e300),
        (123456789, 123456789),
        (Fraction(1, 3), Fraction(1, 3)),
        (Fraction(9, 10) ** 49, 0.00572642),
        (Fraction(1, 10**400), Fraction(1, 10**400)),
        ((0.123456789, (2.0, 3)), (0.123457, (2, 3))),
        ({0: 9.9, 1: 0.123456789}, (0.123457,)),
        (Name("k"), Name("k")),
    ],
)
def test_rounded(value: object, short: object) -> None:
    """Six significant digits of what is not exact, or too long to be read; all else as it is."""
    assert doc.rounded(value) == short
    assert type(doc.rounded(value)) is type(short)


@pytest.mark.parametrize(
    ("value", "is_rounded"),
    [(0.5, True), (1, False), (Fraction(1, 3), False), (Fraction(9, 10) ** 49, True), ((1, (2, 0.5)), True),
     ({1: 0.5}, True), ({1: 2}, False), (Name("k"), False)],
)  # fmt: skip
def test_has_floats(value: object, is_rounded: bool) -> None:
    """Whether ≈ belongs before it."""
    assert doc.has_floats(value) is is_rounded


def test_rounded_values_follow_an_approximately() -> None:
    """And those that are put into the next step are as short."""
    text = shown("perplexity", p=(Fraction(1, 2), Fraction(1, 4), Fraction(1, 8)))
    assert "perplexity = exp(loss) = exp(1.38629) ≈ 4" in text
    assert "deviation = √(2/fan_in) = √(2/784) ≈ 0.0505076" in shown("init_he_normal", n=784, m=512)
    assert "deviation = √(2/fan_in) = √(2/512) = 0.0625" in shown("init_he_normal", n=512, m=128)
    bound = shown("gradient_bound", **{"lambda": Fraction(9, 10)}, t=50, k=1)
    assert "bound = factor^(distance) = 0.9⁴⁹ ≈ 0.00572642" in bound
    assert not any(re.search(r"[1-9]\d{7}", line) for line in (*text, *bound))


def test_a_value_beside_a_forbidden_branch() -> None:
    """A gradient of zeros is clipped by no factor, and the branch that would divide by its norm is only shown."""
    assert any("(1/0 if 0 > 1, otherwise 1) = 1" in line for line in shown("clip_norm", g=(0, 0), theta=1))


def test_unrolled_steps() -> None:
    """The rule of each in letters, and a table with one row per layer."""
    document = explain.working(ask("rf", f=(5, 2, 5), s=(1, 2, 1)))
    assert "pixels that one unit of the layer sees: rₗ = rₗ₋₁ + extentₗjₗ₋₁" in said(document)
    table = next(block for block in document.blocks if isinstance(block, doc.Table) and plain(block.header[0]) == "l")
    assert [plain(word) for word in table.header] == ["l", "extent", "j", "r"]
    assert [[plain(cell) for cell in row] for row in table.rows] == [
        ["0", "", "1", "1"],
        ["1", "4", "1", "5"],
        ["2", "1", "2", "6"],
        ["3", "4", "2", "14"],
    ]


def solved(*found: dict[str, int], count: int | None = None) -> list[str]:
    names = found[0] if found else {"s": 0}
    searched = dict.fromkeys(names, (1, 100))
    solutions = Solutions(found, len(found) if count is None else count, searched)
    return said(questions.solutions("Convolution", {"o": "55"}, solutions)).split("\n")


def test_solutions() -> None:
    """How many, where was looked, and which: none, one as an equation, several in a table."""
    assert solved() == ["Convolution: which s give o = 55?", "no solution; searched: s = 1..100"]
    assert solved({"s": 4})[1:] == ["1 solution; searched: s = 1..100", "s = 4"]
    assert solved({"f": 1, "p": 0}, {"f": 2000, "p": 3}) == [
        "Convolution: which f and p give o = 55?",
        "2 solutions; searched: f = 1..100, p = 1..100",
        "1 | 0",
        "2,000 | 3",
    ]


def test_many_solutions() -> None:
    """Forty rows, and how many there are in all."""
    text = solved(*({"s": s} for s in range(60)), count=1_060)
    assert text[1] == "1,060 solutions; searched: s = 1..100"
    assert text[2:42] == [str(s) for s in range(40)]
    assert text[42:] == ["note: the first 40 of 1,060 are shown"]


def test_what_was_asked() -> None:
    """Several answers, and an equation of one's own."""
    found = Solutions(({"n": 10},), 1, {"n": (1, 9)})
    several = questions.solutions("LSTM", {"weights": "5", "biases": "7"}, found)
    assert several.title == "LSTM: which n give weights = 5 and biases = 7?"
    assert questions.solutions("Solve", {"equation": "2n = 20"}, found).title == "Solve: which n give 2n = 20?"


def told(id: str, name: str, answer: str, show: bool = False, **given: object) -> list[str]:
    return said(judged(formula(id), name, answer, show, **given)).split("\n")


def marked(found: Formula, name: str, answer: str, **given: object) -> Mark:
    return judge_answer(Terms("integer"), FormulaTarget(found, given, name), answer)


def judged(found: Formula, name: str, answer: str, show: bool = False, **given: object) -> doc.Document:
    """The document of a judged answer."""
    return Judged(found, name, answer, marked(found, name, answer, **given), show).document()


def test_right() -> None:
    """That it is right, and nothing else, even where the value is to be shown."""
    for show in (False, True):
        assert told("conv", "o", "26", show, n=28, f=3) == ["Convolution: o = 26", "right: this is right"]


def test_right_by_another_convention() -> None:
    """Who counts so, and that it is not the count in use; its value only when asked for."""
    words = (
        "right: this is right by the convention of PyTorch, cuDNN, ONNX (two bias vectors per gate, bias_ih and "
        "bias_hh); this question uses another: one bias vector per gate, column layout"
    )
    assert told("lstm", "parameters", "53600", n=32, m=100) == ["LSTM: parameters = 53600", words]
    assert told("lstm", "parameters", "53600", True, n=32, m=100)[2:] == ["parameters = 53200"]


def test_one_mistake() -> None:
    """Its reason, and a question that helps on."""
    assert told("conv", "parameters", "160", n=28, f=3, c=6, k=16) == [
        "Convolution: parameters = 160",
        "mistake: this is wrong.",
        "a filter has weights for every input channel; here the channels are left out",
        "hint: How many channels does one filter read?",
    ]


def test_several_mistakes() -> None:
    """All that lead to the answer, five at most; the rest are counted, and the hint is that of the most likely."""
    text = told("conv", "o", "2", n=6, f=2, s=2, p=1)
    assert text[1] == "mistake: this is wrong. One of these gives this answer:"
    assert text[2] == "it could be this: padding makes the input larger: n + 2p"
    assert text[3].startswith(
        "it could be two mistakes at once: both sides are padded, so the input grows by 2p, not by p; and the "
        "first position"
    )
    assert text[7] == "and 2 more"
    assert text[8:] == ["hint: Is the padded input larger or smaller?"]


def test_no_typical_mistake() -> None:
    """It is said to be wrong, and no mistake is made up."""
    assert told("conv", "parameters", "161", n=28, f=3, c=6, k=16)[1:] == [
        "mistake: this is wrong; no typical mistake gives this"
    ]
    assert told("conv", "parameters", "161", True, n=28, f=3, c=6, k=16)[2:] == ["parameters = 880"]


def test_a_shown_value_is_one_number_where_the_axes_agree() -> None:
    """And rounded where it is not exact."""
    assert told("conv", "o", "99", True, n=28, f=3)[-1] == "o = 26"
    assert told("conv", "o", "99", True, n=(28, 38), f=3)[-1] == "o = (26, 36)"
    assert told("init_he_normal", "deviation", "99", True, n=784, m=512)[-1] == "deviation ≈ 0.0505076"


@pytest.mark.long
@EVERY
def test_the_right_value_is_not_given_away(f: Formula) -> None:
    """Whatever the mistake, no verdict without `show` holds a right value of four digits or more; with it, all do.

    Of two draws the first that has such a value.
    """
    done: set[tuple[str, str]] = set()
    for seed in range(2):
        given = draw(f, "verdict", seed)
        for name in f.answers:
            right = run(f, given)[name]
            if not isinstance(right, int) or right < 1_000:
                continue
            mistaken = [(id, value) for id, (_, value) in wrong_values(f, given, name).items()]
            for id, wrong in [*mistaken, ("no mistake", 10 * right + 7)]:
                if (name, id) in done or not isinstance(wrong, int) or str(right) in str(wrong):
                    continue
                done.add((name, id))
                mark = marked(f, name, str(wrong), **given)
                hidden, shown = (said(Judged(f, name, str(wrong), mark, show).document()) for show in (False, True))
                assert str(right) not in hidden.replace(",", "")
                assert "this is right" in shown or str(right) in shown.replace(",", "")


def test_pages_are_the_api_s_documents() -> None:
    """What the Python objects show is what is made here."""
    found = dlcalc.conv(n=5, f=3)
    assert isinstance(found.working, Working)
    assert said(found.document()) == said(explain.working(found.working))


def table_said(found: Table) -> list[str]:
    """A network's document: each row of its table, then its notes."""
    others = {"PyTorch": 1, "Keras": found.total["parameters"]}
    lines = []
    for block in network(found, others=others).blocks:
        match block:
            case doc.Table(rows=rows):
                lines += [" | ".join(doc.plain(cell) for cell in row) for row in rows]
            case doc.Note(words=words):
                lines.append(doc.plain(words))
    return lines


def test_a_field_where_paths_of_different_centres_meet_is_marked() -> None:
    """1 and 2 pixels, the even window half a pixel aside: the sum sees 2, with a star that a note explains."""
    layers = (
        Layer("a", "conv", {"k": 2, "f": 1}, ("input",)),
        Layer("b", "conv", {"k": 2, "f": 2, "same": True}, ("input",)),
        Layer("sum", "add", {}, ("a", "b")),
    )
    lines = table_said(tabulate(Network("n", "n", (9, 9, 1), layers)))
    assert [line.split(" | ")[-1] for line in lines[:3]] == ["1", "2", "2*"]
    assert "* paths of different centres meet here: the field is the largest path's" in lines


def test_an_oblong_field_has_both_sizes() -> None:
    lines = table_said(tabulate(read("30x20x1; conv 2 f3x5; pool 2")))
    assert [line.split(" | ")[-1] for line in lines[:2]] == ["3×5", "4×6"]


def test_what_is_kept_and_not_learnt_is_said_of_batch_normalisation() -> None:
    """A mean and a variance for each of 4 channels; nothing is said to be fixed."""
    lines = table_said(tabulate(read("8x8x3; conv 4 f3; bn")))
    assert "batch normalisation keeps 8 running values too" in lines
    assert not any("fixed" in line for line in lines)


def test_only_who_counts_otherwise_is_named() -> None:
    lines = table_said(tabulate(read("28x28 seq; rnn 128; dense 10")))
    assert lines[-1] == "parameters as others count: PyTorch 1"


def test_every_fault_and_pattern_of_a_stress_check_is_told() -> None:
    pattern = SimpleNamespace(said="size: the right choice is the longest in 90%, by chance 25%")
    found = SimpleNamespace(problem="p", seeds=4, distinct=3, seconds=0.001, told_apart=0.5, uncounted=[], trials=7,
                            faults=["size is not a number"], more=2, patterns=[pattern])  # fmt: skip
    told = problem_files.checked([found], 4)
    notes = [(block.kind, doc.plain(block.words)) for block in told.blocks if isinstance(block, doc.Note)]
    assert notes == [
        ("warning", "p: size is not a number"),
        ("warning", "p: and 2 more"),
        ("note", f"p, {pattern.said}"),
    ]
    assert isinstance(told.blocks[-1], doc.Paragraph)
    assert doc.plain(told.blocks[-1].words) == "1 problem with faults; 1,000 variants per second"


def test_of_a_working_only_the_steps_behind_the_answer_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    usual = Working._line

    def noted(self: Working, step: Step, *rest: Any) -> Line:
        written.append(step.name)
        return usual(self, step, *rest)

    monkeypatch.setattr(Working, "_line", noted)
    found = ask("conv", n=32, f=5, c=3, k=8)
    assert [line.name for line in explain.shown_lines(found, "o")] == ["span", "o"]
    assert set(written) <= found.program.needed("o")
    assert "macs" not in written
