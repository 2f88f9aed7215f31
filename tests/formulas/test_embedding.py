"""Embeddings, and the chain embedding, LSTM, dense that classifies film reviews."""

from __future__ import annotations

import pytest
from naive import embedding as naive

from dlcalc.answers.formula_judging import verify
from dlcalc.expressions.answers import Answer
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.diagnose import wrong_values
from dlcalc.formulas.inverse import find
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

EMBEDDING = formula("embedding")


def answer(name: str, convention: str = "", **values: Value) -> Value:
    return run(EMBEDDING, values, convention=convention)[name]


def test_film_reviews() -> None:
    """5,000 words as 32 numbers, LSTM of 100 units, one output: 160,000 + 53,200 + 101 = 213,301 parameters."""
    embedding = run(EMBEDDING, {"v": 5000, "n": 32, "T": 600})
    assert embedding["output"] == (600, 32)
    steps, size = embedding["output"]
    lstm = run(formula("lstm"), {"n": size, "m": 100, "T": steps}, convention="many-to-one")
    (state,) = lstm["output"]
    dense = run(formula("dense"), {"n": state, "m": 1})
    counts = [layer["parameters"] for layer in (embedding, lstm, dense)]
    assert counts == [160_000, 53_200, 101]
    assert sum(counts) == 213_301


def test_ten_words_of_five_numbers() -> None:
    """Frameworks put the number of sequences first: 1×10×5."""
    assert answer("output", n=5, T=10) == (10, 5)
    assert answer("output", "with-batch", n=5, T=10) == (1, 10, 5)


@pytest.mark.parametrize(("words", "size", "length"), [(10, 5, 3), (7, 1, 9), (1, 4, 2)])
def test_an_embedding_is_a_table(words: int, size: int, length: int) -> None:
    values = {"v": words, "n": size, "T": length}
    assert answer("parameters", **values) == naive.parameters(words, size)
    assert answer("output", **values) == naive.embedded(words, size, length)
    assert answer("memory", **values) == 4 * (naive.parameters(words, size) + length * size)


def test_a_look_up_multiplies_nothing() -> None:
    assert answer("biases", v=10, n=5, T=3) == 0
    assert answer("macs", v=10, n=5, T=3) == 0
    assert answer("flops", v=10, n=5, T=3) == 0


def test_parameters_in_letters() -> None:
    assert run(EMBEDDING, {}).shown("parameters") == EMBEDDING.parse("v*n")


def test_mistakes_give_what_they_say() -> None:
    made = wrong_values(EMBEDDING, {"v": 50, "n": 8, "T": 6}, "parameters")
    assert {id: value for id, (_, value) in made.items()} == {
        "extra-row": 51 * 8,
        "row-per-position": 6 * 8,
        "table-per-position": 6 * 50 * 8,
        "dense-biases": 50 * 8 + 8,
        "square-of-words": 50 * 50,
    }


def test_an_extra_row_is_named() -> None:
    verdict = verify(EMBEDDING, {"v": 5000, "n": 32}, "parameters", Answer("160032", 160_032))
    assert verdict.mistakes[0].id == "extra-row"


def test_either_size_is_found_from_the_total() -> None:
    total = {"parameters": Answer("160000", 160_000)}
    assert find(EMBEDDING, {"n": 32}, total).found == ({"v": 5000},)
    assert find(EMBEDDING, {"v": 5000}, total).found == ({"n": 32},)
