"""A right answer is right in whatever notation it is written; what cannot be read says so and is never marked wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from handing_in import marked, written
from hypothesis import given
from hypothesis import strategies as st
from rows import each_row

from dlcalc.answers.notation import tidy
from dlcalc.answers.reading import read
from dlcalc.grading.part_mark import PartMark
from dlcalc.quiz.variant import Variant

PROBLEM = """+++
title = 'The first layer of AlexNet, and more'
topic = 'convolution'
level = 'easy'

[draw]
n = [227]
f = [11]
s = [4]
p = [0]
c = [3]
k = [96]
x = [3]
y = [784]

[[part]]
id = 'size'
kind = 'shape'
ask = 'conv.output'

[[part]]
id = 'side'
kind = 'integer'
ask = 'conv.o'

[[part]]
id = 'parameters'
kind = 'integer'
ask = 'conv.parameters'

[[part]]
id = 'he'
kind = 'number'
ask = 'this.he'

[[part]]
id = 'third'
kind = 'number'
ask = 'this.third'

[[part]]
id = 'near'
kind = 'number'
ask = 'this.third'
tolerance = '1%'

[[part]]
id = 'memory'
kind = 'number'
ask = 'this.memory'

[[part]]
id = 'letters'
kind = 'expression'
ask = 'lstm.parameters'
with = {}

[[step]]
name = 'he'
expression = 'sqrt(2/y)'
meaning = 'the standard deviation'

[[step]]
name = 'third'
expression = '2/x'
meaning = 'two thirds'

[[step]]
name = 'memory'
expression = '4*c*k*n/1000'
meaning = 'megabytes, say'
+++
Text.

## size
The shape?

## side
One side of it?

## parameters
The parameters?

## he
The standard deviation?

## third
The share?

## near
The share, about?

## memory
The memory in kB?

## letters
The parameters of an LSTM in letters?
"""


@pytest.fixture(scope="module")
def posed(tmp_path_factory: pytest.TempPathFactory) -> Variant:
    return written(tmp_path_factory.mktemp("problems") / "notations.md", PROBLEM)


@pytest.fixture(scope="module")
def mark(posed: Variant) -> Callable[[str, object], PartMark]:
    return lambda part, text: marked(posed, **{part: text})[part]


Mark = Callable[[str, object], PartMark]

SIZES = """55x55x96|55 × 55 × 96|55X55X96|55×55×96|55*55*96|55 * 55 * 96|[55,55,96]|(55,55,96)|{55, 55, 96}
<55, 55, 96>
55 by 55 by 96|55 times 55 times 96|55 55 96|55;55;96|55, 55, 96|55/55/96|55-55-96|55·55·96|55⨯55⨯96|55∗55∗96|55х55х96
$55 \\times 55 \\times 96$|\\(55\\times55\\times96\\)|55\\,\\times\\,55\\,\\times\\,96|\\boxed{55\\times 55\\times 96}
55x55x96 (h×w×c)|55x55x96 (height, width, channels)|55x55x96 (no padding)|(h, w, c) = (55, 55, 96)|H×W×C = 55×55×96
H=55, W=55, C=96|h: 55, w: 55, c: 96|C = 96, H = 55, W = 55|55x55 with 96 channels|55×55, 96 channels
55 x 55 pixels x 96 channels
55 px x 55 px x 96|(None, 55, 55, 96)|[-1, 55, 55, 96]|(batch, 55, 55, 96)|torch.Size([55, 55, 96])
tf.TensorShape([55, 55, 96])
５５x５５x９６|５５×５５×９６|55\u00a0×\u00a055\u00a0×\u00a096|٥٥x٥٥x٩٦|55\u200bx55x96|\ufeff55x55x96|\u202b55x55x96\u202c
55x55x96.|55x55x96,|55x55x96?|55x55x96 !|55x55x96 ✓|**55x55x96**|`55x55x96`|"55x55x96"|“55x55x96”|55.0x55.0x96
output: 55x55x96|The output is 55x55x96|shape = (55, 55, 96)|=55x55x96|→ 55x55x96|o = 55 -> 55x55x96|55²×96|55^2 x 96
55 x 55 x 96 output|55*55*96 tensor|96@55x55|55x55@96|55x55 (96 channels)|55x55 (96 feature maps)|55x55, depth 96
height 55, width 55, 96 channels|1x55x55x96|(1, 55, 55, 96)|55 x 55 and 96 filters
(227-11)/4+1 = 55, so 55x55x96|((227-11)/4+1)x55x96|55x55x96 = 290400|b) 55x55x96|1a: 55x55x96|Answer: 55 x 55 x 96"""

SIDES = """55|55.|55.0|+55|5.5e1|055|o = 55|o=55|= 55|55 px|55 pixels|55 rows|55 positions|55 (pixels)|55x55
55 × 55|55, 55
(55, 55)|[55,55]|55 55|５５|٥٥|(227-11)/4+1|(227 - 11)/4 + 1 = 55|216/4+1=55|216/4 + 1 = 54 + 1 = 55|⌊(227−11)/4⌋+1
floor((227+2*0-11)/4)+1|\\frac{227-11}{4}+1|\\lfloor\\frac{227-11}{4}\\rfloor+1 = 55|h=w=55
W = H = 55|n_out = 55
n^{[1]} = 55|n_{H} = 55|o: 55|side = 55|x = 55|It is 55|The side is 55|The side of the output is 55.|Answer: 55
a) 55|(b) 55|1b: 55
Q1b: 55|55;|55!|~55|about 55|55 because (227-11)/4+1|so 55|$55$|$$55$$|`55`|exactly 55"""

COUNTS = """34944|34,944|34 944|34\u00a0944|34\u202f944|34\u2009944|34'944|34’944|34_944|34944.0|34,944.00
34944.|+34944
3.4944e4|3.4944E4|3.4944*10^4|3.4944 × 10^4|3.4944·10⁴|3.4944 x 10^4|3.4944 x 10^{4}|3.4944 \\cdot 10^4
34,944 parameters
34944 params|34944 learnable parameters|34944 in total|34944 total|34944 weights and biases|34944 (with biases)
34944 with biases
34944 (11*11*3*96 weights and 96 biases)|34944 (= 34848 + 96)|34944 (34848+96)|parameters = 34944|#params = 34944
P = 34944
Total 34944|total: 34944|total = 34944|11*11*3*96+96|11*11*3*96+96 = 34944|=11*11*3*96+96|11x11x3x96+96
11 x 11 x 3 x 96 + 96 = 34944
(11*11*3+1)*96|(11·11·3+1)·96=34944|(11 × 11 × 3 + 1) × 96 = 364 × 96 = 34,944|34848+96|34848 + 96 = 34944
34,848 + 96 = 34,944
34 848 + 96 = 34 944|34848 weights + 96 biases = 34944|３４９４４|３４，９４４|$34{,}944$|34\\,944|\\num{34944}
about 34944
≈ 34944
34944 ✓|\t34944|34944 floats|11^2*3*96+96|11² · 3 · 96 + 96|96(11*11*3+1)|96(363 + 1)=34944|(11*11*3)(96)+96
11⋅11⋅3⋅96+96
34848 weights + 96 biases|34848 + 96 biases|34944 learnable|96 filters * 363 + 96|3 * 121 values * 96 + 96
11*11*3 = 363; 363*96 = 34848; 34848 + 96 = 34944|11*11*3=363, 363*96=34848, so 34848+96=34944
11∙11∙3∙96+96|11•11•3•96 + 96|"34944"|**34944**|34944 each"""

SPREADS = """0.0505|.0505|0,0505|,0505|≈ 0.0505|~0.0505|about 0.0505|0.0505 approx.|0.05051|0.050508
0.05050762722761054|0.050507627
5.05e-2|5.05E-2|5,05e-2|5.05*10^-2|5.05·10⁻²|5.05 x 10^-2|5.05 \\cdot 10^{-2}|5.05 × 10^(-2)|5.05%|sqrt(2/784)
√(2/784)
√(2/784) ≈ 0.0505|\\sqrt{2/784}|sqrt(2)/28|√2/28|1/(14 sqrt(2))|sqrt(2/784) = 0.05050762722761054|0.0505 (rounded)
np.sqrt(2/784)|math.sqrt(2 / 784) = 0.0505
σ = 0.0505
sigma = 0.0505|σ ≈ 0.0505|std = 0.0505|$\\sqrt{\\frac{2}{784}} \\approx 0.0505$|0.0505.|+0.0505|0.0505...
stddev: 0.0505"""

THIRDS = """2/3|0.667|0.6667|.667|0,667|66.7%|66.7 %|⅔|\\frac{2}{3}|\\frac23|\\dfrac{2}{3}|2 / 3|2÷3|4/6|≈2/3
2/3 ≈ 0.667|1 - 0,5*(2/3)|0,06667·10¹|1/(1+0,5)
2/3 = 0.667|0.67 (2/3)|0.667 (= 2/3)|0.666666666667|0.6666666|1 - 1/3|6.67e-1"""

LETTERS = """4(nm+m²+m)|4(nm + m^2 + m)|4m(n+m+1)|4*(n*m+m*m+m)|4·(n·m+m²+m)|4nm+4m²+4m|4 (m n + m m + m)
4(m(n+m)+m)|4[nm + m² + m]
4{nm+m^2+m}|$4(nm+m^2+m)$|4\\left(nm+m^2+m\\right)|4 × (n×m + m×m + m)|4 x (n x m + m x m + m)|4x(nxm+mxm+m)
4(n m + m² + m) parameters
P = 4(nm+m²+m)|4((n+m)m+m)|4(NM+M²+M)|4(nm+m**2+m)|4((n+m+1)m)|4m²+4mn+4m|4⋅(n⋅m+m⋅m+m)|(m + 1 + n) 4m
4 m (m + n + 1)|4(m^2 + nm + m)."""


def cases(part: str, texts: str) -> list[tuple[str, str]]:
    return [(part, text) for line in texts.split("\n") for text in line.split("|")]


@each_row(
    ("part", "text"),
    [*cases("size", SIZES), *cases("side", SIDES), *cases("parameters", COUNTS), *cases("he", SPREADS),
     *cases("third", THIRDS), *cases("letters", LETTERS)],
)  # fmt: skip
def test_a_right_answer_in_every_notation(mark: Mark, part: str, text: str) -> None:
    found = mark(part, text)
    assert found.status == "right", found.reason


@pytest.mark.parametrize(
    ("part", "value"),
    [("size", [55, 55, 96]), ("size", ["55", "55", "96"]), ("side", 55), ("side", 55.0), ("parameters", 34944),
     ("parameters", 34944.0), ("he", 0.0505), ("third", 0.667), ("memory", 261.504), ("near", 0.67), ("near", "0,67")],
)  # fmt: skip
def test_values_of_toml_and_json_are_answers(mark: Mark, part: str, value: object) -> None:
    assert mark(part, value).status == "right"


@pytest.mark.parametrize(
    "text",
    [
        "261.504",
        "262",
        "261.5",
        "261.504 kB",
        "261.5kB",
        "262 KB",
        "261,5 Kilobyte",
    ],
)
def test_a_unit_may_stand_behind_the_number_that_is_asked(mark: Mark, text: str) -> None:
    """4·3·96·227/1000 = 261.504."""
    assert mark("memory", text).status == "right"


@pytest.mark.parametrize("text", ["0.2615 MB", "261504 B", "0.255 MiB", "261504 bytes"])
def test_another_unit_is_looked_at_and_not_marked_wrong_by_name(mark: Mark, text: str) -> None:
    found = mark("memory", text)
    assert found.status in ("unreadable", "undecided", "wrong")
    assert all(each.found for each in found.mistakes)
    if "MB" in text:
        assert found.reason.startswith("give the number in the requested unit")


@pytest.mark.parametrize(
    ("part", "text", "mistake"),
    [("parameters", "34,848", "biases-forgotten"), ("parameters", "34848.0", "biases-forgotten"),
     ("parameters", "11x11x3x96 = 34848", "biases-forgotten"), ("parameters", "３４８４８", "biases-forgotten"),
     ("parameters", "96(11*11+1)", "channels-forgotten"), ("size", "55 by 55 by 3", "depth-is-channels"),
     ("side", "54", "no-plus-one"), ("letters", "3(nm+m²+m)", "three-gates"), ("letters", "4(nm+m²)",
         "biases-forgotten")],
)  # fmt: skip
def test_a_wrong_answer_is_wrong_in_every_notation(mark: Mark, part: str, text: str, mistake: str) -> None:
    found = mark(part, text)
    assert (found.status, found.mistakes[0].id) == ("wrong", mistake)


@pytest.mark.parametrize("text", ["9(ck)", "4(nm)", "4m(n)", "4(m − n)", "(m − n)", "5 (n)"])
def test_letters_in_brackets_at_the_end_are_no_remark(mark: Mark, text: str) -> None:
    """4m(n) must not be read as 4m: what is read of each is what is written."""
    assert mark("letters", text).status in ("wrong", "undecided", "unreadable")
    assert mark("letters", f"{text} + 4m(n + m + 1) − {text}" if "k" not in text else "4m(n + m + 1)").status == "right"


@pytest.mark.parametrize(
    ("text", "status"),
    [("0.67", "rounded"), ("0.7", "rounded"), ("0.66", "undecided"), ("0.666", "undecided"), ("0.6666", "undecided")],
)
def test_a_number_that_is_rounded_too_far_or_cut_off(mark: Mark, text: str, status: str) -> None:
    """A number whose digits are cut off is for somebody to look at."""
    found = mark("third", text)
    assert (found.status, "three significant digits" in found.reason) == (status, True)


@pytest.mark.parametrize("text", ["0.6", "0.65", "0.668", "0.7667", "0.06667", "1", "0", "66.7"])
def test_a_number_that_is_not_near_is_wrong(mark: Mark, text: str) -> None:
    assert mark("third", text).status == "wrong"


@each_row("text", ["", " ", "-", "—", "?", "...", "n/a", "N/A", "none", "no idea", "I don't know", "idk",
                                  "\u200b", None, "$$", '""'])  # fmt: skip
def test_nothing_is_missing(mark: Mark, text: object) -> None:
    found = mark("parameters", text)
    assert (found.status, found.share) == ("missing", 0)


@each_row(
    ("part", "text", "reason"),
    [
        ("parameters", "34848, 34944", "not expected"),
        ("parameters", "34848 = 34944", "there are two different values: 34848 = 34944"),
        ("parameters", "34848 or 34944", "(not expected|comparison|two)"),
        ("parameters", "34848 → 34944", "two different values"),
        ("parameters", "11*11*3*96 = 34848; 11*11*3*96 + 96 = 34944", "two different values"),
        ("parameters", "P = 34848, P = 34944", "two different values|not expected"),
        ("size", "55x55x96 or 55x55x3", "not a comparison"),
        ("size", "[[55, 55], [96, 1]]", "numbers are expected, not lists of them"),
        ("he", "(1, 2)", "one number is expected, not 2"),
        ("he", "=", "an answer is expected, but there is nothing"),
        ("memory", "0.2615 MB", "give the number in the requested unit, without the unit itself: 0.2615 MB"),
        ("parameters", "34.944", "34.944 may be 34944, or 34.944"),
        ("parameters", "weights + biases", "biases is a step on the way, not an answer"),
        ("parameters", "96(11²c + 1)", "a number is asked for, and c is a letter"),
        ("parameters", "9^9^9^9", "too large"),
        ("parameters", "(" * 300 + "1" + ")" * 300, "nested|symbols|deep"),
        ("parameters", "9" * 1900, "digits"),
        ("parameters", "9" * 2001, "an answer has at most 2,000 characters, not 2,001"),
        ("parameters", "__import__('os').system('true')", "."),
        ("parameters", "<script>alert(1)</script>", "."),
        ("parameters", "1/0", "division by zero"),
        ("side", "[[1, 2], [3, 4]]", "."),
        ("he", [1, 2], "."),
        ("size", "55x55x96 = 12", "two different values"),
        ("size", "(55,55,96", "not closed"),
        ("third", "lots", "."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(mark: Mark, part: str, text: object, reason: str) -> None:
    found = mark(part, text)
    assert found.status in ("unreadable", "undecided")
    assert found.share == 0
    assert found.reason.isprintable()
    assert "bug in dlcalc" not in found.reason
    assert re.search(reason, found.reason)


@pytest.mark.parametrize(
    ("text", "clean"),
    [("  a\n b ", "a b"), ("$$x$$", "x"), ("\\[x\\]", "x"), ("**x**", "x"), ("“x”", "x"), ("１２", "12"),
     ("⅔", "(2/3)"), ("m²", "m²"), ("\u202ex\u202c", "x"), ("x\u00ad", "x"), ("１²", "1²")],
)  # fmt: skip
def test_what_stands_around_an_answer_is_taken_off(text: str, clean: str) -> None:
    assert tidy(text) == clean


@given(st.text(max_size=60))
def test_no_text_raises(posed: Variant, text: str) -> None:
    for part in posed.problem.parts:
        found = read(text, part.terms, posed.asked[part.id])
        assert found.reason.isprintable()
        assert found.text.isprintable()


@given(st.integers(1, 10**12))
def test_any_count_is_read_with_its_groups(posed: Variant, number: int) -> None:
    part = posed.problem.parts[2]
    for text in (
        f"{number:,}",
        f"{number:,}".replace(",", " "),
        f"{number:_}",
        f"{number:,} parameters",
        f"P = {number}",
    ):
        answer = read(text, part.terms, posed.asked[part.id]).answer
        assert answer is not None
        assert answer.value == number
