"""Networks of two parts: sequence to sequence, GAN, autoencoder; and what transfer learning trains."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import encoder_decoder as naive

from dlcalc.answers.formula_judging import verify
from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.diagnose import wrong_values
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

WIDTHS = st.lists(st.integers(1, 20), min_size=2, max_size=5).map(tuple)
HIDDEN = st.lists(st.integers(1, 20), min_size=1, max_size=3).map(tuple)


def answer(id: str, name: str, convention: str = "", **values: Value) -> Value:
    return run(formula(id), values, convention=convention)[name]


def made(id: str, name: str = "parameters", **values: Value) -> dict[str, Value]:
    """What each mistake makes of an answer."""
    return {id: value for id, (_, value) in wrong_values(formula(id), values, name).items()}


def test_a_character_translator() -> None:
    """One-hot characters, 71 in and 93 out, 256 units: Keras prints 335,872 and 358,400 for the LSTMs, then 23,901."""
    pair = run(formula("seq2seq"), {"n": 71, "d": 93, "q": 93, "m": 256}, convention="keras")
    assert [pair[f"{part}.parameters"] for part in ("encoder", "decoder", "readout")] == [335_872, 358_400, 23_901]
    assert pair["parameters"] == 335_872 + 358_400 + 23_901


@given(n=st.integers(1, 9), m=st.integers(1, 9), d=st.integers(1, 9), q=st.integers(1, 9))
@settings(max_examples=30)
def test_seq2seq_is_two_lstms_and_a_layer(n: int, m: int, d: int, q: int) -> None:
    assert answer("seq2seq", "parameters", n=n, m=m, d=d, q=q) == naive.seq2seq(n, m, d, q)


def test_the_decoder_reads_what_the_encoder_reads_unless_told() -> None:
    assert answer("seq2seq", "parameters", n=3, m=4, q=5) == naive.seq2seq(3, 4, 3, 5)


def test_seq2seq_runs_each_part_for_its_own_steps() -> None:
    values = {"n": 3, "m": 4, "q": 5, "S": 6, "T": 7}
    assert answer("seq2seq", "macs", **values) == 6 * 4 * 4 * 7 + 7 * 4 * 4 * 7 + 7 * 4 * 5
    assert answer("seq2seq", "output", **values) == (7, 5)


def test_seq2seq_conventions_reach_both_lstms() -> None:
    """PyTorch adds a second bias vector of 4m to each; a context read at every step widens the decoder's input by m."""
    textbook = naive.seq2seq(3, 4, 3, 5)
    assert answer("seq2seq", "parameters", "pytorch", n=3, m=4, q=5) == textbook + 2 * 16
    assert answer("seq2seq", "parameters", "context-at-every-step", n=3, m=4, q=5) == naive.seq2seq(3, 4, 7, 5)
    assert answer("seq2seq", "biases", "no-bias", n=3, m=4, q=5) == 0


def test_seq2seq_mistakes_give_what_they_say() -> None:
    wrong = made("seq2seq", n=3, m=4, q=5, S=6, T=7)
    lstm, layer = naive.lstm(3, 4), 4 * 5 + 5
    assert wrong["decoder-forgotten"] == lstm + layer
    assert wrong["output-layer-forgotten"] == 2 * lstm
    assert wrong["output-layer-per-step"] == 2 * lstm + 7 * layer
    assert wrong["output-layer-reads-both"] == 2 * lstm + 8 * 5 + 5


def test_a_mistake_inside_the_encoder_is_named() -> None:
    """An encoder counted with three gates is recognised behind the total of the pair."""
    right, lstm = naive.seq2seq(3, 4, 3, 5), naive.lstm(3, 4)
    wrote = right - lstm // 4
    verdict = verify(
        formula("seq2seq"), {"n": 3, "m": 4, "q": 5, "S": 6, "T": 7}, "parameters", Answer(str(wrote), wrote)
    )
    assert "encoder.three-gates" in [candidate.id for candidate in verdict.mistakes]


@given(noise=st.integers(1, 20), generator=HIDDEN, data=st.integers(1, 20), discriminator=HIDDEN)
@settings(max_examples=30)
def test_gan_is_two_perceptrons(
    noise: int, generator: tuple[int, ...], data: int, discriminator: tuple[int, ...]
) -> None:
    values = {"z": noise, "g": generator, "x": data, "d": discriminator}
    assert answer("gan", "parameters", **values) == naive.gan(noise, generator, data, discriminator)


def test_a_gan_for_digits() -> None:
    """100 numbers of noise, one hidden layer of 128 in both, 784 pixels."""
    assert answer("gan", "generator", z=100, x=784) == 100 * 128 + 128 + 128 * 784 + 784
    assert answer("gan", "discriminator", z=100, x=784) == 784 * 128 + 128 + 128 + 1
    assert answer("gan", "parameters", z=100, x=784) == 214_673


def test_gan_mistakes_give_what_they_say() -> None:
    wrong = made("gan", z=10, g=(20,), x=30, d=(7, 5))
    generator, discriminator = naive.mlp([10, 20, 30]), naive.mlp([30, 7, 5, 1])
    assert wrong["discriminator-forgotten"] == generator
    assert wrong["generator-forgotten"] == discriminator
    assert wrong["discriminator-twice"] == generator + 2 * discriminator
    assert wrong["discriminator-mirrors"] == generator + naive.mlp([30, 7, 5, 10])
    assert wrong["discriminator-reads-noise"] == generator + naive.mlp([10, 7, 5, 1])


@given(u=WIDTHS)
@settings(max_examples=30)
def test_an_autoencoder_goes_there_and_back(u: tuple[int, ...]) -> None:
    assert answer("autoencoder", "parameters", u=u) == naive.autoencoder(u)
    assert answer("autoencoder", "code", u=u) == u[-1]


def test_an_autoencoder_of_digits() -> None:
    """784–128–32 and back: 104,608 + 105,360."""
    assert answer("autoencoder", "encoder", u=(784, 128, 32)) == 104_608
    assert answer("autoencoder", "decoder", u=(784, 128, 32)) == 105_360
    assert answer("autoencoder", "parameters", u=(784, 128, 32)) == 209_968


def test_tied_weights_are_counted_once() -> None:
    """Only the decoder's biases, 128 + 784, come on top of the encoder."""
    assert answer("autoencoder", "parameters", "tied-weights", u=(784, 128, 32)) == 104_608 + 128 + 784


def test_autoencoder_mistakes_give_what_they_say() -> None:
    wrong = made("autoencoder", u=(9, 5, 2))
    assert wrong["decoder-forgotten"] == naive.mlp([9, 5, 2])
    assert wrong["encoder-twice"] == wrong["decoder-not-mirrored"] == 2 * naive.mlp([9, 5, 2])


@given(u=WIDTHS, data=st.data())
@settings(max_examples=30)
def test_frozen_layers_are_not_trained(u: tuple[int, ...], data: st.DataObject) -> None:
    frozen = data.draw(st.integers(0, len(u) - 1))
    assert answer("transfer", "trainable", u=u, frozen=frozen) == naive.trainable(u, frozen)


def test_a_fixed_extractor_trains_its_last_layer() -> None:
    """784–128–32–10: without a number only the new output layer, 32·10 + 10, is trained; with 0 the whole network."""
    assert answer("transfer", "trainable", u=(784, 128, 32, 10)) == 330
    assert answer("transfer", "trainable", u=(784, 128, 32, 10), frozen=0) == 104_938
    assert answer("transfer", "frozen_parameters", u=(784, 128, 32, 10)) == 104_608


def test_transfer_without_biases() -> None:
    assert answer("transfer", "trainable", "no-bias", u=(9, 5, 4, 2), frozen=1) == 5 * 4 + 4 * 2


def test_transfer_mistakes_give_what_they_say() -> None:
    wrong = made("transfer", "trainable", u=(9, 5, 4, 2), frozen=1)
    assert wrong["nothing-frozen"] == naive.mlp([9, 5, 4, 2])
    assert wrong["frozen-for-trainable"] == naive.mlp([9, 5])
    assert wrong["frozen-biases-trained"] == naive.mlp([5, 4, 2]) + 5
    assert wrong["frozen-one-fewer"] == naive.mlp([9, 5, 4, 2])
    assert wrong["frozen-one-more"] == naive.mlp([4, 2])


def test_no_more_layers_are_frozen_than_there_are() -> None:
    with pytest.raises(UserError, match="at most all 3 layers can be frozen, not 4"):
        run(formula("transfer"), {"u": (9, 5, 4, 2), "frozen": 4})


@pytest.mark.parametrize("id", ["autoencoder", "transfer"])
def test_a_network_has_two_widths(id: str) -> None:
    with pytest.raises(UserError, match="a network needs at least two widths, its inputs and its outputs, not only 7"):
        run(formula(id), {"u": (7,)})
