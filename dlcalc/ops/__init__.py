"""Operations on arrays, forwards and backwards, with PyTorch's conventions, so that the two can be compared.

Numpy arrays in and out, float32 or float64 kept as given. Images (N, C, H, W), weights of filters (K, C/groups, F, F),
sequences (T, N, n); gates i, f, g, o of an LSTM and r, z, n of a GRU. Every operation takes `device`: "cpu", "cuda" or
"auto"; and `threads`, how many it may use on the CPU, where None is DLCALC_THREADS or the machine's cores: the results
are the same bits for any number.

    result = ops.conv2d(x, weight, bias, stride=2)
    result, saved = ops.forward(ops.conv2d, x, weight, bias, stride=2)
    gradients = ops.backward(saved, d_result)        # {"x": …, "weight": …, "bias": …}

Each checks what it is given: UserError with the rule, then the shapes that break it.
"""

from __future__ import annotations

from ..errors import UserError

try:
    from .activations import gelu, leaky_relu, log_softmax, relu, sigmoid, softmax, softplus, tanh
    from .attention import attention, multi_head_attention
    from .convolution import conv1d, conv2d, conv3d, conv_transpose2d
    from .dense import dropout, embedding, linear
    from .losses import binary_cross_entropy, cross_entropy, mse_loss
    from .normalisation import batch_norm, layer_norm, local_response_norm
    from .pooling import (
        adaptive_avg_pool2d,
        avg_pool2d,
        global_avg_pool2d,
        global_max_pool2d,
        max_pool2d,
        min_pool2d,
        sum_pool2d,
    )
    from .recording import Saved, backward, forward
    from .recurrent import convlstm, gru, lstm, rnn
except ModuleNotFoundError as error:
    missing = (error.name or "numpy").split(".")[0]
    raise UserError(f'dlcalc.ops needs {missing}: pip install "dlcalc[numeric]"') from error

__all__ = [
    "Saved",
    "adaptive_avg_pool2d",
    "attention",
    "avg_pool2d",
    "backward",
    "batch_norm",
    "binary_cross_entropy",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose2d",
    "convlstm",
    "cross_entropy",
    "dropout",
    "embedding",
    "forward",
    "gelu",
    "global_avg_pool2d",
    "global_max_pool2d",
    "gru",
    "layer_norm",
    "leaky_relu",
    "linear",
    "local_response_norm",
    "log_softmax",
    "lstm",
    "max_pool2d",
    "min_pool2d",
    "mse_loss",
    "multi_head_attention",
    "relu",
    "rnn",
    "sigmoid",
    "softmax",
    "softplus",
    "sum_pool2d",
    "tanh",
]
