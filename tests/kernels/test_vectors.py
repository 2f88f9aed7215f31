"""Activations, softmax, normalisation and squares of float32 vectors against the loops that float64 runs through."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc import ops  # noqa: E402
from dlcalc.kernels.cpu import machine  # noqa: E402
from dlcalc.kernels.gradcheck import relative_error  # noqa: E402

LANES = machine.LANES
if not LANES:
    pytest.skip("this processor has no vectors, or nothing is compiled", allow_module_level=True)

LENGTHS = sorted({1, 2, LANES - 1, LANES, LANES + 1, 3 * LANES + 5})
ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "softplus", "gelu"]


def both(op: Any, arrays: dict[str, Any], **settings: Any) -> None:
    """The result and the gradients in float32 are those in float64."""
    found = {}
    for dtype in (np.float32, np.float64):
        given = {name: array.astype(dtype) for name, array in arrays.items()}
        result, saved = ops.forward(op, **given, **settings)
        d_result = np.random.default_rng(1).standard_normal(np.shape(result)).astype(np.float32).astype(dtype)
        found[dtype] = {"result": np.asarray(result), **ops.backward(saved, d_result)}
    for name, exact in found[np.float64].items():
        assert relative_error(found[np.float32][name].astype(np.float64), exact) <= 1e-5, name


def numbers(*shape: int) -> Any:
    return 3 * np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("length", LENGTHS)
def test_activations(length: int) -> None:
    for name in ACTIVATIONS:
        both(getattr(ops, name), {"x": numbers(length)})


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_is_no_number_stays_none(name: str) -> None:
    x = np.array([np.nan, 1, np.inf, -np.inf], np.float32)
    with np.errstate(invalid="ignore"):
        exact = getattr(ops, name)(x.astype(np.float64))
    assert np.isnan(getattr(ops, name)(x)[0])
    assert np.allclose(getattr(ops, name)(x)[1:3], exact[1:3])


@pytest.mark.parametrize("length", LENGTHS)
def test_softmax_and_its_logarithm(length: int) -> None:
    for op in (ops.softmax, ops.log_softmax):
        both(op, {"x": numbers(3, length)})
        both(op, {"x": numbers(2, length) + np.float32(5000)})
    both(ops.cross_entropy, {"logits": numbers(3, length)}, targets=np.array([0, length - 1, length // 2]))
    assert np.isnan(ops.softmax(np.array([[1, np.nan, 2]], np.float32))).all()


@pytest.mark.parametrize("length", LENGTHS)
def test_normalisation(length: int) -> None:
    x = {"x": numbers(3, 2, length)}  # eps: with less, the gradient of a line of two numbers is a difference of equals
    both(ops.batch_norm, x, training=True, eps=1.0)
    both(ops.layer_norm, {**x, "weight": numbers(length), "bias": numbers(length)}, eps=1.0)


def test_a_mean_of_many_numbers_far_from_0() -> None:
    """Lines are added up in float64: of a million numbers about 1000 ± 1, the variance is 1 ± 10⁻³."""
    x = (1000 + np.random.default_rng(0).standard_normal((16, 1, 256, 256))).astype(np.float32)
    normal = ops.batch_norm(x, training=True)
    assert abs(float(normal.mean(dtype=np.float64))) < 1e-3
    assert float(normal.var(dtype=np.float64)) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("length", LENGTHS)
def test_squares(length: int) -> None:
    both(ops.mse_loss, {"x": numbers(length), "target": numbers(length, 1)[:, 0]}, reduction="none")
