"""Gradient clipping: by norm, which shortens the whole gradient, and by value, which limits each component.

By norm as in R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural networks,
arXiv:1211.5063, algorithm 1: only a gradient longer than the threshold is changed. Some notes rescale every gradient.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Convention, Form, Formula, Mistake, Step, Variable

GRADIENT = Variable("g", "gradient", "gradient", low=-(10**9), kind=Kind.VECTOR, integer=False, ordinary=(-6, 6))
THRESHOLD = Variable("theta", "threshold", "threshold", low=0, integer=False, ordinary=(1, 9))

_BY_VALUE = "max(-theta, min(theta, g))"

CLIP_NORM = Formula(
    id="clip_norm",
    title="Gradient clipping by norm",
    variables=(GRADIENT, THRESHOLD),
    steps=(
        Step("norm", "‖g‖", "length of the gradient"),
        Step("factor", "if(norm > theta, theta/norm, 1)", "factor that shortens the gradient to the threshold, if it "
             "is longer"),
        Step("clipped", "factor*g", "clipped gradient", kind=Kind.VECTOR),
    ),
    answers=("clipped", "norm", "factor"),
    mistakes=(
        Mistake("root-forgotten", "norm", "sum(g^2)", "this is ‖g‖²; the length ‖g‖ is its square root", 0.6, "How do "
                "you get a length from a sum of squares?"),
        Mistake("scaled-up", "factor", "theta/norm", "a gradient that is not longer than the threshold is not changed: "
                "clipping only shortens", 0.6, "How long is the gradient, compared with the threshold?"),
        Mistake("by-component", "clipped", _BY_VALUE, "that is clipping by value, component by component; clipping by "
                "norm multiplies all components by one factor", 0.6, "Which direction does the clipped gradient "
                "have?"),
        Mistake("absolute-values-added", "norm", "sum(abs(g))", "the length is the square root of the sum of squares, "
                "not the sum of the absolute values", 0.4, "What is the length of (3, 4)?"),
        Mistake("divided-by-threshold", "factor", "if(norm > theta, 1/theta, 1)", "the gradient is multiplied by "
                "θ/‖g‖, so that its length becomes θ", 0.25, "How long is the gradient afterwards?"),
        Mistake("norm-forgotten", "factor", "if(norm > theta, theta, 1)", "the gradient is multiplied by θ/‖g‖: "
                "without the norm its length is not θ", 0.25, "How long is the gradient afterwards?"),
        Mistake("threshold-forgotten", "factor", "if(norm > theta, 1/norm, 1)", "g/‖g‖ has length 1; it must still be "
                "multiplied by the threshold", 0.4, "How long should the gradient be after clipping?"),
        Mistake("factor-inverted", "factor", "if(norm > theta, norm/theta, 1)", "the factor is threshold/norm, which "
                "is less than 1, because clipping shortens", 0.3, "Should the factor be more or less than 1?"),
    ),
    forms=(Form("clipped", "theta*g/‖g‖", "norm > theta"), Form("clipped", "g", "norm <= theta")),
    conventions=(
        Convention("textbook", "Pascanu et al., PyTorch, Keras", "only a gradient longer than the threshold is "
                   "rescaled"),
        Convention("always", "course notes", "every gradient is rescaled to the threshold", {"factor": "theta/norm"}),
    ),
    notes=("the direction stays the same", "PyTorch adds 1e-6 to the norm before it divides"),
    source="Pascanu, Mikolov and Bengio, arXiv:1211.5063",
)  # fmt: skip

CLIP_VALUE = Formula(
    id="clip_value",
    title="Gradient clipping by value",
    variables=(GRADIENT, THRESHOLD),
    steps=(Step("clipped", _BY_VALUE, "clipped gradient, each component separately", kind=Kind.VECTOR),),
    answers=("clipped",),
    mistakes=(
        Mistake("by-norm", "clipped", "min(1, theta/‖g‖)*g", "that is clipping by norm, one factor for all; clipping "
                "by value limits each component separately", 0.6, "What happens to a small component when a large one "
                "is clipped?"),
        Mistake("negative-unclipped", "clipped", "min(theta, g)", "the limit works on both sides: a component below −θ "
                "becomes −θ", 0.5, "What does clipping do with a large negative component?"),
        Mistake("sign-lost", "clipped", "min(theta, abs(g))", "a component keeps its sign: a large negative one "
                "becomes −θ", 0.4, "What does clipping do with a large negative component?"),
        Mistake("set-to-zero", "clipped", "g ⊙ step(theta - abs(g))", "a component beyond the limit is set to θ or −θ, "
                "not to 0", 0.4, "How large is a component after it has been clipped?"),
    ),
    notes=("the direction may change",),
    source="Goodfellow, Bengio and Courville, Deep Learning, 2016, section 10.11.1",
)  # fmt: skip

FORMULAS = {"clip_norm": CLIP_NORM, "clip_value": CLIP_VALUE}
