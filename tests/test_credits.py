"""Every convention that is credited to PyTorch or Keras is compared with the running framework by a test, and which.

The table has a row for each test; a convention that nothing compares, or a row without a convention, is found here
without either framework.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.draw import draw
from dlcalc.formulas.model import Formula
from dlcalc.formulas.registry import formula, ids_known
from dlcalc.formulas.run import run
from dlcalc.formulas.topics.options_by_hand import Chosen

PEERS = Path(__file__).parent / "peers"
_DIMENSIONS = ("1d", "", "3d")
_RULES = ("glorot_normal", "glorot_uniform", "he_normal", "he_uniform")

PYTORCH = {
    "test_activations::test_derivative_at_the_kink": "activation_relu:textbook activation_leaky_relu:textbook",
    "test_by_hand::test_optimisers_step_by_step":
        "momentum_by_hand:pytorch momentum_scheduled_by_hand:pytorch adagrad_by_hand:outside rmsprop_by_hand:outside "
        "adam_by_hand:outside adam_by_hand:pytorch",
    "test_by_hand::test_nesterov_as_pytorch_has_it": "nesterov_by_hand:pytorch nesterov_scheduled_by_hand:pytorch",
    "test_by_hand::test_optimisers_with_a_rate_for_each_update_and_going_on":
        "adagrad_scheduled_by_hand:outside rmsprop_scheduled_by_hand:outside adam_scheduled_by_hand:outside "
        "adam_scheduled_by_hand:pytorch adam_continued_by_hand:outside adam_continued_by_hand:pytorch "
        "adam_continued_scheduled_by_hand:outside adam_continued_scheduled_by_hand:pytorch",
    "test_by_hand::test_normalisation": "batchnorm_by_hand:textbook",
    "test_by_hand::test_running_statistics_of_batch_normalisation":
        "batchnorm_running_by_hand:unbiased batchnorm_running_by_hand:pytorch "
        "batchnorm_running_features_by_hand:unbiased batchnorm_running_features_by_hand:pytorch",
    "test_by_hand::test_layers":
        "dense_by_hand:textbook dense_rows_by_hand:textbook dense_backward_by_hand:textbook embedding_by_hand:textbook "
        "embedding_backward_by_hand:textbook",
    "test_by_hand::test_losses_and_softmax": "loss_log_by_hand:mean loss_squared_by_hand:mean",
    "test_by_hand::test_rnn_and_its_bptt":
        "rnn_by_hand:textbook rnn_by_hand:relu rnn_by_hand:pytorch rnn_bptt_by_hand:textbook rnn_bptt_by_hand:relu",
    "test_by_hand::test_lstm_and_its_way_back": "lstm_by_hand:pytorch",
    "test_by_hand::test_gru_reset_after_and_its_way_back":
        "gru_by_hand:textbook gru_by_hand:after gru_by_hand:pytorch gru_backward_by_hand:textbook "
        "gru_backward_by_hand:after",
    "test_heads_and_shapes::test_recurrent_networks_and_their_way_back": " ".join(
        [f"rnn_{head}_by_hand:{name}" for head in ("output", "softmax") for name in ("textbook", "relu")]
        + [f"rnn_bptt_{head}_by_hand:{name}" for head in ("output", "softmax", "target") for name in
           ("textbook", "relu")]
    ),
    "test_heads_and_shapes::test_what_has_no_parameters": " ".join(
        f"{name.format(d)}:textbook" for d in _DIMENSIONS
        for name in ("adaptive{}_pool", "global{}_pool", "zero{}_pad", "concat{}")
    ),
    "test_heads_and_shapes::test_upsampling_and_cropping": " ".join(
        f"{name}{d}:textbook" for d in _DIMENSIONS for name in ("upsample", "crop")
    ),
    "test_heads_and_shapes::test_shapes_that_only_change":
        "flatten:textbook reshape:textbook channel_shuffle:textbook channel_split:textbook same_shape:textbook "
        "dense_on_image:textbook",
    "test_heads_and_shapes::test_pixel_shuffle": "pixel_shuffle:textbook",
    "test_heads_and_shapes::test_average_pooling_counts_its_padding": "pool_by_hand_avg:textbook",
    "test_by_hand::test_pooling_rounded_up_and_with_or_without_padding":
        "pool_by_hand_avg:exclude-pad pool_by_hand_avg_backward:textbook pool_by_hand_avg_backward:exclude-pad",
    "test_heads_and_shapes::test_embeddings_have_a_row_for_each_word": "embedding:with-batch",
    "test_initialisation::test_dense": " ".join(f"init_{rule}:textbook" for rule in _RULES),
    "test_initialisation::test_convolution": " ".join(f"init_{rule}_conv:textbook" for rule in _RULES),
    "test_initialisation::test_the_layers_own_initialiser": "init_uniform:textbook init_uniform_conv:textbook",
    "test_ops_layers::test_elementwise_losses": "map_loss_by_hand:mean",
    "test_parameters::test_convolution": "conv:textbook conv_transposed:textbook",
    "test_parameters::test_convolution_of_other_dimensions":
        "conv1d:textbook conv3d:textbook conv1d_transposed:textbook conv3d_transposed:textbook",
    "test_parameters::test_convolution_with_each_side_padded_by_itself": " ".join(
        f"conv{d}_asymmetric:textbook" for d in _DIMENSIONS
    ),
    "test_parameters::test_dense": "dense:textbook",
    "test_parameters::test_multilayer_perceptron": "mlp:textbook",
    "test_parameters::test_multilayer_perceptron_with_batch_norm": "mlp_batchnorm:pytorch",
    "test_parameters::test_batch_norm": "batchnorm:pytorch",
    "test_parameters::test_batch_norm_without_scale_and_shift": "batchnorm:no-affine",
    "test_parameters::test_layer_norm": "layernorm:textbook",
    "test_parameters::test_group_norm": "groupnorm:textbook",
    "test_parameters::test_learned_values": "learned_values:textbook",
    "test_parameters::test_product_of_tensors": "contraction:textbook",
    "test_parameters::test_attention": "attention:pytorch",
    "test_parameters::test_attention_to_another_sequence": "cross_attention:textbook",
    "test_parameters::test_encoder_block": "transformer_block:textbook",
    "test_parameters::test_depthwise_separable": "depthwise_separable:textbook",
    "test_parameters::test_bottleneck": "bottleneck:textbook",
    "test_parameters::test_squeeze_excitation": "squeeze_excitation:no-bias",
    "test_parameters::test_dense_layer_as_a_convolution": "dense_as_conv:textbook",
    "test_parameters::test_encoder_decoder": "seq2seq:pytorch",
    "test_parameters::test_transfer_learning": "transfer:textbook",
    "test_pooling::test_max_pooling": "pool:textbook pool_ceil:textbook",
    "test_heads_and_shapes::test_pooling_of_other_dimensions":
        "pool1d:textbook pool3d:textbook pool1d_ceil:textbook pool3d_ceil:textbook",
    "test_recurrent::test_parameters": "rnn:pytorch lstm:pytorch gru:pytorch",
    "test_recurrent::test_output_layer": "rnn_output:pytorch",
    "test_overlap::test_overlap": "iou:textbook",
    "test_training::test_clipping_by_norm": "clip_norm:textbook",
    "test_training::test_dropout": "dropout:drop",
    "test_training::test_loss_of_an_untrained_classifier": "untrained_loss:textbook",
    "test_training::test_scores_of_a_sequence":
        "perplexity:textbook perplexity_of_loss:textbook log_probability:textbook",
    "test_training::test_updates": "updates:textbook updates:drop-last",
}  # fmt: skip

KERAS = {
    "test_keras_layers::test_convolution": " ".join(f"conv{d}:textbook" for d in _DIMENSIONS),
    "test_keras_layers::test_where_the_odd_pixel_of_same_padding_goes": " ".join(
        f"{name.format(d)}:textbook" for d in _DIMENSIONS for name in ("conv{}_same", "pool{}_same")
    ),
    "test_keras_layers::test_convolution_with_each_side_padded_by_itself": " ".join(
        f"conv{d}_asymmetric:textbook" for d in _DIMENSIONS
    ),
    "test_keras_layers::test_causal_convolution": "conv1d_causal:textbook",
    "test_keras_layers::test_transposed_convolution_with_same_padding": " ".join(
        f"conv{d}_transposed_same:textbook" for d in _DIMENSIONS
    ),
    "test_keras_layers::test_transposed_convolution": " ".join(f"conv{d}_transposed:keras" for d in _DIMENSIONS),
    "test_keras_layers::test_pooling": " ".join(f"pool{d}:textbook" for d in _DIMENSIONS),
    "test_keras_layers::test_what_has_no_parameters": " ".join(
        ["flatten:textbook same_shape:textbook reshape:textbook"]
        + [f"{name.format(d)}:textbook" for d in _DIMENSIONS
           for name in ("adaptive{}_pool", "global{}_pool", "zero{}_pad", "concat{}")]
    ),
    "test_keras_layers::test_upsampling_and_cropping": " ".join(
        f"{name}{d}:textbook" for d in _DIMENSIONS for name in ("upsample", "crop")
    ),
    "test_keras_layers::test_shuffling_and_splitting_channels":
        "channel_shuffle:textbook channel_split:textbook pixel_shuffle:textbook",
    "test_keras_layers::test_dense": "dense:textbook dense_on_image:textbook dense_as_conv:textbook",
    "test_keras_layers::test_networks_of_dense_layers": "mlp:textbook mlp_batchnorm:keras transfer:textbook",
    "test_keras_layers::test_cheaper_convolutions":
        "depthwise_separable:keras bottleneck:textbook squeeze_excitation:textbook",
    "test_keras_layers::test_normalisation": "batchnorm:keras batchnorm:keras-no-scale layernorm:textbook",
    "test_keras_layers::test_normalisation_without_a_shift": "batchnorm:keras-no-shift batchnorm:keras-no-affine",
    "test_keras_layers::test_group_normalisation": "groupnorm:textbook",
    "test_keras_layers::test_inception_normalises_without_a_scale": "batchnorm:no-scale",
    "test_keras_layers::test_embedding": "embedding:with-batch",
    "test_keras_layers::test_attention": "attention:keras",
    "test_keras_layers::test_attention_with_sizes_of_its_own": "cross_attention:textbook",
    "test_keras_layers::test_product_of_tensors": "contraction:textbook",
    "test_keras_layers::test_learned_values": "learned_values:textbook",
    "test_keras_layers::test_recurrent_layers":
        "rnn:keras lstm:keras gru:keras rnn:many-to-one lstm:many-to-one gru:many-to-one lstm_peephole:many-to-one "
        "lstm_peephole_full:many-to-one",
    "test_keras_layers::test_recurrent_networks": "rnn_output:keras seq2seq:keras",
    "test_keras_layers::test_convolutional_lstm": "convlstm:keras",
    "test_keras_layers::test_dropout_divides_what_it_keeps": "dropout:drop",
    "test_keras_layers::test_slopes_at_zero": "activation_relu:textbook activation_leaky_relu:textbook",
    "test_keras_layers::test_batches": "updates:textbook",
    "test_keras_layers::test_clipping_by_norm": "clip_norm:textbook",
    "test_keras_values::test_initialisers": " ".join(
        f"init_{rule}{layer}:textbook" for rule in _RULES for layer in ("", "_conv")
    ),
    "test_keras_values::test_simple_rnn_and_its_way_back":
        "rnn_by_hand:textbook rnn_by_hand:row rnn_bptt_by_hand:textbook rnn_bptt_by_hand:row",
    "test_keras_values::test_recurrent_networks_and_their_way_back": " ".join(
        [f"rnn_{head}_by_hand:{name}" for head in ("output", "softmax") for name in ("textbook", "row")]
        + [f"rnn_bptt_{head}_by_hand:{name}" for head in ("output", "softmax", "target") for name in
           ("textbook", "row")]
    ),
    "test_keras_values::test_lstm_and_its_way_back":
        "lstm_by_hand:row lstm_backward_by_hand:row lstm_peephole_by_hand:row lstm_peephole_backward_by_hand:row",
    "test_keras_values::test_gru_and_its_way_back":
        "gru_by_hand:textbook gru_by_hand:row gru_by_hand:after gru_by_hand:keras gru_backward_by_hand:textbook "
        "gru_backward_by_hand:row gru_backward_by_hand:after",
    "test_keras_values::test_dense_and_its_way_back":
        "dense_by_hand:row dense_rows_by_hand:row dense_backward_by_hand:row",
    "test_keras_values::test_embedding_counts_words_from_zero":
        "embedding_by_hand:textbook embedding_backward_by_hand:textbook",
    "test_keras_values::test_losses_are_means": "loss_squared_by_hand:mean map_loss_by_hand:mean loss_log_by_hand:mean",
    "test_keras_values::test_losses_are_in_nats":
        "untrained_loss:textbook perplexity:textbook log_probability:textbook perplexity_of_loss:textbook",
    "test_keras_values::test_batch_normalisation_in_training_divides_by_the_batch": "batchnorm_by_hand:textbook",
    "test_keras_values::test_running_statistics_of_batch_normalisation":
        "batchnorm_running_by_hand:textbook batchnorm_running_features_by_hand:textbook",
    "test_keras_values::test_optimisers_of_the_profile_step_by_step":
        "momentum_by_hand:keras adagrad_by_hand:keras rmsprop_by_hand:textbook adam_by_hand:keras",
    "test_keras_values::test_momentum_with_a_schedule_as_keras_has_it": "momentum_scheduled_by_hand:keras",
    "test_keras_values::test_nesterov_as_keras_has_it": "nesterov_by_hand:keras nesterov_scheduled_by_hand:keras",
    "test_keras_values::test_optimisers_with_a_rate_for_each_update_and_going_on":
        "adagrad_scheduled_by_hand:keras rmsprop_scheduled_by_hand:textbook adam_scheduled_by_hand:keras "
        "adam_continued_by_hand:keras adam_continued_scheduled_by_hand:keras",
}  # fmt: skip

FRAMEWORKS = {"PyTorch": (PYTORCH, re.compile("PyTorch")), "Keras": (KERAS, re.compile("Keras"))}


def credited(who: re.Pattern[str]) -> Iterator[str]:
    """`formula:convention` for each that is credited; of several options together each is credited by itself.

    A formula for one unit is the formula for several, written in numbers: see below.
    """
    for id in sorted(ids_known()):
        found = formula(id)
        usual = found.conventions[0]
        for convention in found.conventions:
            others = 0
            if isinstance(convention, Chosen) and isinstance(usual, Chosen):
                others = sum(a != b for a, b in zip(convention.options, usual.options, strict=True))
            if who.search(convention.who) and others < 2 and not id.endswith("_scalar"):
                yield f"{id}:{convention.name}"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_credit_is_compared_with_the_framework(framework: str) -> None:
    table, who = FRAMEWORKS[framework]
    compared = [row for rows in table.values() for row in rows.split()]
    assert sorted(set(credited(who)) - set(compared)) == []
    assert sorted(set(compared) - set(credited(who))) == []
    assert len(compared) == len(set(compared))


@cache
def names_of(file: str) -> frozenset[str]:
    tree = ast.parse((PEERS / f"{file}.py").read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@each_row("test", [*PYTORCH, *KERAS])
def test_the_test_is_there(test: str) -> None:
    file, name = test.split("::")
    assert name in names_of(file)


def lifted(value: Value, ranks: int) -> Value:
    """With every number as a vector, or a matrix, of one."""
    if isinstance(value, tuple):
        return tuple(lifted(item, ranks) for item in value)
    for _ in range(ranks):
        value = (value,)
    return value


def flat(value: Value) -> list[Value]:
    return [number for item in value for number in flat(item)] if isinstance(value, tuple) else [value]


def of_several(one: Formula) -> Formula | None:
    id = one.id.removesuffix("_scalar")
    return formula(id) if id in ids_known() else None


@pytest.mark.parametrize("id", [id for id in sorted(ids_known()) if id.endswith("_scalar") and of_several(formula(id))])
@settings(max_examples=3)
@given(seed=st.integers(0, 1000))
def test_one_unit_is_counted_as_several(id: str, seed: int) -> None:
    """Under every convention that both have, a layer of one unit gives the numbers of a layer of several."""
    one, several = formula(id), of_several(formula(id))
    assert several is not None
    values = draw(one, "one unit", seed)
    ranks = {v.name: several.by_name[v.name].kind.rank - v.kind.rank for v in one.variables if v.name in values}
    wide = {name: lifted(value, ranks[name]) for name, value in values.items()}
    for name in {c.name for c in one.conventions} & {c.name for c in several.conventions}:
        try:
            narrow = run(one, values, convention=name)
        except UserError:
            continue
        found = run(several, wide, convention=name)
        for answer in set(one.answers) & set(several.answers):
            assert [float(x) for x in flat(found[answer])] == pytest.approx([float(x) for x in flat(narrow[answer])])
