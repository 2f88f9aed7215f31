"""What is printed: the textbook's formulas, read back from every format, in every layout, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from recurrent_networks import CELLS, network

from dlcalc import gradients
from dlcalc.errors import UserError
from dlcalc.expressions.nodes import Node
from dlcalc.expressions.parser import parse
from dlcalc.expressions.printing import latex, plain, text
from dlcalc.gradients import Derivation, Line, in_layout


def printed(found: Derivation) -> Iterator[Node]:
    """Every expression that a derivation shows."""
    for line in (*found.equations, *found.lines):
        yield from (line.left, line.right)
    for path in found.paths:
        yield from (path.expression, path.chain)
    yield found.gradient_of


LAYOUTS = ("column", "row", "pytorch", "number")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", CELLS)
def test_every_formula_is_read_back(name: str, layout: str) -> None:
    """To the same tree, from LaTeX, from one line of Unicode and from the plain form; each is read once.

    Of three weights in column layout, of one in each of the others.
    """
    found = network(name, "linear" if layout == "number" else "softmax")
    names = [*found.by_name]
    some = (names[0], names[len(names) // 2], names[-1])
    shown: dict[tuple[str, ...], Node] = {}
    odd = []
    for form, steps in (("general", None), ("delta", None), ("paths", 3)):
        for weight in dict.fromkeys(some if layout == "column" else some[LAYOUTS.index(layout) - 1 :][:1]):
            for node in printed(Derivation(found, weight, form, steps, layout, most=4)):
                written = latex(node), text(node), plain(node)
                if (known := shown.setdefault(written, node)) is not node:
                    odd += [] if known == node else [(form, weight, written)]
                    continue
                odd += [(form, weight, each) for each in written if parse(each, found.declarations) != node]
    assert odd == []


def read(found: Derivation, left: str, right: str) -> None:
    """One of the lines of the derivation is `left` = `right`."""
    names = found.declarations
    wanted = parse(left, names), parse(right, names)
    assert wanted in [(line.left, line.right) for line in found.lines], [text(line.right) for line in found.lines]


def test_the_general_form_of_the_course() -> None:
    """Σ over losses and steps, Π over the steps between; written out with Vᵀ and diag(1 − h_k²)."""
    found = Derivation(network("rnn"), "W", "general")
    double = "sum(j=1..T, sum(k=1..j, {}))"
    read(found, "∂L/∂W", double.format("∂L[j]/∂h[j]*prod_desc(m=k+1..j, ∂h[m]/∂h[m-1])*∂⁺h[k]/∂W"))
    read(found, "∂h[m]/∂h[m-1]", "diag(1 - h[m]^2) W")
    back = "diag(1 - h[k]^2) prod(m=k+1..j, W^T diag(1 - h[m]^2)) V^T (yhat[j] - y[j]) ⊗ h[k-1]"
    read(found, "∂L/∂W", double.format(back))


def test_the_general_form_in_rows() -> None:
    """The product over the steps between runs the other way, the outer product is h_{k−1}ᵀ times a row."""
    found = Derivation(network("rnn"), "W", "general", layout="row")
    read(found, "∂h[m]/∂h[m-1]", "diag(1 - h[m]^2) W^T")
    back = "h[k-1]^T (yhat[j] - y[j]) V^T prod_desc(m=k+1..j, diag(1 - h[m]^2) W^T) diag(1 - h[k]^2)"
    read(found, "∂L/∂W", f"sum(j=1..T, sum(k=1..j, {back}))")


@pytest.mark.parametrize(
    ("wrt", "term"),
    [
        ("U", "δ[t] ⊗ x[t]"),
        ("W", "δ[t] ⊗ h[t-1]"),
        ("b", "δ[t]"),
        ("V", "(yhat[t] - y[t]) ⊗ h[t]"),
        ("c", "(yhat[t] - y[t])"),
    ],
)
def test_the_recursion_of_the_course(wrt: str, term: str) -> None:
    """δ_t = (1 − h_t²) ⊙ (Vᵀ(ŷ_t − y_t) + Wᵀδ_{t+1}), and what each weight meets."""
    found = Derivation(network("rnn"), wrt, "delta")
    read(found, f"∂L/∂{wrt}", f"sum(t=1..T, {term})")
    recursive = "(1 - h[t]^2) ⊙ (V^T (yhat[t] - y[t]) + W^T δ[t+1])"
    assert (len(found.lines) == 1) is (wrt in "Vc")
    if wrt not in "Vc":
        read(found, "δ[t]", recursive)
        read(found, "δ[T]", "(1 - h[T]^2) ⊙ V^T (yhat[T] - y[T])")


def test_the_direct_part_through_the_cell_is_the_forget_gate() -> None:
    """∂C_m/∂C_{m−1} = diag(f_m): no matrix stands in the way."""
    found = Derivation(network("lstm"), "W_f", "general")
    read(found, "∂C[m]/∂C[m-1]", "diag(f[m])")
    read(found, "∂s[m]/∂s[m-1]", "block([∂h[m]/∂h[m-1], ∂h[m]/∂C[m-1]; ∂C[m]/∂h[m-1], ∂C[m]/∂C[m-1]])")


def test_a_number_of_steps_is_put_in() -> None:
    """T = 4: the first line of the recursion is that of step 4, the others those of 3 to 1."""
    found = Derivation(network("rnn"), "W", "delta", 4)
    assert [line.note for line in found.lines] == ["", "t = 3, …, 1", ""]
    read(found, "∂L/∂W", "sum(t=1..4, δ[t] ⊗ h[t-1])")
    assert [line.note for line in Derivation(network("rnn"), "W", "delta", 2).lines] == ["", "t = 1", ""]
    assert len(Derivation(network("rnn"), "W", "delta", 1).lines) == 2


def test_the_only_step_has_the_only_loss() -> None:
    """T = 1 with the loss of the last step: that step is the first and the last, and the loss reaches it."""
    found = Derivation(network("rnn", loss="last"), "W", "delta", 1)
    read(found, "δ[1]", "(1 - h[1]^2) ⊙ V^T (yhat[1] - y[1])")
    every = Derivation(network("rnn"), "W", "delta", 1)
    assert found.lines[0] == every.lines[0]


def test_the_order_of_the_product_is_told() -> None:
    """With which factor it begins, in both notations; it differs between the layouts."""
    told = {}
    for layout in ("column", "row"):
        notes = Derivation(network("rnn"), "W", "general", layout=layout).notes
        told[layout] = next(note for note in notes if "order" in note)
    assert "in ∂ notation it begins with m = j; taken back, written out, with m = k + 1" in told["column"]
    assert "in ∂ notation it begins with m = j; taken back, written out, with m = j" in told["row"]


def test_shapes_follow_the_layout() -> None:
    """W_x is m×n before its vector, n×m behind it."""
    shapes = {}
    for layout in gradients.LAYOUTS:
        meanings = Derivation(network("rnn", "linear"), "U", "delta", layout=layout).meanings
        shapes[layout] = {name: shape for name, _, shape in meanings}
    assert shapes["column"]["U"] == shapes["pytorch"]["U"] == ("m", "n")
    assert shapes["row"]["U"] == ("n", "m")
    assert shapes["number"]["U"] == ()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"wrt": "Q"}, "a simple RNN has no Q; a gradient is by one of U, W, b, V, c, h0"),
        ({"form": "short"}, "form is one of general, delta, paths, numeric, not short"),
        ({"layout": "left"}, "layout is one of column, row, pytorch, number, not left"),
        ({"form": "paths"}, "paths are listed for a number of time steps"),
        ({"form": "paths", "steps": 101}, "at most 100 time steps, not 101"),
        ({"steps": 0}, "1 to 10000 time steps, not 0"),
        ({"layout": "number"}, "a softmax of one number is always 1"),
    ],
)
def test_what_cannot_be_asked(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Derivation(network("rnn"), **{"wrt": "W", "form": "general", **change})  # type: ignore[arg-type]


def test_an_unknown_layout_of_a_line() -> None:
    found = Derivation(network("rnn"), "W", "delta")
    with pytest.raises(UserError, match="layout is one of"):
        in_layout(Line(found.gradient_of, found.gradient_of, "vector"), "left")


def test_a_first_state_of_a_block_has_no_general_form_of_its_own() -> None:
    with pytest.raises(UserError, match="that of the whole block"):
        _ = Derivation(network("lstm"), "h0", "general").lines


def test_truncation_does_not_reach_the_first_state() -> None:
    with pytest.raises(UserError, match="does not reach back to h0"):
        Derivation(network("rnn", truncate=2), "h0", "general")
