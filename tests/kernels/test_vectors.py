"""Activations, softmax, normalisation and squares of float32 vectors against the loops that float64 runs through."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc import ops  # noqa: E402
from dlcalc.kernels.cpu import machine, pool  # noqa: E402
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
    both(ops.batch_norm, {**x, "weight": numbers(2), "bias": numbers(3)[1:]}, training=True, eps=1.0)
    both(ops.layer_norm, {**x, "weight": numbers(length), "bias": numbers(length)}, eps=1.0)


def test_a_mean_of_many_numbers_far_from_0() -> None:
    """Lines are added up in float64: of a million numbers about 1000 ± 1, the variance is 1 ± 10⁻³."""
    x = (1000 + np.random.default_rng(0).standard_normal((16, 1, 256, 256))).astype(np.float32)
    normal = ops.batch_norm(x, training=True)
    assert abs(float(normal.mean(dtype=np.float64))) < 1e-3
    assert float(normal.var(dtype=np.float64)) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("length", LENGTHS)
def test_squares(length: int) -> None:
    arrays = {"x": numbers(length), "target": numbers(2 * length)[::2]}
    for reduction in ("none", "sum", "mean"):
        both(ops.mse_loss, arrays, reduction=reduction)


def test_windows_have_the_winners_of_the_loops() -> None:
    """Largest and smallest, of equals the first, NaN, infinities, padding, windows without numbers: the same bits."""
    random = np.random.default_rng(0)
    settings = [
        # window, stride, dilation, padding
        ((1, 1), (1, 1), (1, 1), [(0, 0), (0, 0)]), ((3, 3), (2, 2), (1, 1), [(0, 0), (0, 0)]),
        ((2, 3), (1, 4), (2, 1), [(1, 0), (0, 1)]), ((3, 2), (3, 1), (1, 3), [(4, 4), (4, 4)]),
        ((2, 2), (2, 2), (4, 4), [(1, 1), (1, 1)]),
    ]  # fmt: skip
    for height, width in ((5, 7), (6, 2 * LANES + 1), (9, LANES), (7, 4 * LANES - 1)):
        x = random.integers(-3, 4, (2, 3, height, width)).astype(np.float32)
        for number, share in ((np.nan, 0.03), (-np.inf, 0.2), (np.inf, 0.05)):
            x[random.random(x.shape) < share] = number
        x[0, 0] = -np.inf
        for window, stride, dilation, padding in settings:
            axes = zip(x.shape[2:], window, stride, padding, dilation, strict=True)
            size = [(n + sum(p) - d * (f - 1) - 1) // s + 1 for n, f, s, p, d in axes]
            for sign in (1, -1):
                found = []
                for tiled in (True, False):
                    with pytest.MonkeyPatch.context() as patch:
                        patch.setattr(pool, "tiled", lambda _, tiled=tiled: tiled)
                        found.append(pool._winners(x, window, stride, padding, dilation, size, sign))
                (numbers_found, places), (numbers_meant, meant) = found
                assert np.array_equal(numbers_found, numbers_meant, equal_nan=True), (height, width, window, sign)
                assert np.array_equal(places, meant), (height, width, window, sign)
