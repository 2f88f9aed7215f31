"""What the commands print and how they end: the main job, backwards, checking, conventions, formats, errors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from rows import each_row

from dlcalc.formulas.catalogue import ENTRIES


def test_the_main_job(terminal) -> None:
    """227, f 11, s 4 is 55×55×k, with its working, the parameters in letters, and what was not given."""
    ran = terminal("conv --n 227 --f 11 --s 4")
    assert (ran.status, ran.err) == (0, "")
    assert "55 × 55 × k" in ran.out
    assert "span = n − f = 227 − 11 = 216" in ran.words
    assert "q = ⌊span/s⌋ = ⌊216/4⌋ = 54" in ran.words
    assert "(121c + 1)k" in ran.out
    assert "not given: c (input channels) and k (number of filters)" in ran.words


def test_the_first_layer_of_alexnet(terminal) -> None:
    """55×55×96, 34,848 + 96 = 34,944 parameters, 3025·34,848 multiply-accumulates (Krizhevsky et al., 2012)."""
    layer = terminal("conv --n 227 --f 11 --s 4 --c 3 --k 96 --json").json
    assert layer["output"] == [55, 55, 96]
    assert [layer["weights"], layer["biases"], layer["parameters"]] == [34848, 96, 34944]
    assert layer["macs"] == 3025 * 34848 == 105415200
    assert layer["flops"] == 2 * 105415200
    assert layer["given"] == {"n": 227, "f": 11, "s": 4, "c": 3, "k": 96}
    assert layer["defaults"] == {"p": 0, "d": 1, "groups": 1}
    steps = {step["name"]: step for step in layer["steps"]}
    assert steps["q"] == {"name": "q", "expression": "floor(span/s)", "values": "floor(216/4)", "value": 54}


def test_a_stride_that_does_not_fit_is_said(terminal) -> None:
    """With 224 instead of 227, (224 − 11)/4 is not whole: 54, and the last row and column are never read."""
    ran = terminal("conv --n 224 --f 11 --s 4")
    assert "54 × 54 × k" in ran.out
    assert "(224 − 11)/4 is not whole" in ran.words
    assert re.search(r"1 row (or|and) column", ran.words)


@each_row(
    ("command", "key", "value"),
    [
        ("pool --n 55 --f 3 --s 2", "output", [27, 27, "c"]),
        ("pool --n 55 --f 3 --s 2 --c 96", "output", [27, 27, 96]),
        ("lstm --n 32 --m 100", "parameters", 53200),
        ("lstm --n 32 --m 100 --convention pytorch", "parameters", 53600),
        ("lstm --n 32 --m 100 --bidirectional", "parameters", 106400),
        ("gru --n 256 --m 1024 --convention keras", "parameters", 3938304),
        ("gru --n 256 --m 1024", "parameters", 3935232),
        ("embedding --v 5000 --n 32", "parameters", 160000),
        ("dense --n 9216 --m 4096", "parameters", 37752832),
        ("mlp --u 784-512-128-10", "parameters", 468874),
        ("conv --n 32 --f 5 --k 6", "output", [28, 28, 6]),
        ("conv --n 5 --f 3 --s 2 --p 1 --c 3 --k 2", "output", [3, 3, 2]),
        ("conv --n 224 --f 3 --s 2 --same --k 8", "output", [112, 112, 8]),
        ("conv --n 20x30 --f 3x5 --s 2x1 --p 1x0 --d 1x2 --k 8", "output", [10, 22, 8]),
        ("conv --n 14 --f 4 --s 2 --p 1 --transposed --k 3", "output", [28, 28, 3]),
        ('rf --f "5 2 5" --s "1 2 1"', "receptive_field", 14),
        ('clip --g "3 4" --theta 0.7', "value", [0.42, 0.56]),
        ("grid --S 7 --B 2 --C 20", "output", [7, 7, 30]),
        ("updates --N 60000 --B 128 --epochs 8", "value", 3752),
        ("conv", "output", ["n - f + 1", "n - f + 1", "k"]),
        ("conv --s s", "output", ["floor((n - f)/s) + 1", "floor((n - f)/s) + 1", "k"]),
    ],
)
def test_answers_as_json(terminal, command: str, key: str, value: object) -> None:
    """Worked numbers of textbooks and frameworks, and expressions where letters are left."""
    ran = terminal(f"{command} --json")
    assert (ran.status, ran.err) == (0, "")
    assert ran.json[key] == value


def test_the_neighbours_are_named_beside_the_count(terminal) -> None:
    ran = terminal("lstm --n 32 --m 100")
    assert "4m(n + m + 1)" in ran.out
    assert re.search(r"53,?200", ran.out)
    assert re.search(r"PyTorch.*53,?600", ran.words)
    conventions = terminal("lstm --n 32 --m 100 --json").json["conventions"]
    assert (conventions["textbook"], conventions["pytorch"]) == (53200, 53600)


# Backwards


@pytest.mark.parametrize(
    ("command", "solutions"),
    [
        ("conv --n 227 --f 11 --o 55", [{"s": 4}]),
        ("lstm --n 32 --parameters 53200", [{"m": 100}]),
        ("conv --f 11 --c 3 --parameters 34944", [{"k": 96}]),
        ("conv --n 32 --f 3 --o 16 --find s,p --range p=0..3 --range s=1..3", [{"s": 2, "p": 1}]),
        ('solve "2n^2 + 3n = 230" --range n=1..1000', [{"n": 10}]),
    ],
)
def test_backwards(terminal, command: str, solutions: list[dict[str, int]]) -> None:
    found = terminal(f"{command} --json").json
    assert found["solutions"] == solutions
    assert found["count"] == len(solutions)
    assert set(found["searched"]) == set(solutions[0])


def test_all_pairs_of_filter_and_padding(terminal) -> None:
    """n 32, s 2, o 16: every f and p with ⌊(32 + 2p − f)/2⌋ = 15, found by trying all of them."""
    found = terminal("conv --n 32 --o 16 --s 2 --json").json
    (f_low, f_high), (p_low, p_high) = found["searched"]["f"], found["searched"]["p"]
    tried = [
        {"f": f, "p": p}
        for f in range(f_low, f_high + 1)
        for p in range(p_low, p_high + 1)
        if f <= 32 + 2 * p and (32 + 2 * p - f) // 2 + 1 == 16
    ]
    assert found["solutions"] == tried
    shown = terminal("conv --n 32 --o 16 --s 2").words
    assert f"{len(tried)} solutions; searched: f = {f_low}..{f_high}, p = {p_low}..{p_high}" in shown


def test_no_solution_is_an_answer(terminal) -> None:
    ran = terminal("conv --n 8 --f 3 --o 100")
    assert ran.status == 0
    assert "no solution; searched: s = 1..8" in ran.words


# Checking an answer


@pytest.mark.parametrize(
    ("command", "status", "mistake"),
    [
        ("conv --f 3 --c 3 --k 5 --ask parameters --answer 140", 0, None),
        ("conv --n 28 --f 3 --c 6 --k 16 --ask parameters --answer 160", 1, "channels-forgotten"),
        ("conv --n 28 --f 3 --c 6 --k 16 --ask parameters --answer 864", 1, "biases-forgotten"),
        ("conv --n 227 --f 11 --s 4 --ask o --answer 54", 1, "no-plus-one"),
        ("conv --n 227 --f 11 --s 4 --c 3 --k 96 --ask output --answer 55x55x3", 1, "depth-is-channels"),
        ('lstm --ask parameters --answer "4(nm + m^2 + m)"', 0, None),
        ('lstm --ask parameters --answer "4nm + 4m"', 1, "recurrent-weights-forgotten"),
        ("conv --n 227 --f 11 --s 4 --c 3 --k 96 --ask parameters --answer 34,944", 0, None),
        ("conv --f 3 --c 3 --k 5 --convention no-bias --ask parameters --answer 135", 0, None),
        ("conv --f 3 --c 3 --k 5 --convention no-bias --ask parameters --answer 140", 1, None),
        ("lstm --n 32 --m 100 --convention pytorch --ask parameters --answer 4200", 1, None),
    ],
)
def test_checking_an_answer(terminal, command: str, status: int, mistake: str | None) -> None:
    ran = terminal(f"{command} --json")
    assert ran.status == status
    assert ran.json["correct"] is (status == 0)
    if mistake:
        assert ran.json["mistakes"][0]["id"] == mistake


def test_the_mistake_is_told_and_the_right_value_is_not(terminal) -> None:
    command = "conv --n 28 --f 3 --c 6 --k 16 --ask parameters --answer 160"
    told = terminal(command)
    assert "the channels are left out" in told.words
    assert "880" not in told.out
    assert "880" in terminal(f"{command} --show").out


def test_a_pair_of_mistakes_is_one_entry(terminal) -> None:
    """9·16 without channels and without biases: 144 is two mistakes together."""
    found = terminal("conv --n 28 --f 3 --c 6 --k 16 --ask parameters --answer 144 --json").json["mistakes"]
    assert {"biases-forgotten", "channels-forgotten"} in [set(entry["id"].split("+")) for entry in found]


def test_right_under_another_convention_is_no_mistake(terminal) -> None:
    ran = terminal("lstm --n 32 --m 100 --ask parameters --answer 53600")
    assert ran.status == 0
    assert "PyTorch" in ran.out
    assert "two bias vectors" in ran.words


def test_the_convention_that_is_asked_is_the_one_that_is_told(terminal) -> None:
    """With PyTorch's count stated, 53,600 is right, and the textbook's 53,200 is wrong, and that is named."""
    command = "lstm --n 32 --m 100 --convention pytorch --ask parameters --answer"
    asked, other = terminal(f"{command} 53600 --json").json, terminal(f"{command} 53200 --json").json
    assert (asked["status"], asked["convention"], asked["expected"]) == ("right", None, 53600)
    assert (other["status"], other["correct"], other["convention"]) == ("wrong", False, "textbook")
    assert other["mistakes"] == []


def test_a_number_without_a_story(terminal) -> None:
    ran = terminal("conv --n 28 --f 3 --c 6 --k 16 --ask parameters --answer 12345")
    assert ran.status == 1
    assert "no typical mistake gives this" in ran.words


# One answer alone


@pytest.mark.parametrize(
    ("command", "shown", "left_out"),
    [
        ("lstm --n 20 --m 50 --ask parameters", "parameters = 4m(n + m + 1) = 4 × 50(20 + 50 + 1) =", "time steps"),
        ("conv --n 227 --f 11 --s 4 --ask output", "The output is 55 × 55 × k", "weights"),
        ('run softmax --z "0 0" --ask total', "total = sum(powers) = sum((1, 1)) = 2", "probabilities"),
        ('run conv --x "1 2; 3 4" --w "1 2" --ask "output[1, 1]"', "cell = 5", "Result"),
    ],
)  # fmt: skip
def test_what_is_asked_alone_is_told_with_its_working(terminal, command: str, shown: str, left_out: str) -> None:
    ran = terminal(command, columns=120)
    assert ran.status == 0
    assert shown in ran.words
    assert left_out not in ran.words


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("rnn --n 3 --m 4 --q 2", "readout weights = mq = 4 × 2 = 8"),
        ("rnn --n 3 --m 4 --q 2 --bidirectional", "readout weights = state·q = 8 × 2 = 16"),
    ],
)
def test_an_inner_formula_speaks_in_the_letters_of_the_question(terminal, command: str, shown: str) -> None:
    """The output layer reads m numbers and gives q: its own letters, n and m, are those of other sizes here."""
    assert shown in terminal(command, columns=120).words


def test_no_bias_is_a_convention_with_a_switch_of_its_own(terminal) -> None:
    """4(20·50 + 50²) = 14,000."""
    assert terminal("lstm --n 20 --m 50 --no-bias --json").json["parameters"] == 14_000
    ran = terminal("lstm --no-bias --convention keras")
    assert ran.err == "dlcalc: --no-bias is a convention, so --convention keras is not given beside it\n"


def test_one_answer_as_json(terminal) -> None:
    """The steps are those that lead to it; MACs, which nobody asked for, are none of them."""
    found = terminal("conv --f 3 --c 3 --k 5 --ask parameters --json").json
    assert (found["asked"], found["value"]) == ("parameters", 140)
    assert [step["value"] for step in found["steps"]] == [27 * 5, 5, 140]


# Errors: one line, status 2


@each_row(
    ("command", "sentence"),
    [
        ("conv --n 7 --f 9", "the filter does not fit"),
        ("conv --s 0", "s is a whole number ≥ 1, not 0"),
        ("conv --n 1e9999", "at most 50 digits"),
        ("conv --n \"__import__('os')\"", "has no meaning here"),
        ("conv --f -3", "f is a whole number ≥ 1, not -3"),
        ("conv --n", "requires an argument"),
        ("conv --n 2.5", "n is a whole number ≥ 1, not 5/2"),
        ("conv --c 3 --k 4 --groups 2", "groups must divide both c and k"),
        ("conv --zz 3", "No such option: --zz"),
        ("xyzzy", "No such command 'xyzzy'"),
        ("pool --same --ceil", "ceil and same cannot be used together"),
        ("conv --json --latex", "one format at a time"),
        ("conv --convention nonsense", "convention is one of textbook, no-bias"),
        (
            "conv --answer 3",
            "--answer VALUE needs --ask NAME: the answer, and the question, which is one of output, o,",
        ),
        ("conv --ask nonsense", "nonsense is not an answer of conv; its answers are output, o, weights"),
        (
            "conv --n 5 --f 3 --o 3 --ask s",
            "--ask is one answer, and here an answer is given: the unknowns are asked for",
        ),
        ("conv --ask nonsense --answer 3", "nonsense is not an answer of conv"),
        ("conv --ask output --answer 3x3", "output has 3 numbers, not 2"),
        ("conv --find s", "to find s, give an answer"),
        ("conv --n 5 --o 3 --range p", "range"),
        ("activation", "activation needs a name"),
        ("activation swish", "name is one of sigmoid"),
        ("solve", "solve needs an equation"),
        ('solve "2n + 3"', "an equation or inequality is expected"),
        ('solve "mod(n, 7) = 3" --range n=1..1000000000', "the search is too large; the range n=1.."),
        ("conv --n 3x3x3x3", "n takes one number or 2, one per axis, not 4"),
        ("conv --profile nonsense", "nonsense"),
    ],
)
def test_a_bad_question_is_one_line(terminal, command: str, sentence: str) -> None:
    ran = terminal(command)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert sentence in ran.err


def test_our_own_bug_is_one_line_and_status_3(terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long what went wrong is, and with a line break in it."""

    def broken() -> None:
        raise RuntimeError("x\ny" * 1000)

    monkeypatch.setattr("dlcalc.cli.app.program", broken)
    monkeypatch.delenv("DLCALC_DEBUG", raising=False)
    ran = terminal("conv")
    assert (ran.status, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert ran.err.startswith("dlcalc: ")
    assert "RuntimeError: x y" in ran.err
    assert len(ran.err) < 420


def test_an_interrupted_command_ends_with_130(terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dlcalc.cli.app.program", interrupted)
    assert terminal("conv") == (130, "", "")


# Formats, widths, help


@each_row("name", sorted(ENTRIES))
def test_the_example_of_every_command_runs(terminal, name: str) -> None:
    """What --help shows as an example works, in every format, and fits 80 columns."""
    example = ENTRIES[name].example.removeprefix("dlcalc ")
    ran = terminal(example)
    assert (ran.status, ran.err) == (0, "")
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    assert "\x1b" not in ran.out
    for option in ("--json", "--latex", "--markdown", "--html"):
        other = terminal(f"{example} {option}")
        assert (other.status, other.err) == (0, "")
        assert other.out.strip()


def test_help_lists_every_command(terminal) -> None:
    listed = terminal("--help").out
    assert all(name.replace("_", "-") in listed for name in ENTRIES)
    assert "solve" in listed
    assert "doctor" in listed


def test_json_is_one_object_of_plain_text(terminal) -> None:
    ran = terminal("conv --json")
    assert ran.out.startswith("{")
    assert ran.json["missing"] == ["n", "f", "c", "k"]


def test_latex_can_be_pasted(terminal) -> None:
    out = terminal("conv --n 227 --f 11 --s 4 --latex").out
    assert r"\left\lfloor \frac{n - f}{s} \right\rfloor + 1" in out
    assert out.count("{") == out.count("}")


def test_doctor_says_what_is_missing(terminal) -> None:
    report = terminal("doctor --json").json
    assert report["python"].startswith("3.")
    assert report["cpu_threads"] >= 1
    assert set(report["extras"]) >= {"algebra", "numeric", "cuda"}
    assert report["cuda"]["available"] or report["cuda"]["reason"]
    assert "dlcalc" in terminal("doctor").out


def test_a_profile_writes_its_own_letters(terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CS231n writes F, S, P, W for filter, stride, padding, input; DLCALC_PROFILE chooses it as --profile does."""
    asked = terminal("conv --n 227 --f 11 --s 4 --profile cs231n")
    assert "F" in asked.out
    assert "W − F" in asked.out
    monkeypatch.setenv("DLCALC_PROFILE", "cs231n")
    assert terminal("conv --n 227 --f 11 --s 4").out == asked.out


def test_a_profile_chooses_the_convention(terminal, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "pytorch"\ntitle = "My course"\n', encoding="utf-8")
    assert terminal(f"lstm --n 32 --m 100 --profile {mine} --json").json["parameters"] == 53600


def test_a_real_process_without_colours(tmp_path: Path) -> None:
    """Piped there are no escape codes; a reader that closes early gets no traceback."""
    command = [sys.executable, "-m", "dlcalc", "conv", "--n", "227", "--f", "11", "--s", "4"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=True)
    assert "\x1b" not in ran.stdout
    assert ran.stderr == ""
    piped = subprocess.run(
        f"{' '.join(command)} | head -1", shell=True, capture_output=True, text=True, timeout=60, check=True
    )
    assert piped.stderr == ""


def test_an_answer_in_the_letters_of_the_course(terminal) -> None:
    """With CS231n's letters the output size is (W − F + 2P)/S + 1, rounded down; our own letters are read too."""
    asked = ["conv", "--profile", "cs231n", "--ask", "o", "--answer"]
    assert terminal([*asked, "⌊(W - F + 2P)/S⌋ + 1"]).status == 0
    assert terminal([*asked, "⌊(n - f + 2p)/s⌋ + 1"]).status == 0
    assert terminal([*asked, "⌊(W - F + 2P)/S⌋"]).status == 1
