"""A practice page in a real browser, used by keyboard and pointer as a student uses it. Skipped without Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, Browser
from rows import each_row

from dlcalc.document import (
    Choice,
    Document,
    Entry,
    Equation,
    Formula,
    Grid,
    Key,
    Math,
    Paragraph,
    Part,
    Question,
    Response,
    Words,
)
from dlcalc.export.practice import write
from dlcalc.expressions.nodes import Literal, Mul, Name
from dlcalc.expressions.parser import parse

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, which is not installed")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def browser(started: Browser, tmp_path: Path) -> Browser:
    """The page of `lesson`, freshly opened."""
    page = tmp_path / "practice.html"
    page.write_text(write(lesson()), encoding="utf-8")
    started.open(page)
    return started


def key(value: Any, *others: Response, working: tuple[Any, ...] = ()) -> Key:
    return Key(value, (Response(value, Fraction(1), ""), *others), working)


def wrong(value: Any, because: Any) -> Response:
    return Response(value, Fraction(0), because, id="mistake")


def lesson() -> Document:
    """Six parts: an integer, a shape, a number, an expression, two choices; and a table. 10 points."""
    letters = ("n", "m")
    gates = parse("4(n*m + m^2 + m)", letters)
    size = Formula((Equation("o", (parse("(227 - 11)/4 + 1"), 55)),))
    half = Response(parse("4(n*m + m^2 + 2m)", letters), Fraction(1, 2), "two biases per gate, as in PyTorch", id="two")
    reasons = (
        Choice("It sees less", False, "padding only adds pixels that it sees"),
        Choice("The map keeps its size", True, "one row of zeros on each side makes up for the window"),
    )
    several = (Choice("dropout", True), Choice("pooling", True), Choice("dense", False, "it is all weights"))
    cells = [
        Entry("2.conv.output", "shape", key=key((55, 55, 96), wrong((54, 54, 96), "the first window is not counted"))),
        Entry("2.conv.parameters", "integer", key=key(34944, wrong(34848, "the biases are missing"))),
        Entry("2.pool.parameters", "integer", key=key(0)),
    ]
    slim = wrong(parse("n*m + m^2 + m", letters), "an LSTM has four of these")
    asked: Words = ("Width for ", Math(Mul((Literal(2), Name("n")))), "?")
    missing = wrong(54, ("the ", Math(1), " is missing"))
    hints = ("Count the windows.", "The first one counts too.")
    entries = (
        Entry("1.a", "integer", key=key(55, missing, working=(size,))),
        Entry("1.b", "shape", key=key((55, 55, 96))),
        Entry("1.c", "number", key=key(Fraction(2, 3))),
        Entry("1.d", "expression", key=key(gates, half, slim)),
        Entry("1.e", "choice", reasons),
        Entry("1.f", "choice", several, True),
    )
    parts = tuple(
        Part(label, Fraction(points), (Paragraph(asked),), entry, hints if label == "a" else ())
        for label, points, entry in zip("abcdef", (2, 1, 1, 2, 1, 0), entries, strict=True)
    )
    grid = Grid(("layer", "output", "parameters"), (("conv", cells[0], cells[1]), ("pool", "27 × 27 × 96", cells[2])))
    table = Part("", Fraction(3), (Paragraph("Fill in."), grid))
    return Document(
        "Practice",
        (
            Question(1, "Sizes", Fraction(7), (Paragraph("A window of 11."),), parts, topic="convolution"),
            Question(2, "A table", Fraction(3), (), (table,), topic="networks"),
        ),
    )


def test_the_mistake_is_named_and_the_right_answer_taken(browser: Browser) -> None:
    """Enter checks; a typical mistake gets its reason, any other answer an invitation, and trying costs nothing."""
    browser.write(0, "54")
    assert browser.said(0) == "Not yet. the 1 is missing"
    assert browser("document.querySelector('[data-entry=\"0\"]').getAttribute('aria-invalid')") == "true"
    browser.write(0, "12")
    assert browser.said(0) == "This is not right, and it is not a typical mistake. Try again."
    browser.write(0, "")
    assert browser.said(0) == "Write an answer first."
    browser.write(0, "fifty")
    assert browser.said(0) == "This cannot be read: f has no meaning here."
    assert browser("document.getElementById('points').textContent") == "0 of 10 points"
    browser.write(0, " 55.0 ")
    assert browser.said(0) == "Right."
    assert browser("document.getElementById('points').textContent") == "2 of 10 points"
    assert browser("document.querySelector('.said').getAttribute('role')") == "status"


@each_row(
    ("entry", "text", "said"),
    [
        (1, "55x55x96", "Right."),
        (1, "55 × 55 × 96", "Right."),
        (1, "[55,55,96]", "Right."),
        (1, "55 55 96", "Right."),
        (1, "96x55x55", "Right, with the channels first."),
        (2, "2/3", "Right."),
        (2, "0.667", "Right."),
        (2, "0.67", "Nearly: it is rounded too much. At least 3 digits are asked."),
        (2, "0,667", "Right."),
        (3, "4(nm + m² + m)", "Right."),
        (3, "4m·(n+m+1)", "Right."),
        (3, "4nm+4m^2+8m", "Right in part: it earns 50 % of the points. two biases per gate, as in PyTorch"),
        (3, "m(n + m + 1)", "Not yet. an LSTM has four of these"),
        (3, "4k", "This cannot be read: k has no meaning here: the letters are n, m."),
    ],
)
def test_answers_as_people_write_them(browser: Browser, entry: int, text: str, said: str) -> None:
    """Shapes, rounded numbers and expressions in other forms."""
    browser.write(entry, text)
    assert browser.said(entry) == said


def test_choices_by_keyboard(browser: Browser) -> None:
    """Arrow keys choose, Enter checks, and the reason of what was chosen is said."""
    browser("document.querySelector('[data-entry=\"4\"] input').focus()")
    browser.key(" ", " ")
    browser.key("Enter", "\r")
    assert browser.said(4) == "Not yet. padding only adds pixels that it sees"
    browser.key("ArrowDown")
    browser.key("Enter", "\r")
    assert browser.said(4) == "Right. one row of zeros on each side makes up for the window"
    for wanted in ("There is another right choice.", "Right.", "Not yet. it is all weights"):
        box = ["There is another right choice.", "Right.", "Not yet. it is all weights"].index(wanted)
        browser(f"document.querySelectorAll('[data-entry=\"5\"] input')[{box}].focus()")
        browser.key(" ", " ")
        browser.key("Enter", "\r")
        assert browser.said(5) == wanted


def test_a_table_is_marked_cell_by_cell(browser: Browser) -> None:
    """Each wrong cell is named with its reason, and the right ones earn their share."""
    browser.write(6, "54x54x96")
    browser.write(7, "34,944")
    assert browser.said(6) == "1 of 3 cells are right. conv, output: Not yet. the first window is not counted"
    assert browser("document.getElementById('points').textContent") == "1 of 10 points"
    states = "[...document.querySelectorAll('td [data-entry]')].map((cell) => cell.dataset.state || '')"
    assert browser(states) == ["wrong", "right", ""]
    browser.write(6, "55x55x96")
    browser.write(8, "0")
    assert browser.said(6) == "3 of 3 cells are right."
    assert browser("document.getElementById('points').textContent") == "3 of 10 points"


def test_hints_and_working_come_when_they_are_asked_for(browser: Browser) -> None:
    """One hint at a time; who looks at the working first earns nothing for the part."""
    shown = "[...document.forms[0].querySelectorAll('.hints > *, .working')].map((each) => each.offsetHeight > 0)"
    press = "document.forms[0].querySelector('[data-does=\"{}\"]')"
    assert browser(shown) == [False, False, False]
    for expected in ([True, False, False], [True, True, False]):
        browser(press.format("hint") + ".click()")
        assert browser(shown) == expected
    assert browser(press.format("hint") + ".disabled") is True
    browser(press.format("working") + ".focus()")
    browser.key("Enter", "\r")
    assert browser(shown) == [True, True, True]
    assert browser(press.format("working") + ".getAttribute('aria-expanded')") == "true"
    assert "55" in browser("document.querySelector('.working').textContent")
    browser.write(0, "55")
    assert browser.said(0) == "Right."
    assert browser("document.getElementById('points').textContent") == "0 of 10 points"


def test_the_result_by_topic_and_again(browser: Browser) -> None:
    """Points, right ones and right at once, for each topic; "again" leaves the page as it was opened."""
    before = browser("document.querySelector('main').innerText")
    browser.write(0, "54")
    browser.write(0, "55")
    browser.write(1, "55x55x96")
    rows = browser(
        "[...document.querySelectorAll('.result tbody tr')].map((row) => row.innerText.split(/\\s*\\t\\s*/))"
    )
    assert rows == [
        ["convolution", "3 of 7", "2 of 6", "1 of 6"],
        ["networks", "0 of 3", "0 of 1", "0 of 1"],
    ]
    assert browser("document.getElementById('result').innerText") == "3 of 10 points. 5 parts are still to do."
    browser("document.querySelector('[data-does=working]').click()")
    browser("document.getElementById('again').focus()")
    browser.key("Enter", "\r")
    assert browser("document.querySelector('main').innerText") == before
    assert browser("document.querySelector('[data-entry=\"0\"]').value") == ""
    assert browser("document.querySelector('[data-does=working]').getAttribute('aria-expanded')") == "false"


def test_a_sentence_is_for_the_student_to_compare(started: Browser, tmp_path: Path) -> None:
    """What is written in words is neither right nor wrong here, and is not waited for."""
    parts = (
        Part("a", Fraction(3), (), Entry("a", "text", key=Key("the weights are shared"))),
        Part("b", Fraction(1), (), Entry("b", "integer", key=key(5))),
    )
    page = tmp_path / "practice.html"
    page.write_text(write(Document("", (Question(1, "Why", Fraction(4), (), parts),))), encoding="utf-8")
    started.open(page)
    started("document.querySelector('textarea').value = 'few numbers'")
    started("document.forms[0].requestSubmit()")
    assert started.said(0) == "Compare with: the weights are shared"
    started.write(1, "5")
    assert started("document.getElementById('result').innerText") == "1 of 1 points. Everything is done."


def test_everything_can_be_reached_by_tab_and_shows_it(browser: Browser) -> None:
    """From the top, Tab goes through every field and button, each with a name and a ring around it."""
    reached = []
    state = """(() => {
        const at = document.activeElement;
        const name = at.labels?.[0]?.innerText || at.getAttribute("aria-label") || at.innerText;
        return [at.tagName, name, getComputedStyle(at).outlineStyle];
    })()"""
    for _ in range(60):
        browser.key("Tab")
        tag, name, ring = browser(state)
        if tag == "BODY":
            break
        reached.append((tag, name, ring))
    fields = [tag for tag, _, _ in reached if tag == "INPUT"]
    # Four fields, a group of radio buttons, three boxes, three cells.
    assert len(fields) == 4 + 1 + 3 + 3
    assert [name for tag, name, _ in reached if tag == "BUTTON"].count("Check") == 7
    assert all(name and ring == "solid" for _, name, ring in reached)


def test_nothing_is_asked_of_the_network_and_no_foreign_script_runs(started: Browser, tmp_path: Path) -> None:
    """Hostile words in every place: they are shown, nothing runs, nothing is loaded, and the policy is not broken."""
    evil = "</script><script>window.owned=1</script><img src=x onerror='window.owned=2'>"
    document = lesson()
    question = document.blocks[0]
    assert isinstance(question, Question)
    parts = tuple(replace(part, blocks=(Paragraph(evil),), hints=(evil,)) for part in question.parts)
    words = Choice(evil, True, evil)
    extra = (
        Part(evil, Fraction(1), (), Entry(evil, "choice", (words, words))),
        Part("t", Fraction(1), (), Entry("t", "integer", key=key(5, wrong(6, evil)))),
    )
    hostile = replace(question, title=evil, topic=evil, parts=(*parts, *extra), note=evil, problem=evil)
    page = tmp_path / "practice.html"
    page.write_text(write(replace(document, title=evil, blocks=(hostile,), facts=((evil, evil),))), encoding="utf-8")
    started.open(page)
    started.write(7, "6")
    assert started.said(7) == f"Not yet. {evil}"
    assert started("window.owned") is None
    asked = [
        event["params"]["request"]["url"] for event in started.events if event["method"] == "Network.requestWillBeSent"
    ]
    assert asked == [page.as_uri()]
    assert [event for event in started.events if event["method"] in ("Log.entryAdded", "Runtime.exceptionThrown")] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_it_fits_a_phone_and_a_dark_room(browser: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    """Nothing is wider than the screen, and words stand out from what is behind them (WCAG's 4.5 to 1)."""
    browser.send("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.write(0, "54")
    assert browser("document.documentElement.scrollWidth") <= width
    ink, ground = (browser(f"getComputedStyle(document.querySelector('{which}')).{what}") for which, what in
                   (("body", "color"), (".question", "backgroundColor")))  # fmt: skip
    assert contrast(ink, ground) >= 4.5
    button = "getComputedStyle(document.querySelector('button[type=submit]'))"
    assert contrast(browser(f"{button}.color"), browser(f"{button}.backgroundColor")) >= 4.5
    browser.picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    browser.send("Emulation.clearDeviceMetricsOverride")
    browser.send("Emulation.setEmulatedMedia", features=[])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `rgb(r, g, b)`, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


CORNERS = "2 of 4 numbers are right. Wrong: row 1, column 2; row 2, column 1."


def by_hand() -> Document:
    """A matrix for 4 points, of which the transposed one is known as a mistake, and a vector for 3."""
    matrix = key(((1, -2), (3, 4)), Response(((1, 3), (-2, 4)), Fraction(0), "rows are columns here", id="turned"))
    near = (Fraction(0), Fraction(1, 2000), Fraction(0))
    vector = Key((1, 0.333333, 2), (Response((1, 0.333333, 2), Fraction(1), "", near),))
    parts = tuple(
        Part(label, Fraction(points), (Paragraph("What?"),), entry)
        for label, points, entry in (
            ("a", 4, Entry("1.a", "matrix", key=matrix, size=(2, 2))),
            ("b", 3, Entry("1.b", "vector", key=vector, size=(3,))),
        )
    )
    return Document("Arrays", (Question(1, "By hand", Fraction(7), (), parts, topic="convolution"),))


@pytest.mark.parametrize(
    ("text", "said", "state", "points"),
    [
        ("1 -2\n3 4", "Right.", "right", "4 of 7 points"),
        ("[[1, −2], [3, 8/2]]", "Right.", "right", "4 of 7 points"),
        (
            "1 3; -2 4",
            f"{CORNERS} rows are columns here",
            "wrong",
            "2 of 7 points",
        ),
        ("1 -2; 3 5", "3 of 4 numbers are right. Wrong: row 2, column 2.", "partly", "3 of 7 points"),
        ("1 -2 3 4", "The numbers are right, but in a 1×4 matrix: 2×2 is expected.", "wrong", "0 of 7 points"),
        ("1 -2; 3 x", "This cannot be read: x has no meaning here.", "unreadable", "0 of 7 points"),
    ],
)
def test_a_matrix_is_marked_number_by_number(
    started: Browser, tmp_path: Path, text: str, said: str, state: str, points: str
) -> None:
    """Written into a field of several lines and checked with the button: each right number earns its share."""
    page = tmp_path / "arrays.html"
    page.write_text(write(by_hand()), encoding="utf-8")
    started.open(page)
    place = "document.querySelector('[data-entry=\"0\"]')"
    assert started(f"{place}.tagName") == "TEXTAREA"
    started(f"{place}.value = {text!r}")
    started("document.forms[0].querySelector('[type=\"submit\"]').click()")
    assert started.said(0) == said
    assert started(f"{place}.dataset.state") == state
    assert started("document.getElementById('points').textContent") == points
    started.write(1, "1 1/3 2")
    assert started.said(1) == "Right."
