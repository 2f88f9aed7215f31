"""`dlcalc run`: numbers by hand as a user sees them, what is refused, and the window that slides."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from rows import each_row
from terminal import Terminal

from dlcalc.api.hand_run import by_hand
from dlcalc.cli import play
from dlcalc.errors import UserError
from dlcalc.explain.frames import film
from dlcalc.explain.number_style import NumberStyle
from dlcalc.formulas.hand_operations import OPERATIONS

IMAGE = "3 0 1 2; 1 5 8 9; 2 7 2 5; 0 1 3 1"
CONV = f'run conv --x "{IMAGE}" --w "1 0; 0 -1" --s 2 --p 1 --b 2'
POOL = 'run pool --x "6 4 8 5; 5 4 5 8; 3 6 7 7; 7 9 7 2" --f 2 --s 2'
RNN = 'run rnn --x "1 1 1" --w-x 0.5 --w-h 0.3 --b 0 --activation tanh'
GRU = (
    'run gru --x "1 2; 3 1" --w-z "0.5 0.1; 1 1" --u-z "0.1 0.2; 0.3 0.4" --w-r "0.4 0; 0 1" --u-r "0.2 1; 1 0" '
    '--w-g "0.6 0.1; -1 0.5" --u-g "0.2 0.5; 0.5 -0.2"'
)
PEEPHOLE = f"{OPERATIONS['lstm'].example.removeprefix('dlcalc ')} --p-f 0.1 --p-i 0.2 --p-o 0.3"
DENSE = "run dense --x '1 2' --w '0.5 -1; 1 0.25; 2 0' --b '1 0 -1'"
EDGE = "; ".join(["10 10 10 0 0 0"] * 6)
LIGHT_BELOW = "; ".join(["0 0 0 0 0 0"] * 3 + ["255 255 255 255 255 255"] * 3)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_example_of_every_operation_runs(terminal: Terminal, name: str) -> None:
    """As its help shows it; no line is wider than the terminal."""
    ran = terminal(shlex.split(OPERATIONS[name].example)[1:], 80)
    assert (ran.status, ran.err) == (0, "")
    assert max(map(cell_len, ran.out.splitlines())) <= 80
    assert "Result" in ran.out


@pytest.mark.parametrize("format", ["--json", "--latex", "--markdown", "--html"])
def test_every_format_has_the_result(terminal: Terminal, format: str) -> None:
    ran = terminal(f"{CONV} {format}")
    assert ran.status == 0
    assert "11" in ran.out
    if format == "--json":
        assert ran.json["value"] == [[[-1, 1, 2], [0, 5, 11], [2, 3, 3]]]
        assert ran.json["kernel"] == "none"
        assert {"name": "s", "value": 2} not in ran.json["steps"]
        assert any(step["name"] == "output[1, 1, 1]" and step["value"] == -1 for step in ran.json["steps"])


def test_the_course_edge(terminal: Terminal) -> None:
    """Rows 0 30 30 0."""
    ran = terminal(["run", "conv", "--x", EDGE, "--detector", "vertical", "--json"])
    assert ran.json["value"] == [[[0, 30, 30, 0]] * 4]


def test_sobel_and_its_scale(terminal: Terminal) -> None:
    plain = terminal(["run", "conv", "--x", LIGHT_BELOW, "--detector", "sobel-horizontal", "--json"])
    assert plain.json["value"] == [[[0] * 4, [-1020] * 4, [-1020] * 4, [0] * 4]]
    scaled = terminal(["run", "conv", "--x", LIGHT_BELOW, "--detector", "sobel-y", "--scale", "0..255"])
    assert "−1020  −1020" in scaled.out
    assert scaled.words.endswith("⎡255 255 255 255⎤ scaled = ⎢ 0 0 0 0⎥ ⎢ 0 0 0 0⎥ ⎣255 255 255 255⎦")


def test_pooling_and_its_winners(terminal: Terminal) -> None:
    """6 8/9 7, and of the ties the first in reading order, in brackets."""
    ran = terminal(f"{POOL} --backward")
    assert "output = ⎡6 8⎤ ⎣9 7⎦" in ran.words
    assert "1 [6] 4 [8] 5 2 5 4 5 8 3 3 6 [7] 7 4 7 [9] 7 2" in ran.words
    assert "where cells tie" in ran.words


def test_every_window_stands_with_its_numbers(terminal: Terminal) -> None:
    ran = terminal(CONV)
    assert "output[2, 2] 1 × 5 + 0 × 8 + 0 × 7 + (−1)·2 + 2 5" in ran.words
    assert "⎡0 0 0 0 0 0⎤ ⎢0 3 0 1 2 0⎥ padded" in ran.words


def test_a_recurrent_net_over_three_steps(terminal: Terminal) -> None:
    ran = terminal(RNN)
    for number in ("0.462117157260", "0.563969523783", "0.584447377953"):
        assert number in ran.out
    assert "wh₂ 0.3 × 0.462117 0.138635" in ran.words


def test_backpropagation_through_time_term_by_term(terminal: Terminal) -> None:
    """Six terms for T = 3, their sum, and the differences beside it."""
    ran = terminal(f'{RNN} --backward --target "0 0 1"', 120)
    terms = [line for line in ran.out.splitlines() if line.strip().startswith("terms_W[")]
    assert len([line for line in terms if "k]" not in line]) == 6
    assert "dW = Σ_{j=1..T} Σ_{k=1..j} terms_W[j, k]" in ran.words
    assert "dW −0.002447320 −0.002447320" in ran.words
    assert "the differences agree with every gradient" in ran.words


def test_the_loss_of_the_last_step_and_gradients_of_one(terminal: Terminal) -> None:
    """Without a target ∂L/∂h is 1 at every step: ∂L/∂b of Σh."""
    last = terminal(f'{RNN} --backward --target "0 0 1" --loss last --json').json
    assert last["loss"] == pytest.approx((0.584447377953 - 1) ** 2 / 2, abs=1e-11)
    ones = terminal(f"{RNN} --backward --json").json
    assert ones["loss"] == pytest.approx(0.462117157260 + 0.563969523783 + 0.584447377953, abs=1e-11)


def test_as_one_sparse_matrix(terminal: Terminal) -> None:
    ran = terminal('run conv --x "1 2 3; 4 5 6; 7 8 9" --w "1 2; 3 4" --as-matrix')
    assert "⎡1 2 0 3 4 0 0 0 0⎤" in ran.words
    for words in ("= 16", "= 20", "= 4"):
        assert words in ran.words


def test_fractions_on_request(terminal: Terminal) -> None:
    """A third is rounded for display, exact on request; the answer in JSON is exact either way."""
    command = 'run conv --x "1 2" --w 1/3'
    assert "0.666667" in terminal(command).out
    assert "0.666667" not in terminal(f"{command} --fractions").out
    assert terminal(f"{command} --fractions --json").json["value"] == [[["1/3", "2/3"]]]


def test_what_is_pasted(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """--x - and --answer - read standard input, but only one of them at once."""
    table = "| 1 | 2 |\n|---|---|\n| 3 | 4 |\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(table))
    assert terminal("run conv --x - --w 2 --json").json["value"] == [[[2, 4], [6, 8]]]
    monkeypatch.setattr(sys, "stdin", io.StringIO(r"\begin{matrix} 2 & 4 \\ 6 & 8 \end{matrix}"))
    assert terminal('run conv --x "1 2; 3 4" --w 2 --answer -').status == 0
    both = terminal("run conv --x - --w - --json")
    assert (both.status, both.err) == (2, "dlcalc: one thing at a time is pasted: --x - or --w -\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("1 " * 600_000))
    assert terminal("run conv --x - --w 1").err == "dlcalc: what is pasted has at most 1,048,576 characters\n"


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        (f'{CONV} --ask output --answer "-1 1 2; 0 5 11; 2 3 3"', 0, "this is right"),
        (f'{CONV} --answer "-3 -1 0; -2 3 9; 0 1 1"', 1, "each filter adds its bias to every sum"),
        (f'{CONV} --flip --answer "-1 1 2; 0 5 11; 2 3 3"', 1, "a true convolution rotates the filter by 180°"),
        (f'{CONV} --ask "output[2, 3]" --answer 11', 0, "this is right"),
        (f'{CONV} --answer "1 2; 3 4"', 1, "this is wrong; no typical mistake gives this"),
        (f'{CONV} --answer "1 2; 3 4" --show', 1, "⎣ 2 3 3⎦"),
        (f'{POOL} --answer "5 6; 4 5"', 1, "this is wrong"),
        (f'{RNN} --ask "h[3]" --answer 0.584', 0, "this is right"),
    ],
)
def test_an_answer_is_verified(terminal: Terminal, command: str, status: int, words: str) -> None:
    ran = terminal(command)
    assert ran.status == status
    assert words in ran.words


@each_row(
    ("command", "error"),
    [
        ('run conv --x "1 2; 3" --w 1', "x: the rows of an array are equally long: the first has 2, number 2 has 1"),
        ('run conv --x "1 nan" --w 1', "x: 'nan' is not a number: nan is not a number or a letter that is known here"),
        ('run conv --x "1 two" --w 1', "x: 'two' is not a number: two is not a number or a letter that is known here"),
        ('run conv --x "1 2; 3 4" --w "1 1 1"', "a filter of 1×3 does not fit into 2×2, the image with its padding"),
        ("run conv --x none.csv --w 1", "none.csv: the file cannot be read: No such file or directory"),
        ("run conv --x 1 --w 1 --ask nonsense", "nonsense is not an answer of Convolution by hand; its answers are "
         "output, padded, kernel, sums"),
        ("run conv --x 1 --w 1 --delay 1", "--delay is the pace of --play"),
        ("run conv --x 1 --w 1 --play --delay fast", "--delay is a number of seconds from 0 to 60, not 'fast'"),
        ("run conv --x 1 --w 1 --play --delay -1", "--delay is a number of seconds from 0 to 60, not '-1'"),
        ("run conv --x 1 --w 1 --json --latex", "one format at a time: --json or --latex"),
        ("run softmax --z 1 --play", "--play slides a window over an image: run conv and run pool have it, without "
         "--scale and --as-matrix; not Softmax by hand"),
        ('run rnn --x "1 1" --w-x "1 2; 3 4" --w-h "0.3 1" --b 0', "the sizes of run rnn fit together: x is T×n, w_x "
         "is m×n, w_h is m×m, b is m; not 1×2, 2×2, 1×2, 2"),
        ("run sort --x 1", None),
        ("run conv --frobnicate 1", None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(terminal: Terminal, command: str, error: str | None) -> None:
    ran = terminal(command)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert error is None or ran.err == f"dlcalc: {error}\n"


HOSTILE = {
    "objects.npy": b"\x93NUMPY\x01\x00\x42\x00{'descr': '|O', 'fortran_order': False, 'shape': (2,), }"
    + b" " * 9 + b"\n\x80\x04cos\nsystem\n",
    "huge.npy": b"\x93NUMPY\x02\x00\x00\x00\x00\xa0{'descr'",
    "nan.csv": b"1,nan\n",
    "words.csv": b"1,two\n",
    "ragged.csv": b"1,2\n3\n",
    "binary.csv": b"\xff\xfe\x00",
    "deep.json": b"[" * 200_000,
    "bomb.png": b"\x89PNG\r\n\x1a\n" + b"\x7f" * 64,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_array_is_one_line_and_nothing_runs(terminal: Terminal, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    ran = terminal(["run", "conv", "--x", str(path), "--w", "1"])
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1


def test_a_small_image_needs_neither_numpy_nor_numba() -> None:
    """A 7×7 image, in a fresh process: what computes in bulk is not loaded."""
    image = "; ".join(" ".join(str((i * j) % 5) for j in range(7)) for i in range(7))
    program = (
        "import sys; from dlcalc.cli import main; status = main(sys.argv[1:]);"
        "print(sorted({'numpy', 'numba', 'sympy', 'pydantic'} & set(sys.modules)), file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "run", "conv", "--x", image, "--w", "1 0; 0 1", "--json"],
        capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert json.loads(done.stdout)["kernel"] == "none"


@pytest.mark.parametrize(
    "command",
    [
        CONV,
        f"{CONV} --flip --backward",
        'run conv --x "1 2; 3 4 | 0 1; 1 1" --w "1 2 | 3 -1 || 0 1 | 1 1" --b "1 2" --backward',
        'run conv-transpose --x "0 1; 2 3" --w "0 1; 2 3" --s 2 --p 1',
        'run conv-transpose --x "0 1; 2 3 | 1 1; 0 1" --w "0 1; 2 3 | 1 1; 2 3 || 1 2; 1 2 | 0 1; 1 -1" --s 2 --p 1 '
        "--b '1 2' --backward",
        *(f"{POOL} --kind {kind} {more}" for kind in ("max", "min", "avg", "sum") for more in ("", "--backward")),
        f"{POOL.partition(' --f')[0]} --kind global",
        'run pool --x "1 2; 3 6 | 0 0; 1 1" --kind global --backward --target "1 2"',
        RNN,
        f'{RNN} --backward --target "0 0 1"',
        'run rnn --x "1 2; 0 1" --w-x "0.5 1; 0.25 -1" --w-h "0.1 0.2; 0.3 0.4" --backward --layout row',
        *(
            OPERATIONS[name].example.removeprefix("dlcalc ")
            for name in ("lstm", "gru", "dense", "softmax", "attention")
        ),
        PEEPHOLE,
        f"{PEEPHOLE} --backward --d-h '0.5 -2'",
        *(f"{DENSE} --activation {g} --d-y '1 -2 3' --backward" for g in ("linear", "relu", "sigmoid", "tanh")),
        'run dense --x "1 2" --w "0.5 -1 2; 1 0.25 1" --layout row --activation tanh --d-y "1 2 -1" --backward',
        'run batchnorm --x "1 2 3 6" --gamma 2 --beta 1',
        'run batchnorm --x "1 2 3 6" --gamma 2 --d-y "1 0 2 -1" --epsilon 0.5 --backward',
        'run batchnorm --x "1 2; 3 6; 2 2; 4 2" --gamma "2 3" --beta "1 0"',
        'run batchnorm --x "1 2; 3 6; 2 2" --gamma "2 3" --d-y "1 0; 2 -1; 0 4" --backward',
        'run batchnorm --x "1 2 3 6" --running-mean 1 --running-var 2 --gamma 3',
        'run layernorm --x "1 2 3 6" --gamma "1 2 3 4" --beta "0 1 0 1" --epsilon 0.001',
        *(f"{OPERATIONS[name].example.removeprefix('dlcalc ')} --backward" for name in ("lstm", "gru")),
        f"{GRU} --backward --update-gate renew --reset after --b-hn '0.5 0.25'",
        f"{GRU} --backward --layout row",
        f"{OPERATIONS['gru'].example.removeprefix('dlcalc ')} --reset after --b-hn 0.5",
        f"{OPERATIONS['attention'].example.removeprefix('dlcalc ')} --backward",
    ],
)
def test_the_kernels_say_the_same(terminal: Terminal, command: str) -> None:
    """The formula's numbers and those of the CPU kernels, which know nothing of each other."""
    pytest.importorskip("numba", reason="the kernels need numba")
    plain, computed = terminal(f"{command} --json").json, terminal(f"{command} --json --kernel cpu").json
    assert computed["kernel"] == "cpu"

    def apart(a: Any, b: Any) -> float:
        return max(map(apart, a, b)) if isinstance(a, list) else abs(float(a) - float(b))

    names = [
        name for name in plain if isinstance(plain[name], list | float | int) and name not in ("steps", "warnings")
    ]
    words = ("missing", "kernel", "given", "defaults", "finite_differences_left_out")
    numbers = [name for name in names if name not in words]
    assert numbers
    assert max(apart(plain[name], computed[name]) for name in numbers) < 1e-12


@pytest.mark.parametrize("name", ["conv", "pool", "rnn", "lstm", "gru", "dense", "softmax", "attention", "batchnorm"])
def test_the_screen_says_how_far_the_kernels_differ(terminal: Terminal, name: str) -> None:
    pytest.importorskip("numba", reason="the kernels need numba")
    command = OPERATIONS[name].example.removeprefix("dlcalc ")
    assert "kernels, in float64, differ from this by" in terminal(f"{command} --kernel cpu").words


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ('run conv --x "1 2" --w 1 --scale 0..1', "the kernels convolve with zeros around"),
        ('run conv --x "1 2" --w 1 --relu', "the kernels convolve without a ReLU after it: leave --relu out"),
        ("run dense --x 1 --w 1 --activation step", "the step has no kernel; --kernel none"),
        ("run attention --q 1 --k 1 --v 1 --form causal", "the kernels attend to every token"),
    ],
)
def test_what_has_no_kernel_says_so(terminal: Terminal, command: str, rule: str) -> None:
    pytest.importorskip("numba", reason="the kernels need numba")
    ran = terminal(f"{command} --kernel cpu")
    assert ran.status == 2
    assert rule in ran.err


# the film


def reel(**more: Any) -> Any:
    found = by_hand("conv", x=IMAGE, w="1 0; 0 -1", s=2, p=1, b=2, **more)
    return film(found.working, found.operation, NumberStyle())


def test_a_film_has_a_picture_per_window() -> None:
    """The second covers rows 1 and 2, columns 3 and 4 of the padded image; the output fills up in reading order."""
    pictures = reel()
    assert pictures.size == 9
    second = pictures.frames[1]
    assert second.covered == {(0, 2), (0, 3), (1, 2), (1, 3)}
    assert (second.label, second.working, second.value) == ("output[1, 2]", "1 × 0 + 0 × 0 + 0 × 0 + (−1)·1 + 2", "1")
    assert pictures.so_far(second) == ((("−1", "1", ""), ("", "", ""), ("", "", "")),)
    assert pictures.so_far(pictures.frames[-1])[0][2] == ("2", "3", "3")


def test_piped_it_is_one_still_picture(terminal: Terminal) -> None:
    ran = terminal(f"{CONV} --play")
    assert ran.status == 0
    assert "9 of 9" in ran.out
    assert "output[3, 3] = 1 × 1 + 0 × 0 + 0 × 0 + (−1)·0 + 2 = 3" in ran.out
    assert "\x1b" not in ran.out
    pooled = terminal(f"{POOL} --play --p 1")
    assert "·" in pooled.out
    assert "output[3, 3] = max(2) = 2" in pooled.out


def test_keys_go_forwards_and_backwards_and_stop_at_the_ends() -> None:
    """Left at the first stays; two steps on, one back, far beyond the last; q ends."""
    keys = iter(["left", " ", "right", "left", *[" "] * 20, "q"])
    shown: list[int] = []
    play.walk(reel(), lambda: next(keys), lambda frame: shown.append(frame.done))
    assert shown[:6] == [1, 1, 2, 3, 2, 3]
    assert shown[-1] == 9
    assert next(keys, "none left") == "none left"


def test_typed_keys_are_told_apart() -> None:
    assert play.keys_in("  \x1b[Dq\x1b[C") == [" ", " ", "left", "q", "right"]
    assert play.keys_in("\x1b") == ["\x1b"]
    assert play.keys_in("") == []


def test_at_a_pace_every_picture_is_shown() -> None:
    shown: list[int] = []
    slept: list[float] = []
    play.run_through(reel(), 0.25, lambda frame: shown.append(frame.done), slept.append)
    assert shown == list(range(1, 10))
    assert slept == [0.25] * 9


def test_in_a_terminal_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that is written to, without keys to be read: every picture once."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, highlight=False)
    assert play.play(by_hand("conv", x=IMAGE, w="1 0; 0 -1", s=2), "0", console) == 0
    assert all(f"{number} of 4" in screen.getvalue() for number in range(1, 5))


def test_there_is_no_film_of_a_time_step() -> None:
    found = by_hand("softmax", z="1 2")
    with pytest.raises(UserError, match=r"^--play slides a window over an image"):
        film(found.working, found.operation, NumberStyle())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("1 2; -2 -4; 4 6", "5 of 6 numbers are right. Wrong: row 3, column 1."),
        ("1 2; 2 4; 3 6", "4 of 6 numbers are right. Wrong: row 2."),
        ("1 0; -2 0; 3 0", "3 of 6 numbers are right. Wrong: column 2."),
    ],
)
def test_of_a_gradient_it_is_said_which_numbers_are_wrong(terminal: Terminal, answer: str, said: str) -> None:
    given = ["--x", "1 2", "--w", "0.5 -1; 1 0.25; 2 0", "--d", "1 -2 3", "--backward", "--ask", "dW"]
    judged = terminal(["run", "dense", *given, "--answer", answer])
    assert judged.status == 1
    assert said in " ".join(judged.out.split())
