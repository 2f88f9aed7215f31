"""What operations refuse: the rule, then the shapes or the value that break it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rows import each_row

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc import ops  # noqa: E402
from dlcalc.errors import UserError  # noqa: E402


def a(*shape: int) -> Any:
    return np.zeros(shape)


def frozen(*shape: int) -> Any:
    """An array that cannot be written."""
    found = a(*shape)
    found.flags.writeable = False
    return found


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: ops.relu([1.0]), "x must be a numpy array of float32 or float64: it is a list"),
    (
        lambda: ops.relu(np.zeros(2, dtype=np.int64)),
        "x must be a numpy array of float32 or float64: it is an array of int64",
    ),
    (lambda: ops.relu(a(2), device="gpu"), "device must be one of cpu, cuda, auto: 'gpu'"),
    (
        lambda: ops.linear(a(2, 3), a(4, 3).astype(np.float32)),
        "all arrays have one dtype: x is float64 and weight is float32, of shapes (2, 3) and (4, 3)",
    ),
    (
        lambda: ops.linear(a(2, 3), a(4, 5)),
        "the last axis of x is as long as a row of weight: x is (2, 3), weight is (4, 5)",
    ),
    (lambda: ops.linear(a(2, 3), a(4, 3), a(3)), "bias must have the shape (m) = (4,): bias is (3,), weight is (4, 3)"),
    (lambda: ops.linear(a(2, 3), a(3)), "weight has 2 axes, (m, n): (3,)"),
    (
        lambda: ops.embedding(np.zeros(2), a(4, 3)),
        "indices must be a numpy array of whole numbers: it is an array of float64",
    ),
    (lambda: ops.embedding([0, 1], a(4, 3)), "indices must be a numpy array of whole numbers: it is a list"),
    (lambda: ops.embedding(np.array([0, 4]), a(4, 3)), "indices must be from 0 to 3, a row of weight (4, 3): 0 to 4"),
    (lambda: ops.embedding(np.array([-1, 2]), a(4, 3)), "indices must be from 0 to 3, a row of weight (4, 3): -1 to 2"),
    (lambda: ops.dropout(a(2), p=1.0), "p must be a number from 0 on and below 1: 1.0"),
    (lambda: ops.dropout(a(2), seed=-1), "seed must be a whole number from 0 to 9223372036854775807: -1"),
    (lambda: ops.leaky_relu(a(2), slope=float("nan")), "slope must be a number from 0 on: nan"),
    (lambda: ops.softmax(a(2, 3), axis=2), "axis must be an axis of x: 2, x is (2, 3)"),
    (lambda: ops.log_softmax(a(2, 3), axis=True), "axis must be an axis of x: True, x is (2, 3)"),
    (lambda: ops.conv2d(a(3, 5, 5), a(2, 3, 3, 3)), "x has 4 axes, (N, C, H, W): (3, 5, 5)"),
    (
        lambda: ops.conv2d(a(1, 3, 0, 5), a(2, 3, 3, 3)),
        "x may be empty along the batch axis only, (N, C, H, W): (1, 3, 0, 5)",
    ),
    (
        lambda: ops.conv2d(a(1, 3, 5, 5), a(2, 4, 3, 3)),
        "a filter reads 3 channels, those of x by the groups: weight is (2, 4, 3, 3), x is (1, 3, 5, 5), groups = 1",
    ),
    (
        lambda: ops.conv2d(a(1, 4, 5, 5), a(2, 2, 3, 3), groups=3),
        "groups must divide the channels and the filters: 3, x (1, 4, 5, 5), weight (2, 2, 3, 3)",
    ),
    (
        lambda: ops.conv2d(a(1, 3, 5, 5), a(2, 3, 3, 3), a(3)),
        "bias must have the shape (K) = (2,): bias is (3,), weight is (2, 3, 3, 3)",
    ),
    (
        lambda: ops.conv2d(a(1, 3, 2, 5), a(2, 3, 3, 3)),
        "a window of 3 must fit into the padded input, 0 + 2 + 0: x is (1, 3, 2, 5), weight is (2, 3, 3, 3)",
    ),
    (
        lambda: ops.conv2d(a(1, 1, 5, 5), a(1, 1, 3, 3), stride=0),
        "stride must be a whole number from 1 to 2147483648: 0",
    ),
    (
        lambda: ops.conv2d(a(1, 1, 5, 5), a(1, 1, 3, 3), stride=10**20),
        "stride must be a whole number from 1 to 2147483648: 100000000000000000000",
    ),
    (
        lambda: ops.conv2d(a(1, 1, 5, 5), a(1, 1, 3, 3), stride=(1, 2, 3)),
        "stride is one number, or one for each of 2 axes: (1, 2, 3)",
    ),
    (
        lambda: ops.conv2d(a(1, 1, 5, 5), a(1, 1, 3, 3), padding="full"),
        'padding is one number, 2 or 4 numbers, "same", "valid": \'full\'',
    ),
    (
        lambda: ops.conv2d(a(1, 1, 5, 5), a(1, 1, 3, 3), padding=(1, 2, 3)),
        'padding is one number, 2 or 4 numbers, "same", "valid": (1, 2, 3)',
    ),
    (
        lambda: ops.conv1d(a(1, 1, 5), a(1, 1, 3), padding=(1, 2, 3)),
        'padding is one number, 2 numbers, "same", "valid": (1, 2, 3)',
    ),
    (
        lambda: ops.conv2d(a(1, 1, 5, 5), a(1, 1, 3, 3), padding=1.5),
        "padding must be a whole number from 0 to 2147483648: 1.5",
    ),
    (
        lambda: ops.conv2d(a(1, 1, 5, 5), a(1, 1, 3, 3), padding=100_000),
        "the result may have at most 2^31 entries: (1, 1, 200003, 200003) has 40001200009",
    ),
    (
        lambda: ops.conv_transpose2d(a(1, 2, 3, 3), a(3, 2, 2, 2)),
        "weight has as many rows as x has channels: weight is (3, 2, 2, 2), x is (1, 2, 3, 3)",
    ),
    (
        lambda: ops.conv_transpose2d(a(1, 2, 3, 3), a(2, 2, 2, 2), stride=2, output_padding=2),
        "output_padding must be below the stride or the dilation: 2 of 2 and 1",
    ),
    (
        lambda: ops.conv_transpose2d(a(1, 2, 1, 3), a(2, 2, 2, 2), padding=1),
        "the padding may not cut everything off: 0×2 is left, x is (1, 2, 1, 3), weight is (2, 2, 2, 2)",
    ),
    (
        lambda: ops.conv_transpose2d(a(1, 2, 3, 3), a(2, 2, 2, 2), padding="same"),
        "padding is one number, 2 or 4 numbers: 'same'",
    ),
    (
        lambda: ops.max_pool2d(a(1, 1, 4, 4), 2, padding=2),
        "padding may be at most half the window: (2, 2) of 2, kernel_size = (2, 2)",
    ),
    (
        lambda: ops.max_pool2d(a(1, 1, 4, 4), 5),
        "a window of 5 must fit into the padded input, 0 + 4 + 0: x is (1, 1, 4, 4), kernel_size = (5, 5)",
    ),
    (lambda: ops.avg_pool2d(a(1, 4, 4), 2), "x has 4 axes, (N, C, H, W): (1, 4, 4)"),
    (lambda: ops.adaptive_avg_pool2d(a(1, 1, 4, 4), 0), "size must be a whole number from 1 to 2147483648: 0"),
    (lambda: ops.batch_norm(a(3), a(3), a(3)), "x has the axes (N, C, …), and only N may be 0: (3,)"),
    (lambda: ops.batch_norm(a(2, 3), a(2), a(3)), "mean must have the shape (C) = (3,): mean is (2,), x is (2, 3)"),
    (lambda: ops.batch_norm(a(2, 3), a(3)), "without training, mean and var must be given: x is (2, 3)"),
    (lambda: ops.batch_norm(a(2, 3), a(3), a(3), eps=0), "var + eps must be above 0: 0 + 0"),
    (lambda: ops.batch_norm(a(2, 3), a(3), a(3), momentum=-1), "momentum must be a number from 0 on: -1"),
    (
        lambda: ops.batch_norm(a(1, 3), training=True),
        "training needs at least two numbers of each channel, for a variance: x is (1, 3)",
    ),
    (
        lambda: ops.batch_norm(a(2, 3), frozen(3), a(3), training=True),
        "mean and var are changed in place, so they must be writable arrays: x is (2, 3)",
    ),
    (
        lambda: ops.layer_norm(a(2, 3), a(2)),
        "weight must have the shape of the last axes of x = (3,): weight is (2,), x is (2, 3)",
    ),
    (lambda: ops.layer_norm(a(3), a(1, 3)), "weight and bias have the last axes of x: weight has 2 axes, x is (3,)"),
    (lambda: ops.layer_norm(a(2, 0)), "the axes that are normalised must not be empty: x is (2, 0)"),
    (lambda: ops.local_response_norm(a(3)), "x has the axes (N, C, …), and only N may be 0: (3,)"),
    (lambda: ops.local_response_norm(a(1, 3), size=0), "size must be a whole number from 1 to 2147483648: 0"),
    (lambda: ops.mse_loss(a(2, 3), a(3, 2)), "target must have the shape of x = (2, 3): target is (3, 2), x is (2, 3)"),
    (lambda: ops.mse_loss(a(2), a(2), reduction="average"), "reduction must be one of mean, sum, none: 'average'"),
    (lambda: ops.binary_cross_entropy(a(2) + 2, a(2)), "x must be probabilities from 0 to 1: 2 to 2"),
    (
        lambda: ops.cross_entropy(a(3), np.array([0])),
        "logits have the axes (N, classes, …) and at least one class: (3,)",
    ),
    (
        lambda: ops.cross_entropy(a(2, 3), np.array([0, 3])),
        "targets must be from 0 to 2, a class of logits (2, 3): 0 to 3",
    ),
    (
        lambda: ops.cross_entropy(a(2, 3), np.array([0, 1, 2])),
        "targets must have the shape of the logits without the classes = (2,): targets is (3,), logits is (2, 3)",
    ),
    (
        lambda: ops.attention(a(2, 3), a(4, 5), a(4, 2)),
        "q is (…, T_q, d), k (…, T_k, d) and v (…, T_k, d_v): q is (2, 3), k is (4, 5), v is (4, 2)",
    ),
    (
        lambda: ops.attention(a(2, 3), a(0, 3), a(0, 2)),
        "there must be at least one key, and each key needs at least one number: q is (2, 3), k is (0, 3)",
    ),
    (
        lambda: ops.attention(a(2, 3), a(4, 3), a(4, 2), mask=np.ones((3, 4), dtype=bool)),
        "mask must be broadcast to the scores (2, 4): mask is (3, 4)",
    ),
    (
        lambda: ops.attention(a(2, 3), a(4, 3), a(4, 2), mask=np.ones((2, 4), dtype=np.int64)),
        "mask must be a numpy array of bool or of float64, as the other arrays: it is an array of int64",
    ),
    (
        lambda: ops.multi_head_attention(*[a(2, 1, 4)] * 2, a(3, 1, 4), *[a(4, 4)] * 4, heads=2),
        "q is (T_q, N, e), k and v are (T_k, N, e): q is (2, 1, 4), k is (2, 1, 4), v is (3, 1, 4)",
    ),
    (
        lambda: ops.multi_head_attention(*[a(2, 1, 4)] * 3, *[a(4, 4)] * 4, heads=3),
        "heads must divide the width: 3 of 4, q is (2, 1, 4)",
    ),
    (
        lambda: ops.multi_head_attention(*[a(2, 1, 4)] * 3, *[a(4, 4)] * 3, a(4, 3), heads=2),
        "w_o must have the shape of the width = (4, 4): w_o is (4, 3), q is (2, 1, 4)",
    ),
    (lambda: ops.rnn(a(2, 3), None, a(2, 3), a(2, 2)), "x has 3 axes, (T, N, n): (2, 3)"),
    (
        lambda: ops.rnn(a(2, 1, 3), None, a(2, 4), a(2, 2)),
        "w_ih must have the shape (m, n) = (2, 3): w_ih is (2, 4), x is (2, 1, 3), w_hh is (2, 2)",
    ),
    (
        lambda: ops.rnn(a(2, 1, 3), None, a(2, 3), a(3, 2)),
        "w_hh must have the shape (m, m) = (2, 2): w_hh is (3, 2), x is (2, 1, 3)",
    ),
    (
        lambda: ops.rnn(a(2, 1, 3), a(2, 2), a(2, 3), a(2, 2)),
        "h0 must have the shape (N, m) = (1, 2): h0 is (2, 2), x is (2, 1, 3), w_hh is (2, 2)",
    ),
    (
        lambda: ops.rnn(a(2, 1, 3), None, a(2, 3), a(2, 2), a(3)),
        "b_ih must have the shape (m) = (2,): b_ih is (3,), w_hh is (2, 2)",
    ),
    (
        lambda: ops.rnn(a(2, 1, 3), None, a(2, 3), a(2, 2), nonlinearity="gelu"),
        "nonlinearity must be one of tanh, relu, sigmoid: 'gelu'",
    ),
    (lambda: ops.lstm(a(2, 1, 3), a(1, 2), a(8, 3), a(8, 2)), "state is (h0, c0), or None for zeros: it is a ndarray"),
    (
        lambda: ops.lstm(a(2, 1, 3), (a(1, 2), a(2, 2)), a(8, 3), a(8, 2)),
        "c0 must have the shape (N, m) = (1, 2): c0 is (2, 2), x is (2, 1, 3), w_hh is (8, 2)",
    ),
    (
        lambda: ops.lstm(a(2, 1, 3), None, a(6, 3), a(6, 2)),
        "w_hh must have the shape (4m, m) = (8, 2): w_hh is (6, 2), x is (2, 1, 3)",
    ),
    (
        lambda: ops.lstm(a(2, 1, 3), None, a(8, 3), a(8, 2), peephole=a(8)),
        "peephole must have the shape (3m) = (6,): peephole is (8,), w_hh is (8, 2)",
    ),
    (
        lambda: ops.gru(a(2, 1, 3), None, a(6, 3), a(6, 2), update_gate="forget"),
        "update_gate must be one of keep, renew: 'forget'",
    ),
    (
        lambda: ops.convlstm(a(2, 1, 3, 4, 4), None, a(4, 2, 3, 3), a(4, 1, 3, 3)),
        "w_ih must have the shape (4K, C, F, F) = (4, 3, 3, 3): w_ih is (4, 2, 3, 3), x is (2, 1, 3, 4, 4), "
        "w_hh is (4, 1, 3, 3)",
    ),
    (
        lambda: ops.convlstm(a(2, 1, 3, 4, 4), (a(1, 1, 4, 4), a(1, 1, 4, 3)), a(4, 3, 3, 3), a(4, 1, 3, 3)),
        "c0 must have the shape (N, K, H, W) = (1, 1, 4, 4): c0 is (1, 1, 4, 3), x is (2, 1, 3, 4, 4), "
        "w_hh is (4, 1, 3, 3)",
    ),
    (
        lambda: ops.convlstm(a(2, 1, 3, 4, 4), None, a(4, 3, 3, 3), a(4, 1, 3, 3), peephole=a(3, 4, 3)),
        "peephole must have the shape (3K, H, W) = (3, 4, 4): peephole is (3, 4, 3), x is (2, 1, 3, 4, 4), "
        "w_hh is (4, 1, 3, 3)",
    ),
]


@each_row("call, sentence", [pytest.param(*row, id=row[1][:60]) for row in REFUSED])
def test_refused_with_the_rule_and_what_breaks_it(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(UserError) as error:  # noqa: PT011 - the whole sentence is compared
        call()
    assert str(error.value) == sentence


def test_arrays_are_as_large_as_the_sizes_say_only_after_they_are_checked() -> None:
    """A result of 2^34 numbers is refused before anything of that size is asked for."""
    with pytest.raises(UserError, match="at most 2\\^31 entries"):
        ops.adaptive_avg_pool2d(a(1, 1, 2, 2), (1 << 17, 1 << 17))
