"""Every command at the widths of terminals and in every format: compared with files, nothing cut off, no inside shown.

Each command is run once, and what it shows is drawn at each width. `pytest --overwrite-golden` writes the files anew.
"""

from __future__ import annotations

import io
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from rich.cells import cell_len
from rich.console import Console
from terminal import Terminal

from dlcalc.cli import problems, quiz, view
from dlcalc.cli.commands import listed
from dlcalc.document import Document
from dlcalc.export import registry
from dlcalc.formulas.catalogue import ENTRIES
from dlcalc.formulas.hand_operations import OPERATIONS
from dlcalc.quiz import lint

GOLDEN = Path(__file__).parent / "golden" / "commands"
WIDTHS = (60, 80, 120)
LINE = '"28x28x1; conv 6 f5 same tanh; avgpool 2; conv 16 f5; pool 2; dense 10"'
LINT = "problems lint mine.md"
EXAMPLES = {
    **{entry.name.replace("_", "-"): entry.example.removeprefix("dlcalc ") for entry in ENTRIES.values()},
    **{f"run-{each.name}": each.example.removeprefix("dlcalc ") for each in OPERATIONS.values()},
    "net": f"net {LINE}",
    "net-explain": f"net {LINE} --explain conv-2",
    "net-ask": f"net {LINE} --ask parameters",
    "net-compare": "net alexnet --compare vgg16",
    "bptt": "bptt --cell rnn --wrt W",
    "backprop": 'backprop "2; dense 2 sigmoid; dense 1 sigmoid"',
    "diff": 'diff "sigmoid(w x + b)" --wrt w',
    "solve": 'solve "2n^2 + 3n = 230" --range n=1..1000',
    "solve-letters": 'solve "o = (n - f)/s + 1" --find n',
    "find": 'find "bidirectional gru"',
    "problems-show": "problems show output-size --seed 7 --key",
    "problems-lint": LINT,
    "quiz-make": "quiz make --topic gated --count 1 --seed 7 --solutions",
    "grade": "grade exam/manifest.json hand-ins --secret secret.key",
}
"""Command → a line whose screens lie in `golden/commands`; of those that show no document they are in LINES."""
MORE = [
    "lstm", "conv", "pool", "rnn", "gru", "dense", "attention", "batchnorm", "dropout", "bound", "gan", "separable",
    "lstm --n 32 --m 100 --L 2 --bidirectional", "net vgg16", "net googlenet", "net unet", "net layers",
    "bptt --cell lstm --wrt W_f --form delta", "bptt --cell gru --steps 2 --wrt U_z --form paths",
    "bptt --cell lstm", "bptt --cell gru --form delta", 'backprop "4; dense 3 relu; dense 2 softmax"',
    'backprop "2; dense 2 sigmoid; dense 1 sigmoid" --wrt "W1[1,2]" --form paths',
    "rnn --n 784 --m 200 --q 2 --T 28", "seq2seq --n 64 --m 256 --q 5000", "conv --n 224 --f 11 --s 4",
    "conv --n 20x30 --f 3x5 --s 2x1 --p 1x0 --d 1x2 --c 3 --k 8", "conv --n n --f f --p p --o n --find p",
    "conv --n 28 --f 3 --c 6 --k 16 --ask parameters --answer 160", "conv --n 32 --f 3 --o 16 --find s,p",
    "conv --n 64 --f 4 --s 2 --transposed --same", "conv1d --n L --f 2 --d 8 --causal",
    'run conv --x "1 2 3; 4 5 6; 7 8 9" --w "1 2; 3 4" --backward --target "37 46; 67 75"',
    'run conv --x "x1 x2 x3 x4" --w "w1 w2"', 'run momentum --w w --g "g1 g2" --eta eta --gamma gamma',
    'run gru --x "1 2" --w-z 0.5 --u-z 0.1 --w-r 0.4 --u-r 0.2 --w-g 0.6 --u-g 0.2 --backward',
    'diff "x^T A x" --wrt x', 'diff "softmax(z)" --wrt z', 'diff "norm(sigmoid(W x + b) - y)^2" --wrt W',
    'diff "x^T A x" --wrt x --at "x=1 2" --at "A=1 2; 3 4"', 'diff "x^T A x" --wrt x --answer "2 A x"',
    'diff "w tanh(w)" --answer "1 - tanh(w)^2"', 'diff "(x^2 + 1)/(exp(x) + x) * sin(x) * ln(x)"',
]  # fmt: skip
NODES = r"(?:Add|Mul|Pow|Neg|Div|Call|Index|Name|Literal|Fraction|Compare|Reduce|Vector|Words|Math|Row|Line|Step)\("
INSIDES = re.compile(
    rf"\b{NODES}|terms=|=shape\(|\bmin\(len|\blen\(|\bif\(|\(\w+,\)|(?<!\w)0\*|\(\d+,\)|(?<![\w.&#;])0x\b"
    r"|cells·L·gates|1 − keep|\w\[layers\]|<dlcalc|<[\w.]+ object at|<function|\bNone\b|\bnan\b"
)
WORDS = re.compile(r"(?<![\w=\"-])(?!pad_seq)[a-z]{3,}_[a-z]{3,}(?![\w=(])|\b[a-z]{4,}\.[a-z]{4,}\b")
"""Names of steps, as only a program spells them; but for what frameworks have, reset_after=True and pad_sequences."""
TYPED = {"net layers", LINT}
"""Their screens show what is typed: settings with an underscore, names of files."""
MARKUP = ("markdown", "latex", "html", "typst")


class Shown:
    """What a command shows: each document, in the order of showing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.documents: list[Document] = []
        self.draw = view.show
        monkeypatch.setattr(view, "show", self.documents.append)

    def screen(self, columns: int) -> str:
        file = io.StringIO()
        for document in self.documents:
            self.draw(document, Console(file=file, width=columns, highlight=False))
        return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"

    def texts(self, format: str) -> Iterator[str]:
        return (registry.text(format, document) for document in self.documents)


def test_every_command_at_every_width_and_in_every_format(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    _prepare(tmp_path, monkeypatch, terminal)
    shown = Shown(monkeypatch)
    odd: list[Any] = []
    overwrites = request.config.getoption("--overwrite-golden")
    for name, command in [*EXAMPLES.items(), *(("", each) for each in MORE)]:
        shown.documents.clear()
        ran = terminal(command)
        if ran.status not in (0, 1, 4) or ran.err or not shown.documents:
            odd.append((command, ran))
            continue
        screens = {columns: shown.screen(columns) for columns in WIDTHS}
        odd += [(command, *found) for found in faults(screens, command in TYPED)]
        for format in MARKUP:
            lines = (line for text in shown.texts(format) for line in text.splitlines())
            odd += [(command, format, line[:200]) for line in lines if _inside(line)][:1]
        if name:
            odd += _golden(name, command, screens, overwrites)
    assert not odd, f"{len(odd)}: " + "\n".join(map(str, odd[:20]))
    assert {path.stem for path in GOLDEN.iterdir()} == {*EXAMPLES, *LINES, *MEASURED}


def _golden(name: str, command: str, screens: dict[int, str], overwrites: bool) -> list[tuple[str, str]]:
    file = GOLDEN / f"{name}.txt"
    whole = f"$ dlcalc {command}\n" + "".join(f"\n{columns} columns\n{text}" for columns, text in screens.items())
    if overwrites:
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(whole, encoding="utf-8")
    before = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    changed = [line for line in whole.splitlines() if line not in before]
    same = whole.splitlines() == before
    return [] if same else [(name, f"is not as in {file.name}: {changed[:3]}")]


def faults(screens: dict[int, str], is_typed: bool = False) -> Iterator[tuple[int, str]]:
    """What is wrong with the screens of one document: lines too long, something lost where it is narrow, insides."""
    widest = screens[max(screens)]
    for columns, text in screens.items():
        lines = text.splitlines()
        yield from ((columns, line) for line in lines if cell_len(line) > columns)
        yield from ((columns, line) for line in lines if _inside(line))
        if not is_typed:
            yield from ((columns, line) for line in lines if WORDS.search(line))
        lost = _characters(widest) - _characters(text)
        if "(the table is too wide" in text:  # there the heading of the first column is left out
            lost = Counter({each: lost[each] for each in lost if lost[each] > 1 or not each.isalpha()})
        if lost:
            yield columns, f"lost: {dict(lost)}"
        if broken := _numbers(widest) - _numbers(text):
            yield columns, f"broken in two: {broken}"


@cache
def _inside(line: str) -> bool:
    """Whether it shows an inside; most lines are the same at several widths."""
    return bool(INSIDES.search(line))


def _characters(text: str) -> Counter[str]:
    """Letters, digits, brackets and signs, of which a narrow screen has no fewer than a wide one."""
    counted = Counter(text)
    return Counter({each: counted[each] for each in counted if each.isalnum() or each in "()[]+−=≈Σ√⊙⊗"})


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,.]{2,}\d", text))


def _prepare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lint, "SEEDS", 2)
    for each in (ROOT / "examples").iterdir():
        copy = shutil.copytree if each.is_dir() else shutil.copy
        copy(each, tmp_path / each.name)
    terminal("problems new mine")
    assert terminal("quiz make exam.toml --students roster.csv --secret secret.key --out exam").status == 0


NET = '"2; dense 3 tanh; dense 2"'
LINES = {
    "problems-new": "problems new mine.md",
    "problems-check": "problems check output-size --seeds 2",
    "quiz-topics": "quiz topics",
    "quiz-take": "quiz take --topic convolution --count 1 --seed 3",
    "schema": "schema find",
    "doctor": "doctor",
}
"""Command → a line of one that writes line by line; `schema` writes JSON, which no width changes."""
MEASURED = {
    "train": f"train {NET} --data xor --epochs 2 --save net.safetensors",
    "predict": "predict net.safetensors --n 3",
    "vanish": "vanish --lambda 0.9 --steps 10",
}
"""Command → a line whose numbers a machine's kernels give."""


def test_commands_that_write_line_by_line(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    _compare(terminal, LINES, monkeypatch, request)


def test_screens_with_measured_numbers(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """They differ by the machine in digits, so that no word is lost."""
    pytest.importorskip("numba")
    monkeypatch.chdir(tmp_path)
    _compare(terminal, MEASURED, monkeypatch, request)


def _compare(
    terminal: Terminal, commands: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    odd: list[Any] = []
    for name, command in commands.items():
        screens = {}
        for columns in WIDTHS:
            monkeypatch.setattr("sys.stdin", io.StringIO("12x12x3\n?\n"))
            for written in ("mine.md", "net.safetensors"):
                if written in command and name != "predict":
                    Path(written).unlink(missing_ok=True)
            ran = terminal(command, columns)
            assert (ran.status, ran.err) == (0, ""), command
            screens[columns] = _masked(name, ran.out)
        odd += _golden(name, command, screens, request.config.getoption("--overwrite-golden"))
        for columns, text in screens.items():
            lines = text.splitlines()
            odd += [(command, columns, line) for line in lines if cell_len(line) > columns and name != "schema"]
            odd += [(command, columns, line) for line in lines if INSIDES.search(line)]
            if name not in ("doctor", "schema", "problems-check"):  # which name packages, keys and problems
                odd += [(command, columns, line) for line in lines if WORDS.search(line)]
            odd += [(command, columns, word) for word in _words_of(screens[max(WIDTHS)]) - _words_of(text)]
    assert not odd, f"{len(odd)}: " + "\n".join(map(str, odd[:20]))


def _masked(name: str, text: str) -> str:
    """A screen without what differs by the machine: measured numbers and their room, a plot, versions of packages."""
    lines = [line.rstrip() for line in text.splitlines()]
    if name == "doctor":
        lines = [line.partition("  ")[0] for line in lines if line[:1].strip()]
    if name in (*MEASURED, "problems-check"):
        lines = [re.sub(r"\d[\d.,]*", "#", line) for line in lines if not re.match(" .{0,6}[┤│└]", line)]
        lines = [re.sub(r"(?<=\S) {2,}| (?= *[·#✗])|(?<=─)─+", " ", line).rstrip() for line in lines]
    return "\n".join(lines) + "\n"


def test_every_command_has_its_screens() -> None:
    """A command that is new has a golden file, and so has each command of a group."""
    known = {*EXAMPLES, *LINES, *MEASURED}
    groups = {"quiz": quiz.commands, "problems": problems.commands, "run": OPERATIONS}
    wanted = {name for name in listed() if name not in groups}
    wanted |= {f"{group}-{name}" for group, names in groups.items() for name in names}
    assert wanted - known == set()


def _words_of(text: str) -> set[str]:
    """Words, of which none is missing where it is narrow; of no path, and none of the letters of a plot."""
    found = re.findall(r"(?<![\w/-])[A-Za-z]{3,}(?![\w/-])", text)
    return {word for word in found if len(set(word)) > 3}


def test_what_is_cut_off_or_inside_is_noticed() -> None:
    """The checks above would let nothing of this through."""
    good = "weights = 4(n + m) = 23,296\n"
    assert list(faults({60: good, 120: good})) == []
    for bad in ("weights = 4(n + m) = 23,2\n", "weights = 4(n + m) = 23,\n296\n", good + "x" * 61 + "\n"):
        assert list(faults({60: bad, 120: good}))
    for inside in (
        "(128,)",
        "Add(terms=(n, m))",
        "min(len(f), len(s))",
        "1 − keep",
        "head_weights = 3",
        "cell.weights",
    ):
        assert list(faults({60: good + inside, 120: good + inside}))
    assert not list(faults({60: "reset_after=True", 120: "reset_after=True"}))


def test_a_formula_of_several_lines_goes_on_below(terminal: Terminal) -> None:
    """Cut between its factors, where nothing is cut through."""
    rows = terminal("bptt --cell rnn --wrt W", columns=60).out.splitlines()
    place = next(place for place, row in enumerate(rows) if "Wᵀ·diag(1 − hₘ²)" in row)
    assert rows[place + 2].split() == ["·", "Vᵀ(ŷⱼ", "−", "yⱼ)", "⊗", "hₖ₋₁"]


def test_a_table_that_is_too_wide_says_so_and_keeps_every_cell(terminal: Terminal) -> None:
    narrow, wide = terminal("net vgg16", columns=60).out, terminal("net vgg16", columns=120).out
    assert "(the table is too wide: a row below the other)" in narrow
    assert "too wide" not in wide
    for cell in ("224×224×64", "138,357,544", "15,470,264,320", "maxpool-5"):
        assert cell in narrow
        assert cell in wide
