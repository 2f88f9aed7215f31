"""Forward keeps what backward needs; what is handed to either has to fit."""

from __future__ import annotations

import inspect

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc import ops  # noqa: E402
from dlcalc.errors import UserError  # noqa: E402

X = np.array([[1.0, 2.0]])
W = np.array([[3.0, 4.0]])


def lstm_saved() -> tuple:
    weights = np.ones((4, 2)), np.ones((4, 1))
    return ops.forward(ops.lstm, X[None], None, *weights)


def test_the_example_of_the_module() -> None:
    result, saved = ops.forward(ops.linear, X, W, bias=np.array([0.5]))
    assert result.tolist() == [[11.5]]
    gradients = ops.backward(saved, np.array([[2.0]]))
    assert {name: gradient.tolist() for name, gradient in gradients.items()} == {
        "x": [[6.0, 8.0]], "weight": [[2.0, 4.0]], "bias": [2.0],
    }  # fmt: skip


def test_what_was_not_given_has_no_gradient() -> None:
    _, saved = ops.forward(ops.linear, X, W)
    assert set(ops.backward(saved, np.array([[1.0]]))) == {"x", "weight"}
    assert set(ops.backward(lstm_saved()[1], None)) == {"x", "w_ih", "w_hh"}


def test_none_is_a_gradient_of_zeros() -> None:
    """Of one part of the result or of all of it."""
    (y, (h, c)), saved = lstm_saved()
    some = ops.backward(saved, (np.ones_like(y), None))
    same = ops.backward(saved, (np.ones_like(y), (np.zeros_like(h), np.zeros_like(c))))
    assert all(np.array_equal(some[name], same[name]) for name in same)
    assert not any(gradient.any() for gradient in ops.backward(saved, None).values())


def test_the_gradient_of_the_last_state_is_that_of_the_last_output() -> None:
    (y, _), saved = lstm_saved()
    by_output = ops.backward(saved, (np.ones_like(y), None))
    by_state = ops.backward(saved, (None, (np.ones_like(y[0]), None)))
    assert all(np.array_equal(by_output[name], by_state[name]) for name in by_output)


def test_a_loss_takes_a_plain_number() -> None:
    loss, saved = ops.forward(ops.mse_loss, X, W)
    assert loss == 4.0
    assert ops.backward(saved, 1)["x"].tolist() == [[-2.0, -2.0]]
    assert ops.backward(saved, 0.5)["target"].tolist() == [[1.0, 1.0]]


def test_results_are_arrays_of_their_own() -> None:
    """Writing into a result changes neither the arguments nor what was saved."""
    result, saved = ops.forward(ops.dropout, X, training=False)
    result[:] = 7
    assert X.tolist() == [[1.0, 2.0]]
    (y, (h, _)), saved = lstm_saved()
    before = ops.backward(saved, (np.ones_like(y), None))
    y[:] = h[:] = 7
    after = ops.backward(saved, (np.ones_like(y), None))
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_arrays_may_lie_in_memory_as_they_like() -> None:
    """Transposed, stepped, reversed, frozen, of a subclass: the numbers count."""
    x = np.arange(24.0).reshape(4, 6)
    w = np.arange(12.0).reshape(2, 6)
    frozen = x.copy()
    frozen.flags.writeable = False
    expected = ops.linear(x, w).tolist()
    views = np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], x[::-1].copy()[::-1], frozen, x.view(np.matrix)
    for view in views:
        result, saved = ops.forward(ops.linear, view, w)
        assert (type(result), result.tolist()) == (np.ndarray, expected)
        gradient = ops.backward(saved, np.asfortranarray(np.ones((4, 2))))["weight"]
        assert gradient.tolist() == [x.sum(axis=0).tolist()] * 2


@pytest.mark.parametrize(
    ("d_result", "sentence"),
    [
        (np.ones((2, 1)), "(1, 1) of float64: (2, 1) of float64"),
        (np.ones((1, 1), dtype=np.float32), "(1, 1) of float64: (1, 1) of float32"),
        ([[1]], "(1, 1) of float64: (1, 1) of int64"),
    ],
)
def test_a_gradient_fits_its_result(d_result: object, sentence: str) -> None:
    _, saved = ops.forward(ops.linear, X, W)
    with pytest.raises(UserError) as error:  # noqa: PT011
        ops.backward(saved, d_result)
    assert str(error.value) == f"d_result of linear has the shape and dtype of its result, {sentence}"


def test_a_gradient_has_the_structure_of_its_result() -> None:
    _, saved = lstm_saved()
    with pytest.raises(
        UserError, match=r"^d_result of lstm is a tuple of 2, as its result is: \(1, 1, 1\) of float64$"
    ):
        ops.backward(saved, np.ones((1, 1, 1)))
    with pytest.raises(UserError, match=r"^d_result of lstm is a tuple of 2, as its result is: a tuple$"):
        ops.backward(saved, (None, (None, None, None)))


def test_forward_takes_an_operation_and_backward_what_it_saved() -> None:
    with pytest.raises(UserError, match=r"^forward takes an operation of dlcalc.ops, such as ops.conv2d: <built-in"):
        ops.forward(len, X)
    with pytest.raises(UserError, match=r"^backward takes what forward saved: ndarray$"):
        ops.backward(X, X)


def test_threads_are_those_of_the_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forwards and backwards, and no others' afterwards."""
    from dlcalc.kernels import threads

    monkeypatch.setenv("DLCALC_THREADS", "5")
    used = []
    monkeypatch.setattr(threads, "each", lambda work, count, operations: used.append(threads.number(1e12)))
    x, weight = np.zeros((1, 1, 5, 5), np.float32), np.ones((1, 1, 3, 3), np.float32)
    result, saved = ops.forward(ops.conv2d, x, weight, threads=3)
    ops.backward(saved, result)
    assert set(used) <= {3}
    assert threads.number(1e12) == 5
    assert "threads" in str(inspect.signature(ops.conv2d))


@pytest.mark.parametrize("number", [0, 257, True, 1.5, "2"])
def test_threads_are_a_whole_number(number: object) -> None:
    with pytest.raises(UserError, match=r"^threads must be a whole number from 1 to 256, or None: "):
        ops.linear(X, W, threads=number)  # type: ignore[call-arg]
