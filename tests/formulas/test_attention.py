"""Multi-head attention: the heads share the features, so their number changes no count."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import attention as naive

from dlcalc.answers.formula_judging import verify
from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer, read_answer
from dlcalc.expressions.nodes import Name, Value
from dlcalc.formulas.diagnose import wrong_values
from dlcalc.formulas.inverse import find
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

ATTENTION = formula("attention")


def answer(name: str, convention: str = "", **values: Value) -> Value:
    return run(ATTENTION, values, convention=convention)[name]


def test_the_base_transformer() -> None:
    """512 features and 8 heads of 64: 1,050,624 with biases, as torch.nn.MultiheadAttention(512, 8); 4·512² without."""
    assert answer("parameters", d=512, h=8) == 1_050_624
    assert answer("parameters", "no-bias", d=512, h=8) == 1_048_576
    assert answer("head_size", d=512, h=8) == 64
    assert answer("scores", d=512, h=8, T=10) == 800


@given(size=st.integers(1, 6), heads=st.integers(1, 5), tokens=st.integers(1, 6))
@settings(max_examples=40)
def test_counts_are_those_of_the_heads_together(size: int, heads: int, tokens: int) -> None:
    values = {"d": size * heads, "h": heads, "T": tokens}
    scores, macs = naive.macs(size * heads, heads, tokens)
    assert answer("parameters", **values) == naive.parameters(size * heads, heads)
    assert answer("score_macs", **values) == scores
    assert answer("macs", **values) == macs


def test_heads_do_not_change_the_counts() -> None:
    """In letters no h is left over: 4(d² + d), and T²d products for the scores."""
    letters = run(ATTENTION, {})
    assert letters.shown("parameters") == ATTENTION.parse("4*(d^2 + d)")
    assert letters.shown("score_macs") == ATTENTION.parse("T^2*d")
    assert letters.shown("scores") == ATTENTION.parse("h*T^2")


@pytest.mark.parametrize(
    ("wrote", "mistake"),
    [
        ("3(d^2 + d)", "output-projection-forgotten"),
        ("3d^2", "output-projection-forgotten+biases-forgotten"),
        ("4h*d^2 + 4d", "heads-multiply"),
        ("4(d^2/h + d)", "one-head"),
        ("4d^2 + d", "one-bias-vector"),
        ("4d^2 + 4h*d", "bias-per-head-feature"),
    ],
)
def test_mistakes_are_named(wrote: str, mistake: str) -> None:
    verdict = verify(ATTENTION, {}, "parameters", read_answer(wrote, ATTENTION.declarations[False]))
    assert not verdict.correct
    assert verdict.mistakes[0].id == mistake


def test_without_biases_is_the_papers_count() -> None:
    verdict = verify(ATTENTION, {}, "parameters", read_answer("4d^2", ATTENTION.declarations[False]))
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "no-bias"


def test_cost_mistakes() -> None:
    """12 features, 3 heads, 5 tokens: the products without weights left out, or the projections made once."""
    made = wrong_values(ATTENTION, {"d": 12, "h": 3, "T": 5}, "macs")
    assert made["score-macs-forgotten"][1] == 5 * 4 * 12 * 12
    assert made["macs-one-token"][1] == 4 * 12 * 12 + 2 * 5 * 5 * 12
    assert made["scores-of-one-head"][1] == 5 * 4 * 12 * 12 + 2 * 5 * 5 * 4


def test_model_size_is_found_from_the_total() -> None:
    found = find(ATTENTION, {"h": 8}, {"parameters": Answer("1050624", 1_050_624)})
    assert found.found == ({"d": 512},)


def test_the_heads_divide_the_features() -> None:
    with pytest.raises(UserError, match="the number of heads must divide the features: 8 does not divide 100"):
        run(ATTENTION, {"d": 100, "h": 8})


BLOCK = formula("transformer_block")


def test_the_encoder_block_of_the_base_transformer() -> None:
    """512 features, 8 heads, 2048 units between: 4·512² + 2·512·2048 weights; biases 4·512, 2048 + 512; norms 4·512."""
    asked = {"d": 512, "h": 8, "m": 2048, "T": 10}
    block, original = run(BLOCK, asked), run(BLOCK, asked, convention="no-bias")
    assert block["without_norms"] == 4 * 512**2 + 2048 + 2 * 512 * 2048 + 2560
    assert block["parameters"] == 3_152_384
    assert original["without_norms"] == 3_148_288
    assert run(BLOCK, {**asked, "L": 6})["parameters"] == 6 * 3_152_384
    assert block["macs"] == answer("macs", d=512, h=8, T=10) + 10 * 2 * 512 * 2048


@pytest.mark.parametrize(
    ("wrote", "mistake"),
    [
        ("L(4d^2 + 2d*m + 8d)", "feed-forward-biases-forgotten"),
        ("L(4d^2 + d*m + 9d + m)", "one-dense-layer"),
        ("4d^2 + 2d*m + 9d + m", "one-block"),
        ("L(4h*d^2 + 2d*m + 9d + m)", "heads-multiply"),
    ],
)
def test_a_mistake_in_the_block_is_named(wrote: str, mistake: str) -> None:
    verdict = verify(BLOCK, {"L": Name("L")}, "parameters", read_answer(wrote, BLOCK.declarations[False]))
    assert [each.id for each in verdict.mistakes][:1] == [mistake]
