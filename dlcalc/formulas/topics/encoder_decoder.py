"""Networks made of two, counted by counting the two: sequence to sequence, GAN, autoencoder; and transfer learning.

I. Sutskever et al., Sequence to sequence learning with neural networks, arXiv:1409.3215. I. Goodfellow et al.,
Generative adversarial networks, arXiv:1406.2661. G. Hinton and R. Salakhutdinov, Reducing the dimensionality of data
with neural networks, Science 313, 2006. J. Yosinski et al., How transferable are features in deep neural networks?,
arXiv:1411.1792.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable
from .dense import FLOPS, WIDTHS
from .recurrent import ANSWERS, HIDDEN, INPUT, MEMORY_STEPS, OUTPUT_COST_MISTAKES

_NO_BIAS = Convention(
    "no-bias", "layers built with bias=False", "without biases", variant=True, untrue=("bias", "in reverse")
)

SEQ2SEQ = Formula(
    id="seq2seq",
    title="Encoder–decoder with two LSTMs",
    variables=(
        replace(INPUT, meaning="size of one input of the encoder"),
        replace(HIDDEN, meaning="size of the state, the same in both: the decoder starts from the encoder's state"),
        Variable("q", "outputs", "number of outputs, such as the words of the target language", ordinary=(4, 64)),
        Variable("d", "decoder-input-size", "size of one input of the decoder", default="n", ordinary=(3, 64)),
        Variable("S", "source-steps", "steps of the source sequence", ordinary=(2, 30)),
        Variable("T", "steps", "steps of the target sequence", ordinary=(2, 30)),
    ),
    steps=(
        Step("encoder", "lstm(n=n, m=m, T=S)", "reads the source sequence"),
        Step("decoder", "lstm(n=d, m=m, T=T)", "writes the target sequence"),
        Step("readout", "dense(n=m, m=q)", "output layer of the decoder, the same at every step"),
        Step("output", "shape(T, q)", "output shape, target steps × outputs"),
        Step("weights", "encoder.weights + decoder.weights + readout.weights", "weights"),
        Step("biases", "encoder.biases + decoder.biases + readout.biases", "biases"),
        Step("parameters", "weights + biases", "parameters"),
        Step("macs", "encoder.macs + decoder.macs + T*readout.macs", "MACs of the matrix products"),
        FLOPS,
        *MEMORY_STEPS,
    ),
    answers=ANSWERS,
    mistakes=(
        Mistake("decoder-forgotten", "parameters", "encoder.parameters + readout.parameters", "the decoder is a second "
                "LSTM with its own parameters", 0.6, "Which two LSTMs does the model have?"),
        Mistake("encoder-alone", "parameters", "encoder.parameters", "that is the encoder alone: the decoder and the "
                "output layer have parameters too", 0.3, "Which parts does the model have?"),
        Mistake("encoder-forgotten", "parameters", "decoder.parameters + readout.parameters", "the encoder is an LSTM "
                "with its own parameters", 0.3, "Which two LSTMs does the model have?"),
        Mistake("output-layer-forgotten", "parameters", "encoder.parameters + decoder.parameters", "a dense layer "
                "computes the outputs from the decoder's state; it has parameters too", 0.6, "What computes the "
                "outputs from the decoder's state?"),
        Mistake("output-layer-per-step", "parameters", "encoder.parameters + decoder.parameters + T*readout.parameters",
                "all target steps use the same output layer, so it is counted once", 0.4, "Which output layer does the "
                "next step use?"),
        Mistake("output-layer-reads-both", "readout", "dense(n=2m, m=q)", "the output layer reads only the decoder's "
                "state; the encoder's last state is the decoder's first state", 0.4, "Where does the encoder's last "
                "state go?"),
        Mistake("output-layer-once", "macs", "encoder.macs + decoder.macs + readout.macs", "the output layer is used "
                "at each of the T target steps", 0.4, "How many times is the output layer used?"),
        Mistake("output-of-source-length", "output", "shape(S, q)", "the output is as long as the target sequence, T; "
                "the source has S steps", 0.5, "How many steps does the decoder make?"),
        Mistake("output-of-state-size", "output", "shape(T, m)", "the output layer computes q outputs from each state",
                0.4, "How many outputs are there at each step?"),
        *OUTPUT_COST_MISTAKES,
    ),
    conventions=(
        Convention("textbook", "Sutskever et al., 2014", "the decoder starts from the encoder's last state"),
        Convention("pytorch", "PyTorch", "two bias vectors per gate in both LSTMs"),
        Convention("keras", "Keras", "one bias vector per gate"),
        Convention("context-at-every-step", "Cho et al., 2014", "the decoder also reads the encoder's last state at "
                   "every step", {"decoder": "lstm(n=d + m, m=m, T=T)"}, variant=True,
                   untrue=("first state",)),
        _NO_BIAS,
    ),
    input_shape="shape(S, n)",
    shape="output",
    unknowns=(("m",), ("q",), ("n",)),
    notes=("inputs are vectors; an embedding before them is counted separately",),
    source="Sutskever et al., arXiv:1409.3215",
)  # fmt: skip

_GENERATOR = Variable("g", "generator-hidden", "widths of the generator's hidden layers", kind=Kind.VECTOR,
                      default="[128,]", ordinary=(8, 64), lengths=(1, 2))  # fmt: skip
_DISCRIMINATOR = replace(
    _GENERATOR, name="d", long="discriminator-hidden", meaning="widths of the discriminator's hidden layers"
)

GAN = Formula(
    id="gan",
    title="Generative adversarial network of two multilayer perceptrons",
    variables=(
        Variable("z", "noise", "numbers in the noise that the generator reads", ordinary=(4, 32)),
        Variable("x", "data", "numbers in one example, real or generated", ordinary=(16, 64)),
        _GENERATOR,
        _DISCRIMINATOR,
    ),
    steps=(
        Step("generator", "mlp(u=shape(z, g, x))", "parameters of the generator, which turns noise into an example"),
        Step("discriminator", "mlp(u=shape(x, d, 1))", "parameters of the discriminator, which separates real examples "
             "from generated ones"),
        Step("weights", "generator.weights + discriminator.weights", "weights"),
        Step("biases", "generator.biases + discriminator.biases", "biases"),
        Step("parameters", "weights + biases", "parameters"),
    ),
    answers=("parameters", "weights", "biases", "generator", "discriminator"),
    mistakes=(
        Mistake("discriminator-forgotten", "parameters", "generator.parameters", "training needs both networks: the "
                "discriminator has its own parameters", 0.5, "Which two networks are trained?"),
        Mistake("generator-forgotten", "parameters", "discriminator.parameters", "training needs both networks: the "
                "generator has its own parameters", 0.4, "Which two networks are trained?"),
        Mistake("discriminator-twice", "parameters", "generator.parameters + 2*discriminator.parameters", "real and "
                "generated examples go through the same discriminator", 0.4, "How many discriminators are there?"),
        Mistake("discriminator-mirrors", "discriminator", "mlp(u=shape(x, d, z))", "the discriminator returns one "
                "number: the probability that its example is real", 0.4, "What does the discriminator return for one "
                "example?"),
        Mistake("discriminator-reads-noise", "discriminator", "mlp(u=shape(z, d, 1))", "the discriminator reads "
                "examples, not the noise", 0.3, "What does the discriminator read?"),
    ),
    conventions=(Convention("textbook", "Goodfellow et al., 2014", "dense layers, all with biases"), _NO_BIAS),
    unknowns=(("z",), ("x",)),
    source="Goodfellow et al., arXiv:1406.2661",
)  # fmt: skip

_TWO_WIDTHS = Condition("len(u) >= 2", "a network needs at least two widths, its inputs and its outputs, not only {u}")

AUTOENCODER = Formula(
    id="autoencoder",
    title="Autoencoder",
    variables=(replace(WIDTHS, meaning="widths of the encoder, input first and code last; the decoder mirrors them"),),
    steps=(
        Step("encoder", "mlp(u=u)", "parameters of the encoder, which turns the input into the code"),
        Step("decoder", "mlp(u=reverse(u))", "parameters of the decoder, which turns the code back into the input"),
        Step("code", "u[len(u)]", "numbers in the code"),
        Step("weights", "encoder.weights + decoder.weights", "weights"),
        Step("biases", "encoder.biases + decoder.biases", "biases"),
        Step("parameters", "weights + biases", "parameters"),
    ),
    answers=("parameters", "weights", "biases", "code", "encoder", "decoder"),
    mistakes=(
        Mistake("decoder-forgotten", "parameters", "encoder.parameters", "the decoder has its own parameters", 0.6,
                "Which part turns the code back into the input?"),
        Mistake("encoder-twice", "parameters", "2*encoder.parameters", "the decoder has as many weights as the "
                "encoder, but other biases: its last layer has the width of the input", 0.6, "How many biases does the "
                "decoder's last layer have?"),
        Mistake("decoder-not-mirrored", "decoder", "mlp(u=u)", "the decoder goes from the code back to the input, so "
                "its widths are the encoder's in reverse", 0.4, "What is the input of the decoder, and what is its "
                "output?"),
        Mistake("code-of-input-size", "code", "u[1]", "the code is the output of the encoder, not its input", 0.3,
                "Where does the encoder end?"),
    ),
    conditions=(_TWO_WIDTHS,),
    conventions=(
        Convention("textbook", "textbooks", "encoder and decoder have their own weights"),
        Convention("tied-weights", "Vincent et al., 2010", "the decoder uses the encoder's weights, transposed; only "
                   "its biases are its own", {"weights": "encoder.weights"}, variant=True,
                   untrue=("the decoder has",)),
        _NO_BIAS,
    ),
    source="Hinton and Salakhutdinov, Science 313, 2006",
)  # fmt: skip

TRANSFER = Formula(
    id="transfer",
    title="Transfer learning: what is trained",
    variables=(
        replace(WIDTHS, meaning="widths of the network, input first, with its new output layer last", lengths=(4, 6)),
        Variable("frozen", "frozen", "frozen dense layers, counted from the input", low=0, default="len(u) - 2",
                 ordinary=(1, 2), search="0..16"),
    ),
    steps=(
        Step("network", "mlp(u=u)", "parameters of the whole network"),
        Step("layers", "network.layers", "dense layers of the network"),
        Step("layers_frozen", "min(frozen, layers)", "layers whose parameters do not change"),
        Step("frozen_weights", "sum(l=1..layers_frozen, u[l]*u[l+1])", "weights of the frozen layers"),
        Step("frozen_biases", "sum(l=1..layers_frozen, u[l+1])", "biases of the frozen layers"),
        Step("frozen_parameters", "frozen_weights + frozen_biases", "parameters that do not change"),
        Step("trainable", "network.parameters - frozen_parameters", "parameters that training changes"),
    ),
    answers=("trainable", "frozen_parameters", "network", "layers"),
    mistakes=(
        Mistake("nothing-frozen", "trainable", "network.parameters", "the frozen layers keep their parameters: only "
                "the others are trained", 0.5, "Which layers does training change?"),
        Mistake("frozen-for-trainable", "trainable", "frozen_parameters", "these are the frozen parameters; the "
                "question asks for the trained ones", 0.5, "Which layers does training change?"),
        Mistake("frozen-biases-trained", "frozen_biases", "0", "the biases of a frozen layer are frozen too", 0.5,
                "Which parameters of a frozen layer are frozen?"),
        Mistake("frozen-one-fewer", "layers_frozen", "max(0, frozen - 1)", "the first frozen layer has weights too: "
                "the input is not a layer", 0.4, "Which is the first layer with weights?"),
        Mistake("frozen-one-more", "layers_frozen", "min(frozen + 1, layers)", "the layer after the last frozen one is "
                "trained", 0.3, "Which is the first layer that is trained?"),
    ),
    forms=(Form("layers_frozen", "frozen"),),
    conditions=(_TWO_WIDTHS, Condition("frozen <= layers", "at most all {layers} layers can be frozen, not {frozen}")),
    conventions=(
        Convention("textbook", "textbooks, PyTorch, Keras", "the weights and biases of a frozen layer are frozen"),
        Convention("no-bias", "notes that leave the biases out", "without biases", {"frozen_biases": "0"},
                   variant=True, untrue=("bias",)),
    ),
    unknowns=(("frozen",),),
    notes=(
        "frozen layers are a fixed feature extractor; if no layer is frozen, the whole network is fine-tuned",
        "if no number is given, all layers but the last are frozen",
    ),
    source="Yosinski et al., arXiv:1411.1792",
)  # fmt: skip

FORMULAS = {"seq2seq": SEQ2SEQ, "gan": GAN, "autoencoder": AUTOENCODER, "transfer": TRANSFER}
