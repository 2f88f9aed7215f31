"""The field's facts, a file per topic: each formula with its steps, forms, typical mistakes, conventions and source.

Which ids a topic file states is listed here, so that only the file of the formula that is asked for is loaded.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

TOPICS: dict[str, tuple[str, ...]] = {
    "convolution": (
        "conv", "conv1d", "conv3d", "conv_same", "conv1d_same", "conv3d_same",
        "conv_transposed", "conv1d_transposed", "conv3d_transposed",
        "conv_asymmetric", "conv1d_asymmetric", "conv3d_asymmetric",
        "conv_transposed_same", "conv1d_transposed_same", "conv3d_transposed_same", "conv1d_causal",
    ),
    "cheaper": ("depthwise_separable", "bottleneck", "squeeze_excitation", "dense_as_conv", "dense_on_image"),
    "pooling": (
        "pool", "pool1d", "pool3d", "pool_ceil", "pool1d_ceil", "pool3d_ceil", "pool_same", "pool1d_same",
        "pool3d_same",
        "subsampling",
    ),
    "lenet": ("conv_table", "rbf"),
    "receptive_field": ("rf", "rf_layer"),
    "joining": (
        "flatten", "concat", "same_shape", "global_pool", "adaptive_pool", "channel_split", "channel_shuffle",
        "pixel_shuffle",
        "zero_pad", "reshape", "concat1d", "concat3d", "global1d_pool", "global3d_pool", "adaptive1d_pool",
        "adaptive3d_pool", "zero1d_pad", "zero3d_pad", "upsample", "upsample1d", "upsample3d",
        "crop", "crop1d", "crop3d",
    ),
    "detection": ("iou", "anchors", "anchors_maps", "grid"),
    "dense": ("dense", "mlp", "mlp_batchnorm"),
    "activations": (
        "activation_sigmoid", "activation_tanh", "activation_relu", "activation_leaky_relu", "activation_softplus",
        "activation_step", "activation_softmax",
    ),
    "initialisation": (
        "init_uniform", "init_glorot_normal", "init_glorot_uniform", "init_he_normal", "init_he_uniform",
        "init_uniform_conv", "init_glorot_normal_conv", "init_glorot_uniform_conv", "init_he_normal_conv",
        "init_he_uniform_conv",
    ),
    "normalisation": ("batchnorm", "layernorm", "groupnorm"),
    "dropout": ("dropout", "dropout_networks"),
    "clipping": ("clip_norm", "clip_value"),
    "training_counts": ("updates", "word2vec"),
    "sequence_scores": ("log_probability", "perplexity", "perplexity_of_loss", "untrained_loss"),
    "recurrent": ("rnn", "rnn_output", "gradient_bound", "vanishing_steps"),
    "gated": ("lstm", "lstm_peephole", "lstm_peephole_full", "gru", "convlstm"),
    "attention": ("attention", "cross_attention", "transformer_block"),
    "products": ("contraction", "learned_values"),
    "encoder_decoder": ("seq2seq", "gan", "autoencoder", "transfer"),
    "embedding": ("embedding",),
    "conv_by_hand": (
        "conv_by_hand", "conv_by_hand_flipped", "conv_by_hand_scaled", "conv_by_hand_flipped_scaled",
        "conv_by_hand_backward", "conv_by_hand_flipped_backward", "conv_as_matrix",
        "conv_as_matrix_flipped", "map_loss_by_hand",
    ),
    "conv_sides_by_hand": (
        "conv_by_hand_asymmetric", "conv_by_hand_asymmetric_flipped", "conv_by_hand_asymmetric_backward",
        "conv_by_hand_causal", "conv_by_hand_causal_flipped", "conv_by_hand_causal_backward",
        "conv_by_hand_same", "conv_by_hand_same_flipped", "conv_by_hand_same_backward",
    ),
    "conv_transpose_by_hand": (
        "conv_transpose_by_hand", "conv_transpose_by_hand_backward", "conv_transpose_by_hand_same",
        "conv_transpose_by_hand_same_backward",
    ),
    "pool_by_hand": (
        "pool_by_hand_max", "pool_by_hand_avg", "pool_by_hand_sum", "pool_by_hand_min", "pool_by_hand_global",
        "pool_by_hand_max_backward", "pool_by_hand_avg_backward", "pool_by_hand_sum_backward",
        "pool_by_hand_min_backward", "pool_by_hand_global_backward",
    ),
    "recurrent_by_hand": (
        "rnn_by_hand", "rnn_by_hand_scalar", "rnn_output_by_hand", "rnn_output_by_hand_scalar", "rnn_softmax_by_hand",
        "rnn_bptt_by_hand", "rnn_bptt_by_hand_scalar", "rnn_bptt_target_by_hand", "rnn_bptt_target_by_hand_scalar",
        "rnn_bptt_output_by_hand", "rnn_bptt_output_by_hand_scalar", "rnn_bptt_softmax_by_hand",
    ),
    "gated_by_hand": (
        "lstm_by_hand", "lstm_by_hand_scalar", "lstm_peephole_by_hand", "lstm_peephole_by_hand_scalar", "gru_by_hand",
        "gru_by_hand_scalar",
    ),
    "gated_backward_by_hand": (
        "lstm_backward_by_hand", "lstm_backward_by_hand_scalar", "lstm_peephole_backward_by_hand",
        "lstm_peephole_backward_by_hand_scalar", "gru_backward_by_hand", "gru_backward_by_hand_scalar",
    ),
    "deep_recurrent_by_hand": (
        "rnn_stacked_by_hand", "rnn_bidirectional_by_hand", "rnn_bidirectional_stacked_by_hand",
        "lstm_stacked_by_hand", "lstm_bidirectional_by_hand", "lstm_bidirectional_stacked_by_hand",
        "gru_stacked_by_hand", "gru_bidirectional_by_hand", "gru_bidirectional_stacked_by_hand",
        "rnn_stacked_backward_by_hand", "rnn_bidirectional_backward_by_hand",
        "rnn_bidirectional_stacked_backward_by_hand", "lstm_stacked_backward_by_hand",
        "lstm_bidirectional_backward_by_hand", "lstm_bidirectional_stacked_backward_by_hand",
        "gru_stacked_backward_by_hand", "gru_bidirectional_backward_by_hand",
        "gru_bidirectional_stacked_backward_by_hand",
    ),
    "training_by_hand": (
        "sgd_by_hand", "sgd_by_hand_scalar", "momentum_by_hand", "momentum_by_hand_scalar", "nesterov_by_hand",
        "nesterov_by_hand_scalar", "adagrad_by_hand", "adagrad_by_hand_scalar", "rmsprop_by_hand",
        "rmsprop_by_hand_scalar", "adadelta_by_hand", "adadelta_by_hand_scalar", "adam_by_hand",
        "adam_by_hand_scalar", "adam_continued_by_hand", "adam_continued_by_hand_scalar", "sgd_scheduled_by_hand",
        "sgd_scheduled_by_hand_scalar", "momentum_scheduled_by_hand", "momentum_scheduled_by_hand_scalar",
        "nesterov_scheduled_by_hand", "nesterov_scheduled_by_hand_scalar", "adagrad_scheduled_by_hand",
        "adagrad_scheduled_by_hand_scalar", "rmsprop_scheduled_by_hand", "rmsprop_scheduled_by_hand_scalar",
        "adam_scheduled_by_hand", "adam_scheduled_by_hand_scalar", "adam_continued_scheduled_by_hand",
        "adam_continued_scheduled_by_hand_scalar",
        "sgd_decayed_by_hand", "sgd_decayed_by_hand_scalar", "adam_decayed_by_hand", "adam_decayed_by_hand_scalar",
        "adam_continued_decayed_by_hand", "adam_continued_decayed_by_hand_scalar",
    ),
    "dense_by_hand": (
        "perceptron_by_hand", "perceptron_rule_by_hand", "logistic_by_hand", "logistic_step_by_hand",
        "dense_by_hand", "dense_backward_by_hand",
        "mlp_by_hand", "mlp_backward_by_hand",
    ),
    "scaling_by_hand": (
        "batchnorm_by_hand", "batchnorm_by_hand_scalar", "batchnorm_backward_by_hand",
        "batchnorm_backward_by_hand_scalar", "batchnorm_running_by_hand", "batchnorm_test_by_hand",
        "batchnorm_running_features_by_hand", "batchnorm_test_features_by_hand",
        "layernorm_by_hand", "minmax_by_hand", "minmax_image_by_hand", "zscore_by_hand", "zscore_image_by_hand",
    ),
    "heads_by_hand": (
        "attention_heads_by_hand", "self_attention_heads_by_hand", "attention_masked_by_hand",
        "self_attention_masked_by_hand", "attention_heads_masked_by_hand", "self_attention_heads_masked_by_hand",
    ),
    "rows_by_hand": (
        "softmax_rows_by_hand", "log_softmax_rows_by_hand", "softmax_cross_entropy_rows_by_hand",
        "cross_entropy_rows_by_hand", "dense_rows_by_hand", "layernorm_rows_by_hand",
        "logistic_rows_by_hand", "logistic_step_rows_by_hand", "mlp_rows_by_hand", "mlp_backward_rows_by_hand",
    ),
    "losses_by_hand": (
        "loss_squared_by_hand", "loss_log_by_hand", "cross_entropy_by_hand", "softmax_cross_entropy_by_hand",
    ),
    "softmax_by_hand": (
        "softmax_by_hand", "softmax_backward_by_hand", "log_softmax_by_hand", "log_softmax_backward_by_hand",
    ),
    "dropout_by_hand": ("dropout_by_hand", "dropout_backward_by_hand"),
    "conv_lstm_by_hand": ("conv_lstm_by_hand", "conv_lstm_peephole_by_hand"),
    "skip_gram_by_hand": ("skip_gram_by_hand", "negative_sampling_by_hand"),
    "embedding_by_hand": (
        "embedding_by_hand", "embedding_backward_by_hand", "one_hot_by_hand", "sequence_padding_by_hand",
    ),
    "attention_by_hand": (
        "attention_by_hand", "self_attention_by_hand", "attention_backward_by_hand",
    ),
}  # fmt: skip
"""Topic file → the ids of its formulas."""


@cache
def ids_known() -> frozenset[str]:
    """All ids, which an expression may call."""
    return frozenset(id for ids in TOPICS.values() for id in ids)


def load(id: str) -> Any:
    """The formula of an id that is known."""
    topic = next(topic for topic, ids in TOPICS.items() if id in ids)
    return import_module(f".{topic}", __package__).FORMULAS[id]
