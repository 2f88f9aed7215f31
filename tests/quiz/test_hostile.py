"""Problem files that nobody should write end in one line of ProblemError, at once, with nothing executed."""

from __future__ import annotations

import csv
import io
import json
import re
import time
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from problem_files import BODY, FRONT, PATH, text
from rows import each_row

from dlcalc.errors import ProblemError
from dlcalc.export.registry import writer
from dlcalc.quiz.reader import problem_of
from dlcalc.quiz.sheet import sheet
from dlcalc.quiz.variant import variant
from dlcalc.verification.bank_check import check

MOST_SECONDS = 5.0
"""Process time; each takes a small fraction of it. What it guards against takes minutes or never ends."""


def front(old: str, new: str) -> bytes:
    assert old in FRONT
    return text(FRONT.replace(old, new, 1))


def above(lines: str) -> bytes:
    return text(f"{lines}\n{FRONT}")


def below(lines: str) -> bytes:
    return text(f"{FRONT}\n{lines}\n")


def body(more: str) -> bytes:
    return text(body=f"{BODY}\n{more}\n")


def drawn(value: str) -> bytes:
    return front("f = [3, 5, 7]", f"f = {value}")


def network(value: str) -> bytes:
    return front("[let]", f"net = {value}\n[let]")


def own(step: str, name: str = "a") -> bytes:
    changed = FRONT.replace("conv.output", "this.a").replace("'shape'", "'integer'")
    return text(f"{changed}\n[[step]]\nname = '{name}'\nexpression = '{step}'\n")


CASES: dict[str, tuple[bytes, str]] = {
    "code in a value": (body("{{__import__('os')}}"), "## cost: {{__import__('os')}}: ' has no meaning here"),
    "code in a let": (front("'n - f'", "\"__import__('os')\""), "let: span: ' has no meaning here"),
    "code as a formula": (front("'conv.output'", "\"eval('1')\""), "eval('1') is not a formula"),
    "a dunder asked": (front("conv.output", "conv.__class__"), "__class__ is not an answer of conv"),
    "a dotted dunder asked": (front("conv.output", "conv.o.__class__"), "o.__class__ is not an answer of conv"),
    "code as an id": (above("id = \"__import__('os')\""), "an id is small letters, digits and hyphens"),
    "a path as an id": (above("id = '../../etc/passwd'"), "an id is small letters, digits and hyphens"),
    "code as a kind": (front("'shape'", "'__import__'"), "this is one of integer, number"),
    "code as a step's name": (own("1", "__class__"), "step 1: name: a step has its own name"),
    "a path as a network": (network("{zoo = ['../../etc/passwd']}"), "is not a network of `dlcalc net list`"),
    "code in a network": (network("{text = '{{__import__(1)}}'}"), "draw: net: text: {{__import__(1)}}"),
    "a power tower in the text": (body("{{9^9^9^9}}"), "text: with the numbers of seed 1: a number of more than"),
    "a power tower in code": (body("`{{9^9^9^9}}`"), "text: with the numbers of seed 1: a number of more than"),
    "a power tower derived": (front("'n - f'", "'9^9^9^9'"), "none of 400 draws fits; the last: a number of more"),
    "a power tower required": (above("require = ['9^9^9^9 > 1']"), "none of 400 draws fits; the last: a number of"),
    "a power tower as an end": (front("'20..64'", "'1..9^9^9^9'"), "draw: n: a number of more than"),
    "a long product": (front("'n - f'", "'prod(i=1..10^9, i)'"), "i may take 20000 values at most"),
    "a long sum in a step": (own("sum(i=1..10^9, i)"), "i may take 20000 values at most"),
    "a huge quantity": (front("'conv.macs'", "'conv.macs'\nwith = {n = '10^10^10', f = '3', c = '1', k = '1'}"),
                        "a number of more than"),
    "an endless range": (front("'20..64'", "'0..10^30'"), "draw: n: a drawn number is at most 1,000,000,000"),
    "a range of tiny steps": (front("'20..64'", "'0..10^9 step 0.001'"), "a range has at most 1,000,000,000 steps"),
    "a range with a drawn end": (front("f = [3, 5, 7]", "f = 'n..n^9'"), "a range has at most 1,000,000,000 steps"),
    "a step with an exponent": (front("'20..64'", "'0..10 step 1e999999999'"), "a range is written '4..16'"),
    "an end with an exponent": (front("'20..64'", "'0..1e999999999'"), "a number has at most 50 digits"),
    "an array from far": (drawn("{length = 3, from = '0..99999999999999'}"), "draw: f: from: a drawn number is at"),
    "points with an exponent": (front("'shape'", "'shape'\npoints = '1e999999999'"), "a number from 0 on is expected"),
    "infinite points": (front("'shape'", "'shape'\npoints = inf"), "a number from 0 on is expected, not inf"),
    "points that are no number": (front("'shape'", "'shape'\npoints = nan"), "a number from 0 on is expected, not nan"),
    "a number of 5000 digits": (drawn(f"[{'9' * 5000}]"), "a whole number has too many digits"),
    "a list of 100,000": (drawn(str(list(range(100_000)))), "a list has 1 to 200 entries, not 100000"),
    "20,000 requirements": (above(f"require = {20_000 * ['1 = 1']}"), "a list has at most 200 texts"),
    "4,000 tests": (below("[[test]]\nseed = 1\n" * 4_000), "a problem has at most 50 tests, not 4,000"),
    "5,000 parts": (below("[[part]]\nkind = 'integer'\nask = 'conv.o'\n" * 5_000), "a problem has 1 to 26 parts"),
    "5,000 names": (front("[let]", "".join(f"v{i} = '1..2'\n" for i in range(5_000)) + "[let]"), "at most 60 names"),
    "3,000 steps": (below("[[step]]\nname = 'a'\nexpression = '1'\n" * 3_000), "at most 60 of [[step]], not 3,000"),
    "a deep array": (above(f"x = {'[' * 50_000}{']' * 50_000}"), "the file is nested too deeply"),
    "deep tables": (above(f"x = {'{a = ' * 3_000}1{'}' * 3_000}"), "the file is nested too deeply"),
    "a long dotted key": (above(f"{'.'.join(30_000 * ['a'])} = 1"), "line 2: a line has at most 12 dots, not 29999"),
    "a line of 200 KB": (body("x" * 200_000), "a problem's text has at most 20,000 characters"),
    "a value of 200 KB": (above(f"source = '{'x' * 200_000}'"), "a text has at most 2,000 characters, not 200,000"),
    "a file of 300 KB of dollars": (body("$" * 18_000), "an expression is expected, but there is nothing"),
    "deep brackets": (body(f"${'(' * 9_000}n{')' * 9_000}$"), "an expression has at most 6000 characters"),
    "4,000 sections": (body("## x\n" * 4_000), "a part has one section"),
    "what never holds": (above("require = ['n < 0']"), "none of 400 draws fits; the last: n < 0 does not hold"),
    "lets in a circle": (front("span = 'n - f'", "a = 'b'\nb = 'a'"), "b is not drawn and not derived before"),
    "a let of itself": (front("span = 'n - f'", "w = 'w'"), "w is not drawn and not derived before"),
    "a step of itself": (own("a"), "step 1: expression: a is neither drawn nor a step before this one"),
    "a network of 10^9 layers": (network("{kind = 'cnn', convs = [1000000000]}"), "whole numbers from 0 to 20 are"),
    "a network of fewer than none": (network("{kind = 'mlp', hidden = [-5]}"), "whole numbers from 0 to 20 are"),
    "an enormous filter bank": (network("{text = '9x9x3; conv 999999999999999999 f3'}"), "none of 400 draws fits"),
    "cut off": (text()[:40], "a problem begins with TOML between two lines of +++"),
    "no text at all": (b"", "a problem begins with TOML between two lines of +++"),
    "bytes": (b"\xff\xfe\x00\x01", "the file is not UTF-8 text: byte 0"),
}  # fmt: skip


@each_row("name", CASES)
def test_refused_in_one_line(name: str) -> None:
    data, said = CASES[name]
    start = time.process_time()
    with pytest.raises(ProblemError, match=r"^topic/layer.md: ") as caught:
        sheet("t", [variant(problem_of(data, PATH), 1)], key=True)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.process_time() - start < MOST_SECONDS


HARMLESS = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "links": "[a](javascript:alert(1)) ![b](file:///etc/passwd) <javascript:alert(1)>",
    "stars": "*" * 18_000,
    "nested emphasis": "**a " * 4_000,
    "open brackets": "[" * 18_000,
    "quotes": ">" * 18_000 + "a",
    "a wide table": "|" + "a|" * 3_000 + "\n|" + "-|" * 3_000,
    "backticks": "".join("`" * i + " " for i in range(180)),
    "dollars": "$a" * 8_000,
    "definitions": "[a]: b\n" * 2_000,
    "our own marks": "\ue0000\ue001 \ue00099999\ue001",
    "escapes of the terminal": "\x1b[31mred\x1b]0;title\x07 \u202eright to left",
}


@each_row("name", HARMLESS)
def test_text_stays_text(name: str) -> None:
    """What looks like markup, or is made to be slow, comes out of every format as text."""
    start = time.process_time()
    document = sheet("t", [variant(problem_of(body(HARMLESS[name]), PATH), 1)])
    page = writer("html")(document)
    assert isinstance(page, str)
    for tag in ("<script", "<img", "<a ", "\x1b", "\u202e"):
        assert tag not in page
    assert time.process_time() - start < MOST_SECONDS


INJECTIONS = {
    "HTML": "</p><script>alert(1)</script><img src=x onerror=alert(1)>",
    "an HTML comment": "--> <!-- </section></main></template><template>",
    "a script's end": "</script><script>alert(1)</script>",
    "CDATA": ']]> <answer fraction=\\"100\\"><text>1</text></answer> <![CDATA[',
    "an XML entity": '<!DOCTYPE x [<!ENTITY e SYSTEM \\"file:///etc/passwd\\">]>&e;',
    "Typst": '#read(\\"/etc/passwd\\") #panic() #include \\"x.typ\\" ] #import \\"@preview/a:0.1.0\\"',
    "LaTeX": "\\\\input{/etc/passwd}\\\\write18{id}\\\\end{document} % # _ ^ ~ &",
    "a cloze": "{1:SHORTANSWER:=*} {1:NUMERICAL:=7:9} } ~ # @@PLUGINFILE@@",
    "MathJax": "\\\\( \\\\href{javascript:alert(1)}{x} \\\\) \\\\[ x \\\\] @@ [tex]x[/tex]",
    "a spreadsheet": '=HYPERLINK(\\"http://x\\";\\"y\\") +1 @SUM(1)',
    "terminal markup": "[bold red]x[/bold red] [link=http://x]y[/link] [/]",
    "escapes": "\\u001b[31mred\\u001b]0;title\\u0007 \\u202eright to left \\u0000",
}
EVIL = ("<script>alert", "<img src=x", "<!ENTITY", "\x1b", "\u202e", "\x00")
TEXTUAL = ("markdown", "json", "html", "practice", "moodle", "typst", "latex", "answers-toml", "answers-csv")


def injected(words: str) -> bytes:
    """The words as title, hint, choice, reason of a choice and of a mistake: wherever text may stand."""
    shown = words.replace("{1:", "{ 1:")  # two braces would be a value
    front = FRONT.replace("'One layer'", f'"{words}"').replace(
        "follows = ['size']", f"follows = ['size']\nhints = [\"{shown}\"]\n[[part]]\nid = 'why'\nkind = 'choice'\n"
        f"[[part.choice]]\ntext = \"yes {shown}\"\nright = true\nbecause = \"{shown}\"\n"
        f"[[part.choice]]\ntext = \"no {shown}\"\nbecause = \"{shown}\"\n"
        f"[[mistake]]\nof = 'conv'\nid = 'own-one'\nstep = 'macs'\nexpression = '7'\nbecause = \"{words}\"\n"
        f"weight = 1\nhint = \"{words}\"\n",
    )  # fmt: skip
    return text(f'source = "{words}"\n{front}', f"{BODY}\n## why\nWhy?\n")


@pytest.mark.parametrize("name", INJECTIONS)
def test_no_text_of_a_problem_leaves_its_place(name: str) -> None:
    """The words are in the key of every format, and only as words: no element, no call, no escape comes of them."""
    made = variant(problem_of(injected(INJECTIONS[name]), PATH), 1)
    document = sheet(made.problem.title, [made], key=True)
    plain = sheet("t", [variant(problem_of(injected("plain words"), PATH), 1)], key=True)
    for format in TEXTUAL:
        page = writer(format)(document)
        assert isinstance(page, str)
        if format in ("html", "practice", "moodle"):
            assert not [evil for evil in EVIL if evil in page]
        assert "\x1b" not in page
        if format in ("html", "practice"):
            assert elements(page) <= elements(writer(format)(plain)) | {"code"}
    quiz = ElementTree.fromstring(str(writer("moodle")(document)).encode())
    assert [question.get("type") for question in quiz] == ["category", "cloze"]
    fields = re.findall(r"\{\d+:([A-Z_]+):", quiz[1].findtext("questiontext/text") or "")
    assert fields == ["NUMERICAL"] * 4 + ["MULTICHOICE_VS"]
    assert tomllib.loads(str(writer("answers-toml")(document)))["answers"].keys() == {"1.a", "1.b", "1.c"}
    rows = list(csv.reader(io.StringIO(str(writer("answers-csv")(document)))))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "-"))]
    assert json.loads(str(writer("json")(document)))["questions"][0]["parts"][1]["answer"] == 152352


def elements(page: object) -> set[str]:
    """The names of a page's elements, outside scripts and styles."""
    body = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", str(page), flags=re.DOTALL)
    return set(re.findall(r"<([a-zA-Z][\w-]*)", body))


@pytest.mark.parametrize("name", INJECTIONS)
def test_typst_sets_hostile_words_as_words(name: str) -> None:
    """Typst reads no file and stops at nothing: the page comes out."""
    pytest.importorskip("typst")
    made = variant(problem_of(injected(INJECTIONS[name]), PATH), 1)
    assert bytes(
        writer("pdf")(sheet(made.problem.title, [made], key=True)),
    ).startswith(b"%PDF")  # type: ignore[arg-type]


SPY = "__import__('pathlib').Path('executed').touch()"


@pytest.mark.parametrize(
    "key", ["title", "id", "topic", "level", "version", "source", "rows", "require", "draw", "let", "ask", "with",
            "guard", "points", "tolerance", "convention", "follows", "kind", "columns", "hints", "step", "mistake",
            "test", "text"],
)  # fmt: skip
def test_code_in_every_field_is_never_run(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = f'"{SPY}"'
    fields = {
        "draw": front("f = [3, 5, 7]", f"f = {code}"), "let": front("'n - f'", code),
        "ask": front("'conv.macs'", code), "with": front("'conv.macs'", f"'conv.macs'\nwith = {{n = {code}}}"),
        "guard": front("['size']", f"['size']\nguard = {code}"), "follows": front("['size']", f"[{code}]"),
        "kind": front("'integer'", code), "title": front("'One layer'", code),
        "step": below(f"[[step]]\nname = 'a'\nexpression = {code}"),
        "mistake": below(f"[[mistake]]\nof = 'conv'\nid = 'm'\nstep = 'macs'\nexpression = {code}\nbecause = {code}"),
        "test": below(f"[[test]]\nseed = {code}\nanswers = {{size = {code}}}\nexpect = {{size = 'unreadable'}}"),
        "text": body(f"`{SPY}` ${{{{n}}}}$ {SPY}"),
        **{inner: front("'conv.macs'", f"'conv.macs'\n{inner} = {code}") for inner in
           ("points", "tolerance", "convention", "columns", "hints")},
    }  # fmt: skip
    data = fields.get(key) or above(f"{key} = {code}" if key != "rows" else f"rows2 = {code}")
    if key == "rows":
        data = front("rows = ['A1']", f"rows = {code}")
    if key in ("title", "topic", "source", "rows", "hints", "test", "text"):  # fields that may hold any words
        made = problem_of(data, PATH)
        assert not check(made, 2).faults
        for format in ("html", "moodle", "typst"):
            assert writer(format)(sheet("t", [variant(made, 1)], key=True))
    else:
        with pytest.raises(ProblemError, match=r"^topic/layer\.md: [^\n]+$"):
            check(problem_of(data, PATH), 2)
    assert not list(tmp_path.iterdir())
