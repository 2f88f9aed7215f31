"""The check of gradients itself: it passes what is right and sees what is wrong."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc.errors import UserError  # noqa: E402
from dlcalc.kernels.gradcheck import central_differences, gradcheck, relative_error  # noqa: E402

X = np.array([[1.0, -2.0], [0.5, 3.0]])


def cube(x):
    return x**3


def test_differences_of_a_cube() -> None:
    """d x³/dx = 3x², for a weighted sum too; exact for a parabola but for rounding."""
    assert np.allclose(central_differences(cube, {"x": X}, ["x"])["x"], 3 * X**2, rtol=1e-9)
    weights = np.array([[1.0, 0.0], [2.0, -1.0]])
    assert np.allclose(central_differences(cube, {"x": X}, ["x"], weights)["x"], 3 * X**2 * weights, rtol=1e-9)


def test_a_wrong_gradient_shows_by_how_much() -> None:
    """One entry of 27 that is 1 % off is an error of 0.27/27.27; a right one is below 10⁻⁸."""
    right = 3 * X**2
    assert gradcheck(cube, {"x": X}, {"x": right})["x"] < 1e-8
    wrong = right.copy()
    wrong[1, 1] *= 1.01
    assert gradcheck(cube, {"x": X}, {"x": wrong})["x"] == pytest.approx(0.27 / 27.27, rel=1e-6)


def test_several_arguments_and_results() -> None:
    """(a·b, (Σa,)): a product and a sum in nested tuples; only the gradients asked for are looked at."""
    a, b = np.array([1.0, 2.0]), np.array([3.0, -1.0])

    def function(a, b):
        return a * b, (a.sum(),)

    d_result = np.array([1.0, 10.0]), (np.array(5.0),)
    errors = gradcheck(function, {"a": a, "b": b}, {"a": np.array([8.0, -5.0]), "b": np.array([1.0, 20.0])}, d_result)
    assert set(errors) == {"a", "b"}
    assert max(errors.values()) < 1e-9
    assert set(gradcheck(function, {"a": a, "b": b}, {"b": b}, d_result)) == {"b"}


def test_arguments_are_left_as_they_were() -> None:
    """Even by a function that hands one of them out, or writes into it."""
    before = X.copy()

    def same(x):
        return x

    assert np.allclose(central_differences(same, {"x": X}, ["x"])["x"], 1)
    assert np.array_equal(X, before)


def test_relative_errors() -> None:
    assert relative_error(np.array([1.0, 2.0]), np.array([1.0, 4.0])) == 0.5
    assert relative_error(np.zeros(2), np.zeros(2)) == 0
    assert relative_error(np.zeros((0, 3)), np.zeros((0, 3))) == 0
    assert relative_error(np.array([0.0]), np.array([5.0])) == 1


def test_what_cannot_be_checked() -> None:
    with pytest.raises(UserError, match=r"^a gradient belongs to an argument: y is none of x$"):
        gradcheck(cube, {"x": X}, {"y": X})
    with pytest.raises(UserError, match=r"^a gradient has the shape of its argument: x is \(2, 2\), not \(2,\)$"):
        gradcheck(cube, {"x": X}, {"x": X[0]})
    with pytest.raises(UserError, match=r"^differences need float64: x is float32$"):
        gradcheck(cube, {"x": X.astype(np.float32)}, {"x": X})
