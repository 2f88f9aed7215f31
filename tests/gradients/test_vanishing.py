"""The bound on a gradient through time, and the measured norms beside it."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from rows import each_row

from dlcalc.api.vanishing import vanish
from dlcalc.errors import UserError
from dlcalc.gradients.vanishing import Setting, Vanishing, vanishing


def bound_alone(**given: object) -> Vanishing:
    return vanishing(Setting(**given), ())  # type: ignore[arg-type]


def test_the_bound_is_a_power() -> None:
    """(0.9)^10 = 0.3486784401, and 0.9^66 is the first under 0.001."""
    found = bound_alone(norm=Fraction(9, 10))
    assert found.bound[10] == pytest.approx(0.3486784401)
    assert found.until == 66
    assert 0.9**66 < 0.001 < 0.9**65


def test_the_logistic_function_divides_the_bound_by_four() -> None:
    found = bound_alone(norm=Fraction(2), activation="sigmoid")
    assert (found.factor, found.until) == (Fraction(1, 2), 10)  # 2^-10 < 1/1000 < 2^-9


@pytest.mark.parametrize("norm", ["1", "1.5"])
def test_a_bound_that_does_not_shrink_promises_nothing(norm: str) -> None:
    assert bound_alone(norm=Fraction(norm)).until is None


def test_without_a_recurrent_matrix_one_step_is_enough() -> None:
    assert bound_alone(norm=Fraction(0)).until == 1


def test_where_norms_are_small_for_good() -> None:
    """A norm that rises above ε again has not vanished."""
    found = bound_alone(norm=Fraction(1, 2), epsilon=Fraction(1, 10))
    assert found.under([1, 0.05, 0.2, 0.05, 0.01]) == 3
    assert found.under([1, 0.05, 0.2]) is None
    assert found.under([0.05, 0.01]) == 0


def test_clipping_limits_and_truncation_cuts() -> None:
    found = bound_alone(norm=Fraction(2), clip=5.0, truncate=3)
    assert found.clipped([1, 2, 4, 8, 16]) == (1, 2, 4, 5, 0)
    assert bound_alone(norm=Fraction(2), clip=5.0).clipped([1, 16]) == (1, 5)
    assert bound_alone(norm=Fraction(2), truncate=1).clipped([1, 16, 2]) == (1, 16, 0)


@each_row(
    ("options", "sentence"),
    [
        ({"norm": "-1"}, "^a norm is not negative: lambda is -1$"),
        ({"norm": "10^300"}, r"^a norm of at most 1,000 is followed: lambda is 100000000000… \(301 characters\)$"),
        ({"seed": -1}, "^a seed is a whole number from 0 to 1,000,000,000, not -1$"),
        ({"forget_bias": float("nan")}, "^the forget gate's bias is a finite number, not nan$"),
        ({"clip": float("inf")}, "^clip and truncate are not negative and finite: they are inf and 0$"),
        ({"epsilon": "2"}, "^the threshold epsilon lies between 0 and 1: it is 2$"),
        ({"epsilon": "10^-400"}, "^the threshold epsilon is at least 1e-300, so that a number holds it$"),
        ({"epsilon": "1"}, "^the threshold epsilon lies between 0 and 1: it is 1$"),
        ({"epsilon": "0"}, "^the threshold epsilon lies between 0 and 1: it is 0$"),
        ({"steps": 0}, "^1 to 1000 steps are followed: steps is 0$"),
        (
            {"steps": 1000, "hidden": 128},
            "^steps times hidden numbers cubed are at most 40,000,000: 1000 steps of 128 "
            "hidden numbers are 2,097,152,000$",
        ),
        ({"hidden": 1000}, "^the hidden state has 1 to 128 numbers: hidden is 1000$"),
        ({"activation": "gelu"}, "^the activation is one of tanh, relu, sigmoid, not gelu$"),
        ({"clip": -1.0}, "^clip and truncate are not negative and finite: they are -1 and 0$"),
        ({"cells": ["cnn"]}, "^a cell is one of rnn, lstm, gru, not cnn$"),
        ({"norm": "n"}, "^lambda is a number, not n$"),
    ],
)
def test_a_bad_setting_is_one_sentence(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        vanish(**options)  # type: ignore[arg-type]


class TestMeasured:
    """On the kernels."""

    @pytest.fixture
    def found(self) -> Vanishing:
        pytest.importorskip("numba")
        return vanishing(Setting(Fraction(9, 10), steps=12, hidden=4))

    def test_a_state_by_itself_is_one(self, found: Vanishing) -> None:
        assert [norms[0] for norms in found.measured.values()] == [1.0, 1.0, 1.0]

    def test_the_simple_rnn_stays_under_its_bound(self, found: Vanishing) -> None:
        for norm, bound in zip(found.measured["rnn"], found.bound, strict=True):
            assert 0 < norm <= bound * (1 + 1e-12)

    def test_an_open_forget_gate_keeps_the_gradient_longer(self) -> None:
        """What the gates are for: the product of f's replaces the product of the recurrent matrices."""
        pytest.importorskip("numba")
        closed, opened = (
            vanishing(Setting(Fraction(1, 2), steps=12, hidden=4, forget_bias=bias), ("lstm",)).measured["lstm"][-1]
            for bias in (0.0, 4.0)
        )
        assert opened > 20 * closed

    def test_finite_differences_of_the_last_state(self) -> None:
        """‖∂h_T/∂h_{T−d}‖ of a simple RNN of two numbers, by central differences of a plain recursion."""
        np = pytest.importorskip("numpy")
        pytest.importorskip("numba")
        from dlcalc.gradients.vanishing import _Cell

        setting = Setting(Fraction(9, 10), steps=5, hidden=2, seed=3)
        cell = _Cell("rnn", setting)
        x = np.random.default_rng([3, 1]).standard_normal((5, 1, 2)) / math.sqrt(2)

        def last(h: object, first: int) -> object:
            for t in range(first, 5):
                h = np.tanh(cell.w_ih @ x[t, 0] + cell.w_hh @ h)
            return h

        states = [np.zeros(2)]
        for t in range(5):
            states.append(np.tanh(cell.w_ih @ x[t, 0] + cell.w_hh @ states[-1]))
        measured = vanishing(setting, ("rnn",)).measured["rnn"]
        for distance in range(1, 6):
            h, step = states[5 - distance], 1e-6
            columns = [
                (last(h + step * unit, 5 - distance) - last(h - step * unit, 5 - distance)) / (2 * step)  # type: ignore[operator]
                for unit in np.eye(2)
            ]
            assert measured[distance] == pytest.approx(np.linalg.norm(np.stack(columns, axis=1), 2), rel=1e-7)

    def test_the_same_seed_is_the_same_measurement(self) -> None:
        pytest.importorskip("numba")
        one, same, other = (vanishing(Setting(Fraction(1), steps=3, hidden=3, seed=s), ("gru",)) for s in (1, 1, 2))
        assert one.measured == same.measured != other.measured


def test_without_the_kernels_the_bound_is_shown_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlcalc.gradients.vanishing.is_measurable", lambda: False)
    found = vanish("0.5", steps=10)
    assert found.found.measured == {}
    assert "need the extra numeric" in found.to_markdown()
