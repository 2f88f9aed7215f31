"""Simple RNNs, stacked and bidirectional, with an output layer, and the bound on their gradients."""

from __future__ import annotations

from fractions import Fraction
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import recurrent as naive

from dlcalc.answers.formula_judging import verify
from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer, read_answer
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.diagnose import wrong_values
from dlcalc.formulas.inverse import find
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

CELLS = ("rnn", "gru", "lstm")


def answer(id: str, name: str, convention: str = "", **values: Value) -> Value:
    return run(formula(id), values, convention=convention)[name]


def diagnosed(id: str, name: str, wrote: str, **values: Value) -> tuple[str, ...]:
    """The mistakes named for an answer that somebody wrote."""
    asked = formula(id)
    verdict = verify(asked, values, name, read_answer(wrote, asked.declarations[False]))
    assert not verdict.correct
    return tuple(candidate.id for candidate in verdict.mistakes)


def test_matrices_of_the_frames_example() -> None:
    """28×28 frames, 200 hidden units, 2 classes in rows: U 784×200, W 200×200, V 200×2."""
    values = {"n": 784, "m": 200, "q": 2}
    assert answer("rnn_output", "input_matrix", "row-layout", **values) == (784, 200)
    assert answer("rnn_output", "recurrent_matrix", "row-layout", **values) == (200, 200)
    assert answer("rnn_output", "output_matrix", "row-layout", **values) == (200, 2)


def test_columns_are_the_default_layout() -> None:
    values = {"n": 784, "m": 200, "q": 2}
    assert answer("rnn_output", "input_matrix", **values) == (200, 784)
    assert answer("rnn_output", "output_matrix", **values) == (2, 200)


@pytest.mark.parametrize(("cell", "blocks"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_frameworks_stack_the_blocks(cell: str, blocks: int) -> None:
    """PyTorch's weight_ih is (blocks·m, n), Keras's kernel its transpose."""
    assert answer(cell, "input_matrix", "pytorch", n=5, m=7) == (7 * blocks, 5)
    assert answer(cell, "recurrent_matrix", "pytorch", n=5, m=7) == (7 * blocks, 7)
    assert answer(cell, "input_matrix", "keras", n=5, m=7) == (5, 7 * blocks)
    assert answer(cell, "recurrent_matrix", "keras", n=5, m=7) == (7, 7 * blocks)


def test_the_other_layout_is_right_and_named() -> None:
    verdict = verify(formula("rnn"), {"n": 784, "m": 200}, "input_matrix", Answer("784x200", (784, 200)))
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "row-layout"


def test_pytorch_counts_two_bias_vectors() -> None:
    """torch.nn.RNN(4, 3) has 27 parameters, keras.layers.SimpleRNN(3) on 4 features 24."""
    assert answer("rnn", "parameters", "pytorch", n=4, m=3) == 27
    assert answer("rnn", "parameters", "keras", n=4, m=3) == 24
    assert answer("rnn", "parameters", "no-bias", n=4, m=3) == 21


def test_simple_rnn_on_the_rows_of_digits() -> None:
    """SimpleRNN(128) on 28 rows of 28, then 10 classes: 20,096 and 1,290."""
    assert answer("rnn", "parameters", n=28, m=128) == 20_096
    assert answer("rnn_output", "parameters", n=28, m=128, q=10) == 20_096 + 1_290


def test_parameters_do_not_depend_on_the_steps() -> None:
    assert answer("rnn", "parameters", n=28, m=128, T=28) == answer("rnn", "parameters", n=28, m=128)


def test_letters_that_are_not_given_stay() -> None:
    """The textbook's line is what is shown: m(n + m + 1), and the steps remain a letter in the cost."""
    rnn = formula("rnn")
    assert run(rnn, {}).shown("parameters") == rnn.parse("m(n + m + 1)")
    assert run(rnn, {"n": 3, "m": 4}).shown("macs") == rnn.parse("28T")
    assert run(rnn, {"m": 4, "D": 2}).shown("output") == (rnn.parse("T"), 8)


@pytest.mark.parametrize("cell", CELLS)
@given(
    n=st.integers(1, 9),
    m=st.integers(1, 9),
    layers=st.integers(1, 4),
    directions=st.integers(1, 2),
    bias_vectors=st.integers(0, 2),
)
@settings(max_examples=30)
def test_parameters_are_the_sizes_of_the_arrays(
    cell: str, n: int, m: int, layers: int, directions: int, bias_vectors: int
) -> None:
    convention = ("no-bias", "textbook", "pytorch")[bias_vectors]
    arrays = naive.arrays(cell, n, m, layers, directions, bias_vectors)
    assert answer(cell, "parameters", convention, n=n, m=m, L=layers, D=directions) == naive.size(arrays)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("layers", "directions"), [(1, 1), (1, 2), (3, 1), (2, 2)])
def test_cost_is_every_product_of_every_step(cell: str, layers: int, directions: int) -> None:
    values = {"n": 3, "m": 4, "T": 5, "L": layers, "D": directions}
    macs = naive.multiplications(cell, 3, 4, 5, layers, directions)
    assert answer(cell, "macs", **values) == macs
    assert answer(cell, "flops", **values) == 2 * macs
    assert answer(cell, "weights", **values) == naive.weights(cell, 3, 4, layers, directions)


def test_memory_is_four_bytes_a_number() -> None:
    """Outputs of 5 steps of 2·4 numbers, and the parameters."""
    values = {"n": 3, "m": 4, "T": 5, "D": 2}
    assert answer("rnn", "output", **values) == (5, 8)
    assert answer("rnn", "activation_memory", **values) == 4 * 5 * 8
    assert answer("rnn", "memory", **values) == 4 * 5 * 8 + 4 * 2 * 4 * (3 + 4 + 1)


def test_only_the_last_output_counts_from_many_to_one() -> None:
    assert answer("rnn", "output", "many-to-one", n=3, m=4, T=5, D=2) == (8,)
    assert answer("rnn_output", "output", "many-to-one", n=3, m=4, T=5, q=2) == (2,)
    assert answer("rnn_output", "macs", "many-to-one", n=3, m=4, T=5, q=2) == 5 * 28 + 8
    assert answer("rnn_output", "macs", n=3, m=4, T=5, q=2) == 5 * (28 + 8)


def test_the_output_layer_reads_both_directions() -> None:
    assert answer("rnn_output", "parameters", n=3, m=4, q=2, D=2) == 2 * 4 * (3 + 4 + 1) + 2 * (2 * 4 + 1)


def test_the_output_layer_keeps_one_bias_vector_in_pytorch() -> None:
    assert answer("rnn_output", "parameters", "pytorch", n=3, m=4, q=2) == 4 * (3 + 4 + 2) + 2 * (4 + 1)
    assert answer("rnn_output", "parameters", "no-bias", n=3, m=4, q=2) == 4 * (3 + 4) + 2 * 4


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("layers", "directions"), [(1, 1), (1, 2), (3, 1), (2, 2)])
def test_mistakes_give_what_they_say(cell: str, layers: int, directions: int) -> None:
    """Each mistake's value, against one found by listing arrays with that mistake in mind."""
    values = {"n": 3, "m": 5, "T": 7, "L": layers, "D": directions}
    made = wrong_values(formula(cell), values, "parameters")
    for id, expected in naive.wrong(cell, 3, 5, 7, layers, directions).items():
        assert made[id][1] == expected, id


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("wrote", "mistake"),
    [
        ("{g}nm + {g}m", "recurrent-weights-forgotten"),
        ("{g}(nm + n^2 + m)", "recurrent-n-squared"),
        ("{g}(nm + m + m)", "recurrent-not-squared"),
        ("{g}(n + m + 1)", "one-unit"),
        ("T*{g}m(n + m + 1)", "weights-per-step"),
    ],
)
def test_a_mistake_in_letters_is_named(cell: str, wrote: str, mistake: str) -> None:
    gates = len(naive.BLOCKS[cell])
    assert diagnosed(cell, "parameters", wrote.format(g=gates))[0] == mistake


def test_a_bidirectional_stack_is_diagnosed() -> None:
    """One direction of two; x_t's size, or one direction's, fed to the second layer."""
    assert "one-direction" in diagnosed("rnn", "parameters", "32", n=3, m=4, D=2)
    assert diagnosed("rnn", "parameters", "64", n=3, m=4, L=2) == ("deeper-layer-reads-n",)
    assert diagnosed("rnn", "parameters", str(2 * 32 + 2 * 36), n=3, m=4, L=2, D=2)[0] == "deeper-layer-reads-m"


def test_the_output_layer_left_out_is_named() -> None:
    assert diagnosed("rnn_output", "parameters", "20096", n=28, m=128, q=10)[0] == "output-layer-forgotten"


def test_a_size_is_found_from_a_total() -> None:
    found = find(formula("rnn"), {"n": 28}, {"parameters": Answer("20096", 20_096)})
    assert found.found == ({"m": 128},)


def test_there_are_one_or_two_directions() -> None:
    with pytest.raises(UserError, match="D is a whole number from 1 to 2, not 3"):
        run(formula("rnn"), {"D": 3})


HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


@given(
    slope=st.sampled_from([Fraction(1), QUARTER]),
    norm=st.fractions(0, 4, max_denominator=20),
    t=st.integers(0, 12),
    k=st.integers(0, 12),
)
def test_bound_is_one_factor_per_step(slope: Fraction, norm: Fraction, t: int, k: int) -> None:
    if k > t:
        t, k = k, t
    got = answer("gradient_bound", "bound", **{"gamma": slope, "lambda": norm, "t": t, "k": k})
    assert got == naive.bound(slope, norm, t, k)


def test_tanh_is_the_default() -> None:
    assert answer("gradient_bound", "bound", **{"lambda": HALF, "t": 5, "k": 2}) == Fraction(1, 8)


def test_bound_in_letters() -> None:
    bound = formula("gradient_bound")
    letters = {"gamma": bound.letter("gamma")}
    assert run(bound, letters).shown("bound") == bound.parse("(gamma*lambda)^(t - k)")


def test_a_quarter_for_tanh_is_named() -> None:
    verdict = verify(formula("gradient_bound"), {"lambda": 2, "t": 5, "k": 2}, "bound", Answer("1/8", Fraction(1, 8)))
    assert [candidate.id for candidate in verdict.mistakes] == ["slope-of-the-other"]


def test_what_the_bound_proves_is_said() -> None:
    """Under 1 it proves vanishing, over 1 it only allows exploding, at 1 nothing is said."""
    bound = formula("gradient_bound")
    under, over, at = (run(bound, {"lambda": norm, "t": 5, "k": 2}).warnings for norm in (HALF, 2, 1))
    assert under == ("γλ = 1/2 < 1: the gradient certainly vanishes",)
    assert over == ("γλ = 2 > 1: the gradient may explode, but need not: this is only an upper bound",)
    assert at == ()


def test_the_earlier_step_is_earlier() -> None:
    with pytest.raises(UserError, match="k must be the earlier step, so k ≤ t, not k = 3 and t = 2"):
        run(formula("gradient_bound"), {"lambda": 1, "t": 2, "k": 3})


@given(
    epsilon=st.fractions(Fraction(1, 1000), Fraction(9, 10), max_denominator=1000),
    factor=st.fractions(Fraction(1, 100), Fraction(9, 10), max_denominator=100),
)
@settings(max_examples=100)
def test_steps_until_the_bound_is_under_a_threshold(epsilon: Fraction, factor: Fraction) -> None:
    got = answer("vanishing_steps", "steps", **{"lambda": factor, "epsilon": epsilon})
    assert got == naive.steps_until_under(epsilon, factor)


@pytest.mark.parametrize(
    ("base", "power"),
    [
        (HALF, 3),
        (Fraction(1, 10), 6),
        (Fraction(1, 3), 5),
        (Fraction(9, 10), 2),
        (Fraction(3, 5), 6),
        (Fraction(2, 3), 3),
    ],
)
def test_a_bound_that_equals_the_threshold_is_not_under_it(base: Fraction, power: int) -> None:
    """Logarithms round, so an exact power is the case to get wrong: ln(1/243)/ln(1/3) is 4.999999999999999."""
    assert log(base**power) / log(base) == pytest.approx(power, abs=1e-12)
    assert answer("vanishing_steps", "steps", **{"lambda": base, "epsilon": base**power}) == power + 1


def test_the_logistic_function_vanishes_at_once() -> None:
    """γλ = 1/4 · 1/2: after 3 steps under 1/100."""
    assert answer("vanishing_steps", "steps", **{"gamma": QUARTER, "lambda": HALF, "epsilon": Fraction(1, 100)}) == 3
    assert answer("vanishing_steps", "steps", **{"lambda": 0, "epsilon": HALF}) == 1


def test_steps_in_letters() -> None:
    steps = formula("vanishing_steps")
    assert run(steps, {}).shown("steps") == steps.parse("floor(ln(epsilon)/ln(lambda)) + 1")


@pytest.mark.parametrize("factor", [1, 2])
def test_a_bound_that_does_not_shrink_is_refused(factor: int) -> None:
    with pytest.raises(UserError, match=f"the bound shrinks only when γλ < 1, and γλ = {factor}"):
        run(formula("vanishing_steps"), {"lambda": factor, "epsilon": HALF})


@pytest.mark.parametrize("epsilon", [0, 1])
def test_a_threshold_lies_between_0_and_1(epsilon: int) -> None:
    with pytest.raises(UserError, match=f"the threshold must be between 0 and 1, not {epsilon}"):
        run(formula("vanishing_steps"), {"lambda": HALF, "epsilon": epsilon})


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_joined_weights_are_counted_as_one_matrix(cell: str, gates: int) -> None:
    """W of m×(n + m) meets [h, x]: 4×7 for n = 3 and m = 4; the count stays, and so do its mistakes."""
    values = {"n": 3, "m": 4, "L": 2}
    assert answer(cell, "joined_weights", "joined", **values) == 28
    assert answer(cell, "joined_matrix", **values) == (4, 7)
    assert answer(cell, "joined_matrix", "row-layout", **values) == (7, 4)
    for name in ("parameters", "weights", "macs"):
        assert answer(cell, name, "joined", T=5, **values) == answer(cell, name, T=5, **values)
    assert "joined-matrix-reads-n" in diagnosed(cell, "joined_matrix", "(4, 3)", n=3, m=4)
    without_state = wrong_values(formula(cell), {"n": 3, "m": 4}, "parameters", "joined")
    assert gates * 4 * (3 + 1) in [found for _, found in without_state.values()]
