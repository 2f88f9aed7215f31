"""`dlcalc problems`: begun, linted, shown and checked as an author does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from problem_files import BODY, FRONT, text
from terminal import Ran, Terminal


def ended(status: int, ran: Ran) -> Ran:
    assert ran.status == status
    return ran


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_problem_begun_works_as_it_is(terminal: Terminal, folder: Path) -> None:
    done = terminal("problems new two-convolutions")
    assert done.status == 0
    assert "two-convolutions.md is written" in done.out
    assert terminal("problems show two-convolutions.md --key --markdown").out.startswith("# Two convolutions")
    checked = terminal("problems check two-convolutions.md --seeds 30 --json").json
    assert checked["correct"] is True
    assert checked["problems"][0]["tests"] == 1
    found = ended(0, terminal("problems lint two-convolutions.md --json")).json["findings"]
    assert [finding["key"] for finding in found] == ["rows"]


def test_the_name_of_a_file_moves_no_cursor(terminal: Terminal, folder: Path) -> None:
    """A line break in a name is told as it would be typed."""
    told = ended(0, terminal(["problems", "new", "mine", "--out", "a\rb.md"])).out
    assert told.startswith("'a\\rb.md' is written; ")
    assert "\r" not in told
    assert (folder / "a\rb.md").exists()


def test_a_problem_is_never_overwritten(terminal: Terminal, folder: Path) -> None:
    terminal("problems new mine --out here.md")
    before = (folder / "here.md").read_bytes()
    refused = ended(2, terminal("problems new mine --out here.md"))
    assert refused.err == "dlcalc: here.md exists; a problem is never overwritten\n"
    assert (folder / "here.md").read_bytes() == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("problems new", "new needs the id of the problem: dlcalc problems new NAME"),
        ("problems new Mine", "the id of a problem is small letters, digits and hyphens, not Mine"),
        ("problems new ../../x", "the id of a problem is small letters, digits and hyphens, not ../../x"),
        ("problems new mine --out no/where.md", "no/where.md cannot be written: there is no folder"),
        ("problems check --seeds 0", "a check takes 1 to 10,000 seeds, not 0"),
        ("problems check nothing-like-it", "the bank has no problem nothing-like-it"),
        ("problems check none.md", "none.md: the file cannot be read: No such file or directory"),
        ("problems lint .", "there is no problem file in ."),
        ("problems show", "show needs a problem: a file, or an id of the bank"),
    ],
)
def test_refused_in_one_line(terminal: Terminal, folder: Path, line: str, said: str) -> None:
    refused = ended(2, terminal(line))
    assert refused.out == ""
    assert refused.err.startswith("dlcalc: ")
    assert said in refused.err
    assert refused.err.count("\n") == 1


WORK = "[[test]]\nseed = 1\nanswers = {size = '46x46x8'}\nexpect = {size = 'right'}\n"
ODD: dict[str, tuple[bytes, str, str]] = {
    "no test": (text(), "test", "there is no [[test]]"),
    "no rows": (text(f"{FRONT.replace('rows', '# rows')}{WORK}"), "rows", "no row of the syllabus is named"),
    "an empty part": (text(f"{FRONT}{WORK}", "{{span}} " + BODY.split("How many")[0]), "## cost",
                      "the part has no text"),
    "an idle name": (text(f"{FRONT.replace('[let]', 'z = 3' + chr(10) + '[let]')}{WORK}"), "draw: z",
                     "no text shows this value and nothing uses it"),
    "an idle let": (text(f"{FRONT}{WORK}", BODY.replace("${{span}}$", "3")), "let: span",
                    "no text shows this value and nothing uses it"),
    "LaTeX as text": (text(f"{FRONT}{WORK}", f"{BODY}\nThat is \\frac{{1}}{{2}} of it.\n"), "part b",
                      "\\frac is in the printed text"),
    "a letter left": (text(f"{FRONT.replace(' 16]', ' 16]' + chr(10) + 'x = [1]')}{WORK}".replace(
        "'n - f'", "'n - f'" + "\n[let.w]\nask = 'conv.weights'\nwith = {f = 'f', c = 'c + x'}"),
        f"{BODY}{{{{w}}}}\n"), "let: w", "letters are left in"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_a_warning(terminal: Terminal, folder: Path, name: str) -> None:
    content, key, said = ODD[name]
    (folder / "layer.md").write_bytes(content)
    found = ended(0, terminal("problems lint layer.md --json")).json
    assert found["errors"] == 0
    assert [(f["key"], f["error"]) for f in found["findings"]] == [(key, False)]
    assert said in found["findings"][0]["text"]


def test_a_clean_file(terminal: Terminal, folder: Path) -> None:
    (folder / "layer.md").write_bytes(text(f"{FRONT}{WORK}"))
    assert "1 file, nothing to remark" in terminal("problems lint layer.md").out


def test_errors_and_two_files_of_one_id(terminal: Terminal, folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "layer.md").write_bytes(text(f"{FRONT}{WORK}"))
    (folder / "a" / "layer.md").write_bytes(text(f"{FRONT}{WORK}"))
    (folder / "broken.md").write_bytes(text(f"{FRONT.replace('kind', 'knid', 1)}{WORK}"))
    found = ended(2, terminal("problems lint . --json")).json
    assert found["errors"] == 1
    assert sorted((f["key"], f["error"]) for f in found["findings"]) == [("id", False), ("part 1: kind", True)]


def test_a_check_that_fails(terminal: Terminal, folder: Path) -> None:
    (folder / "layer.md").write_bytes(text(f"{FRONT}{WORK.replace('46x46x8', '46x46x9')}"))
    done = ended(1, terminal("problems check layer.md --seeds 5"))
    assert "test with seed 1, size: right is expected, and it is wrong" in " ".join(done.out.split())
    assert "1 problem with faults" in done.out


def test_a_check_as_a_table(terminal: Terminal, folder: Path) -> None:
    done = terminal("problems check which-stride --seeds 5")
    assert "1 problem, 5 seeds each" in done.out
    assert "which-stride" in done.out
    assert "5/5" in done.out
    assert "no faults" in done.out


@pytest.mark.parametrize("words", ["[bold red]x[/bold red] [/]", "\\u001b[31mred\\u001b]0;t\\u0007 \\u202eleft"])
def test_hostile_words_are_words_on_the_terminal(terminal: Terminal, folder: Path, words: str) -> None:
    """In the title, in the text, as a hint and as a reason; shown, linted and checked."""
    front = FRONT.replace("'One layer'", f'"{words}"').replace("['size']", f"['size']\nhints = [\"{words}\"]")
    mistake = (
        f"[[mistake]]\nof = 'conv'\nid = 'm'\nstep = 'macs'\nexpression = '7'\nbecause = \"{words}\"\nweight = 1\n"
    )
    (folder / "layer.md").write_bytes(text(f"{front}{WORK}{mistake}", f"{words}\n\n{BODY}"))
    for command in ("show layer.md --key", "lint layer.md", "check layer.md --seeds 3"):
        shown = terminal(f"problems {command}")
        assert shown.status == 0
        assert not {"\x1b", "\x07", "\u202e"} & set(shown.out + shown.err)
    if words.startswith("["):
        assert terminal("problems show layer.md --key", columns=200).out.count(words) >= 3


def test_a_damaged_file_is_one_line(terminal: Terminal, folder: Path) -> None:
    (folder / "layer.md").write_bytes(text()[:120])
    for command in ("show", "check"):
        refused = ended(2, terminal(f"problems {command} layer.md"))
        assert refused.err.startswith("dlcalc: layer.md: a problem begins with TOML between two lines of +++")
        assert refused.err.count("\n") == 1
