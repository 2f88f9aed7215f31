"""Empty batches, devices, dropout, and what a Python without numpy is told."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rows import each_row

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from ops.cases import ATTENTION, CONVOLUTIONS, POOLS, RECURRENT, Case  # noqa: E402

from dlcalc import kernels, ops  # noqa: E402
from dlcalc.errors import UserError  # noqa: E402
from dlcalc.kernels.gradcheck import flattened, relative_error  # noqa: E402


def emptied(case: Case) -> dict:
    """The arrays of a case with a batch of none."""
    recurrent = case.op in ("rnn", "lstm", "gru", "convlstm", "multi_head_attention")
    batched = {"x": int(recurrent), "h0": 0, "c0": 0, "q": int(recurrent), "k": int(recurrent), "v": int(recurrent)}
    arrays = case.arrays()
    return {name: a.take([], axis=batched[name]) if name in batched else a for name, a in arrays.items()}


# A mask as an argument has a batch of its own; two queries and a key alone have no batch.
EMPTY = [
    *CONVOLUTIONS,
    *POOLS,
    *RECURRENT,
    *(case for case in ATTENTION if "mask" not in case.shapes and "2x3 " not in str(case)),
]


@each_row("case", EMPTY, ids=str)
def test_an_empty_batch(case: Case) -> None:
    """Nothing comes out, in the right shape, and weights have gradients of zeros."""
    arrays = emptied(case)
    full, _ = case.forward(case.arrays())
    result, saved = case.forward(arrays)
    assert flattened(result).size == 0
    parts, whole = (r if isinstance(r, tuple) else (r,) for r in (result, full))
    assert parts[0].ndim == whole[0].ndim
    gradients = ops.backward(saved, result)
    assert {name: gradient.shape for name, gradient in gradients.items()} == {n: a.shape for n, a in arrays.items()}
    assert not any(gradient.any() for gradient in gradients.values())


def test_auto_is_the_cpu_where_cuda_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "missing_for_cuda", lambda: "there is no device")
    assert kernels.backend("auto") is kernels.backend("cpu")
    assert ops.relu(np.array([-1.0, 2]), device="auto").tolist() == [0, 2]
    with pytest.raises(UserError, match=r'^device="cuda" cannot be used here: there is no device$'):
        ops.relu(np.array([1.0]), device="cuda")


def test_every_operation_takes_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each asks for the kernels of the device it is given, so that "cuda" is refused where it cannot be used."""
    from ops.cases import CASES

    monkeypatch.setattr(kernels, "missing_for_cuda", lambda: "there is no device")
    for case in {case.op: case for case in CASES if case.settings.get("training", True)}.values():
        with pytest.raises(UserError, match="there is no device"):
            case.forward(case.arrays(), device="cuda")


@pytest.mark.parametrize(
    ("absent", "sentence"),
    [
        ("dlcalc.kernels.cuda", "this version of dlcalc has no CUDA kernels"),
        ("numba_cuda", 'numba-cuda is not installed: pip install "dlcalc[cuda]"'),
    ],
)
def test_what_is_missing_for_cuda(monkeypatch: pytest.MonkeyPatch, absent: str, sentence: str) -> None:
    monkeypatch.setattr(kernels, "find_spec", lambda name: None if name == absent else object())
    assert kernels.missing_for_cuda() == sentence


def test_sums_of_a_million_numbers_in_float32() -> None:
    """As near to those in float64 as one rounding: each number added to a float32 sum would cost digits."""
    x = np.random.default_rng(0).uniform(0, 1, (1, 1, 1000, 1000))
    small = x.astype(np.float32)
    checked = {
        ops.global_avg_pool2d: {}, ops.batch_norm: {"training": True, "mean": np.zeros(1), "var": np.zeros(1)},
        ops.layer_norm: {"weight": np.ones((1000, 1000))}, ops.softmax: {}, ops.log_softmax: {},
    }  # fmt: skip
    for op, settings in checked.items():
        fine = small.astype(np.float64)
        shape = (1, 1_000_000) if op in (ops.softmax, ops.log_softmax) else x.shape
        found = op(
            small.reshape(shape), **{n: a.astype(np.float32) if n != "training" else a for n, a in settings.items()}
        )
        assert relative_error(found, op(fine.reshape(shape), **settings)) < 3e-7, op.__name__


def test_dropout_is_a_matter_of_the_seed() -> None:
    """The same places off each time, others for another seed, and the gradient knows which."""
    x = np.ones((50, 40))
    out, saved = ops.forward(ops.dropout, x, 0.25, seed=7)
    assert set(np.unique(out)) == {0, 1 / 0.75}
    assert np.array_equal(out, ops.dropout(x, 0.25, seed=7))
    assert np.array_equal(ops.backward(saved, x)["x"], out)
    seeds = [0, 1, 2, 1 << 32, 1 << 62]
    off = {seed: ops.dropout(x, 0.5, seed=seed) == 0 for seed in seeds}
    for seed, places in off.items():
        # 2000 throws of a coin: six standard deviations of 22 each.
        assert abs(int(places.sum()) - 1000) < 134
        agreeing = [int((places == other).sum()) for one, other in off.items() if one != seed]
        assert all(abs(number - 1000) < 134 for number in agreeing)
    # Nor are the masks of two seeds one mask in another order of neighbours.
    swapped = off[1].reshape(-1, 2)[:, ::-1].reshape(50, 40)
    assert abs(int((off[0] == swapped).sum()) - 1000) < 134


def test_dropout_is_the_same_in_both_dtypes() -> None:
    x = np.ones(100)
    assert np.array_equal(ops.dropout(x, 0.3) == 0, ops.dropout(x.astype(np.float32), 0.3) == 0)


def test_nothing_is_dropped_when_not_training_or_with_chance_0() -> None:
    x = np.arange(5.0)
    for given in ({"training": False}, {"p": 0.0}):
        out, saved = ops.forward(ops.dropout, x, **given)
        assert np.array_equal(out, x)
        assert np.array_equal(ops.backward(saved, x)["x"], x)


@pytest.mark.parametrize("absent", ["numpy", "numba"])
def test_without_numpy_or_numba_a_sentence_says_so(absent: str) -> None:
    program = (
        f"import sys; sys.modules[{absent!r}] = None\n"
        "from dlcalc.errors import UserError\n"
        "try:\n    from dlcalc import ops\n"
        "except UserError as error:\n    print(error)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", timeout=60, check=True)
    assert ran.stdout.strip() == f'dlcalc.ops needs {absent}: pip install "dlcalc[numeric]"'
