"""Pooling in ceil mode over every small size: PyTorch's windows, and its refusals, are ours."""

from __future__ import annotations

from itertools import product

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")
torch = pytest.importorskip("torch")

from dlcalc import ops  # noqa: E402
from dlcalc.errors import UserError  # noqa: E402

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
@pytest.mark.parametrize("n", range(1, 8))
def test_windows_that_reach_beyond_the_input(name: str, n: int) -> None:
    x = np.random.default_rng(n).standard_normal((1, 1, n, n))
    peer = getattr(torch.nn.functional, name)
    for f, s in product(range(1, 6), range(1, 5)):
        try:
            wanted = peer(torch.tensor(x), f, s, ceil_mode=True).numpy()
        except RuntimeError:
            with pytest.raises(UserError, match="must fit into the padded input"):
                getattr(ops, name)(x, f, s, ceil_mode=True)
        else:
            np.testing.assert_allclose(getattr(ops, name)(x, f, s, ceil_mode=True), wanted, rtol=1e-12)
