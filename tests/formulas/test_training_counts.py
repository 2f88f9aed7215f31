"""Updates of mini-batch training, and word2vec's parameters."""

from fractions import Fraction

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import training_counts as naive

from dlcalc.errors import UserError

SIZE = st.integers(1, 60)


def test_updates_on_mnist() -> None:
    """60,000 examples in batches of 128: 469 updates per epoch, the last on 96 examples; 8 epochs 3,752."""
    one = ask("updates", N=60_000, B=128)
    assert (one["updates"], one["per_epoch"], one["last_batch"]) == (469, 469, 96)
    assert ask("updates", N=60_000, B=128, epochs=8)["updates"] == 3_752
    dropped = ask("updates", "drop-last", N=60_000, B=128, epochs=8)
    assert (dropped["per_epoch"], dropped["updates"], dropped["last_batch"]) == (468, 3_744, 128)


@given(n=SIZE, b=SIZE, epochs=st.integers(1, 5))
def test_updates_batch_after_batch(n: int, b: int, epochs: int) -> None:
    sizes = naive.batches(n, b)
    found = ask("updates", N=n, B=b, epochs=epochs)
    assert found["updates"] == len(sizes * epochs)
    assert found["last_batch"] == sizes[-1]
    full = [size for size in sizes if size == b]
    assert ask("updates", "drop-last", N=n, B=b, epochs=epochs)["updates"] == len(full * epochs)


def test_what_the_mistakes_of_updates_give() -> None:
    """60,000 at 128 over 8 epochs; rounding only at the end gives 3,750."""
    given = wrong("updates", "updates", N=60_000, B=128, epochs=8)
    assert given["not-rounded"] == 3_750
    assert given["rounded-at-the-end"] == 3_750
    assert given["epochs-forgotten"] == 469
    assert given["one-per-example"] == 480_000
    assert given["one-per-epoch"] == 8
    assert wrong("updates", "per_epoch", N=60_000, B=128)["not-rounded"] == Fraction(1875, 4)


def test_updates_of_one_epoch_are_named() -> None:
    assert named(judge("updates", "updates", "469", N=60_000, B=128, epochs=8)) == ["epochs-forgotten"]


def test_a_dropped_last_batch_is_recognised() -> None:
    verdict = judge("updates", "per_epoch", "468", N=60_000, B=128)
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "drop-last"


def test_a_batch_larger_than_the_data_is_pointed_out() -> None:
    found = ask("updates", N=20, B=32)
    assert found["updates"] == 1
    assert found.warnings == ("the batch size 32 is larger than the number of examples 20",)
    assert ask("updates", N=32, B=32).warnings == ()


@given(v=SIZE, n=SIZE, k=st.integers(1, 10))
def test_word2vec_counts_its_matrices(v: int, n: int, k: int) -> None:
    """Two matrices when the context words share one; one each and the output's when they do not."""
    matrix = naive.word_vectors(v, n)
    assert ask("word2vec", V=v, N=n, K=k)["parameters"] == matrix + matrix
    assert ask("word2vec", "per-context-word", V=v, N=n, K=k)["parameters"] == sum(matrix for _ in range(k)) + matrix
    given = wrong("word2vec", "parameters", V=v, N=n, K=k)
    assert given["output-forgotten"] == matrix
    assert given["sizes-added"] == 2 * (v + n)
    assert given["hidden-layer-forgotten"] == 2 * v * v
    assert given["two-per-context-word"] == 2 * k * matrix
    assert given["biases-added"] == 2 * matrix + n + v


def test_word2vec_of_a_small_vocabulary() -> None:
    """5,000 words, vectors of 100: 1,000,000; drawn for each of 4 context words, 2,500,000."""
    assert ask("word2vec", V=5_000, N=100)["parameters"] == 1_000_000
    assert ask("word2vec", "per-context-word", V=5_000, N=100, K=4)["parameters"] == 2_500_000


def test_letters_are_left_over() -> None:
    assert judge("word2vec", "parameters", "2VN").correct
    verdict = judge("word2vec", "parameters", "(K + 1)NV")
    assert verdict.convention is not None
    assert verdict.convention.name == "per-context-word"
    assert "output-forgotten" in named(judge("word2vec", "parameters", "VN"))


def test_a_batch_holds_at_least_one_example() -> None:
    with pytest.raises(UserError, match="B is a whole number ≥ 1, not 0"):
        ask("updates", N=10, B=0)
