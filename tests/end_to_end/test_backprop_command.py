"""`dlcalc backprop` as a student and a teacher use it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rows import each_row
from terminal import Terminal

from dlcalc.api import backprop
from dlcalc.expressions.parser import parse
from dlcalc.expressions.printing.blocks import line_width
from dlcalc.gradients.feedforward import feedforward
from dlcalc.networks.text import read

NET = "2; dense 2 sigmoid; dense 1 sigmoid"
MAZUR = [
    "backprop", "2; dense 2 sigmoid; dense 2 sigmoid", "--x", "0.05 0.10", "--target", "0.01 0.99",
    "--weights", "W1 = 0.15 0.20; 0.25 0.30  b1 = 0.35 0.35", "--weights", "W2=0.4 0.45; 0.5 0.55, b2=0.6 0.6",
]  # fmt: skip
"""M. Mazur, A step by step backpropagation example, 2015."""
MAPS = "5x5x2; conv 2 f3 p1 relu; pool f3 s2; conv 2 f2 s2 tanh; dense 2 softmax"


def test_the_formulas(terminal: Terminal) -> None:
    """Forwards, δ from the back, and the gradients."""
    found = terminal(["backprop", NET])
    assert (found.status, found.err) == (0, "")
    assert "a₁ = W₁x + b₁ h₁ = σ(a₁) a₂ = W₂h₁ + b₂ ŷ = σ(a₂)" in found.words
    assert "δ₂ = (ŷ − y) ⊙ ŷ ⊙ (1 − ŷ) ∂L/∂a₂ δ₁ = W₂ᵀδ₂ ⊙ h₁ ⊙ (1 − h₁) ∂L/∂a₁" in found.words
    assert "= δ₁xᵀ" in found.words


def test_only_what_is_asked(terminal: Terminal) -> None:
    """The last layer's weights need no δ of the layer before."""
    data = terminal(["backprop", NET, "--wrt", "W2", "--json"]).json
    assert [line["left"] for line in data["deltas"]] == ["delta_2"]
    assert [(line["wrt"], line["right"]) for line in data["gradients"]] == [("W_2", "delta_2*h_1ᵀ")]
    assert data["wrt"] == "W_2"


def test_rows(terminal: Terminal) -> None:
    data = terminal(["backprop", NET, "--layout", "row", "--json"]).json
    assert data["forward"][0]["right"] == "x*W_1 + b_1"
    assert data["letters"]["W_2"] == {"meaning": "weights of layer 2", "shape": [2, 1]}
    assert next(line["right"] for line in data["gradients"] if line["wrt"] == "W_1") == "xᵀ*delta_1"


def test_numbers(terminal: Terminal) -> None:
    """Every named value, the gradients, and finite differences beside them."""
    data = terminal([*MAZUR, "--json"]).json
    assert data["values"]["h_1"] == pytest.approx([0.593269992, 0.596884378], abs=1e-9)
    assert data["values"]["L"] == pytest.approx(0.298371109, abs=1e-9)
    assert data["values"]["delta_2"][0] == pytest.approx(0.138498562, abs=1e-9)
    assert data["values"]["W_1"] == [[0.15, 0.2], [0.25, 0.3]]
    gradients = {line["wrt"]: line for line in data["gradients"]}
    assert gradients["W_2"]["value"][0][0] == pytest.approx(0.082167041, abs=1e-9)
    assert all(line["difference"] < 1e-7 for line in gradients.values())
    shown = terminal(MAZUR).words
    assert "h₁ = σ(a₁) ≈ (0.59327, 0.596884)" in shown
    assert "a₁ = W₁x + b₁ = (0.3775, 0.3925)" in shown


def test_paths(terminal: Terminal) -> None:
    """Each from a unit of the output to the weight, with its term; how much memoising saves."""
    data = terminal([*MAZUR, "--form", "paths", "--wrt", "W1[1,2]", "--json"]).json
    names = feedforward(read("2; dense 2 sigmoid; dense 2 sigmoid")).declarations
    assert data["count"] == len(data["paths"]) == 2
    assert [(path["from"], path["to"]) for path in data["paths"]] == [
        ("yhat[1]", "W_1[1, 2]"),
        ("yhat[2]", "W_1[1, 2]"),
    ]
    for path in data["paths"]:
        assert parse(path["expression"], names) == parse(path["latex"], names)
    assert sum(path["value"] for path in data["paths"]) == pytest.approx(data["value"])
    assert data["value"] == pytest.approx(0.000438568 * 2, abs=1e-9)
    assert data["multiplications"]["this"] == {"paths": 2, "path by path": 8, "memoised": 6}
    assert data["multiplications"]["all"] == {"paths": 18, "path by path": 54, "memoised": 16}
    assert [line["paths"] for line in data["deltas"]] == [1, 1, 2]
    shown = terminal([*MAZUR, "--form", "paths", "--wrt", "W1[1,2]"]).words
    assert "2 paths" in shown
    assert "= (ŷ₂ − y₂)ŷ₂(1 − ŷ₂)W₂[2, 1]h₁[1](1 − h₁[1])x₂ ≈ −0.000459657" in shown
    assert "kept for 2 paths" in shown
    assert "all weights and biases 18 54 16" in shown


def test_more_paths_than_are_listed(terminal: Terminal) -> None:
    """The rest is counted; without a weight the first one is meant."""
    line = ["backprop", "4; dense 4 tanh; dense 4 tanh; dense 4", "--form", "paths", "--max-paths", "3"]
    assert "… and 13 more: the gradient is the sum of all 16" in terminal(line).words
    data = terminal([*line, "--json"]).json
    assert (data["wrt"], data["count"], len(data["paths"])) == ("W_1[1,1]", 16, 3)


def test_one_number(terminal: Terminal) -> None:
    """Its formula in the units that it acts on."""
    data = terminal([*MAZUR, "--wrt", "W_1[2, 1]", "--json"]).json
    assert data["entry"]["right"] == "delta_1[2]*x[1]"
    assert data["value"] == pytest.approx(0.00995425 * 0.05, abs=1e-9)


@pytest.mark.parametrize(
    "more", ["", "--form paths --max-paths 9", "--form numeric", "--form paths --seed 3 --max-paths 9"]
)
@pytest.mark.parametrize("line", [NET, MAPS, "4x4x1; conv 1 f2 relu; avgpool 3; dense 1", "2" + "; dense 3 tanh" * 6])
def test_it_fits_eighty_columns(terminal: Terminal, line: str, more: str) -> None:
    found = terminal(["backprop", line, *more.split()])
    assert (found.status, found.err) == (0, "")
    assert max(map(line_width, found.out.splitlines())) <= 80


@pytest.mark.parametrize("option", ["--latex", "--markdown", "--html"])
def test_text_to_paste(terminal: Terminal, option: str) -> None:
    """The same formulas in every format."""
    found = terminal(["backprop", NET, option, "--seed", "1"])
    assert found.status == 0
    if option != "--html":
        assert r"\delta_{1}" in found.out


def test_every_format_of_maps_stands_beside_the_same_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are taken once for all formats; Jupyter asks for three."""
    made = backprop(MAPS, seed=1)
    taken: list[str] = []
    beside = type(made).beside
    monkeypatch.setattr(type(made), "beside", lambda self, name: (taken.append(name), beside(self, name))[1])
    page, marked, latex = made._repr_html_(), made._repr_markdown_(), made.to_latex()
    assert taken == list(made.gradients)
    assert r"\delta_{1}" in marked
    assert r"\delta_{1}" in latex
    assert "<table" in page


def test_a_convolution(terminal: Terminal) -> None:
    """Written entry by entry, with what an entry outside is."""
    found = terminal(["backprop", "4x4x1; conv 1 f2", "--x", "1 2 0 1; 0 1 3 1; 2 1 0 0; 1 0 1 2", "--target",
                      "1 1 1; 1 1 1; 1 1 1", "--weights", "W1 = 1 -1; 2 0  b1 = 1", "--json"])  # fmt: skip
    values = found.json["values"]
    assert values["yhat"] == [[[0, 5, 6], [4, 1, 3], [4, 2, 3]]]
    gradients = {line["wrt"]: line for line in found.json["gradients"]}
    assert gradients["W_1"]["value"][0][0][0][0] == 20
    assert gradients["x"]["right"] == "sum(u=1..2, sum(v=1..2, W_1[1, 1, 3-u, 3-v]*delta_1[1, i+u-2, j+v-2]))"
    assert gradients["x"]["for"] == "i, j = 1, …, 4"
    assert "an entry outside a map, or at an index that is not a whole number, is 0" in found.json["notes"]


def test_the_kernels_beside(terminal: Terminal) -> None:
    pytest.importorskip("numba")
    data = terminal([*MAZUR, "--kernel", "cpu", "--json"]).json
    assert all(line["kernels_difference"] < 1e-10 for line in data["gradients"])
    assert "the kernels" in terminal([*MAZUR, "--kernel", "cpu"]).words


def test_without_numpy() -> None:
    """One line that says what is missing."""
    code = (
        "import sys; sys.modules['numpy'] = None; from dlcalc.cli import main; "
        f"sys.exit(main(['backprop', {NET!r}, '--kernel', 'cpu']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == 'dlcalc: dlcalc.ops needs numpy: pip install "dlcalc[numeric]"\n'


def test_many_numbers_are_checked_along_one_direction(terminal: Terminal) -> None:
    """Of the 100 numbers of x one difference is taken; of the four of the filter one each."""
    gradients = {
        line["wrt"]: line
        for line in terminal(["backprop", "10x10x1; conv 2 f3", "--seed", "1", "--json"]).json["gradients"]
    }
    assert gradients["x"]["finite_differences"] is None
    slopes = gradients["x"]["slopes"]
    assert slopes["gradient"] == pytest.approx(slopes["finite_difference"], rel=1e-6)
    assert gradients["W_1"]["difference"] < 1e-7
    assert "along the gradient" in terminal(["backprop", "10x10x1; conv 2 f3", "--seed", "1", "--wrt", "x"]).words


def test_a_network_of_the_zoo(terminal: Terminal) -> None:
    """In letters a network may be large."""
    found = terminal("backprop lenet5 --wrt W1")
    assert (found.status, found.err) == (0, "")
    assert "∂W₁[k, 1, u, v]" in found.words


REFUSED = [
    ([NET, "--wrt", "W3"], "wrt is one of W1, b1, W2, b2, x, or a number of them such as W1[1,2], not W3"),
    ([NET, "--wrt", "W1[3,1]"], "W1 has entries from [1,1] to [2,2], not [3,1]"),
    ([NET, "--wrt", "W1[1]"], "W1 has entries from [1,1] to [2,2], not [1]"),
    ([NET, "--wrt", "W1", "--form", "paths"], "paths lead to one number, such as W1[1,1], not to all"),
    ([NET, "--form", "general"], "form is one of delta, paths, numeric, not general"),
    ([NET, "--layout", "number"], "layout is one of column, row, pytorch, not number"),
    ([NET, "--layout", "row", "--wrt", "b1[1]"], "one number is asked for as W[unit, input], so the layout is column"),
    ([MAPS, "--layout", "row"], "maps are written entry by entry, so the layout is column, not row"),
    ([NET, "--kernel", "gpu"], "kernel is one of none, cpu, cuda, not gpu"),
    ([NET, "--max-paths", "9999"], "1 to 2,000 paths are listed, not 9999"),
    ([NET, "--seed", "x"], "--seed is a whole number, not 'x'"),
    ([NET, "--x", "1 2 3"], "x is a vector of 2 here, not a vector of 3"),
    ([NET, "--x", "one"], "x: 'one' is not a number"),
    ([NET, "--weights", "1 2 3"], 'weights are given by name, "W1 = 0.1 0.2; 0.3 0.4 b1 = 0 0", not 1 2 3'),
    ([NET, "--weights", "W1=1 2; 3 4 W1=1"], "the weights W1 are given twice"),
    ([NET, "--weights", "W9=1"], "this network has no weights W9; it has W1, b1, W2, b2"),
    ([NET, "--weights", "W1=1 2 3"], "W1 is 2×2 here, not 1×3"),
    (["100; dense 100", "--seed", "1"], "numbers are put into networks of at most 2,000 inputs, weights and outputs"),
    (["100; dense 100", "--form", "paths"], "backprop unit by unit, and with numbers, is for at most 2,000 inputs"),
    (["2; dense m"], "fc-1 has no backpropagation here while letters are left: m is not a number"),
    (["2; dense 2; batchnorm"], "bn-1 (batchnorm) has no backpropagation here: layers are dense, conv, pool"),
    (["2; dense 2 softmax", "--x", "0 0", "--weights", "W1=1 0;0 1 b1=0 -9999", "--target", "0 1"],
     "ln takes a positive number, not 0"),
]  # fmt: skip


@each_row(("arguments", "rule"), REFUSED)
def test_one_line_for_what_is_wrong(terminal: Terminal, arguments: list[str], rule: str) -> None:
    found = terminal(["backprop", *arguments])
    assert (found.status, found.out) == (2, "")
    assert found.err.startswith("dlcalc: ")
    assert len(found.err.splitlines()) == 1
    assert rule in found.err


def test_it_loads_no_heavy_library() -> None:
    """Neither sympy nor numpy nor numba, with numbers neither."""
    code = (
        "import sys; from dlcalc.cli import main; "
        f"main(['backprop', {NET!r}, '--seed', '1']); "
        "sys.exit(bool({'sympy', 'numpy', 'numba'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ran.returncode == 0


def test_a_network_that_is_too_large_is_refused_before_numbers_are_drawn(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer in letters is judged by numbers too: a billion of them would never be there."""
    monkeypatch.setattr("dlcalc.gradients.feedforward.numbers.Sampler", None)
    judged = terminal("backprop '2; dense 10^9' --wrt W1 --answer 'delta_1 x^T'")
    assert judged.status == 2
    assert "numbers are put into networks of at most 2,000 inputs" in judged.err
