"""Every operation, forwards against its definition and backwards against differences, in both dtypes."""

from __future__ import annotations

from typing import Any

import pytest
from rows import each_row

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from ops.cases import CASES, CONVOLUTIONS, Case, d_result_of  # noqa: E402

from dlcalc import ops  # noqa: E402
from dlcalc.kernels import compile as compiling  # noqa: E402
from dlcalc.kernels.cpu import conv  # noqa: E402
from dlcalc.kernels.gradcheck import flattened, gradcheck, relative_error  # noqa: E402

each_case = each_row("case", CASES, ids=str)

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
"""Of the largest entry of the array."""


def test_every_operation_is_among_the_cases() -> None:
    assert {case.op for case in CASES} == set(ops.__all__) - {"Saved", "forward", "backward"}


def parts(result: Any) -> list[Any]:
    return [leaf for part in result for leaf in parts(part)] if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("dtype", list(TOLERANCE))
@each_case
def test_the_result_is_that_of_the_definition(case: Case, dtype: str) -> None:
    """Structure, shape and dtype too, and the arguments stay what they were."""
    arrays = case.arrays(dtype)
    before = {name: array.copy() for name, array in arrays.items()}
    found = parts(getattr(ops, case.op)(**case.arguments(arrays)))
    expected = parts(case.definition(**case.arguments(case.arrays("float64") if dtype == "float64" else before)))
    assert [part.shape for part in found] == [np.shape(part) for part in expected]
    assert {part.dtype for part in found} == {np.dtype(dtype)}
    for ours, theirs in zip(found, expected, strict=True):
        assert relative_error(np.asarray(ours), np.asarray(theirs)) <= TOLERANCE[dtype]
    assert all(np.array_equal(arrays[name], before[name]) for name in arrays)


@each_case
def test_gradients_are_those_of_differences(case: Case) -> None:
    """Of every argument that is given in numbers, whatever gradient comes from behind."""
    arrays = case.arrays()
    result, saved = case.forward(arrays)
    d_result = d_result_of(result)
    gradients = ops.backward(saved, d_result)
    assert set(gradients) == set(arrays)
    errors = gradcheck(lambda **moved: case.forward(moved)[0], arrays, gradients, d_result)
    assert max(errors.values()) <= 1e-6, errors


@each_case
def test_gradients_in_float32_are_those_in_float64(case: Case) -> None:
    """Kept as float32 all the way, and as near as float32 can be."""
    found = {}
    for dtype in TOLERANCE:
        result, saved = case.forward({name: a.astype(dtype) for name, a in case.arrays("float32").items()})
        d_result = d_result_of(result)
        found[dtype] = ops.backward(saved, d_result)
    for name, gradient in found["float32"].items():
        assert gradient.dtype == np.float32, name
        assert relative_error(gradient.astype(np.float64), found["float64"][name]) <= TOLERANCE["float32"], name


@each_case
def test_backward_can_be_asked_twice(case: Case) -> None:
    """A pullback changes neither what was saved nor the gradient it is given; nor does who writes into the result."""
    result, saved = case.forward(case.arrays())
    d_result = d_result_of(result)
    first = {name: gradient.copy() for name, gradient in ops.backward(saved, d_result).items()}
    assert np.array_equal(flattened(d_result), flattened(d_result_of(result)))
    for part in parts(result):
        np.asarray(part).fill(7)
    again = ops.backward(saved, d_result)
    assert all(np.array_equal(first[name], again[name]) for name in first)


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolutions_in_blocks_are_those_in_one(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images too large to be unfolded at once go line by line: nothing else changes."""

    def found() -> list[Any]:
        result, saved = case.forward(case.arrays())
        return [result, *ops.backward(saved, d_result_of(result)).values()]

    whole = found()
    monkeypatch.setattr(conv, "UNFOLDED_BYTES", 1)
    assert len(list(conv._blocks(2, np.full((5, 3), 2), 8))) == 8
    for once, blocks in zip(whole, found(), strict=True):
        assert relative_error(once, blocks) < 1e-14


@pytest.mark.skipif(compiling.numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_kernels_are_compiled_for_the_types_they_name_alone() -> None:
    """A strided array or an integer of another width would be one more compilation that users wait for."""
    for case in CASES:
        for dtype in TOLERANCE:
            result, saved = case.forward(case.arrays(dtype))
            ops.backward(saved, d_result_of(result))
    for name, kernel in compiling.KERNELS.items():
        named = {compiling.numba.core.sigutils.normalize_signature(text)[0] for text in kernel.signatures()}
        assert set(kernel.dispatcher.signatures) <= named, name
