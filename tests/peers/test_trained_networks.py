"""Ten steps of training are those of PyTorch and Keras, from the same weights and batches; parameters go both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")
pytest.importorskip("numba")

from dlcalc.files import safetensors  # noqa: E402
from dlcalc.networks import text  # noqa: E402
from dlcalc.training import checkpoint  # noqa: E402
from dlcalc.training.initial import initialise  # noqa: E402
from dlcalc.training.model import Examples, Model  # noqa: E402
from dlcalc.training.optimiser import optimiser  # noqa: E402
from dlcalc.training.planner import plan  # noqa: E402

nn = torch.nn
STEPS, RATE = 10, 0.0625  # a rate that float32 has too: Keras keeps it so

RULES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=RATE),
    "momentum:pytorch": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9),
    "nesterov:pytorch": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9, nesterov=True),
    "adagrad:outside": lambda p: torch.optim.Adagrad(p, lr=RATE, eps=1e-8),
    "rmsprop:outside": lambda p: torch.optim.RMSprop(p, lr=RATE, alpha=0.9, eps=1e-8),
    "adadelta": lambda p: torch.optim.Adadelta(p, lr=1.0, rho=0.9, eps=1e-6),
    "adam:pytorch": lambda p: torch.optim.Adam(p, lr=RATE),
    "adamw:pytorch": lambda p: torch.optim.AdamW(p, lr=RATE, weight_decay=0.01),
}  # fmt: skip
KERAS = (
    "sgd",
    "momentum:keras",
    "nesterov:keras",
    "adagrad:keras",
    "rmsprop:textbook",
    "adadelta",
    "adam:keras",
    "adamw:keras",
)


def ours(line: str, rule: str, examples: Examples, init: dict[str, Any] | None = None) -> tuple[Model, list[float]]:
    """The model after ten steps, and the losses."""
    model = started(line, len(examples))
    if init is not None:
        checkpoint.put(model.plan, model.parameters, init)
    made = optimiser(rule, 1.0 if rule == "adadelta" else RATE)
    return model, [step(model, made, examples, state) for state in [moments(model)] for _ in range(STEPS)]


def started(line: str, batch: int) -> Model:
    model = Model(plan(text.read(line), "cross-entropy", batch, "float64"))
    initialise(model.plan, model.parameters, "pytorch", 3)
    return model


def moments(model: Model) -> list[Any]:
    return [np.zeros_like(model.gradients), np.zeros_like(model.gradients)]


def step(model: Model, made: Any, examples: Examples, state: list[Any]) -> float:
    """One step of the compiled loop."""
    from dlcalc.kernels.cpu.steps import machine

    record = np.zeros((1, len(machine.SUMS)))
    record[:, 4] = made.rate
    model.train(examples, np.arange(len(examples)), np.array([[0, len(examples)]]), made, (state[0], state[1]), record)
    return float(record[0, 0] * record[0, 5])


def given(size: int, classes: int = 3, batch: int = 6) -> Examples:
    random = np.random.default_rng(5)
    return Examples(random.normal(size=(batch, size)), random.integers(0, classes, batch), "float64")


@pytest.mark.parametrize("rule", RULES)
def test_ten_steps_are_those_of_pytorch(rule: str) -> None:
    """Losses and all weights to 1e-9, in float64."""
    examples = given(5)
    net = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    start = {name: value.numpy().copy() for name, value in net.state_dict().items()}
    rule_of_torch = RULES[rule](net.parameters())
    x, y = torch.tensor(examples.x), torch.tensor(examples.classes[:, 0])
    losses = []
    for _ in range(STEPS):
        rule_of_torch.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        rule_of_torch.step()
        losses.append(loss.item())
    model, found = ours("5; dense 4 tanh; dense 3", rule, examples, start)
    assert found == pytest.approx(losses, rel=1e-9)
    for parameter, value in zip(model.plan.parameters, net.state_dict().values(), strict=True):
        assert np.abs(parameter.shown(model.parameters) - value.numpy()).max() <= 1e-9, parameter.name


@pytest.fixture
def keras() -> Any:
    """Keras with numbers of float64, its optimisers' too."""
    made = pytest.importorskip("keras")
    usual, policy = made.config.floatx(), made.config.dtype_policy()  # the policy stays that of the first layer made
    made.config.set_floatx("float64")
    made.config.set_dtype_policy("float64")
    yield made
    made.config.set_floatx(usual)
    made.config.set_dtype_policy(policy)


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.parametrize("rule", KERAS)
def test_ten_steps_are_those_of_keras(rule: str, keras: Any) -> None:
    """In Keras' forms, all weights to 1e-9."""
    rules = {
        "sgd": lambda: keras.optimizers.SGD(RATE), "momentum:keras": lambda: keras.optimizers.SGD(RATE, momentum=0.9),
        "nesterov:keras": lambda: keras.optimizers.SGD(RATE, momentum=0.9, nesterov=True),
        "adagrad:keras": lambda: keras.optimizers.Adagrad(RATE, epsilon=1e-8),
        "rmsprop:textbook": lambda: keras.optimizers.RMSprop(RATE, rho=0.9, epsilon=1e-8),
        "adadelta": lambda: keras.optimizers.Adadelta(1.0, rho=0.9, epsilon=1e-6),
        "adam:keras": lambda: keras.optimizers.Adam(RATE, epsilon=1e-8),
        "adamw:keras": lambda: keras.optimizers.AdamW(RATE, weight_decay=0.01, epsilon=1e-8),
    }  # fmt: skip
    examples = given(5)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(3)])
    kernels = [keras.ops.convert_to_numpy(weight) for weight in model.weights]
    start = {"fc-1.weight": kernels[0].T, "fc-1.bias": kernels[1], "fc-2.weight": kernels[2].T, "fc-2.bias": kernels[3]}
    x, y = torch.tensor(examples.x, device="cpu"), torch.tensor(examples.classes[:, 0], device="cpu")
    made, losses = rules[rule](), []
    for _ in range(STEPS):
        w1, b1, w2, b2 = (weight.value for weight in model.trainable_weights)
        loss = nn.functional.cross_entropy(torch.tanh(x @ w1 + b1) @ w2 + b2, y)  # Keras' product rounds to float32
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            made.apply([weight.value.grad for weight in model.trainable_weights], model.trainable_weights)
        losses.append(loss.item())
    mine, found = ours("5; dense 4 tanh; dense 3", rule, examples, start)
    assert found == pytest.approx(losses, rel=1e-9)
    after = [keras.ops.convert_to_numpy(weight) for weight in model.weights]
    for parameter, value in zip(mine.plan.parameters, after, strict=True):
        wanted = value.T if value.ndim == 2 else value
        assert wanted.dtype == np.float64
        assert np.abs(parameter.shown(mine.parameters) - wanted).max() <= 1e-9, parameter.name


class _Last(nn.Module):  # type: ignore[misc, name-defined]
    """The last state of a recurrent layer."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Any) -> Any:
        return self.layer(x)[0][:, -1]


NETWORKS = {
    "conv, bn, pool": (
        "6x6x2; conv 4 f3 p1; bn; relu; pool 2; conv 3 f3 s2 p1 tanh; dense 3",
        lambda: nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
                              nn.Conv2d(4, 3, 3, 2, 1), nn.Tanh(), nn.Flatten(), nn.Linear(12, 3)), (2, 6, 6),
    ),
    "lstm": ("4x3 seq; lstm 5; dense 3", lambda: nn.Sequential(_Last(nn.LSTM(3, 5, batch_first=True)), nn.Linear(5, 3)),
             (4, 3)),
    "gru": (
        "4x3 seq; gru 5; dense 3",
        lambda: nn.Sequential(_Last(nn.GRU(3, 5, batch_first=True)), nn.Linear(5, 3)), (4, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_a_state_dict_goes_both_ways(name: str, tmp_path: Path) -> None:
    """Saved as safetensors it gives the same outputs here, and what is learnt here gives them there."""
    line, build, shape = NETWORKS[name]
    net = build().double()
    if name == "gru":  # with one bias vector, as here
        net[0].layer.bias_hh_l0.data[10:] = 0
    network = text.read(line)
    examples = given(int(np.prod(shape)))
    path = tmp_path / "torch.safetensors"
    arrays = {key: value.numpy() for key, value in net.state_dict().items() if not key.endswith("tracked")}
    tensors = {key: safetensors.Tensor("F64", value.shape, value.tobytes()) for key, value in arrays.items()}
    path.write_bytes(safetensors.pack(tensors, {}))
    model = Model(plan(network, "cross-entropy", 6, "float64"))
    checkpoint.put(model.plan, model.parameters, checkpoint.read_arrays(path)[0])
    net.eval()
    x = examples.x.reshape(6, *shape)
    with torch.no_grad():
        wanted = net(torch.tensor(x)).numpy()
    assert np.abs(model.output(examples.x)[:, 0] - wanted).max() <= 1e-12
    made = optimiser("sgd", RATE)
    state = moments(model)
    for _ in range(3):
        step(model, made, examples, state)
    values = iter(checkpoint.state_dict(model.plan, model.parameters).values())
    with torch.no_grad():
        for key, tensor in net.state_dict().items():
            if not key.endswith("tracked"):
                tensor.copy_(torch.tensor(next(values)))
        after = net(torch.tensor(x)).numpy()
    assert np.abs(after - wanted).max() > 1e-3
    assert np.abs(model.output(examples.x)[:, 0] - after).max() <= 1e-12


def test_attention_is_that_of_pytorch() -> None:
    """Several heads over a sequence, of the same projections."""
    model = Model(plan(text.read("5x4 seq; attention 2"), "squared-error", 3, "float64"))
    random = np.random.default_rng(0)
    model.parameters[:] = random.normal(0, 0.5, len(model.parameters))
    ours = {each.name.rpartition(".")[2]: each.shown(model.parameters) for each in model.plan.parameters}
    layer = nn.MultiheadAttention(4, 2, batch_first=True).double()
    with torch.no_grad():
        for leaf, joined in (("weight", layer.in_proj_weight), ("bias", layer.in_proj_bias)):
            joined.copy_(torch.tensor(np.concatenate([ours[f"{name}_proj_{leaf}"] for name in "qkv"])))
        layer.out_proj.weight.copy_(torch.tensor(ours["out_proj_weight"]))
        layer.out_proj.bias.copy_(torch.tensor(ours["out_proj_bias"]))
        x = random.normal(size=(3, 5, 4))
        wanted = layer(*[torch.tensor(x)] * 3)[0].numpy()
    assert np.abs(model.output(x.reshape(3, -1)).reshape(3, 5, 4) - wanted).max() <= 1e-12


WRITTEN = (
    "5; dense 4 tanh; dense 3 softmax", "6x6x2; conv 4 f3 p1; bn; relu; pool 2; conv 3 f3 s2 p1 tanh; dense 3",
    "7x6x2; conv 4 f3 same s2 leaky; depthwise f3 p1 gelu; avgpool f3 s2 p1; subsampling 1; conv-transpose 2 f2 s2 "
    "swish; gap; dense 3",
    "4x3 seq; lstm 5 seq L=2; gru 3 bi seq; rnn 4; dense 3", "4x3 seq; rnn 5 relu seq; ln; flatten; dense 3",
    "4x3 seq; gru 5 bi; dense 3", "4; embedding 6 3; lstm 3 bi; dense 3",
    "8 x 2; a: conv 3 f3 p1 relu; conv 3 f3 p1; add a; concat a; pool 2; dense 3",
    "6; a: dense 6 elu; dense 6 hardswish; multiply a; subtract a; dense 3", "6; reshape 3x2; lstm 3; dense 3",
    "5x5x2; conv 2 f3 p1 relu6; average input; global-maxpool; dense 3 hardsigmoid; dense 2 softplus",
)  # fmt: skip


def test_what_is_written_as_onnx_gives_the_same_outputs() -> None:
    """onnxruntime's, of random parameters and inputs, in float32."""
    onnxruntime = pytest.importorskip("onnxruntime")
    from dlcalc.networks.writers import onnx

    far = {}
    for line in WRITTEN:
        model = Model(plan(text.read(line), "squared-error", 4, "float64"))
        random = np.random.default_rng(0)
        model.parameters[:] = random.normal(0, 0.5, len(model.parameters))
        for parameter in (p for p in model.plan.parameters if p.role == "variance"):
            model.parameters[parameter.at : parameter.at + parameter.size] **= 2
        size = sum(steps * width for _, _, steps, width in model.plan.inputs)
        words = "embedding" in line
        x = random.integers(0, 6, (4, size)) if words else random.normal(size=(4, size))
        written = onnx.model(text.read(line), checkpoint.state_dict(model.plan, model.parameters))
        engine = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
        entry = engine.get_inputs()[0]
        given = x.reshape(4, *entry.shape[1:]).astype(np.int64 if words else np.float32)
        found = engine.run(None, {entry.name: given})[0]
        wanted = model.output(x.astype(float))
        if not np.abs(found.reshape(wanted.shape) - wanted).max() <= 2e-6:
            far[line] = np.abs(found.reshape(wanted.shape) - wanted).max()
    assert far == {}


def test_convolutional_lstms_learn_as_in_pytorch() -> None:
    """Ten steps of two of them and a dense layer, whose parts PyTorch has: losses and weights to 1e-9."""
    functional = nn.functional
    line, rule = "3x5x4x2; convlstm 3 f3 seq; convlstm 2 f3; dense 3", "adam:pytorch"
    examples = given(3 * 5 * 4 * 2)
    model = started(line, 6)
    weights = {
        p.name: torch.tensor(p.shown(model.parameters).copy(), requires_grad=True) for p in model.plan.parameters
    }
    x = torch.tensor(examples.x).reshape(6, 2, 3, 5, 4).transpose(1, 2)

    def states(frames: Any, layer: str) -> Any:
        k = len(weights[f"{layer}.bias"]) // 4
        h = c = torch.zeros(6, k, 5, 4, dtype=torch.float64)
        found = []
        for step in range(3):
            sums = functional.conv2d(
                frames[:, step], weights[f"{layer}.weight_ih"], weights[f"{layer}.bias"], padding=1
            )
            i, f, g, o = (sums + functional.conv2d(h, weights[f"{layer}.weight_hh"], padding=1)).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            found.append(h)
        return torch.stack(found, dim=1)

    def outputs() -> Any:
        h = states(states(x, "convlstm-1"), "convlstm-2")[:, -1]
        return functional.linear(h.flatten(1), weights["fc-1.weight"], weights["fc-1.bias"])

    _as_in_pytorch(model, rule, examples, weights, lambda y: functional.cross_entropy(outputs(), y))


def test_several_outputs_learn_as_in_pytorch() -> None:
    """Ten steps of a network with a head that the last output does not read, its loss times 0.3, to 1e-9."""
    functional = nn.functional
    examples = given(5)
    model = Model(plan(text.read("5; a: dense 4 tanh; dense 3; concat a input; dense 3"), "cross-entropy", 6, "float64",
                       factors=(0.3, 1)))  # fmt: skip
    initialise(model.plan, model.parameters, "pytorch", 3)
    weights = {
        p.name: torch.tensor(p.shown(model.parameters).copy(), requires_grad=True) for p in model.plan.parameters
    }
    x = torch.tensor(examples.x)

    def loss(y: Any) -> Any:
        (w, b), *heads = [(weights[f"{name}.weight"], weights[f"{name}.bias"]) for name in ("a", "fc-1", "fc-2")]
        a = torch.tanh(functional.linear(x, w, b))
        beside, last = (
            functional.linear(read, *head) for read, head in zip((a, torch.cat((a, x), 1)), heads, strict=True)
        )
        return 0.3 * functional.cross_entropy(beside, y) + functional.cross_entropy(last, y)

    _as_in_pytorch(model, "momentum:pytorch", examples, weights, loss)


def _as_in_pytorch(model: Model, rule: str, examples: Examples, weights: dict[str, Any], loss: Any) -> None:
    """Ten steps of both, with the same losses and weights."""
    theirs, made, state = RULES[rule](list(weights.values())), optimiser(rule, RATE), moments(model)
    for _ in range(STEPS):
        theirs.zero_grad()
        found = loss(torch.tensor(examples.classes[:, 0]))
        found.backward()
        theirs.step()
        assert step(model, made, examples, state) == pytest.approx(found.item(), rel=1e-9)
    for parameter in model.plan.parameters:
        away = np.abs(parameter.shown(model.parameters) - weights[parameter.name].detach().numpy()).max()
        assert away <= 1e-9, parameter.name
