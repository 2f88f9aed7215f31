"""The way to a command: the first page, the words that people type, and the search."""

from __future__ import annotations

import pytest

from dlcalc.cli.commands import ALIASES, EXAMPLES, PURPOSES, RUN_ALIASES, help_of, listed, option_meant
from dlcalc.formulas.catalogue import ENTRIES
from dlcalc.formulas.hand_operations import OPERATIONS


def test_every_command_stands_under_one_purpose() -> None:
    names = list(listed())
    assert len(names) == len(set(names))
    assert {name.replace("_", "-") for name in ENTRIES} <= set(names)
    assert all(map(help_of, names))


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_first_page_fits_a_screen(terminal, columns: int) -> None:
    ran = terminal("--help", columns=columns)
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert len(lines) <= 50
    for command, _ in EXAMPLES:
        assert command in ran.out
    for purpose, names in PURPOSES.items():
        assert purpose in ran.out
        assert all(name in ran.words.split() for name in names)


@pytest.mark.parametrize("way", ["help", "-h", "--help"])
def test_help_is_asked_for_in_any_way(terminal, way: str) -> None:
    assert "Size, parameters and cost of a layer" in terminal(way).out
    page = terminal("help conv" if way == "--help" else f"conv {way}")
    assert page.status == 0
    assert "--filter-size" in page.out


def test_a_minus_is_an_expression_and_h_alone_is_help(terminal) -> None:
    assert "−h" in terminal('diff "-h*x" --wrt x').out
    assert "EXPRESSION" in terminal("diff -h").out


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("relu --x 2", "activation relu --x 2"),
        ("CONV --n 8 --f 3", "conv --n 8 --f 3"),
        ("conv2d --n 8 --kernel-size 3", "conv --n 8 --f 3"),
        ("Conv2d --N 8 --F 3 --out-channels 4", "conv --n 8 --f 3 --k 4"),
        ("maxpool --n 8 --pool-size 2", "pool --n 8 --f 2"),
        ("linear --in-features 8 --out-features 3", "dense --n 8 --m 3"),
        ("LSTM --n 4 --units 3", "lstm --n 4 --m 3"),
        ("bilstm --n 4 --hidden 3", "lstm --n 4 --m 3 --bidirectional"),
        ("bn --c 3", "batchnorm --c 3"),
        ("he --n 4 --m 2", "init he-normal --n 4 --m 2"),
        ("lenet5", "net lenet5"),
        ("squeeze_excitation --c 16 --r 4", "squeeze-excitation --c 16 --r 4"),
        ('softmax --z "1 2"', 'run softmax --z "1 2"'),
        ("adam --w 1 --g 0.5 --lr 0.1", "run adam --w 1 --g 0.5 --eta 0.1"),
        ('mse --y-pred "1 2" --labels "2 2"', 'run squared-loss --form mean --yhat "1 2" --target "2 2"'),
        ('run mse --yhat "1 2" --y "2 2"', 'run squared-loss --form mean --yhat "1 2" --target "2 2"'),
        ("conv --n=8 --FILTER-SIZE=3", "conv --n 8 --f 3"),
    ],
)
def test_other_words_mean_the_same(terminal, typed: str, means: str) -> None:
    ran, wanted = terminal(f"{typed} --json"), terminal(f"{means} --json")
    assert ran.status == wanted.status == 0
    assert ran.json == wanted.json


def test_every_alias_leads_to_a_command() -> None:
    for words in ALIASES.values():
        assert help_of(words[0])
        if words[0] == "run":
            assert words[1] in OPERATIONS
    assert all(words[0] in OPERATIONS for words in RUN_ALIASES.values())
    assert not set(ALIASES) & set(listed())
    assert not set(RUN_ALIASES) & set(OPERATIONS)


def test_an_option_with_two_meanings_is_not_guessed() -> None:
    """--k and --K of word2vec are two; --units of a layer that has a hidden size and outputs could be either."""
    assert option_meant("--LAYERS", ["--l", "--layers"]) == "--layers"
    assert option_meant("--A", ["--a"]) == "--a"
    assert option_meant("--Ab", ["--aB", "--AB"]) == ""
    assert option_meant("--units", ["--hidden-size", "--outputs"]) == ""
    assert option_meant("--unheard", ["--hidden-size"]) == ""


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("bidirectional gru", "dlcalc gru --bidirectional"),
        ("receptive field", "dlcalc rf"),
        ("transposed convolution", "dlcalc conv --transposed"),
        ("causal", "dlcalc conv1d --causal"),
        ("vanishing gradient", "dlcalc vanish"),
        ("u-net", "dlcalc net unet"),
        ("group norm", 'dlcalc net "...; groupnorm 4"'),
        ("peephole LSTM full", "dlcalc lstm --peephole full"),
        ("softmx", "dlcalc activation softmax"),
        ("mark hand-ins", "dlcalc grade"),
    ],
)
def test_words_lead_to_the_command(terminal, words: str, first: str) -> None:
    found = terminal(f'find "{words}" --json').json["found"]
    assert found[0]["command"] == first
    assert len(found) <= 12


def test_a_search_that_finds_nothing_says_so(terminal) -> None:
    for words, sentence in (("xyzzy", "nothing is found for xyzzy"), ("of the", "find needs some words")):
        ran = terminal(f'find "{words}"')
        assert ran.status == 2
        assert sentence in ran.err
