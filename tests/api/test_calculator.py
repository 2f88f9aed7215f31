"""Calculators called from Python: quantities, switches, conventions, profiles, answers backwards, answers checked."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

import dlcalc
from dlcalc.errors import ExpressionError, ProblemError, UserError
from dlcalc.profiles import load


def test_alexnet_first_layer() -> None:
    """227 with 96 filters of 11 and stride 4: 55×55×96, 34,848 weights, 34,944 parameters, 105,415,200 MACs."""
    layer = dlcalc.conv(n=227, f=11, s=4, c=3, k=96)
    assert layer.output == (55, 55, 96)
    assert (layer.weights, layer.biases, layer.parameters, layer.macs) == (34_848, 96, 34_944, 105_415_200)
    assert (layer.span, layer.q, layer.value) == (216, 54, (55, 55, 96))


def test_steps() -> None:
    """Name, expression in letters, with values put in, and value, in the order in which they are worked out."""
    steps = {line.name: line for line in dlcalc.conv(n=227, f=11, s=4).steps}
    assert list(steps)[:6] == ["f_eff", "pad", "padded", "span", "q", "o"]
    as_dict = next(step for step in dlcalc.conv(n=227, f=11, s=4).to_dict()["steps"] if step["name"] == "q")
    assert as_dict == {"name": "q", "expression": "floor(span/s)", "values": "floor(216/4)", "value": 54}
    assert steps["q"].value == 54


def test_steps_where_axes_differ() -> None:
    """One line per axis, which says which."""
    steps = [step for step in dlcalc.conv(n=(20, 30), f=3).to_dict()["steps"] if step["name"] == "o"]
    assert [(step["axis"], step["value"]) for step in steps] == [("height", 18), ("width", 28)]


def test_lists_are_tuples() -> None:
    """[20, 30] is (20, 30)."""
    assert dlcalc.conv(n=[20, 30], f=[3, 5]).o == dlcalc.conv(n=(20, 30), f=(3, 5)).o == (18, 26)


def test_none_is_not_given() -> None:
    """A quantity that is None stays a letter, a switch that is False stays off."""
    assert dlcalc.conv(n=5, f=3, c=None, transposed=False).to_dict() == dlcalc.conv(n=5, f=3).to_dict()


def test_long_names() -> None:
    """The field's terms for the course's letters."""
    assert dlcalc.conv(input_size=227, filter_size=11, stride=4).o == 55
    assert dlcalc.conv(input_size=(3, 5), filter_size=2, transposed=True, output_padding=0).o == (4, 6)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: dlcalc.conv(n=5, z=3), "z is not a quantity of conv; its quantities are n, f, s, p, d, c, k, groups"),
        (lambda: dlcalc.conv(n=5, same=True, p=1), "p is not a quantity of conv_same; its quantities are n, f, s, d"),
        (lambda: dlcalc.conv(n=5, input_size=6), "n is given twice"),
        (lambda: dlcalc.lstm(n=3, m=4, D=1, bidirectional=True), "D is given twice"),
        (lambda: dlcalc.conv(227), "conv takes its quantities by name: n=227, not 227 alone"),
        (lambda: dlcalc.conv("same", n=5), "conv takes its quantities by name: n='same', not 'same' alone"),
        (lambda: dlcalc.conv.check("o", 3, 5), "conv takes its quantities by name: n=5, not 5 alone"),
        (lambda: dlcalc.conv(n=5, f=9), "the filter does not fit: f = 9 is larger than the padded input 5"),
    ],
)  # fmt: skip
def test_quantities_that_are_refused(call: object, sentence: str) -> None:
    """By a sentence that says what would have been accepted."""
    with pytest.raises(UserError, match=f"^{sentence}"):
        call()  # type: ignore[operator]


def test_switches_choose_the_formula() -> None:
    """`same`, `transposed`, `ceil` are flags; two together are another formula, or make no sense."""
    assert dlcalc.conv(n=9, f=4, s=2, same=True).o == 5
    assert dlcalc.conv(n=5, f=4, s=2, transposed=True).o == 12
    assert dlcalc.pool(n=6, f=3, s=2, ceil=True).o == 3
    assert dlcalc.conv.formula(transposed=True).id == "conv_transposed"
    assert dlcalc.conv(n=5, f=3, s=2, same=True, transposed=True).o == 10
    with pytest.raises(UserError, match=r"^ceil and same cannot be used together$"):
        dlcalc.pool(n=5, f=3, same=True, ceil=True)


def test_flags_give_quantities() -> None:
    """Bidirectional is D = 2."""
    both = dlcalc.lstm(n=3, m=4, bidirectional=True)
    assert both.to_dict() == dlcalc.lstm(n=3, m=4, D=2).to_dict()
    assert both.parameters == 2 * dlcalc.lstm(n=3, m=4, bidirectional=False).parameters


@pytest.mark.parametrize("q", ["q", "outputs"])
def test_a_quantity_chooses_the_formula(q: str) -> None:
    """An RNN of which the outputs are known has an output layer, by whichever name they are given."""
    assert dlcalc.rnn(n=784, m=200).working.formula.id == "rnn"
    assert dlcalc.rnn(n=784, m=200, **{q: 2}).working.formula.id == "rnn_output"
    assert dlcalc.bound(norm=0.9, threshold=0.01).working.formula.id == "vanishing_steps"


@pytest.mark.parametrize("name", ["leaky-relu", "leaky_relu"])
def test_choices(name: str) -> None:
    """First or by name, with a hyphen or an underscore."""
    assert dlcalc.activation(name, x=-3).value == Fraction(-3, 100)
    assert dlcalc.activation(name=name, x=-3).value == Fraction(-3, 100)
    assert dlcalc.lstm(n=3, m=4, peephole="full").parameters - dlcalc.lstm(n=3, m=4).parameters == 3 * 16


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: dlcalc.activation(x=1), "activation needs a name: one of sigmoid, tanh, relu, leaky-relu, softplus"),
        (lambda: dlcalc.activation("elu", x=1), "name is one of sigmoid, tanh, relu, .*, softmax, not elu$"),
        (lambda: dlcalc.activation(3, x=1), "name is one of sigmoid, .*, softmax, not 3$"),
        (lambda: dlcalc.lstm(n=3, m=4, peephole="half"), "peephole is one of diagonal, full, not half$"),
        (lambda: dlcalc.activation("tanh", "relu", x=1), r"activation takes one name, not 2 \(tanh, relu\)$"),
        (lambda: dlcalc.activation("tanh", name="relu", x=1), r"activation takes one name, not 2 \(tanh, relu\)$"),
    ],
)  # fmt: skip
def test_choices_that_are_refused(call: object, sentence: str) -> None:
    """What is missing, unknown or too much."""
    with pytest.raises(UserError, match=f"^{sentence}"):
        call()  # type: ignore[operator]


def test_conventions() -> None:
    """Named, they change the count; all of them stand beside it."""
    gru = dlcalc.gru(n=256, m=1024, convention="keras")
    assert gru.parameters == 3_938_304
    assert gru.to_dict()["convention"] == "keras"
    neighbours = {"textbook": 3_935_232, "row-layout": 3_935_232, "pytorch": 3_938_304, "keras": 3_938_304}
    assert neighbours.items() <= gru.to_dict()["conventions"].items()
    assert dlcalc.lstm(n=32, m=100).to_dict()["conventions"]["pytorch"] == 53_600
    with pytest.raises(UserError, match=r"^convention is one of textbook, no-bias for conv, not pytorch$"):
        dlcalc.conv(n=5, f=3, convention="pytorch")


@pytest.mark.parametrize(
    ("found", "without"),
    [(dlcalc.dropout(n=100, p=1), "drop"), (dlcalc.clip(g=(0, 0), theta=1), "always")],
)
def test_a_convention_without_an_answer_is_left_out(found: dlcalc.Calculation, without: str) -> None:
    """Where another way of counting divides by zero, ours is still shown."""
    assert without in {convention.name for convention in found.working.formula.conventions}
    assert without not in found.to_dict()["conventions"]
    assert found.to_markdown()


def test_profile_writes_other_letters() -> None:
    """CS231n's W, F, S, P, K and D; the names by which we ask and answer stay."""
    found = dlcalc.conv(n=227, f=11, s=4, profile="cs231n")
    text = found.to_markdown()
    assert r"\frac{W - F}{S}" in text
    assert r"F^{2} D K" in text
    assert "$n$" not in text
    assert found.o == 55
    assert found.to_dict() == dlcalc.conv(n=227, f=11, s=4).to_dict()
    assert "W - F" not in dlcalc.conv(n=227, f=11, s=4).to_markdown()


def test_profile_chooses_the_convention() -> None:
    """Keras's GRU has two bias vectors, PyTorch's dropout drops; a named convention comes before the profile's."""
    assert dlcalc.gru(n=256, m=1024, profile="keras").parameters == 3_938_304
    assert dlcalc.gru(n=256, m=1024, profile=load("keras")).parameters == 3_938_304
    assert dlcalc.dropout(n=100, p="0.2", profile="pytorch").expected == 80
    assert dlcalc.gru(n=256, m=1024, profile="keras", convention="textbook").parameters == 3_935_232
    assert dlcalc.conv(n=5, f=3, profile="keras").to_dict()["convention"] == "textbook"


def test_profile_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """DLCALC_PROFILE names one for every call; a broken one is the author's error, with its file and key."""
    monkeypatch.setenv("DLCALC_PROFILE", "pytorch")
    assert dlcalc.lstm(n=32, m=100).parameters == 53_600
    assert dlcalc.lstm.check("parameters", 53_600, n=32, m=100).convention is None
    assert dlcalc.lstm(n=32, parameters=53_600).solutions == ({"m": 100},)
    assert dlcalc.lstm(n=32, m=100, profile="course").parameters == 53_200
    broken = tmp_path / "mine.toml"
    broken.write_text('[conventions]\nlstm = "nobody"\n', encoding="utf-8")
    with pytest.raises(ProblemError, match=r"a convention of lstm is one of textbook, .*, not nobody"):
        dlcalc.lstm(n=32, m=100, profile=str(broken))
    with pytest.raises(UserError, match=r"^a profile is one of course, .*; there is no 'nobody'$"):
        dlcalc.lstm(n=32, m=100, profile="nobody")


def test_backwards() -> None:
    """An answer among what is given asks for what is missing."""
    stride = dlcalc.conv(n=227, f=11, o=55)
    assert isinstance(stride, dlcalc.Backwards)
    assert stride.solutions == ({"s": 4},)
    assert (stride.count, stride.searched) == (1, {"s": (1, 227)})
    assert dlcalc.conv(n=227, f=11, o="55").solutions == dlcalc.conv(n=227, f=11, o=(55, 55)).solutions == ({"s": 4},)
    assert dlcalc.lstm(n=32, parameters=53_200).solutions == ({"m": 100},)
    assert dlcalc.conv(n=227, f=11, output="55x55x96").solutions == ({"s": 4, "k": 96},)


def test_backwards_solutions_come_out_forwards() -> None:
    """Each of the filters and paddings leads to 16, and no other in the range does."""
    found = dlcalc.conv(n=32, o=16, s=2)
    assert list(found.searched) == ["f", "p"]
    pairs = {(solution["f"], solution["p"]) for solution in found.solutions}
    fits = {
        (f, p) for f in range(1, 33) for p in range(33) if f <= 32 + 2 * p and dlcalc.conv(n=32, f=f, p=p, s=2).o == 16
    }
    assert pairs == fits
    assert found.count == len(fits)


@pytest.mark.parametrize("find", ["f,p", "f, p", ["f", "p"], ("filter_size", "padding"), "filter_size,p"])
def test_what_is_to_be_found(find: object) -> None:
    """Letters or long names, in one text or in several."""
    found = dlcalc.conv(n=32, o=16, s=2, find=find)
    assert list(found.searched) == ["f", "p"]
    assert found.solutions == dlcalc.conv(n=32, o=16, s=2).solutions


@pytest.mark.parametrize("ranges", [{"s": (1, 3)}, {"stride": (1, 3)}, "s=1..3", ["stride=1..3"]])
def test_where_to_look(ranges: object) -> None:
    """The range is the one that was stated, and 4 lies outside it."""
    found = dlcalc.conv(n=227, f=11, o=55, ranges=ranges)
    assert (found.count, found.searched) == (0, {"s": (1, 3)})


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"find": "p"}, "to find p, give an answer: output, o, weights, biases, parameters"),
        ({"find": "f", "o": 9}, r"f is given \(11\), so it cannot be found as well"),
        ({"find": "o", "o": 9}, "o is not a quantity of conv that can be found"),
        ({"ranges": "s=1..3"}, "a range needs an answer to search for: give one of output, o, weights"),
        ({"ranges": "p=1..3", "o": 55}, "p has a range but is not looked for; what is looked for is s"),
        ({"ranges": "s=3..1", "o": 55}, "the range of s runs upwards, not from 3 to 1"),
        ({"weights": "9q"}, "in an inverse question,  weights is a number, not an expression in letters"),
    ],
)
def test_backwards_questions_that_are_refused(given: dict[str, object], sentence: str) -> None:
    """What cannot be found, or looked for."""
    with pytest.raises(UserError, match=f"^{sentence}"):
        dlcalc.conv(n=227, f=11, **given)


def test_right_answers() -> None:
    """A number, an expression in letters, a shape; `value` asks for the main answer."""
    assert dlcalc.conv.check("parameters", 140, f=3, c=3, k=5).correct
    assert dlcalc.lstm.check("parameters", "4(nm + m^2 + m)").correct
    assert dlcalc.conv.check("value", "26x26x16", n=28, f=3, c=6, k=16).correct
    assert dlcalc.conv.check("output", (26, 26, 16), n=28, f=3, c=6, k=16).correct
    assert dlcalc.conv.check("q", 25, n=28, f=3).correct
    assert dlcalc.rnn.check("cell.parameters", 32, n=3, m=4, q=2).correct


def test_wrong_answers() -> None:
    """The mistake is named, or the pair of them."""
    judged = dlcalc.conv.check("parameters", 160, n=28, f=3, c=6, k=16)
    assert not judged.correct
    assert [mistake["id"] for mistake in judged.mistakes] == ["channels-forgotten"]
    assert "the channels are left out" in judged.mistakes[0]["because"]
    pair = dlcalc.lstm.check("parameters", "4nm")
    assert [mistake["id"] for mistake in pair.mistakes] == ["recurrent-weights-forgotten+biases-forgotten"]
    assert dlcalc.conv.check("parameters", 161, n=28, f=3, c=6, k=16).mistakes == []


def test_answers_in_another_convention() -> None:
    """53,600 is PyTorch's count of an LSTM, and no mistake."""
    judged = dlcalc.lstm.check("parameters", 53_600, n=32, m=100)
    assert judged.correct
    assert judged.convention == "pytorch"
    assert judged.mistakes == []
    assert dlcalc.lstm.check("parameters", 53_200, n=32, m=100).convention is None


def test_a_stated_convention_binds() -> None:
    """What another one gives is wrong, and that one is named; no mistake is."""
    judged = dlcalc.lstm.check("parameters", 53_200, n=32, m=100, convention="pytorch")
    assert (judged.status, judged.convention, judged.mistakes) == ("wrong", "textbook", [])
    assert "this question uses pytorch" in judged.reason
    named = dlcalc.lstm.check("parameters", 53_200, n=32, m=100, profile="pytorch")
    assert (named.status, named.convention) == ("wrong", "textbook")
    assert dlcalc.lstm.check("parameters", 53_600, n=32, m=100, profile="pytorch").status == "right"


@pytest.mark.parametrize(
    ("ask", "answer", "given", "sentence"),
    [
        (
            "nonsense",
            1,
            {},
            "nonsense is not an answer of conv; its answers are output, o, weights, .*, f_eff, pad, padded",
        ),
        ("n", 28, {}, "n is not an answer of conv; its answers are output, o, weights"),
        ("o", 26, {"o": 3}, "o is an answer, so it cannot be given together with ask"),
    ],
)
def test_questions_that_are_refused(ask: str, answer: object, given: dict[str, object], sentence: str) -> None:
    """The question cannot be read."""
    with pytest.raises(UserError, match=f"^{sentence}"):
        dlcalc.conv.check(ask, answer, n=28, f=3, c=6, k=16, **given)


@pytest.mark.parametrize(
    ("ask", "answer", "reason"),
    [
        ("parameters", (1, 2), "one number is expected, not 2"),
        ("parameters", "6y", "a number is asked for, and y is a letter"),
        ("parameters", "6 & 7", 'parameters = "6 & 7": & is not expected here'),
        ("parameters", "weights + biases", "biases is a step on the way, not an answer: write its value, not its name"),
        ("o", "1/0", 'o = "1/0": division by zero: 1/0'),
        ("o", "n = 3 < 4", 'o = "3 < 4": a number or an expression is expected, not a comparison'),
    ],
)
def test_answers_that_are_not_understood(ask: str, answer: object, reason: str) -> None:
    """Neither right nor wrong."""
    judged = dlcalc.conv.check(ask, answer, n=28, f=3, c=6, k=16)
    assert (judged.status, judged.correct, judged.mistakes) == ("unreadable", None, [])
    assert judged.reason == reason


def test_dotted_questions_name_steps_of_called_formulas() -> None:
    """`cell.parameters` is the recurrent part of an RNN; what is behind the dot must exist."""
    with pytest.raises(UserError, match=r"^cell\.foo is not an answer of rnn_output"):
        dlcalc.rnn.check("cell.foo", 5, n=3, m=4, q=2)
    layer = dlcalc.rnn(n=3, m=4, q=2)
    for nothing in ("foo.bar", ".", "cell.", "cell.parameters.n"):
        with pytest.raises(UserError, match=rf"^{re.escape(nothing)} is not an answer of rnn_output"):
            dlcalc.rnn.check(nothing, 5, n=3, m=4, q=2)
        with pytest.raises(UserError, match=rf"^{re.escape(nothing)} is not an answer of rnn_output"):
            layer.only(nothing)
    assert layer.only("cell.parameters").value == 32
    assert "parameters} &= 32" in layer.only("cell.parameters").to_latex()


def test_what_cannot_be_read_says_where() -> None:
    """An ExpressionError keeps text and position for the caret, and names the quantity."""
    with pytest.raises(ExpressionError, match=r'^n = "2 \?": ') as caught:
        dlcalc.conv(n="2 ?", f=3)
    assert caught.value.caret() == "2 ?\n  ^"


def test_a_padding_with_two_numbers_an_axis_is_of_the_sides() -> None:
    """8 + 1 + 0 − 3 + 1 = 7 rows and 8 + 2 + 3 − 3 + 1 = 11 columns; one number an axis is of both its sides."""
    for p in ("1,0,2,3", "1 0 2 3", (1, 0, 2, 3), "((1, 0), (2, 3))"):
        assert dlcalc.conv(n=8, f=3, p=p).working["o"] == (7, 11)
    assert dlcalc.conv1d(n=8, f=3, padding="1,0").working["o"] == 7
    assert dlcalc.conv(n=8, f=3, p="1x2").working["o"] == (8, 10)
    with pytest.raises(UserError, match=r"^p takes one number or 2, one per axis, not 3$"):
        dlcalc.conv(n=8, f=3, p="1,2,3")
