"""`dlcalc bptt` as a student and a teacher use it."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from math import tanh

import pytest
from recurrent_networks import numbers
from rich.console import Console
from terminal import Terminal

import dlcalc
from dlcalc import gradients
from dlcalc.cli.view import show
from dlcalc.document import Document, Equation, Formula
from dlcalc.expressions import printing
from dlcalc.expressions.nodes import Add, Name, Neg
from dlcalc.expressions.parser import parse
from dlcalc.expressions.printing.blocks import line_width
from dlcalc.gradients import difference


def test_four_steps_have_ten_paths(terminal: Terminal) -> None:
    """Ten terms, four of them explicit."""
    found = terminal("bptt --cell rnn --steps 4 --wrt W --form paths")
    assert found.status == 0
    assert "10 paths, 4 explicit" in found.words
    assert (found.out.count(" explicit") - 1, found.out.count("implicit")) == (4, 6)


@pytest.mark.parametrize(("steps", "count"), [(1, 1), (4, 10), (8, 36)])
def test_paths_as_data(terminal: Terminal, steps: int, count: int) -> None:
    """Every path with where it begins and ends, and a term that our parser reads."""
    found = terminal(f"bptt --cell rnn --steps {steps} --wrt W --form paths --json").json
    assert found["count"] == len(found["paths"]) == count
    assert sum(path["explicit"] for path in found["paths"]) == found["explicit"] == steps
    names = gradients.network("rnn").declarations
    listed = gradients.Paths(gradients.network("rnn"), "W", steps).listed(count)
    for told, path in zip(found["paths"], listed, strict=True):
        assert (told["from"], told["to"]) == (path.start, path.end)
        assert told["explicit"] is (told["from"] == told["to"])
        assert parse(told["expression"], names) == parse(told["latex"], names) == path.expression
        assert parse(told["chain"], names) == path.chain


def test_more_paths_than_are_listed(terminal: Terminal) -> None:
    """The rest is counted."""
    found = terminal("bptt --cell lstm --steps 6 --wrt W_f --form paths --max-paths 3")
    assert "4,214 paths, 6 explicit" in found.words
    assert "… and 4,211 more: the gradient is the sum of all 4,214" in found.words
    data = terminal("bptt --cell lstm --steps 6 --wrt W_f --form paths --max-paths 3 --json").json
    assert (data["count"], len(data["paths"])) == (4214, 3)


def test_it_fits_eighty_columns(terminal: Terminal) -> None:
    """Every form of every cell, and every layout with each of both."""
    forms, layouts = ("general", "delta", "paths --steps 2", "numeric"), ("column", "row", "pytorch")
    for (i, cell), (j, form) in product(enumerate(gradients.CELLS), enumerate(forms)):
        line = f"bptt --cell {cell} --form {form} --layout {layouts[(i + j) % 3]}"
        found = terminal(line)
        assert (found.status, found.err) == (0, ""), line
        assert max(map(line_width, found.out.splitlines())) <= 80, line


def test_the_letters_are_explained(terminal: Terminal) -> None:
    """U is the input matrix of a simple RNN and a recurrent one of a gated cell, so it is said which."""
    assert "U weights of the input m×n" in terminal("bptt").words
    gated = terminal("bptt --cell lstm --form delta").words
    assert "W_f input weights of the forget gate m×n" in gated
    assert "U_f recurrent weights of the forget gate m×m" in gated
    letters = terminal("bptt --cell gru --json").json["letters"]
    assert letters["U_h"] == {"meaning": "recurrent weights of the candidate", "shape": ["m", "m"]}


def test_the_general_form_stays_in_letters(terminal: Terminal) -> None:
    """Without --steps T is a letter, with it a number."""
    assert terminal("bptt --wrt U --json").json["gradient"].startswith("sum(j=1..T, sum(k=1..j, ")
    assert terminal("bptt --wrt U --steps 3 --json").json["gradient"].startswith("sum(j=1..3, sum(k=1..j, ")


@pytest.mark.parametrize("option", ["--latex", "--markdown", "--html"])
def test_text_to_paste(terminal: Terminal, option: str) -> None:
    """The same formula in every format."""
    found = terminal(f"bptt --form delta --wrt W {option}")
    assert found.status == 0
    sign = {"--html": "<mfrac>"}.get(
        option, r"\frac{\partial L}{\partial W} &= \sum_{t=1}^{T} \delta_{t} \otimes h_{t-1}"
    )
    assert sign in found.out


def test_a_small_network_with_numbers(terminal: Terminal) -> None:
    """h₁ = tanh 1 and h₂ = tanh(2 + ½·tanh 1), checked by hand; ∂L/∂W = δ₂h₁ + δ₁·0."""
    found = terminal('bptt --value W=0.5 --value U=1 --value V=1 --value x="1 2" --value y="0.5 0.5" --json').json
    h1 = tanh(1)
    h2 = tanh(2 + h1 / 2)
    assert found["layout"] == "number"
    assert found["loss_value"] == pytest.approx(((h1 - 0.5) ** 2 + (h2 - 0.5) ** 2) / 2)
    assert found["value"] == pytest.approx((h2 - 0.5) * (1 - h2**2) * h1)
    assert found["difference"] < 1e-9


def test_a_small_network_is_worked_through(terminal: Terminal) -> None:
    """Letters, numbers put in, result; forwards and backwards."""
    found = terminal('bptt --value W=0.5 --value U=1 --value V=1 --value x="1 2" --value y="0.5 0.5"').words
    assert "h₁ = tanh(Ux₁ + Wh₀ + b) = tanh(1 × 1 + 0.5 × 0 + 0) ≈ 0.7616" in found
    assert "= δ₁h₀ + δ₂h₁ = 0.1133 × 0 + 0.0162 × 0.7616 ≈ 0.0124" in found
    assert "δ₂ = (1 − h₂²)V(ŷ₂ − y₂) = (1 − 0.983²)·1(0.983 − 0.5) ≈ 0.0162" in found


def test_numbers_come_from_the_seed(terminal: Terminal) -> None:
    """In the sizes asked for, and the same each time; another seed gives others."""
    told = [
        terminal(f"bptt --cell gru --form numeric --steps 2 --n 2 --m 3 --k 2 --seed {seed} --json").json
        for seed in (1, 1, 2)
    ]
    assert told[0] == told[1] != told[2]
    assert (len(told[0]["value"]), len(told[0]["value"][0])) == (3, 3)
    assert told[0]["difference"] < 1e-7


def test_many_steps_are_checked_along_one_direction(terminal: Terminal) -> None:
    """Where a forward pass for every entry would take long."""
    found = terminal("bptt --form numeric --steps 4000 --n 1 --m 2 --k 2 --json").json
    assert found["finite_differences"] is None
    slopes = found["slopes"]
    assert slopes["gradient"] == pytest.approx(slopes["finite_difference"], rel=1e-6)


def test_a_truncated_gradient_is_not_that_of_the_loss(terminal: Terminal) -> None:
    """So no difference of the loss stands beside it."""
    found = terminal("bptt --form numeric --loss last --truncate 2 --steps 4 --json").json
    assert found["finite_differences"] is None
    assert "slopes" not in found


def test_nothing_heavy_is_loaded() -> None:
    """Neither numpy nor numba nor sympy in a fresh process, unless --kernels asks for the first two."""
    program = (
        "import sys; from dlcalc.cli import main; "
        "status = [main(['bptt', *each.split()]) for each in sys.argv[1:]]; "
        "print(*status, *sorted({'numpy', 'numba', 'sympy'} & set(sys.modules)), file=sys.stderr)"
    )
    lines = ["", "--steps 8 --form paths", "--cell lstm --form delta", "--form numeric"]
    done = subprocess.run([sys.executable, "-c", program, *lines], capture_output=True, encoding="utf-8", timeout=60,
                          check=True)  # fmt: skip
    assert done.stderr == "0 0 0 0\n"


def test_matrices_are_typed(terminal: Terminal) -> None:
    """A row for each step of x, rows of matrices between semicolons; sizes follow."""
    command = 'bptt --value W="0.1 0.2; 0.3 0.4" --value x="1 2 3; 4 5 6" --seed 3 --json'
    found = terminal(command).json
    assert found["values"]["W"] == [[0.1, 0.2], [0.3, 0.4]]
    assert (found["steps"], len(found["values"]["U"][0]), found["layout"]) == (2, 3, "column")
    assert found["difference"] < 1e-7


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ({"x": "1 2 3"}, {"steps": 1, "layout": "column"}),
        ({"x": "1; 2", "U": "0.5; 0.5"}, {"steps": 2, "layout": "column"}),
        ({"V": "0.1 0.2", "x": "1 2 3; 4 5 6"}, {"steps": 2, "layout": "column"}),
        ({"W": "0.5", "x": "1; 2; 3"}, {"steps": 3, "layout": "number"}),
        ({"b": "1", "W": "0.5"}, {"steps": 3, "layout": "number"}),
    ],
)
def test_how_values_are_read(terminal: Terminal, values: dict[str, str], shape: dict[str, object]) -> None:
    """A sequence has a row for each step; a network of single numbers has one unit."""
    command = [f"--value={name}={value}" for name, value in values.items()]
    found = terminal(["bptt", "--head", "linear", *command, "--json"])
    assert found.err == ""
    assert {key: found.json[key] for key in shape} == shape
    assert found.json["difference"] < 1e-7


def test_the_kernels_beside(terminal: Terminal) -> None:
    pytest.importorskip("numba")
    found = terminal("bptt --cell peephole --wrt p_o --form numeric --kernels --json").json
    assert found["kernels_difference"] < 1e-10
    column = numbers(gradients.network("peephole"), 3, seed=0).by_delta()["p_o"]
    assert difference(tuple(found["kernels"]), column) < 1e-10
    assert "the kernels, in columns" in terminal("bptt --form numeric --kernels").words


def test_the_profile_chooses(terminal: Terminal) -> None:
    """PyTorch's layout and GRU, unless said otherwise."""
    found = terminal("bptt --cell gru --form delta --profile pytorch --json").json
    assert found["layout"] == "pytorch"
    assert "d_h" in found["letters"]
    assert "d_h" not in terminal("bptt --cell gru --profile pytorch --reset before --json").json["letters"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--cell esn", "cell is one of rnn, lstm, peephole, gru, bidirectional, stacked, not esn"),
        ("--wrt Q", "a simple RNN has no Q; a gradient is by one of U, W, b, V, c, h0"),
        ("--form paths", "paths are listed for a number of time steps: say how many"),
        ("--max-paths -1", "at least 1 path is listed, not -1"),
        ("--steps zwei", "--steps is a whole number, not 'zwei'"),
        ("--steps 99999", "a sequence has 1 to 10000 time steps, not 99999"),
        ("--value W", "--value takes a letter and its number, W=0.5, not W"),
        ("--value Z=1", "a simple RNN has no Z; values are of U, V, W, b, c, h0, x, y"),
        ("--form numeric --m 0", "m is from 1 to 64 here, not 0"),
        ("--json --latex", "one format at a time: --json or --latex"),
        ("--truncate 2 --form delta", "has no single recursion"),
    ],
)
def test_what_is_refused(terminal: Terminal, arguments: str, sentence: str) -> None:
    """One line with what would be accepted, status 2."""
    found = terminal(f"bptt {arguments}")
    assert found.status == 2
    assert sentence in found.err
    assert found.err.count("\n") == 1


# an answer judged


def test_a_right_answer(terminal: Terminal) -> None:
    """Exit 0; right in the other layout too, which is said."""
    found = terminal('bptt --cell rnn --wrt V --answer "Σ_j (yhat_j - y_j) h_j^T"')
    assert found.status == 0
    assert "this is right" in found.words
    rows = terminal('bptt --cell rnn --wrt V --answer "Σ_j h_j^T (yhat_j - y_j)" --json')
    assert rows.status == 0
    assert (rows.json["correct"], rows.json["convention"], rows.json["layout"]) == (True, "row", "column")
    assert rows.json["status"] == "convention"
    assert "right in row layout" in rows.json["reason"]
    assert rows.json["expected"]


def test_a_wrong_answer(terminal: Terminal) -> None:
    """Exit 1; the mistake is named, the right formula shown only if asked for."""
    found = terminal('bptt --wrt W --answer "Σ_t δ_t h_t^T" --json')
    assert (found.status, found.json["correct"]) == (1, False)
    assert [mistake["id"] for mistake in found.json["mistakes"]] == ["state-of-the-same-step"]
    assert found.json["mistakes"][0]["because"].endswith("hₜ is not hₜ₋₁")
    shown = terminal('bptt --wrt b --answer "Σ_t dh_t" --show --json').json
    assert parse(shown["expected"], gradients.network("rnn").declarations)
    several = terminal('bptt --wrt W --answer "-Σ_t δ_t h_t^T"')
    assert "Σ over" not in several.words
    assert "this is wrong" in several.words
    unnamed = terminal('bptt --wrt W --answer "Σ_t W" --show')
    assert (unnamed.status, "no typical mistake gives this" in unnamed.words) == (1, True)
    assert "entry (2, 1) is 2.672" in unnamed.words  # three times W there


def test_an_answer_is_asked_back(terminal: Terminal) -> None:
    found = terminal('bptt --cell lstm --wrt b_f --answer "Σ_t dC_t ⊗ C_{t-1} ⊗ f_t ⊗ (1 - f_t)"')
    assert found.status == 2
    assert "⊗ can be read in two ways" in found.err
    assert len(found.err.splitlines()) == 1


def test_an_answer_has_numbers_of_its_own(terminal: Terminal) -> None:
    found = terminal('bptt --wrt W --value W=0.5 --answer "Σ_t δ_t h_{t-1}^T"')
    assert (found.status, "leave the values out" in found.err) == (2, True)


def test_an_answer_of_one_unit(terminal: Terminal) -> None:
    """With numbers for matrices there are no transposes."""
    found = terminal('bptt --layout number --head linear --wrt W --answer "Σ_t δ_t h_{t-1}"')
    assert found.status == 0
    assert terminal('bptt --layout number --head linear --wrt W --answer "Σ_t δ_t h_t"').status == 1


def test_a_judged_gradient_shows_itself() -> None:
    """As a value in Python: what it is called, whether it is right, and what is expected."""
    right = dlcalc.bptt("rnn", "W", answer="Σ_t δ_t h_{t-1}^T")
    assert repr(right) == "<∂L/∂W is right>"
    wrong = dlcalc.bptt("rnn", "W", answer="Σ_t dh_t h_{t-1}^T", layout="row", steps=2)
    assert (wrong.correct, wrong.status, wrong.convention) == (False, "wrong", None)
    assert repr(wrong) == "<∂L/∂W is wrong: slope-missing>"
    asked_again = dlcalc.bptt("rnn", "W", answer=wrong.expected, layout="row", steps=2)
    assert (asked_again.status, asked_again.convention) == ("right", None)


@pytest.mark.parametrize("width", [100, 60, 40])
def test_a_sum_that_is_broken_keeps_its_signs(capsys: pytest.CaptureFixture[str], width: int) -> None:
    """Whatever the width, read without its line breaks it is the same sum."""
    terms = tuple(Neg(Name(f"long_{i}")) if i % 3 else Name(f"short_{i}") for i in range(12))
    show(Document("", (Formula((Equation("L", (Add(terms),)),)),)), Console(width=width, highlight=False))
    out = capsys.readouterr().out
    shown = " ".join(out.partition("L = ")[2].split())
    assert shown == printing.text(Add(terms))
    assert max(map(len, out.splitlines())) <= width
