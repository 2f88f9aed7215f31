"""Attention by hand: scores, weights and outputs of a few tokens."""

from fractions import Fraction as F
from math import e, exp, sqrt
from typing import Any

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import cells as naive

from dlcalc.api.hand_run import by_hand
from dlcalc.errors import UserError

NUMBER = st.integers(-200, 200).map(lambda number: F(number, 100))


def vectors(*sizes: int) -> st.SearchStrategy[Any]:
    """Nested tuples of these sizes."""
    entries: st.SearchStrategy[Any] = NUMBER
    for size in reversed(sizes):
        entries = st.tuples(*[entries] * size)
    return entries


def close(found: Any, expected: Any) -> None:
    for one, other in zip(found, expected, strict=True):
        assert [float(each) for each in one] == pytest.approx([float(each) for each in other])


def test_queries_of_zero_take_the_mean() -> None:
    """All scores are 0, so all weights are ½ exactly."""
    found = ask("attention_by_hand", q=((0, 0),), k=((1, 2), (3, 4)), v=((1, 2, 3), (3, 4, 9)))
    assert (found["weights"], found["y"]) == (((F(1, 2), F(1, 2)),), ((2, 3, 6),))


def test_four_features_are_divided_by_two() -> None:
    """q·k = 2 and 0, over √4: scores 1 and 0, weights e/(e + 1) and 1/(e + 1)."""
    found = ask("attention_by_hand", q=((1, 1, 0, 0),), k=((1, 1, 0, 0), (0, 0, 1, 1)), v=((1,), (0,)))
    assert (found["products"], found["scores"]) == (((2, 0),), ((1, 0),))
    assert found["y"][0] == pytest.approx((e / (e + 1),))


@settings(max_examples=25)
@given(q=vectors(2, 2), k=vectors(3, 2), v=vectors(3, 2))
def test_against_plain_loops(q: Any, k: Any, v: Any) -> None:
    close(ask("attention_by_hand", q=q, k=k, v=v)["y"], naive.attention(*map(naive.floats, (q, k, v))))


@settings(max_examples=25)
@given(x=vectors(3, 2), w_q=vectors(2, 2), w_k=vectors(2, 2), w_v=vectors(2, 3))
def test_self_attention_against_plain_loops(x: Any, w_q: Any, w_k: Any, w_v: Any) -> None:
    """Every token with every token, and causally with those before."""
    q, k, v = ([naive.columns_by(w, row) for row in x] for w in (w_q, w_k, w_v))
    given = {"x": x, "W_q": w_q, "W_k": w_k, "W_v": w_v}
    close(ask("self_attention_by_hand", **given)["y"], naive.attention(q, k, v))
    close(ask("self_attention_by_hand", "causal", **given)["y"], naive.attention(q, k, v, causal=True))


@settings(max_examples=15)
@given(q=vectors(2, 2), k=vectors(3, 2), v=vectors(3, 2), d=vectors(2, 2))
def test_the_way_back_against_differences(q: Any, k: Any, v: Any, d: Any) -> None:
    """Plain, causal (a query sees no later key) and without the scale."""
    for convention, how in (("textbook", {}), ("causal", {"causal": True}), ("unscaled", {"scaled": False})):
        parts: dict[str, Any] = {name: naive.floats(value) for name, value in (("q", q), ("k", k), ("v", v))}

        def loss(changed: dict[str, Any], parts: Any = parts, how: Any = how) -> float:
            out = naive.attention(**(parts | changed), **how)
            return sum(float(a) * b for wanted, y in zip(d, out, strict=True) for a, b in zip(wanted, y, strict=True))

        found = ask("attention_backward_by_hand", convention, q=q, k=k, v=v, d_y=d)
        assert float(found["loss"]) == pytest.approx(loss({}))
        for name, at in parts.items():
            slopes: Any = naive.slopes(lambda to, name=name, loss=loss: loss({name: to}), at)
            for one, other in zip(found[f"d{name}"], slopes, strict=True):
                assert [float(each) for each in one] == pytest.approx(other, rel=1e-5, abs=1e-8)


def test_what_the_mistakes_of_the_way_back_give() -> None:
    """A query of zero over keys 2 and 4, values 1 and 3: weights ½, gradients 1 and 3 less their mean 2: ∓½."""
    given = {"q": ((0,),), "k": ((2,), (4,)), "v": ((1,), (3,))}
    assert ask("attention_backward_by_hand", **given)["by_score"] == ((F(-1, 2), F(1, 2)),)
    assert ask("attention_backward_by_hand", **given)["dq"] == ((1,),)
    found = wrong("attention_backward_by_hand", "dq", **given)
    assert found["mean-not-subtracted"] == ((7,),)
    assert found["diagonal-alone"] == ((F(7, 2),),)
    assert found["softmax-skipped"] == ((14,),)
    wide = {"q": ((0, 0, 0, 0),), "k": ((2, 0, 0, 0), (4, 0, 0, 0)), "v": ((1,), (3,))}
    assert ask("attention_backward_by_hand", **wide)["dq"] == ((F(1, 2), 0, 0, 0),)
    assert wrong("attention_backward_by_hand", "dq", **wide)["scale-forgotten"] == ((1, 0, 0, 0),)
    assert wrong("attention_backward_by_hand", "dv", **given)["scores-for-weights"] == ((0,), (0,))


def test_one_token_attends_to_itself() -> None:
    given = {"x": ((2, 3),), "W_q": ((1, 0), (0, 1)), "W_k": ((1, 0), (0, 1)), "W_v": ((1, 1), (0, 1))}
    assert ask("self_attention_by_hand", **given)["y"] == ((2, 5),)


def test_what_the_mistakes_give() -> None:
    """Four features, products 2 and 0, as above; values 1 and 0, so the output is the first weight."""
    given = {"q": ((1, 1, 0, 0),), "k": ((1, 1, 0, 0), (0, 0, 1, 1)), "v": ((1,), (0,))}
    found = {id: value[0][0] for id, value in wrong("attention_by_hand", "y", **given).items()}
    assert found["not-scaled"] == pytest.approx(exp(2) / (exp(2) + 1))
    assert found["divided-by-d"] == pytest.approx(exp(0.5) / (exp(0.5) + 1))
    assert found["wrong-axis"] == 1
    assert found["softmax-forgotten"] == 1
    assert found["not-normalised"] == pytest.approx(e)
    assert found["no-exponential"] == 1
    assert found["keys-for-values"] == pytest.approx(e / (e + 1))
    two = {"q": ((1, 0), (0, 1)), "k": ((0, 0), (1, 1)), "v": ((1,), (0,))}
    found = wrong("attention_by_hand", "products", **two)
    assert (ask("attention_by_hand", **two)["products"], found["queries-and-keys-swapped"]) == (
        ((0, 1), (0, 1)), ((0, 0), (1, 1)),
    )  # fmt: skip
    weight = 1 / (2 + 2 * exp(1 / sqrt(2)))
    assert wrong("attention_by_hand", "weights", **two)["softmax-over-all"][0][0] == pytest.approx(weight)


def test_a_softmax_along_the_wrong_axis_is_named() -> None:
    given = {"q": ((0, 0), (0, 0), (0, 0)), "k": ((1, 2), (3, 4)), "v": ((3, 0), (6, 3))}
    assert named(judge("attention_by_hand", "y", "[[3, 1], [3, 1], [3, 1]]", **given))[0] == "wrong-axis"


def test_each_head_attends_with_its_own_features() -> None:
    q, k, v = ((1, 0, 2, -1), (0, 1, 1, 1)), ((1, 1, 0, 0), (2, 0, -1, 1), (0, 1, 1, 2)), ((1, 2), (3, -1), (0, 5))
    left, right = [[row[at : at + 2] for row in q] for at in (0, 2)], [[row[at : at + 2] for row in k] for at in (0, 2)]
    heads = [
        naive.attention(left[at], right[at], [row[at : at + 1] for row in v])  # one value feature per head
        for at in (0, 1)
    ]
    joined = tuple(tuple(a + b) for a, b in zip(*heads, strict=True))
    given: dict[str, Any] = {"q": q, "k": k, "v": v, "h": 2}
    close(ask("attention_heads_by_hand", **given)["y"], joined)
    mixed = ask("attention_heads_by_hand", **given, W_o=((1, 0, 1), (0, 2, 0)))["y"]
    close(mixed, tuple((a, 2 * b, a) for a, b in joined))
    close(ask("attention_heads_by_hand", **{**given, "h": 1})["y"], naive.attention(q, k, v))


def test_weights_of_heads_in_blocks_are_put_side_by_side() -> None:
    identity, turned = "1 0; 0 1", "0 1; 1 0"
    given = {"x": "1 2; 0 1", "w_q": f"{identity} | {turned}", "w_k": f"{identity} | {identity}"}
    blocks = by_hand("attention", **given, w_v=f"{turned} | {identity}")
    whole = {"w_q": "1 0 0 1; 0 1 1 0", "w_k": "1 0 1 0; 0 1 0 1", "w_v": "0 1 1 0; 1 0 0 1"}
    assert blocks.y == by_hand("attention", x="1 2; 0 1", **whole, heads=2).y
    with pytest.raises(UserError, match=r"^there is one block of W_q per head: 4 heads, 2 blocks$"):
        by_hand("attention", **given, w_v=1, heads=4)


def test_a_mask_hides_keys_from_queries() -> None:
    x, w = ((1, 2), (0, 1), (3, -1)), ((1, 0), (1, 1))
    seen = ((1, 0, 0), (1, 1, 0), (1, 1, 1))
    given: dict[str, Any] = {"x": x, "W_q": w, "W_k": w, "W_v": w}
    causal = ask("self_attention_by_hand", "causal", **given)["y"]
    close(ask("self_attention_masked_by_hand", **given, mask=seen)["y"], causal)
    for mask, said in ((((1, 1),), r"^the mask has one row per query"), (((0, 0, 0),) * 3, r"^every query may attend")):
        with pytest.raises(UserError, match=said):
            ask("self_attention_masked_by_hand", **given, mask=mask)
    with pytest.raises(UserError, match=r"^the heads have the same number of features: the columns of W_k are divided"):
        ask("self_attention_heads_by_hand", **given, h=3)
