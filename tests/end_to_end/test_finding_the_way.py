"""The way to a command: the first page, the words that people type, and the search."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len
from terminal import Terminal

from dlcalc.api.finding import TOGETHER, find
from dlcalc.cli.app import meant
from dlcalc.cli.commands import ALIASES, EXAMPLES, PURPOSES, RUN_ALIASES, help_of, listed, option_meant, searched
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


WORDS = {
    "conv": "Conv2D nn.Conv2d torch.nn.Conv2d convolution Convolve padding kernel feature_map dilated-conv",
    "conv1d": "Conv1D nn.Conv1d", "conv3d": "CONV3D nn.Conv3d",
    "conv --transposed": "Conv2DTranspose ConvTranspose2d nn.ConvTranspose3d deconvolution Deconv",
    "conv1d --causal": "causal-conv", "conv --f 1": "1x1-conv pointwise",
    "separable": "SeparableConv2D depthwise_conv separable-conv",
    "pool": "MaxPool2d nn.MaxPool1d MaxPooling2D AvgPool2d AveragePooling1D max_pool",
    "dense": "Linear nn.Linear Dense fully_connected FC", "embedding": "nn.Embedding Embedding word-embedding",
    "batchnorm": "BatchNorm1d nn.BatchNorm2d BatchNormalization BN", "layernorm": "LayerNorm nn.LayerNorm",
    "rnn": "SimpleRNN nn.RNN RNNCell", "lstm": "LSTM nn.LSTM LSTMCell keras.layers.LSTM", "gru": "nn.GRU GRUCell",
    "attention": "MultiheadAttention MultiHeadAttention nn.MultiheadAttention self_attention",
    "transformer": "TransformerEncoderLayer nn.TransformerEncoderLayer encoder_block transformer-block",
    "activation relu": "ReLU nn.ReLU F.relu", "activation leaky-relu": "LeakyReLU nn.LeakyReLU leaky_relu",
    "activation sigmoid": "Sigmoid torch.sigmoid", "activation tanh": "Tanh tf.tanh",
    "run softmax": "Softmax nn.Softmax CrossEntropyLoss", "run cross-entropy": "CrossEntropy NLLLoss ce",
    "run squared-loss --form mean": "MSELoss nn.MSELoss mse", "run log-loss": "BCELoss binary_crossentropy",
    "run adam": "Adam", "run sgd": "SGD gd gradient-descent", "run rmsprop": "RMSprop optim.RMSprop",
    "run zscore": "StandardScaler normalize z-score", "run minmax": "MinMaxScaler min-max",
    "run one-hot": "one-hot OneHot", "init he-normal": "he_normal HeNormal kaiming_normal he",
    "init glorot-uniform": "glorot_uniform GlorotUniform xavier_uniform xavier",
    "clip": "clipnorm clip_grad_norm gradient-clipping", "iou": "intersection-over-union IoU",
    "anchors": "anchor_boxes", "word2vec": "cbow w2v Word2Vec", "run skip-gram": "skip-gram SkipGram negative_sampling",
    "seq2seq": "Seq-2-Seq encoder-decoder",
    "autoencoder": "AutoEncoder auto-encoders", "net": "summary model.summary params parameters count network",
    "train": "fit learn training", "quiz": "exercise exam practice", "grade": "grading mark score",
    "backprop": "backpropagation gradient backward", "diff": "derivative derive chain-rule", "bptt": "BPTT",
    "vanish": "vanishing-gradient exploding-gradients", "rf": "receptive_field ReceptiveField", "find": "search",
}  # fmt: skip
"""Command → words that are typed for it."""


def test_what_is_typed_is_meant() -> None:
    typed = {word: tuple(words.split()) for words, each in WORDS.items() for word in each.split()}
    assert len(typed) > 120
    assert {word: meant(word) for word in typed if meant(word) != typed[word]} == {}


def test_options_as_frameworks_have_them(terminal: Terminal) -> None:
    for typed, means in (
        ("nn.Conv2d --n 8 --kernel_size 3 --in_channels 3 --out_channels 8", "conv --n 8 --f 3 --c 3 --k 8"),
        ("conv --input 227 --filter 11 --stride 4", "conv --n 227 --f 11 --s 4"),
        ("conv -n 227 -f 11 -s=4", "conv --n 227 --f 11 --s 4"),
        ("attention -d 512 -h 8", "attention --d 512 --h 8"),
        ("conv --n 8 --f 3 --padding same", "conv --n 8 --f 3 --same"),
        ("conv --n 8 --f 3 --padding VALID", "conv --n 8 --f 3 --p 0"),
        ("conv1d --n 8 --f 3 --padding causal", "conv1d --n 8 --f 3 --causal"),
        ("nn.LSTM --input_size 10 --hidden_size 20 --num_layers 2", "lstm --n 10 --m 20 --L 2"),
        ("BatchNorm2d --num_features 64", "batchnorm --c 64"),
        ("nn.LayerNorm --normalized_shape 64", "layernorm --n 64"),
        ("Embedding --num_embeddings 100 --embedding_dim 8", "embedding --v 100 --n 8"),
        ("Dropout --rate 0.5 --n 10", "dropout --p 0.5 --n 10"),
        ("conv --n 8x6x3 --f 3 --k 4", "conv --n 8x6 --f 3 --c 3 --k 4"),
        ("conv --input 8x8x3 --c 3 --f 3 --k 4", "conv --n 8x8 --f 3 --c 3 --k 4"),
        ("conv1d --n 60x16 --f 3", "conv1d --n 60 --f 3 --c 16"),
        ("conv --n 8 --f 3 --bias False", "conv --n 8 --f 3 --no-bias"),
        ("conv --n 8 --f 3 --use_bias=False --k 2", "conv --n 8 --f 3 --no-bias --k 2"),
        ("conv --n 8 --f 3 --nobias", "conv --n 8 --f 3 --no-bias"),
        ("lstm --n 4 --m 3 --bias True --bidirectional False", "lstm --n 4 --m 3"),
        ("lstm --n 4 --m 3 --bidirectional True --L 2", "lstm --n 4 --m 3 --bidirectional --L 2"),
        ("TransformerEncoderLayer --d_model 64 --nhead 8 --dim_feedforward 256", "transformer --d 64 --h 8 --m 256"),
        ("init he --n 10 --m 3", "init he-normal --n 10 --m 3"),
    ):
        ran = terminal(f"{typed} --json")
        assert ran.status == 0, (typed, ran.err)
        expected = dict(terminal(f"{means} --json").json)
        assert {**ran.json, "given": 0, "defaults": 0} == {**expected, "given": 0, "defaults": 0}, typed


def test_an_unknown_word_leads_to_what_a_search_finds(terminal: Terminal) -> None:
    for word, place in (
        ("flatten", 'dlcalc net "...; flatten" (flatten, as a layer of a network)'), ("quizz", "dlcalc quiz ("),
        ("Bidirectional", "--bidirectional ("), ("GlobalAveragePooling2D", 'dlcalc net "...; global-avgpool" ('),
    ):  # fmt: skip
        ran = terminal(word)
        assert ran.status == 2
        assert f"no command is called {word}; nearest is " in ran.err
        assert place in ran.err
        assert ran.err.count("\n") == 1


def test_what_is_missing_is_said_with_an_example(terminal: Terminal) -> None:
    """Without arguments a command says what it needs."""
    assert terminal("diff").err == (
        'dlcalc: diff needs EXPRESSION; for example: dlcalc diff "sigmoid(w x + b)" --wrt w\n'
    )
    assert "backprop needs NETWORK; for example: dlcalc backprop" in terminal("backprop").err
    assert "predict needs FILE; for example: dlcalc predict" in terminal("predict").err
    assert "perplexity needs --p (probability of each token" in terminal("perplexity").err
    assert "one of uniform, glorot-normal" in terminal("init").err


def test_what_is_too_much_or_unknown_is_said_with_what_is_taken(terminal: Terminal) -> None:
    for typed, said in (
        ("conv 10 3", "conv takes its values by options, not 10 3 alone; for example: dlcalc conv --n 227 --f 11"),
        ("run softmax 1 2", "softmax takes its values by options, not 1 2 alone; for example: dlcalc run softmax"),
        ("rf conv3", '--s "1 2 1"; layers in words are a network: dlcalc net'),
        ("dense --foo 3", "No such option: --foo; dense takes --n, --m, --c, --k; more: dlcalc dense --help"),
        ("run relu --z 1", "no operation is called relu; nearest is dlcalc activation relu; dlcalc run --help lists"),
        ("run sotmax --z 1", "no operation is called sotmax; nearest is dlcalc run softmax; dlcalc run --help lists"),
        ("conv --n 8x8x3 --c 4 --f 3", "8x8x3 has 3 channels, and c is 4"),
        ("net bert", "bert is not a network of the zoo; dlcalc net list names them"),
    ):
        ran = terminal(typed)
        assert ran.status == 2
        assert said in ran.err, typed


def test_every_help_has_an_example(terminal: Terminal) -> None:
    helps = {name: terminal(f"{name} -h") for name in listed()}
    assert {name for name, ran in helps.items() if "Example: dlcalc " not in ran.words} == GROUPS
    wide = {name: [line for line in ran.out.splitlines() if cell_len(line) > 80] for name, ran in helps.items()}
    assert {name: lines for name, lines in wide.items() if lines} == {}
    assert [name for name, ran in helps.items() if re.search(r"<(?:bool|str|list|int|float)", ran.out)] == []


GROUPS = {"run", "quiz", "problems"}
"""Commands that have commands under them, each with a help of its own."""


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
        ("second derivative", 'dlcalc diff "x^3" --wrt x,x'),
        ("system of equations", 'dlcalc solve "x + y = a" "x - y = b" --find x,y'),
    ],
)
def test_words_lead_to_the_command(terminal, words: str, first: str) -> None:
    found = terminal(f'find "{words}" --json').json["found"]
    assert found[0]["command"] == first
    assert len(found) <= 12


SEARCHES = {
    "vanish": "vanishing gradient; exploding gradients", "conv --same": "what is same padding",
    "rf": "receptive field of vgg", "embedding": "parameters of embedding", "gru --bidirectional": "bidirectional gru",
    "conv": "output size of a convolution; dilated convolution; 1x1 convolution; group convolution",
    "lstm": "number of parameters of a lstm", "lstm --peephole diagonal": "peephole lstm",
    "dense": "how many weights in a dense layer",
    "pool": "max pooling", "run pool": "average pooling by hand", "separable": "depthwise separable convolution",
    "run conv": "convolution by hand; edge detection filter", "conv --transposed": "transposed convolution",
    "conv1d --causal": "causal convolution", "batchnorm": "batch normalisation", "layernorm": "layer norm",
    "bptt": "backpropagation through time; gradient of lstm", "diff": "chain rule",
    "activation sigmoid": "derivative of sigmoid", "activation softmax": "softmax",
    "run cross-entropy": "cross entropy loss", "run squared-loss": "mean squared error",
    "run momentum": "learning rate momentum", "run adam": "adam update", "clip": "gradient clipping",
    "init he-normal": "he initialisation", "init glorot-normal": "xavier initialisation",
    "dropout": "dropout; overfitting", "updates": "number of updates per epoch", "iou": "intersection over union",
    "anchors": "anchor boxes", "grid": "yolo grid", "net unet": "u-net", "net alexnet": "alexnet",
    "net resnet18": "resnet", "net lenet5": "lenet", "attention": "self attention; multi-head attention",
    "seq2seq": "encoder decoder", "word2vec": "word2vec parameters",
    "run skip-gram": "skip-gram pairs; negative sampling loss",
    "run conv-lstm": "convlstm by hand", "autoencoder": "autoencoder", "gan": "gan",
    "perplexity": "perplexity", "convlstm": "convlstm", "run one-hot": "one-hot encoding", "train": "train mnist",
    "quiz": "make an exam; practice", "grade": "mark hand-ins", "problems": "write a problem",
    "schema": "json schema", "doctor": "is my installation working", "solve": "solve an equation",
    "net": "macs and flops of a network; memory of a network; draw a network; network as pytorch code",
    "transformer": "encoder block; how many parameters in a transformer; bert parameters; vision transformer",
    "transfer": "transfer learning; fine-tuning", 'net "...; upsample 2"': "upsampling",
    'net "...; global-avgpool"': "global average pooling", "squeeze-excitation": "squeeze and excitation",
    "bottleneck": "bottleneck", "rnn": "stacked rnn", "activation relu": "relu derivative",
    "run minmax": "normalise a column", "run logistic": "logistic regression",
    "predict": "predict with a trained network", 'net "...; lrn"': "local response normalization",
    "problems show parameter-sharing": "weight sharing", "untrained-loss": "untrained loss",
    "log-probability": "log probability of a sequence",
}  # fmt: skip
"""What comes first → searches for it."""
QUESTIONS = {
    "conv": "flops of a conv layer; number of multiplications in a convolution; filters needed for n parameters",
    "conv --n 224 --o 222 --find f,s,p": "which f, s, p turn 224 into 222; what filter size stride and padding",
    "conv --n n --f f --p p --o n --find p": "padding to keep the size",
    "conv --f 3 --c 256 --k 256 --groups 32": "weights of one more group; grouped convolution parameters",
    "rf": "receptive field of three conv layers; receptive field with dilation",
    'net "32x32x3; conv 16 f3 p1; pool 2; conv 32 f3; flatten; dense 10"':
        "total parameters of a CNN; output size after convolution and pooling",
    'net "100; embedding 10000 300; lstm 128; dense 1"': "embedding then lstm then dense; embedding layer then lstm",
    'net "32x32x3; local-conv 20 f8 s2 p1"': "unshared weights locally connected",
    "transformer": "feed-forward network of a transformer; number of heads; gpt-2 parameters",
    "attention": "kv cache; how many heads has attention", "separable": "depthwise separable vs standard convolution",
    "lstm --bidirectional": "parameters of a bidirectional lstm", "conv1d --causal": "dilated causal convolution",
    "lstm": "stacked lstm parameters", "gru": "gru parameters keras", "rnn --q ...": "weights of an rnn with outputs",
    "embedding": "vocabulary embedding size", "net unet": "unet output size", "net vgg16": "vgg16 memory",
    "net": "memory of the activations of a network; model size in MB", "batchnorm": "batch norm parameters",
    "dense": "how many weights in a fully connected layer after flatten", "updates": "iterations per epoch",
    "run softmax": "softmax cross entropy gradient", "run squared-loss": "mse of predictions",
    "run momentum": "momentum update", "init glorot-normal": "xavier init variance", "run pool": "max pooling by hand",
    "bottleneck": "inception 1x1 bottleneck", "run adam": "adam by hand",
}  # fmt: skip
"""What is among the first three → questions as learners ask them."""


def test_a_question_leads_to_its_command() -> None:
    asked = [(f"dlcalc {place}", words) for place, each in QUESTIONS.items() for words in each.split("; ")]
    assert len(asked) > 35
    lost = {words: place for place, words in asked
            if place not in [hit.command for hit in find(words, searched()).hits[:3]]}  # fmt: skip
    assert lost == {}


def test_the_first_that_is_found_is_the_right_one() -> None:
    wanted = {words: f"dlcalc {first}" for first, each in SEARCHES.items() for words in each.split("; ")}
    assert len(wanted) > 75
    found = {words: find(words, searched()).hits[0].command for words in wanted}
    assert {words: first for words, first in found.items() if first != wanted[words]} == {}


def test_a_search_that_finds_nothing_says_so(terminal) -> None:
    for words, sentence in (("xyzzy", "nothing is found for xyzzy"), ("of the", "find needs some words")):
        ran = terminal(f'find "{words}"')
        assert ran.status == 2
        assert sentence in ran.err


def test_what_several_parts_answer_is_among_the_first() -> None:
    lost = {about: command for command, about, _ in TOGETHER
            if command not in [hit.command for hit in find(about, searched()).hits[:3]]}  # fmt: skip
    assert lost == {}


def test_what_is_found_for_several_parts_works(terminal) -> None:
    """Attention without biases has 4·512² weights, the feed-forward part 2·512·2048 and 2560 biases: 3,148,288."""
    ran = {command: terminal(command.removeprefix("dlcalc ")) for command, *_ in TOGETHER}
    assert [command for command, one in ran.items() if one.status] == []
    block = terminal(next(each for each in ran if "residual" in each).removeprefix("dlcalc ") + " --json").json[
        "layers"
    ]
    assert sum(row["parameters"] for row in block if not row["name"].startswith("ln")) == 3_148_288
