"""Multi-head self-attention and the encoder block of a transformer: parameters, cost, the size of attention weights.

Four projections W_Q, W_K, W_V and W_O, each d×d. The h heads share the d features: each gets d/h of them, so neither
the parameters nor the multiply-accumulates depend on h. A. Vaswani et al., Attention is all you need, arXiv:1706.03762.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable
from .dense import FLOPS
from .recurrent import ANSWERS, LAYERS, MEMORY_STEPS, OUTPUT_COST_MISTAKES

ATTENTION = Formula(
    id="attention",
    title="Multi-head attention",
    variables=(
        Variable("d", "model-size", "features of a token", ordinary=(8, 64)),
        Variable("h", "heads", "attention heads", ordinary=(2, 4), search="1..d"),
        Variable("T", "tokens", "tokens in the sequence", ordinary=(3, 30)),
    ),
    steps=(
        Step("head_size", "d/h", "features of one head"),
        Step("head_weights", "d*head_size", "weights of one head in one projection"),
        Step("projection_weights", "h*head_weights", "weights of one projection, all heads"),
        Step("projections", "4", "projections: W_Q, W_K, W_V and W_O"),
        Step("output", "shape(T, d)", "output shape, tokens × features"),
        Step("weights", "projections*projection_weights", "weights"),
        Step("bias_vectors", "1", "bias vectors of one projection"),
        Step("projection_biases", "bias_vectors*d", "biases of one projection"),
        Step("biases", "projections*projection_biases", "biases"),
        Step("parameters", "weights + biases", "parameters"),
        Step("head_scores", "T^2", "attention weights of one head: every token attends to every token"),
        Step("scores", "h*head_scores", "attention weights, all heads together"),
        Step("score_macs", "scores*head_size", "MACs of QKᵀ"),
        Step("mixing_macs", "scores*head_size", "MACs of the weighted sums of values"),
        Step("macs", "T*weights + score_macs + mixing_macs", "MACs (multiply-accumulates)"),
        FLOPS,
        *MEMORY_STEPS,
    ),
    answers=(*ANSWERS, "head_size", "scores", "score_macs"),
    mistakes=(
        Mistake("output-projection-forgotten", "projections", "3", "the joined heads go through another projection, "
                "W_O: there are four projections, not three", 0.7, "What happens to the heads after they are joined?"),
        Mistake("heads-multiply", "head_weights", "d^2", "each of the h heads gets d/h features: a projection has d² "
                "weights for all heads together, not h·d²", 0.7, "How many features does one head get?"),
        Mistake("multiplied-by-heads", "head_size", "d*h", "the heads share the d features: each gets d/h of them", 0.2,
                "How many features does one head get?"),
        Mistake("features-for-tokens", "head_scores", "T*d", "a score stands for each pair of tokens: T² of them in a "
                "head", 0.25, "Which two things does one score compare?"),
        Mistake("scores-for-output", "output", "shape(T, T)", "T×T is the shape of a head's scores; the output of each "
                "token is a vector of d features", 0.25, "What is the output of one token?"),
        Mistake("one-head-put-out", "output", "shape(T, head_size)", "the outputs of the h heads are joined: d "
                "features for each token", 0.3, "What happens to the outputs of the heads?"),
        Mistake("one-head", "projection_weights", "head_weights", "that is one head's part of the projection; there "
                "are h heads", 0.3, "How many heads does a projection serve?"),
        Mistake("one-head-only", "projection_weights", "head_weights", "these are the projections of one head; there "
                "are h heads", 0.25, "How many heads does a projection serve?",
                more=(("projection_biases", "bias_vectors*head_size"),)),
        Mistake("parameters-per-token", "parameters", "T*(weights + biases)", "all T tokens share the same "
                "projections, so their parameters are counted once", 0.25, "Which projections does the next token "
                "use?"),
        Mistake("one-projection", "projections", "1", "the queries, the keys, the values and the joined heads each "
                "have their own projection", 0.3, "Which learned matrices does attention multiply by?"),
        Mistake("biases-forgotten", "biases", "0", "each projection is a dense layer with a bias for every one of its "
                "d outputs", 0.6, "What does a dense layer have besides its weights?"),
        Mistake("one-bias-vector", "biases", "projection_biases", "each of the four projections has d biases", 0.4,
                "How many bias vectors are there?"),
        Mistake("bias-per-head-feature", "projection_biases", "h*bias_vectors*d", "the heads share the d features, so "
                "a projection has d biases, not h·d", 0.3, "How many outputs does a projection have?"),
        Mistake("scores-of-one-head", "scores", "head_scores", "every head has its own attention weights: h tables of "
                "T×T", 0.5, "How many tables of attention weights are there?"),
        Mistake("score-per-token", "head_scores", "T", "every token attends to every token: T² attention weights in a "
                "head", 0.4, "To how many tokens does one token attend?"),
        Mistake("score-macs-per-feature", "score_macs", "scores*d", "one head compares vectors of d/h features, not of "
                "all d", 0.5, "How long are the vectors that one head compares?"),
        Mistake("score-macs-forgotten", "macs", "T*weights", "QKᵀ and the weighted sums of the values need products "
                "too, although they have no weights", 0.5, "Which products use no learned matrix?"),
        Mistake("macs-one-token", "macs", "weights + score_macs + mixing_macs", "the projections are computed for each "
                "of the T tokens", 0.4, "For how many tokens are queries, keys and values computed?"),
        *OUTPUT_COST_MISTAKES,
    ),
    forms=(
        Form("weights", "4d^2"),
        Form("biases", "4d", "bias_vectors = 1"),
        Form("parameters", "4*(d^2 + d)", "bias_vectors = 1"),
        Form("score_macs", "T^2*d"),
        Form("mixing_macs", "T^2*d"),
    ),
    conditions=(Condition("mod(d, h) = 0", "the number of heads must divide the features: {h} does not divide {d}"),),
    conventions=(
        Convention("textbook", "textbooks", "four projections with biases"),
        Convention("pytorch", "PyTorch", "four projections with biases (in_proj_bias and out_proj.bias)"),
        Convention("keras", "Keras with key_dim = d/h", "four projections with biases"),
        Convention("no-bias", "Vaswani et al., 2017", "projections without biases", {"bias_vectors": "0"},
                   untrue=("bias",)),
    ),
    input_shape="shape(T, d)",
    shape="output",
    unknowns=(("d",), ("T",)),
    notes=(
        "the number of heads changes neither the parameters nor the multiply-accumulates",
        "Keras asks for the size of one head: key_dim = d/h",
    ),
    source="Vaswani et al., arXiv:1706.03762",
)  # fmt: skip

_TOKENS = Variable("T", "tokens", "tokens of the queries", ordinary=(3, 30))
_WIDTH = Variable("d", "query-size", "features of a query's token", ordinary=(8, 32))

CROSS_ATTENTION = Formula(
    id="cross_attention",
    title="Multi-head attention with its own sizes",
    variables=(
        _TOKENS,
        _WIDTH,
        replace(_TOKENS, name="S", long="keys", meaning="tokens that are attended to (keys and values)"),
        replace(_WIDTH, name="n_k", long="key-input", meaning="features of a key's token"),
        replace(_WIDTH, name="n_v", long="value-input", meaning="features of a value's token"),
        Variable("h", "heads", "attention heads", ordinary=(2, 4)),
        Variable("d_k", "key-size", "features of one head's queries and keys", ordinary=(2, 16)),
        Variable("d_v", "value-size", "features of one head's values", ordinary=(2, 16)),
        replace(_WIDTH, name="m", long="output-size", meaning="features of an output token"),
    ),
    steps=(
        Step("output", "shape(T, m)", "output shape, tokens × features"),
        Step("query_weights", "d*h*d_k", "weights of W_Q"),
        Step("key_weights", "n_k*h*d_k", "weights of W_K"),
        Step("value_weights", "n_v*h*d_v", "weights of W_V"),
        Step("output_weights", "h*d_v*m", "weights of W_O"),
        Step("weights", "query_weights + key_weights + value_weights + output_weights", "weights"),
        Step("bias_vectors", "1", "bias vectors of one projection"),
        Step("biases", "bias_vectors*(2*h*d_k + h*d_v + m)", "biases of the four projections"),
        Step("parameters", "weights + biases", "parameters"),
        Step("scores", "h*T*S", "attention weights: in every head each query attends to every key"),
        Step("score_macs", "scores*d_k", "MACs of QKᵀ"),
        Step("mixing_macs", "scores*d_v", "MACs of the weighted sums of values"),
        Step("query_macs", "T*(query_weights + output_weights)", "MACs of the projections of the queries' tokens"),
        Step("key_macs", "S*(key_weights + value_weights)", "MACs of the projections of the keys' tokens"),
        Step("macs", "query_macs + key_macs + score_macs + mixing_macs", "MACs (multiply-accumulates)"),
        FLOPS,
        *MEMORY_STEPS,
    ),
    answers=(*ANSWERS, "scores", "score_macs"),
    mistakes=(
        Mistake("output-projection-forgotten", "output_weights", "0", "the joined heads go through another projection, "
                "W_O", 0.6, "What happens to the heads after they are joined?"),
        Mistake("biases-forgotten", "biases", "0", "each projection is a dense layer with a bias for every one of its "
                "outputs", 0.5, "What does a dense layer add to Wx?"),
        Mistake("keys-as-many-as-queries", "scores", "h*T^2", "the queries attend to the tokens of the other sequence: "
                "a head has T·S attention weights, not T²", 0.6, "To how many tokens does one query attend?"),
        Mistake("score-macs-forgotten", "macs", "query_macs + key_macs", "QKᵀ and the weighted sums of the values need "
                "products too", 0.5, "Which products use no learned matrix?"),
        *OUTPUT_COST_MISTAKES,
    ),
    conventions=(
        Convention("textbook", "textbooks, PyTorch, Keras", "four projections with biases"),
        Convention("no-bias", "Vaswani et al., 2017", "projections without biases", {"bias_vectors": "0"},
                   variant=True, untrue=("bias",)),
    ),
    input_shape="shape(T, d)",
    shape="output",
    source="Vaswani et al., arXiv:1706.03762",
)  # fmt: skip

TRANSFORMER_BLOCK = Formula(
    id="transformer_block",
    title="Encoder block of a transformer",
    variables=(
        *ATTENTION.variables[:2],
        Variable("m", "feed-forward-size", "units of the wide layer in the feed-forward part", ordinary=(8, 64)),
        replace(LAYERS, meaning="blocks, one behind the other"),
        ATTENTION.variables[2],
    ),
    steps=(
        Step("head_size", "d/h", "features of one head"),
        Step("attention_weights", "4d^2", "weights of the attention: W_Q, W_K, W_V and W_O"),
        Step("attention_biases", "4d", "biases of the attention"),
        Step("attention_parameters", "attention_weights + attention_biases", "parameters of the attention"),
        Step("feed_forward_weights", "2d*m", "weights of the feed-forward part: from d features to m and back"),
        Step("feed_forward_biases", "m + d", "biases of the feed-forward part"),
        Step("feed_forward_parameters", "feed_forward_weights + feed_forward_biases",
             "parameters of the feed-forward part"),
        Step("without_norms", "attention_parameters + feed_forward_parameters",
             "attention and feed-forward part together, without the layer normalisations"),
        Step("norms", "2", "layer normalisations: one behind each part"),
        Step("norm_weights", "norms*d", "scales of the layer normalisations, one per feature"),
        Step("norm_biases", "norms*d", "shifts of the layer normalisations, one per feature"),
        Step("norm_parameters", "norm_weights + norm_biases", "parameters of the layer normalisations"),
        Step("block", "without_norms + norm_parameters", "parameters of one block"),
        Step("parameters", "L*block", "parameters"),
        Step("weights", "L*(attention_weights + feed_forward_weights + norm_weights)", "weights, scales among them"),
        Step("biases", "L*(attention_biases + feed_forward_biases + norm_biases)", "biases, shifts among them"),
        Step("output", "shape(T, d)", "output shape, tokens × features"),
        Step("score_macs", "2T^2*d", "MACs of QKᵀ and of the weighted sums of values"),
        Step("attention_macs", "T*attention_weights + score_macs", "MACs of the attention in one block"),
        Step("token_macs", "feed_forward_weights", "MACs of the feed-forward part for one token"),
        Step("feed_forward_macs", "T*token_macs", "MACs of the feed-forward part in one block"),
        Step("macs", "L*(attention_macs + feed_forward_macs)", "MACs (multiply-accumulates)"),
        FLOPS,
        *MEMORY_STEPS,
    ),
    answers=("parameters", "attention_parameters", "feed_forward_parameters", "without_norms", "norm_parameters",
             "block", "weights", "biases", "head_size", "output", "macs", "attention_macs", "feed_forward_macs",
             "flops", "memory", "activation_memory", "parameter_memory"),
    mistakes=(
        Mistake("norms-forgotten", "norm_parameters", "0", "each of the two layer normalisations has a scale and a "
                "shift for every feature: 4d parameters", 0.6, "What follows each of the two parts?"),
        Mistake("one-norm", "norms", "1", "a layer normalisation follows the attention, and another the feed-forward "
                "part", 0.4, "How many layer normalisations does a block have?"),
        Mistake("norm-shift-forgotten", "norm_biases", "0", "a layer normalisation has a scale and a shift for every "
                "feature: 2d parameters", 0.4, "Which two values does a normalised feature get?"),
        Mistake("feed-forward-forgotten", "feed_forward_parameters", "0", "behind the attention each token passes "
                "through two dense layers, which have most of the parameters", 0.4, "What follows the attention?"),
        Mistake("one-dense-layer", "feed_forward_weights", "d*m", "the feed-forward part has two dense "
                "layers, from d features to m and back to d: 2dm weights", 0.6,
                "How do the tokens get back to d features?"),
        Mistake("feed-forward-biases-forgotten", "feed_forward_biases", "0", "the two dense layers have m and d biases",
                0.5, "What does a unit have besides its weights?"),
        Mistake("feed-forward-biases-as-wide", "feed_forward_biases", "2d", "the wide layer has a bias for each of its "
                "m units", 0.4, "How many units does each of the two dense layers have?"),
        Mistake("output-projection-forgotten", "attention_weights", "3d^2", "the joined heads go through another "
                "projection, W_O: there are four projections, not three", 0.6, "What happens to the heads after they "
                "are joined?"),
        Mistake("heads-multiply", "attention_weights", "4h*d^2", "each of the h heads gets d/h features: a projection "
                "has d² weights for all heads together, not h·d²", 0.5, "How many features does one head get?"),
        Mistake("attention-biases-forgotten", "attention_biases", "0", "each of the four projections is a dense layer "
                "with d biases", 0.5, "What does a dense layer have besides its weights?"),
        Mistake("one-block", "parameters", "block", "these are the parameters of one block; every block has its own",
                0.5, "How many blocks follow one another?"),
        Mistake("score-macs-forgotten", "score_macs", "0", "QKᵀ and the weighted sums of the "
                "values need products too, although they have no weights", 0.5, "Which products use no learned "
                "matrix?"),
        Mistake("feed-forward-macs-of-one-token", "feed_forward_macs", "token_macs", "the feed-forward part is "
                "computed for each of the T tokens", 0.4, "For how many tokens is the feed-forward part computed?"),
        Mistake("macs-of-one-block", "macs", "attention_macs + feed_forward_macs", "these are the MACs of one block; "
                "a token passes through all of them", 0.4, "How many blocks does a token pass through?"),
        *OUTPUT_COST_MISTAKES,
    ),
    forms=(
        Form("norm_parameters", "4d"),
        Form("feed_forward_parameters", "2d*m + m + d"),
    ),
    conditions=ATTENTION.conditions,
    conventions=(
        Convention("textbook", "textbooks, PyTorch's TransformerEncoderLayer", "biases in both parts, two layer "
                   "normalisations"),
        Convention("no-bias", "Vaswani et al., 2017", "projections without biases, a feed-forward part with biases, "
                   "two layer normalisations", {"attention_biases": "0"}, untrue=("projections is a dense layer",)),
    ),
    input_shape="shape(T, d)",
    shape="output",
    unknowns=(("d",), ("m",), ("L",), ("T",)),
    notes=(
        "embeddings, and the dense layer that gives classes or words, are not counted",
    ),
    source="Vaswani et al., arXiv:1706.03762",
)  # fmt: skip

FORMULAS = {each.id: each for each in (ATTENTION, CROSS_ATTENTION, TRANSFORMER_BLOCK)}
