"""The same steps of plain SGD by what compiles whole ones: torch.compile, JAX and tinygrad, each where it is installed.

Each function takes the layers of a network, its arrays as PyTorch has them, inputs, classes and a rate; it gives a
function that does so many steps and returns the last loss.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Layer = tuple[Any, ...]
"""("conv", stride, padding), or a name alone: pool, by 2×2, flatten, dense, relu, tanh, lstm, gru, rnn."""
Steps = Callable[[int], float]

ONE_THREAD = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1", "JAX_PLATFORMS": "cpu",
              "DEV": "CPU", "NUM_CPU_THREADS": "1"}  # fmt: skip
"""What JAX and tinygrad read when they are imported."""


def jax_steps(layers: list[Layer], arrays: list[Any], x: Any, y: Any, rate: float) -> Steps:
    import jax
    import jax.numpy as jnp
    from jax import lax

    def cell(kind: str, given: Any, inputs: Any) -> Any:
        w, u, b = given
        m = u.shape[1]
        before = inputs @ w.T + b

        def step(carried: Any, now: Any) -> Any:
            h, c = carried
            back = h @ u.T
            if kind == "rnn":
                h = jnp.tanh(now + back)
            elif kind == "gru":
                r, z = (jax.nn.sigmoid(now[:, k * m : k * m + m] + back[:, k * m : k * m + m]) for k in (0, 1))
                h = z * h + (1 - z) * jnp.tanh(now[:, 2 * m :] + r * back[:, 2 * m :])
            else:
                i, f, g, o = (now[:, k * m : k * m + m] + back[:, k * m : k * m + m] for k in range(4))
                c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
                h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), None

        zero = jnp.zeros((len(inputs), m), jnp.float32)
        return lax.scan(step, (zero, zero), before.swapaxes(0, 1))[0][0]

    def loss(parameters: Any, value: Any) -> Any:
        given = iter(parameters)
        for kind, *numbers in layers:
            if kind == "conv":
                s, p = numbers
                value = lax.conv_general_dilated(value, next(given), (s, s), ((p, p), (p, p)))
                value = value + next(given)[:, None, None]
            elif kind == "pool":
                value = lax.reduce_window(value, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
            elif kind == "flatten":
                value = value.reshape(len(value), -1)
            elif kind == "dense":
                value = value @ next(given).T + next(given)
            elif kind in ("relu", "tanh"):
                value = jax.nn.relu(value) if kind == "relu" else jnp.tanh(value)
            else:
                value = cell(kind, [next(given) for _ in range(3)], value)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(value), classes[:, None], 1))

    @jax.jit
    def step(parameters: Any) -> Any:
        found, gradients = jax.value_and_grad(loss)(parameters, inputs)
        return [p - rate * g for p, g in zip(parameters, gradients, strict=True)], found

    inputs, classes = jnp.asarray(x), jnp.asarray(y)
    parameters = [jnp.asarray(array) for array in arrays]

    def run(steps: int) -> float:
        nonlocal parameters
        for _ in range(steps):
            parameters, found = step(parameters)
        return float(found)

    return run


def tinygrad_steps(layers: list[Layer], arrays: list[Any], x: Any, y: Any, rate: float) -> Steps:
    from tinygrad import Tensor, TinyJit

    parameters = [Tensor(array).clone().realize() for array in arrays]
    inputs, classes = Tensor(x), Tensor(y)

    def forward() -> Any:
        given, value = iter(parameters), inputs
        for kind, *numbers in layers:
            if kind == "conv":
                value = value.conv2d(next(given), next(given), stride=numbers[0], padding=numbers[1])
            elif kind == "pool":
                value = value.max_pool2d((2, 2))
            elif kind == "flatten":
                value = value.flatten(1)
            elif kind == "dense":
                value = value.linear(next(given).T, next(given))
            elif kind in ("relu", "tanh"):
                value = getattr(value, kind)()
            else:
                raise NotImplementedError("its kernels of 28 steps are compiled for minutes")
        return value

    @TinyJit
    def step() -> Any:
        loss = forward().sparse_categorical_crossentropy(classes)
        for parameter, gradient in zip(parameters, loss.gradient(*parameters), strict=True):
            parameter.assign(parameter - rate * gradient)
        return loss.realize(*parameters)

    def run(steps: int) -> float:
        for _ in range(steps):
            found = step()
        return float(found.item())

    return run
