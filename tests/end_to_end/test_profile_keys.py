"""What a course profile says is what is shown: every key changes what it names, and says so beside the number."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from rows import each_row
from terminal import Terminal

from dlcalc.profiles import Profile

RNN = 'run rnn --x "1 0; 0 1" --w-x "0.5 0.1; 0.2 0.3" --w-h "0.1 0.2; 0.3 0.4" --b "0 0"'
GRU = 'run gru --x "1 2" --w-z 0.5 --u-z 0.1 --w-r 0.4 --u-r 0.2 --w-g 0.3 --u-g 0.1 --b-g 0.7'
OUTER = 'bptt --head linear --loss last --steps 1 --answer "(yhat_1 - y_1) ⊗ h_0" --wrt W'
TANH = "activation tanh --x 0.5"  # 0.46211715…
SOFTMAX = 'run rnn --x "1; 2" --w-x 0.5 --w-h 0.3 --b 0 --w-y "1; -1" --target "1 0; 0 1" --softmax --backward'

CASES = {
    "name": [('name = "mine-2"', "conv --n 5 --f 3", "profile mine-2")],
    "title": [('title = "DL 101"', "conv --n 5 --f 3", "DL 101"), ('title = "DL 101"', "net lenet", "DL 101")],
    "letters": [
        ('letters = {input-size = "W"}', "conv --n 5 --f 3", "W input size"),
        ('letters = {f = "k", k = "c_o"}', "net lenet --explain conv-2", "k filter size"),
    ],
    "formula_letters": [('formula_letters.lstm = {n = "d"}', "lstm --n 3 --m 2", "d size of one input")],
    "layout": [
        ('layout = "row"', RNN, "row layout"),
        ('layout = "row"', "bptt", "xₜU"),
        ('layout = "pytorch"', 'backprop "2; dense 3 tanh; dense 1"', "W₁ᵀ"),
    ],
    "counts": [
        ('counts = "pytorch"', "lstm --n 32 --m 100", "counted here as in PyTorch"),
        ('counts = "pytorch"', 'net "5x3 seq; lstm 4"', "textbooks"),
    ],
    "conventions": [('conventions.gru = "keras"', "gru --n 3 --m 2", "counted here as in Keras")],
    "gru_update_gate": [
        ('gru_update_gate = "renew"', GRU, "(1 − z"),
        ('gru_update_gate = "renew"', "bptt --cell gru", "z"),
    ],
    "gru_reset": [('gru_reset = "after"', GRU, "reset"), ('gru_reset = "after"', "bptt --cell gru", "r")],
    "dropout": [('dropout = "drop"', "dropout --n 100 --p 0.2", "drop")],
    "epsilon": [("epsilon = 1e-3", 'run adam --w 1 --g "0.5"', "0.001")],
    "epsilon_place": [('epsilon_place = "outside"', 'run adam --w 1 --g "0.5"', "ε is added to the root")],
    "batchnorm_epsilon": [("batchnorm_epsilon = 0.25", 'run batchnorm --x "1 2"', "0.25")],
    "logarithm": [
        ('logarithm = "2"', "untrained-loss --k 8", "3"),
        ('logarithm = "10"', "untrained-loss --k 1000", "in hartleys"),
        ('logarithm = "2"', 'log-probability --p "1/2 1/4"', "in bits"),
        ('logarithm = "10"', 'log-probability --p "1/10 1/100"', "in hartleys"),
        ('logarithm = "2"', 'perplexity --p "1/2 1/4"', "the loss in bits"),
        ('logarithm = "10"', "perplexity --loss 2", "100"),
        ('logarithm = "2"', 'run cross-entropy --p "1/4 3/4" --target "1 0"', "the loss is in bits"),
        ('logarithm = "2"', 'run log-loss --p "1/4 3/4" --target "1 1" --form mean', "the loss is in bits"),
        ('logarithm = "10"', 'run softmax --z "1 2" --target "1 0"', "the loss is in hartleys"),
        ('logarithm = "2"', 'run logistic --x "1 2" --w "1 -1" --target 1', "the loss is in bits"),
        ('logarithm = "2"', SOFTMAX, "the loss is in bits"),
    ],
    "cost": [
        ('cost = "flops"', "conv --n 227 --f 11 --s 4 --c 3 --k 96", "2o²f²ck"),
        ('cost = "flops"', "net lenet", "FLOPs"),
        ('cost = "flops"', "net lenet --compare alexnet", "FLOPs"),
        ('cost = "flops"', "net lenet --svg -", "833,040 FLOPs"),
        ('cost = "flops"', "net lenet --explain conv-2", "480,000"),
    ],
    "megabyte": [
        ("megabyte = 1048576", "conv --n 227 --f 11 --s 4 --c 3 --k 96", "1.24109 MiB"),
        ("megabyte = 1000000", "conv --n 227 --f 11 --s 4 --c 3 --k 96", "1.30138 MB"),
        ("megabyte = 1048576", "net alexnet", "240.937 MiB"),
        ("megabyte = 1048576", "net lenet --compare alexnet", "240.937 MiB"),
        ("megabyte = 1048576", "net alexnet --explain fc-1", "MiB"),
    ],
    "decimals": [
        ("decimals = 2", TANH, "0.46"),
        ("decimals = 2", "untrained-loss --k 10", "2.3"),
        ("decimals = 2", 'run rnn --x "1 1" --w-x 0.5 --w-h 0.3 --b 0', "0.56"),
        ("decimals = 2", "bptt --form numeric", "the formula"),
        ("decimals = 2", "bptt --value W=0.5 --value U=0.3 --steps 2", "the formula"),
        ("decimals = 2", 'backprop "2; dense 2 tanh; dense 1" --form numeric', "0."),
    ],
    "significant_digits": [
        ("significant_digits = 2", f"{TANH} --ask value --answer 0.46", "right"),
        ("significant_digits = 5", f"{TANH} --ask value --answer 0.4621", "at least five significant digits"),
        ("significant_digits = 2", 'run cross-entropy --p "0.7 0.3" --target "1 0" --ask loss --answer 0.36', "right"),
    ],
    "decimal": [
        ('decimal = ","', "conv --f 7 --c 3 --k 64 --ask parameters --answer 9,472", "this is wrong"),
        ('decimal = ","', "run squared-loss --yhat 1.5 --target 0 --answer 1.125", "this is wrong"),
    ],
    "outer": [('outer = "pointwise"', OUTER, "⊙ h₀")],
}


def written(folder: Path, text: str) -> str:
    """The profile `mine`, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return str(folder / "mine.toml")


def test_no_key_is_left_out() -> None:
    assert CASES.keys() == {field.name for field in fields(Profile)}


@each_row(("text", "command", "said"), [case for cases in CASES.values() for case in cases])
def test_every_key_changes_some_output(terminal: Terminal, tmp_path: Path, text: str, command: str, said: str) -> None:
    """Beside a profile that says nothing the output differs, and the number stands with what it is counted in."""
    before = terminal(f"{command} --profile {written(tmp_path / 'empty', '')}", 120)
    after = terminal(f"{command} --profile {written(tmp_path / 'full', text)}", 120)
    assert before.status in (0, 1)
    assert after.status in (0, 1)
    assert after.out != before.out
    assert said in " ".join(after.out.split())


def test_decimals_are_those_of_results_and_never_make_a_number_0(terminal: Terminal, tmp_path: Path) -> None:
    """tanh 0.5 = 0.4621 is 0.46; x keeps its digits; 0.0001² = 1e-8 is no 0; JSON has all digits."""
    mine = written(tmp_path, "decimals = 2")
    assert "≈ 0.46" in terminal(f"{TANH} --profile {mine}").out
    assert terminal(f"{TANH} --profile {mine} --json").json["value"] == pytest.approx(0.46211715726)
    shown = terminal(f"activation tanh --x 0.1234 --profile {mine}").out
    assert "0.1234" in shown
    assert "0.12\n" in "\n".join(line.rstrip() for line in shown.splitlines())
    assert "0.0001" in terminal(f"activation tanh --x 0.0001 --profile {mine}").out


def test_a_decimal_sign_decides_what_is_asked_back_without_one(terminal: Terminal, tmp_path: Path) -> None:
    """1,125 is 9/8 where the comma is decimal, and 9.472 parameters are 9472."""
    mine = written(tmp_path, 'decimal = ","')
    for asked, answer in (
        ("run squared-loss --yhat 1.5 --target 0", "1,125"),
        ("conv --f 7 --c 3 --k 64 --ask parameters", "9.472"),
    ):
        assert terminal(f"{asked} --answer {answer} --json").json["status"] == "undecided"
        assert terminal(f"{asked} --answer {answer} --profile {mine} --json").json["status"] == "right"


def test_memory_in_json_is_bytes_and_a_cost_both(terminal: Terminal, tmp_path: Path) -> None:
    """4·(55²·96 + 34,944) bytes, whatever is shown; MACs and FLOPs stand side by side."""
    mine = written(tmp_path, 'megabyte = 1048576\ncost = "flops"')
    found = terminal(f"conv --n 227 --f 11 --s 4 --c 3 --k 96 --profile {mine} --json").json
    assert found["memory"] == 4 * (55**2 * 96 + 34_944)
    assert (found["macs"], found["flops"]) == (105_415_200, 210_830_400)
    shown = terminal(f"conv --n 227 --f 11 --s 4 --c 3 --k 96 --profile {mine}").out
    assert "105,415,200" not in shown
    assert "bytes\n" not in shown


def test_a_built_in_profile_is_named_and_the_course_is_not(terminal: Terminal) -> None:
    """Keras divides by 1024 twice, PyTorch counts FLOPs; the course's own screens say nothing."""
    keras = terminal("net lenet --profile keras").out
    assert "as in the profile keras: Keras" in keras
    assert "MiB" in keras
    assert "FLOPs" in terminal("net lenet --profile pytorch").out
    assert "profile" not in terminal("net lenet --profile course").out


def test_keys_and_practice_pages_follow_the_profile(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key rounds its numbers to the decimals of the profile, its tolerance to the digits asked."""
    command = "problems show gradient-check --seed 3 --key"
    before, numbers = terminal(command, 120).out, terminal(f"{command} --json").json
    monkeypatch.setenv("DLCALC_PROFILE", written(tmp_path, "decimals = 2\nsignificant_digits = 2"))
    after, asked = terminal(command, 120).out, terminal(f"{command} --json").json
    assert after != before
    assert "as in the profile mine" in after
    assert values_of(asked) == values_of(numbers)
    assert any(tolerances_of(numbers))
    assert tolerances_of(asked) == pytest.approx([10 * each for each in tolerances_of(numbers)])


def responses_of(paper: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for question in paper["questions"] for part in question["parts"] for each in part["responses"]]


def values_of(paper: dict[str, Any]) -> list[float]:
    """What is right, exact whatever is shown."""
    return [each["value"] for each in responses_of(paper) if each["id"] == ""]


def tolerances_of(paper: dict[str, Any]) -> list[float]:
    """Half of a unit of the last digit asked, where an answer may be rounded."""
    found = [each["tolerance"] for each in responses_of(paper) if each["id"] == ""]
    return [number for each in found for number in (each if isinstance(each, list) else [each])]
