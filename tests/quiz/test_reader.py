"""Problem files read: what they may say, and in whose words each is refused: file, key, rule."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from problem_files import BODY, FRONT, PATH, changed, problem, text
from rows import each_row

from dlcalc import document as doc
from dlcalc.errors import InternalError, ProblemError, UserError
from dlcalc.quiz import bank, template
from dlcalc.quiz.network_views import show
from dlcalc.quiz.problem import Ask, Pick, Span
from dlcalc.quiz.reader import problem_of
from dlcalc.quiz.variant import variant


def front(old: str, new: str) -> bytes:
    assert old in FRONT
    return text(FRONT.replace(old, new, 1))


def part(lines: str) -> bytes:
    """The second part with other lines."""
    return front("kind = 'integer'\nask = 'conv.macs'\nfollows = ['size']", lines)


def net(lines: str, more: str = "") -> bytes:
    """A drawn network and slip; the second part asks about them."""
    named = FRONT.replace("[let]", "net = {kind = 'cnn'}\nbad = {slip = 'net'}\n[let]")
    return text(named.replace("kind = 'integer'\nask = 'conv.macs'\nfollows = ['size']", lines) + more)


def draw(value: str) -> bytes:
    return front("k = [8, 16]", f"k = [8, 16]\nx = {value}")


def step(lines: str) -> bytes:
    return text(f"{FRONT}\n[[step]]\nname = 'a'\nexpression = '2n'\n{lines}\n")


def body(more: str) -> bytes:
    return text(body=f"{BODY}\n{more}\n")


CHOICE = "kind = 'choice'\n[[part.choice]]\ntext = 'yes'\nright = true\nbecause = 'b'\n"
NO = "[[part.choice]]\ntext = 'no'\nbecause = 'c'\n"
MISTAKE = "[[mistake]]\nid = 'm'\nstep = 'a'\nexpression = 'n'\nbecause = 'b'\n"
CALL = "[[step]]\nname = 'b'\nexpression = 'conv(n=n)'\n"

REFUSED: list[tuple[bytes, str]] = [
    # names
    (draw("1\n1x = 2"), "draw: 1x: a name is letters and digits, with one subscript after _ perhaps"),
    (draw("1\nthis = 2"), "draw: this: a name is letters and digits"),
    (front("span =", "n ="), "let: n: two values are called n; names are used once"),
    (front("[let]\nspan = 'n - f'", "[let]\nspan = 'n - f'\n[let.w]\nof = 'x'"),
     "let: w: networks and slips are drawn: write them under [draw]"),
    (front("'n - f'", "'n - '"), "let: span: "),
    (front("'n - f'", "'n - zz'"), "let: span: z is not drawn and not derived before; the names are n, f, c, k"),
    (text(f"require = 'n'\n{FRONT}"), "require 1: a condition is expected, such as f ≤ n, not n"),
    (text(f"id = 'Layer'\n{FRONT}"), "id: an id is small letters, digits and hyphens, not Layer"),
    # what is drawn
    (draw("'4..x'"), "draw: x: x is not drawn before x"),
    (draw("'4..('"), "draw: x: "),
    (draw("'9..4'"), "draw: x: a range runs upwards, not from 9 to 4"),
    (draw("'4..9 step 0'"), "draw: x: a range is written '4..16' or '0.1..0.9 step 0.1', not 4..9 step 0"),
    (draw("[1, 2000000000]"), "draw: x: a drawn number is at most 1,000,000,000"),
    (draw("[1, 'a']"), "draw: x: the entries of a list are numbers, or texts in quotes, not both"),
    (draw("[]"), "draw: x: a list has 1 to 200 entries, not 0"),
    (draw("true"), "draw: x: a range '4..16', a list [3, 5, 7] or a table is expected, not true"),
    (draw("{a = 1}"), "draw: x: a drawn table has kind, zoo or text (a network), slip"),
    (draw("{zoo = 'alexnte'}"), "draw: x: zoo: alexnte is not a network of `dlcalc net list`"),
    (draw("{text = '{{zz}}x3'}"), "draw: x: text: {{zz}}: z is not drawn and not derived; the names are n, f, c, k"),
    (draw("{slip = 'n'}"), "draw: x: slip: a slip is made in a network that is drawn before; n is none"),
    (draw("{length = 3, from = '3..1'}"), "draw: x: from: numbers are expected, such as '-3..3'"),
    (draw("{length = 3, from = '0..9999999999'}"), "draw: x: from: a drawn number is at most 1,000,000,000"),
    (draw("{kind = 'cnn', filtres = [3]}"), "draw: x: filtres: the options of a drawn cnn are input, convs"),
    (draw("{kind = 'cnn', filters = ['3']}"), "draw: x: filters: whole numbers are expected, not a list"),
    (draw(f"{{kind = 'cnn', filters = {list(range(300))}}}"), "draw: x: filters: a list has 1 to 200 entries, not 300"),
    (draw("{kind = 'cnm'}"), "draw: x: kind: this is one of cnn, rnn, mlp, not 'cnm'; did you mean cnn?"),
    # what is asked
    (part("kind = 'integer'"), "part 2: ask: the question is missing (ask), such as conv.parameters"),
    (part("ask = 'conv.macs'"), "part 2: kind: a text in quotes is expected, not nothing"),
    (part("kind = 'integer'\nask = 'cnov.macs'"), "part 2: ask: give a formula and its answer, such as "
                                                  "conv.parameters;"),
    (part("kind = 'integer'\nask = 'conv.mac'"), "part 2: ask: mac is not an answer of conv; its answers are output, "
                                                 "o,"),
    (part("kind = 'integer'\nask = 'conv.n'"), "part 2: ask: n is not an answer of conv; its answers are"),
    (part("kind = 'integer'\nask = 'inverse:conv.o'"), "part 2: ask: an inverse question is written inverse:conv.o:s"),
    (part("kind = 'integer'\nask = 'inverse:conv.o:s'"), "part 2: ask: s is looked for, so the problem draws it"),
    (part("kind = 'integer'\nask = 'conv.macs'\nconvention = 'mine'"),
     "part 2: convention: a convention of conv is one of textbook, no-bias, not mine"),
    (part("kind = 'integer'\nask = 'conv.o'\nwith = {x = '1'}"), "part 2: with: x: conv has no such quantity"),
    (part("kind = 'integer'\nask = 'conv.o'\nwith = {n = '1 +'}"), "part 2: with: n: "),
    (part("kind = 'integer'\nask = 'conv.o'\nwith = {n = 'zz'}"),
     "part 2: with: n: z is neither drawn, nor derived, nor an earlier part"),
    (part("kind = 'integer'\nask = 'conv.o'\nwith = {n = 'size[1]', f = 'f'}"),
     "part 2: with: size is an earlier answer: say so, follows = ['size']"),
    (part("kind = 'integer'\nask = 'conv.o'\nfollows = ['cost']"), "follows: a part follows earlier parts, and cost i"),
    (part("kind = 'integer'\nask = 'conv.o'\nfollows = ['size']\nguard = 'size[1]'"),
     "part 2: guard: a condition is expected, such as f ≤ n, not size[1]"),
    (part("kind = 'shape'\nask = 'conv.macs'"), "part 2: kind: conv.macs is not a shape"),
    (part("kind = 'table'\nask = 'conv.macs'"), "part 2: kind: a whole network is asked with a table, and a table ask"),
    (part("kind = 'integer'\nask = 'conv.macs'\ntolerance = 1"), "part 2: tolerance: a part of kind integer has no"),
    (part("kind = 'integer'\nask = 'conv.macs'\ncolumns = ['macs']"), "part 2: columns: a part of kind integer has no"),
    (part(f"ask = 'conv.macs'\n{CHOICE.replace('choice', 'integer', 1)}"), "choice: a part of kind integer has no cho"),
    (net("kind = 'table'\nask = 'net'\ncolumns = ['depth']"), "part 2: columns: the columns of a table are output, si"),
    (net("kind = 'integer'\nask = 'net.conv-1.deep'"), "part 2: ask: a cell is written net.conv-1.output; the columns"),
    (net("kind = 'integer'\nask = 'net.total.output'"), "part 2: ask: the totals are weights, biases, parameters, mac"),
    (net("kind = 'table'\nask = 'net'\nwith = {n = '1'}"), "part 2: with: net is drawn, so nothing is put into it"),
    (net("kind = 'integer'\nask = 'bad.row'"), "part 2: ask: what is asked of a slip is bad.layer or bad.value, not r"),
    (net("kind = 'integer'\nask = 'bad.layer'"), "part 2: kind: which layer is wrong is a choice, not integer"),
    # choices
    (part(f"ask = 'conv.o'\n{CHOICE}{NO}"), "part 2: choice: choices are written, or computed from the question (ask), "
                                            "not"),
    (part("kind = 'choice'"), "part 2: choice: 2 to 12 choices are expected, each under [[part.choice]]"),
    (part(f"{CHOICE}{NO}right = true\n"), "part 2: choice: at least one choice is right and one is wrong"),
    (part(f"pick = 3\n{CHOICE}{NO}"), "part 2: pick: 1 right and 2 choices in all: pick is in between"),
    (part(f"{CHOICE}{NO.replace('because', 'becuase')}"), "part 2: choice 2: because: a text in quotes is expected"),
    (part(f"{CHOICE}{NO.replace('no', '{{zz}}')}"), "part 2: choice 2: text: {{zz}}: z is not drawn"),
    (part(f"{CHOICE}{NO.replace(chr(39) + 'no' + chr(39), chr(34) + 'a' + chr(92) + 'n- b' + chr(34))}"),
     'part 2: choice 2: text: one line of text is expected, not "a - b"'),
    (part(f"{CHOICE}id = 'Yes'\n{NO}"), "part 2: choice 1: id: the id of a choice is small letters, digits and hyphen"),
    (part(f"{CHOICE}id = 'a'\n{NO}id = 'a'\n"), "part 2: choice 2: id: the id of a choice is small letters, digits an"),
    # parts, sections and tests
    (text("title = 'T'\n"), "part: a problem has 1 to 26 parts, each under [[part]]"),
    (front("id = 'cost'", "id = 'size'"), "part 2: id: the id of a part is a new name, of letters and digits"),
    (front("id = 'cost'", "id = 'n'"), "part 2: id: the id of a part is a new name"),
    (text(body=BODY.replace("## cost", "## coast")), "## coast: there is no such part; the parts are size, cost"),
    (text(body=BODY.split("## cost")[0]), "part cost: its text is missing: a section ## cost"),
    (text(f"{FRONT}[[test]]\nseed = 1\nanswers = {{x = '1'}}\n"), "test 1: answers: x: there is no such part; the par"),
    (text(f"{FRONT}[[test]]\nseed = 1\nexpect = {{size = 'rihgt'}}\n"), "test 1: expect: size: a status is one of rig"),
    # own steps and mistakes
    (text(f"{FRONT}{MISTAKE}"), "mistake 1: of: a mistake edits a step: of the problem ([[step]]), or of a formula"),
    (step("[[step]]\nname = 'b'\nexpression = 'zz'"), "step 2: expression: z is neither drawn nor a step before this"),
    (step("[[step]]\nname = 'a'\nexpression = '1'"), "step 2: name: a step has its own name, of letters and digi"),
    (step("[[step]]\nname = 'b'\nexpression = '1 +'"), "step"),
    (step(MISTAKE.replace("'a'", "'b'")), "mistake 1: step: this has no step b; its steps are a"),
    (step(MISTAKE + MISTAKE), "mistake 1: id: two mistakes of this are called m"),
    (step(MISTAKE.replace("'n'", "'1 +'")), "mistake 1: expression: "),
    (step(MISTAKE.replace("'n'", "'2y'")), "mistake 1: expression: y is neither a quantity nor a step of this"),
    (step(MISTAKE.replace("'n'", "'conv(n=n)'")), "mistake 1: expression: a mistake cannot call conv, which the step "),
    (step(CALL.replace("n=n", "zz=n")), "step 2: expression: conv is called with n, f, s, p, d, c, k, groups, each on"),
    (step(CALL.replace("n=n", "n=n, n=f")), "step 2: expression: conv is called with n, f, s, p, d, c, k, groups, eac"),
    (step(f"{CALL}[[step]]\nname = 'c1'\nexpression = 'b + 1'"), "step 3: expression: b calls conv; its answers are "),
    (step(CALL + MISTAKE.replace("'n'", "'b'")), "mistake 1: expression: b calls conv; its answers are written b.outp"),
    (step(f"{MISTAKE}weight = 2"), "mistake 1: weight: how common a mistake is lies between 0 and 1, not 2"),
    # types of values
    (front("'One layer'", "3"), "title: a text in quotes is expected, not 3"),
    (text(f"version = 0\n{FRONT}"), "version: a whole number from 1 to 9999 is expected, not 0"),
    (front("'shape'", "'shape'\npoints = -1"), "part 1: points: a number from 0 on is expected, not -1"),
    (front("'shape'", "'shape'\nfixed = 1"), "part 1: fixed: true or false is expected, not 1"),
    (text(f"require = [1]\n{FRONT}"), "require: a list of texts is expected, not a list"),
    (text(f"require = ['{'n' * 2001}']\n{FRONT}"), "require: a text has at most 2,000 characters"),
    (text(f"let = 3\n{FRONT.replace('[let]', '[lte]')}"), "let: a table is expected, not 3"),
    (text(f"step = 3\n{FRONT}"), "step: tables are expected, each under [[step]], not 3"),
    (text(f"levle = 'easy'\n{FRONT}"), "levle: there is no such key here; did you mean level?"),
    (text(f"level = 'eazy'\n{FRONT}"), "level: this is one of easy, medium, hard, not 'eazy'; did you mean easy?"),
    # text
    (body("{{zz}}"), "## cost: {{zz}}: z is not drawn and not derived; the names are n, f, c, k, span"),
    (body("{{1 +}}"), "## cost: {{1 +}}: "),
    (body("$1 +$"), "## cost: $1 +$: "),
    (text(FRONT.replace("[let]", "w = ['a', 'b']\n[let]"), f"{BODY}\n$n + {{{{w}}}}$\n"),
     "## cost: w is not a number, so it cannot be used in maths"),
    (text(FRONT.replace("[let]", "net = {kind = 'cnn'}\n[let]"), f"{BODY}\n{{{{net.tables}}}}\n"),
     "## cost: what can be shown of net is layers, table, text, pytorch, keras, not tables"),
]  # fmt: skip


@each_row("data, said", [pytest.param(*row, id=row[1]) for row in REFUSED])
def test_refused_with_file_and_key(data: bytes, said: str) -> None:
    with pytest.raises(ProblemError, match=r"^topic/layer\.md: ") as caught:
        problem_of(data, PATH)
    assert str(caught.value).startswith(f"{PATH}: {said}") or f": {said}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_read() -> None:
    made = problem()
    assert (made.id, made.topic, made.level, made.version, made.rows) == ("layer", "topic", "medium", 1, ("A1",))
    assert made.draws["f"] == Pick((3, 5, 7))
    assert isinstance(made.draws["n"], Span)
    size, cost = made.parts
    assert (size.kind, size.points, cost.follows) == ("shape", Fraction(1), ("size",))
    assert isinstance(cost.ask, Ask)
    assert list(cost.ask.given) == ["n", "f", "c", "k"]


def test_a_tolerance_is_a_number_or_a_share() -> None:
    wide = changed("kind = 'integer'\nask = 'conv.macs'", "kind = 'number'\nask = 'conv.macs'\ntolerance = '2.5%'")
    assert (wide.parts[1].tolerance, wide.parts[1].relative) == (Fraction(1, 40), True)
    fixed = changed("kind = 'integer'\nask = 'conv.macs'", "kind = 'number'\nask = 'conv.macs'\ntolerance = 0.5")
    assert (fixed.parts[1].tolerance, fixed.parts[1].relative) == (Fraction(1, 2), False)


def test_a_choice_is_known_by_its_id_or_else_by_its_words() -> None:
    """Neither changes when choices are moved or added; words that cannot stand for it are hashed."""
    lines = "kind = 'choice'\n[[part.choice]]\ntext = 'Yes, {{n}} of them!'\nright = true\nbecause = 'b'\n"
    lines += "".join(f"[[part.choice]]\ntext = '{words}'\nbecause = 'b'\n" for words in ("$n + 1$", "$n - 1$", "≠"))
    made = problem_of(part(f"{lines}[[part.choice]]\nid = 'own'\ntext = 'No.'\nbecause = 'b'\n"), PATH)
    found = [option.id for option in made.parts[1].options]
    assert found[:2] == ["yes-n-of-them", "n-1"]
    assert found[4] == "own"
    assert [len(id) for id in found[2:4]] == [19, 19]
    assert all(id.startswith("choice-") for id in found[2:4])


def test_the_digest_is_of_the_bytes() -> None:
    assert problem().digest != changed("One layer", "One  layer").digest
    assert problem_of(text().replace(b"\n", b"\r\n"), PATH).parts == problem().parts


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        ("x = 'n..f'", "the last: the range is empty"),
        ("x = 'n^7..n^8'", "a range has at most 1,000,000,000 steps, and a drawn number is at most 1,000,000,000"),
        ("x = 'sqrt(2)..n'", "the ends of a range are exact numbers"),
        ("net = {text = '3x3x3; conv 2 f9'}", "none of 400 draws fits; the last: "),
        ("net = {text = '9; dense 3'}\nx = {slip = 'net', column = 'output'}", "no typical mistake changes output any"),
    ],
)
def test_draws_that_never_fit(drawn: str, said: str) -> None:
    with pytest.raises(ProblemError, match=r"^topic/layer\.md: draw: none of 400 draws fits") as caught:
        variant(changed("[let]", f"{drawn}\n[let]"), 1)
    assert said in str(caught.value)


def test_the_bank_by_name() -> None:
    assert bank.find("output-size").title == "One convolutional layer"
    with pytest.raises(UserError, match=r"^there is no problem file none\.md$"):
        bank.find("none.md")
    with pytest.raises(UserError, match=r"^the bank has no problem output-sizes; did you mean output-size[?]$"):
        bank.find("output-sizes")
    with pytest.raises(UserError, match=r"^a topic is one of concepts, .*, all, not nope$"):
        bank.of_topic("nope")
    with pytest.raises(UserError, match=r"^pooling has no problem of level hard$"):
        bank.of_topic("pooling", "hard")
    found = bank.chosen(bank.of_topic("dense")[:2], 4, "key")
    assert len({each.id for each in found[:2]}) == 2
    assert sorted(each.id for each in found[:2]) == sorted(each.id for each in found[2:])


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "layer.md"
    path.write_bytes(text())
    first = bank.load(str(path))
    assert bank.load(str(path)) is first
    path.write_bytes(text(FRONT.replace("One layer", "Another layer")))
    assert bank.load(str(path)).title == "Another layer"


def test_what_no_text_has() -> None:
    """No Markdown gives another kind of block today; were there one, nothing would be lost in silence."""
    token = SimpleNamespace(type="video_open", nesting=0)
    with pytest.raises(UserError, match=r"^a problem's text has paragraphs, lists, tables and code, not video_open$"):
        list(template._blocks([token], []))


def test_what_cannot_be_shown() -> None:
    with pytest.raises(InternalError, match="there is no way to show int as table"):
        show(3, "table")


def test_text_becomes_blocks() -> None:
    """Paragraphs, lists, tables and code with values and maths in them; HTML stays text."""
    listed = "- a {{n}}\n- **b** `{{f}}`\n\n| x | y |\n|--:|---|\n| {{n}} | $f^2$ |\n\n"
    more = f"{listed}```\nn = {{{{n}}}}\n```\n\n$$n + 1$$\n\n<b>x</b>"
    made = variant(problem_of(body(more), PATH), 1)
    blocks = made.renderer.blocks(made.problem.parts[1].words)
    kinds = [type(block).__name__ for block in blocks]
    assert kinds == ["Paragraph", "Items", "Table", "Code", "Formula", "Paragraph"]
    items, table, code = blocks[1:4]
    assert isinstance(items, doc.Items)
    assert isinstance(table, doc.Table)
    assert isinstance(code, doc.Code)
    assert doc.plain(items.items[0]) == "a 48"
    assert (doc.plain(table.rows[0][0]), table.alignments) == ("48", ("right", "left"))
    assert code.text == "n = 48"
    last = blocks[-1]
    assert isinstance(last, doc.Paragraph)
    assert doc.plain(last.words) == "<b>x</b>"
