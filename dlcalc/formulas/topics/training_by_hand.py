"""Optimisers by hand: one or several updates of one weight, or of several, from the gradients that are given.

`g[t]` is the gradient at step t, taken at the weights that the optimiser asks for; only Nesterov's is computed, from a
gradient that is linear in the weight, since it is taken at a place that the update itself finds.
Momentum: B. T. Polyak, 1964. Nesterov: I. Sutskever et al., ICML 2013. Adagrad: J. Duchi et al., JMLR 12, 2011.
RMSProp: G. Hinton, lecture 6e, 2012. Adadelta: M. D. Zeiler, arXiv:1212.5701. Adam: D. P. Kingma and J. Ba,
arXiv:1412.6980. AlexNet's rule: A. Krizhevsky et al., NIPS 2012, section 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...expressions.nodes import Kind
from ..edited_text import substituted
from ..model import Condition, Convention, Formula, Mistake, Step, Variable
from .options_by_hand import SCALE, Kinds, Option, combined, for_one_unit, quantity, without

EACH = "t in 1..T"
_BOTH = (Kinds(False), Kinds(True))

_SIGN = "the step goes against the gradient: subtract it"
_SIGN_HINT = "Does the loss rise or fall in the direction of the gradient?"
_CORRECTION = "if(t = 1, 1, 1 - beta_{0}^(t - 1))"
"""What Adam has divided an average by, one step before."""


def _weight(kinds: Kinds) -> Variable:
    return quantity("w", "w", "weight at the start", kinds.state, ordinary=(-2, 2))


def _gradients(kinds: Kinds) -> Variable:
    return quantity("g", "g", "gradients, one per step", kinds.series, ordinary=(-2, 2))


def _rate(default: str) -> Variable:
    return quantity("eta", "eta", "learning rate", default=default, ordinary=(0.05, 0.5), low=0)


def _decay(name: str, meaning: str, default: str) -> Variable:
    return quantity(name, name.replace("_", ""), meaning, default=default, ordinary=(0.5, 0.95), low=0, high=1)


def _epsilon(default: str) -> Variable:
    return quantity(
        "epsilon", "epsilon", "small number in the denominator", default=default, ordinary=(0.01, 0.1), low=0
    )


_T = Step("T", "len(g)", "updates")


def _new_weight(kinds: Kinds, expression: str) -> Step:
    return Step("w_new", expression, "weight after step t", kind=kinds.state, each=EACH, before="w")


def _moving(name: str, kinds: Kinds, expression: str, meaning: str) -> Step:
    """What runs along with the updates: it starts at name0, a quantity that `_start` makes."""
    return Step(name, expression, meaning, kind=kinds.state, each=EACH, before=f"{name}0")


def _start(name: str, kinds: Kinds, what: str, low: float = -SCALE) -> Variable:
    """What the updates start from, after those that were made before: 0 unless given."""
    long = f"start-{what.replace(' ', '-')}"
    ordinary = (-1.0, 1.0) if low else (0.0, 0.01)  # squares of small gradients
    return quantity(f"{name}0", long, f"{what} before the first update", kinds.state, "0*w", ordinary, low=low)


def _sgd(kinds: Kinds) -> Formula:
    return Formula(
        id=kinds.id("sgd_by_hand"),
        title=kinds.title("Gradient descent by hand"),
        variables=(_weight(kinds), _gradients(kinds), _rate("0.1")),
        steps=(
            _T,
            Step("change", "eta*g[t]", "what is subtracted", kind=kinds.state, each=EACH),
            _new_weight(kinds, "w_new[t-1] - change[t]"),
        ),
        answers=("w_new",),
        mistakes=(
            Mistake("update-sign-turned", "w_new", "w_new[t-1] + change[t]", _SIGN, 0.6, _SIGN_HINT),
            Mistake("weight-forgotten", "w_new", "-change[t]", "this is the step alone: it is added to the weight", 0.3,
                    "From where does the step start?"),
            Mistake("rate-forgotten", "change", "g[t]", "the gradient must be multiplied by the learning rate", 0.4,
                    "Which given number is not used yet?"),
            Mistake("first-weight-every-time", "w_new", "w - change[t]", "each step starts from the weight after the "
                    "step before, not from the first weight", 0.4, "From which weight does the second step start?"),
            Mistake("divided-by-rate", "change", "g[t]/eta", "the gradient is multiplied by the learning rate, not "
                    "divided by it", 0.3, "Should a larger learning rate make the step longer or shorter?"),
        ),
        notes=("all weights are updated at the same time, from the old weights",),
        source="H. Robbins and S. Monro, A stochastic approximation method, 1951",
    )  # fmt: skip


def _momentum(kinds: Kinds) -> Formula:
    rate_outside = Option("pytorch", "PyTorch", "v ← γv + g, w ← w − ηv",
                          {"v": "gamma*v[t-1] + g[t]", "w_new": "w_new[t-1] - eta*v[t]"})  # fmt: skip
    average = Option("average", "notes that average the gradients", "v ← γv + (1 − γ)g, w ← w − ηv",
                     {"v": "gamma*v[t-1] + (1 - gamma)*g[t]", "w_new": "w_new[t-1] - eta*v[t]"})  # fmt: skip
    keras = Option("keras", "Keras, CS231n", "v ← γv − ηg, w ← w + v",
                   {"v": "gamma*v[t-1] - eta*g[t]", "w_new": "w_new[t-1] + v[t]"})  # fmt: skip
    alexnet = Option("alexnet", "Krizhevsky et al., 2012", "v ← γv − ληw − ηg, w ← w + v, with λ = 0.0005",
                     {"v": "gamma*v[t-1] - 0.0005*eta*w_new[t-1] - eta*g[t]", "w_new": "w_new[t-1] + v[t]"},
                     True)  # fmt: skip
    return Formula(
        id=kinds.id("momentum_by_hand"),
        title=kinds.title("Momentum by hand"),
        variables=(_weight(kinds), _gradients(kinds), _rate("0.1"), _decay("gamma", "momentum", "0.9"),
                   _start("v", kinds, "velocity")),
        steps=(
            _T,
            _moving("v", kinds, "gamma*v[t-1] + eta*g[t]", "velocity"),
            _new_weight(kinds, "w_new[t-1] - v[t]"),
        ),
        answers=("w_new", "v"),
        mistakes=(
            Mistake("update-sign-turned", "w_new", "w_new[t-1] + v[t]", _SIGN, 0.6, _SIGN_HINT),
            Mistake("momentum-forgotten", "v", "eta*g[t]", "the velocity keeps the part γ of the previous velocity",
                    0.5, "What happens to the previous velocity?"),
            Mistake("decay-forgotten", "v", "v[t-1] + eta*g[t]", "of the velocity before only the part γ is kept", 0.3,
                    "What is left of the velocity before?"),
            Mistake("rate-and-momentum-exchanged", "v", "eta*v[t-1] + gamma*g[t]", "γ multiplies the velocity before, "
                    "and η the gradient: here they are exchanged", 0.25, "Which of the two is near 1?"),
            Mistake("velocity-from-old-weight", "v", "gamma*w_new[t-1] + eta*g[t]", "γ multiplies the previous "
                    "velocity, not the weight", 0.3, "What does γ multiply?"),
            Mistake("opposite-directions", "v", "gamma*v[t-1] - eta*g[t]", "the update is w ← w − v, so the new "
                    "gradient is added to the velocity", 0.4, "Which sign does the gradient have in the velocity "
                    "here?"),
            Mistake("rate-forgotten", "v", "gamma*v[t-1] + g[t]", "here the learning rate is part of the velocity: ηg",
                    0.4, "Where does the learning rate appear in this form?"),
        ),
        conventions=combined((
            Option("rate-inside", "Polyak; textbooks", "v ← γv + ηg, w ← w − v"), rate_outside, average, keras, alexnet,
        )),
        source="B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964",
    )  # fmt: skip


def _scheduled(fixed: Formula) -> Formula:
    """An optimiser with a learning rate for each update: where the rate stands now tells its forms apart."""
    rates = quantity("eta", "eta", "learning rates, one per update", Kind.VECTOR, ordinary=(0.05, 0.5), low=0)

    def at_each(text: str) -> str:
        return substituted(text, {"eta": "eta[t]"})

    updates = "T" if fixed.variable("T") else "len(g)"
    as_many = Condition(f"len(eta) = {updates}", "give as many learning rates as gradients: one per update")
    return replace(
        _with_texts(fixed, at_each),
        id=_inside_id(fixed.id, "scheduled"),
        title=f"{fixed.title}, with a schedule of learning rates",
        variables=tuple(_with_rates(variable, rates) for variable in _rates_first(fixed.variables)),
        conditions=(*fixed.conditions, as_many),
    )


def _rates_first(variables: tuple[Variable, ...]) -> list[Variable]:
    """The variables in their order, but the number of updates, where there is one, after the learning rate."""
    return sorted(variables, key=lambda variable: variable.name == "T")


def _with_rates(variable: Variable, rates: Variable) -> Variable:
    """The learning rates for the learning rate, and as many updates unless another number is given."""
    if variable.name == "T":
        return replace(variable, default="len(eta)")
    return rates if variable.name == "eta" else variable


def _continued(first: Formula) -> Formula:
    """Adam after updates that were made before: its corrections count those too."""
    before = quantity("t0", "updates-before", "updates made before, which gave m0 and v0", low=0)

    later = {
        f"{beta}{old}": f"{beta}{new}"
        for beta in ("beta_1", "beta_2")
        for old, new in (("^t", "^(t0 + t)"), ("^(t - 1)", "^(t0 + t - 1)"), ("*t", "*(t0 + t)"))
    }
    return replace(
        _with_texts(first, lambda text: substituted(text, later)),
        id=_inside_id(first.id, "continued"),
        title=f"{first.title}, continued",
        variables=(*first.variables, replace(before, integer=True, ordinary=(1, 5))),
        notes=("t counts from 1, and the earlier updates are added to it",),
    )


def _with_decay(first: Formula) -> Formula:
    """Weight decay beside the step: the weight shrinks by ηλ of itself; for gradient descent that is an L2 penalty."""
    before = "w_new[t-1]"

    def shrunk(step: str, text: str) -> str:
        return text.replace(before, f"(1 - eta*lambda)*{before}") if step == "w_new" else text

    (update,) = (step.expression for step in first.steps if step.name == "w_new")
    forgotten = (
        Mistake("weight-decay-forgotten", "w_new", update, "the weight itself shrinks too: ηλ of it is subtracted", 0.6,
                "What does weight decay do to a weight without a gradient?"),
        Mistake("decay-without-rate", "w_new", update.replace(before, f"(1 - lambda)*{before}"),
                "the decay λ is multiplied by the learning rate η as well", 0.4, "What is λ multiplied by?"),
    )  # fmt: skip
    decay = quantity("lambda", "weight-decay", "weight decay λ", ordinary=(0.05, 0.2), low=0)
    return replace(
        first,
        id=_inside_id(first.id, "decayed"),
        title=f"{first.title}, with weight decay",
        variables=(*first.variables, decay),
        steps=tuple(replace(step, expression=shrunk(step.name, step.expression)) for step in first.steps),
        mistakes=(
            *forgotten,
            *(replace(each, expression=shrunk(each.step, each.expression)) for each in first.mistakes
              if each.id not in ("first-weight-every-time", "weight-forgotten", "product-for-power-of-square")),
        ),
        conventions=tuple(
            replace(each, who="optimisers with decoupled weight decay, AdamW",
                    edits={step: shrunk(step, text) for step, text in each.edits.items()})
            for each in first.conventions
        ),
        source=f"{first.source}; I. Loshchilov and F. Hutter, arXiv:1711.05101",
    )  # fmt: skip


def _inside_id(id: str, word: str) -> str:
    return id.replace("_by_hand", f"_{word}_by_hand")


def _with_texts(formula: Formula, change: Callable[[str], str]) -> Formula:
    """The formula with every step, mistake and convention changed."""
    return replace(
        formula,
        steps=tuple(replace(step, expression=change(step.expression)) for step in formula.steps),
        mistakes=tuple(
            replace(mistake, expression=change(mistake.expression))
            for mistake in without(formula.mistakes, "product-for-power-of-square")  # seldom has a root
        ),
        conventions=tuple(
            replace(convention, edits={step: change(text) for step, text in convention.edits.items()})
            for convention in formula.conventions
        ),
    )


def _nesterov(kinds: Kinds) -> Formula:
    return Formula(
        id=kinds.id("nesterov_by_hand"),
        title=kinds.title("Nesterov's momentum by hand"),
        variables=(
            _weight(kinds),
            quantity("k", "slope", "the gradient at w is k·w + c: the loss is ½kw² + cw", kinds.state,
                     ordinary=(0.5, 3)),
            quantity("c", "constant", "constant part of the gradient", kinds.state, "0"),
            Variable("T", "updates", "updates", 1, 100, "1", ordinary=(2, 3)),
            _rate("0.1"),
            _decay("gamma", "momentum", "0.9"),
            _start("v", kinds, "velocity"),
        ),
        steps=(
            Step("ahead", "w_new[t-1] - gamma*v[t-1]", "where the momentum alone would lead", kind=kinds.state,
                 each=EACH),
            Step("g", "k ⊙ ahead[t] + c", "gradient there", kind=kinds.state, each=EACH),
            _moving("v", kinds, "gamma*v[t-1] + eta*g[t]", "velocity"),
            _new_weight(kinds, "w_new[t-1] - v[t]"),
        ),
        answers=("w_new", "v", "g", "ahead"),
        mistakes=(
            Mistake("gradient-at-weight", "ahead", "w_new[t-1]", "this is ordinary momentum: Nesterov takes the "
                    "gradient at w − γv, where the momentum would lead", 0.7, "At which point is the gradient taken?"),
            Mistake("looked-back", "ahead", "w_new[t-1] + gamma*v[t-1]", "the update is w ← w − v, so the momentum "
                    "leads to w − γv", 0.5, "Does the velocity lead to w − γv or to w + γv?"),
            Mistake("whole-velocity-ahead", "ahead", "w_new[t-1] - v[t-1]", "only the part γ of the velocity is kept: "
                    "the point is w − γv", 0.4, "How much of the velocity is kept?"),
            Mistake("momentum-forgotten", "v", "eta*g[t]", "the velocity keeps the part γ of the previous velocity",
                    0.4, "What happens to the previous velocity?"),
            Mistake("update-sign-turned", "w_new", "w_new[t-1] + v[t]", _SIGN, 0.5, _SIGN_HINT),
        ),
        conventions=combined((
            Option("ahead", "Sutskever et al., 2013", "the gradient is taken at w − γv; v ← γv + ηg, w ← w − v"),
            Option("pytorch", "PyTorch (nesterov=True)", "the gradient is taken at w; v ← γv + g, w ← w − η(g + γv)",
                   {"ahead": "w_new[t-1]", "v": "gamma*v[t-1] + g[t]",
                    "w_new": "w_new[t-1] - eta*(g[t] + gamma*v[t])"}),
            Option("keras", "Keras (nesterov=True)", "the gradient is taken at w; v ← γv − ηg, w ← w + γv − ηg",
                   {"ahead": "w_new[t-1]", "v": "gamma*v[t-1] - eta*g[t]",
                    "w_new": "w_new[t-1] + gamma*v[t] - eta*g[t]"}),
        )),
        notes=("if the velocity starts at 0, the first step is that of ordinary momentum",),
        source="I. Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013",
    )  # fmt: skip


_ROOT_FORGOTTEN = Mistake("root-forgotten", "rate", "eta/(G[t] + epsilon)", "the learning rate is divided by the root "
                          "of the averaged or summed squares, not by the squares", 0.6, "In which unit are squared "
                          "gradients measured?")  # fmt: skip
_GRADIENT_FORGOTTEN = Mistake("gradient-forgotten", "w_new", "w_new[t-1] - rate[t]", "the step is the rate times the "
                              "gradient", 0.3, "What gives the step its direction?")  # fmt: skip
_EPSILON_FORGOTTEN = Mistake("epsilon-forgotten", "rate", "eta/sqrt(G[t])", "ε belongs in the denominator too: it "
                             "keeps the step small where the squares are near 0", 0.3, "What is in the denominator "
                             "besides the squares?")  # fmt: skip
_NOT_DIVIDED = Mistake("not-divided", "rate", "eta", "the learning rate must be divided by the root of the averaged or "
                       "summed squares", 0.5, "What does a weight with large gradients have: a large or a small "
                       "rate?")  # fmt: skip
_MULTIPLIED_BY_ROOT = Mistake("multiplied-by-root", "rate", "eta*sqrt(G[t] + epsilon)", "the rate is divided by the "
                              "root: where gradients were large the steps are small", 0.3, "Does a weight with large "
                              "gradients get a larger or a smaller rate?")  # fmt: skip
_SIGN_TURNED = Mistake("update-sign-turned", "w_new", "w_new[t-1] + rate[t] ⊙ g[t]", _SIGN, 0.6, _SIGN_HINT)


def _inside(who: str) -> Option:
    return Option("inside", who, "ε is under the root")


def _outside(who: str, name: str = "rate", top: str = "eta", squares: str = "G[t]") -> Option:
    return Option("outside", who, "ε is added to the root", {name: f"{top}/(sqrt({squares}) + epsilon)"})


def _adagrad(kinds: Kinds) -> Formula:
    number = kinds.state
    return Formula(
        id=kinds.id("adagrad_by_hand"),
        title=kinds.title("Adagrad by hand"),
        variables=(_weight(kinds), _gradients(kinds), _rate("0.1"), _epsilon("1e-8"),
                   _start("G", kinds, "sum of squares", 0)),
        steps=(
            _T,
            _moving("G", kinds, "G[t-1] + g[t]^2", "sum of the squared gradients"),
            Step("rate", "eta/sqrt(G[t] + epsilon)", "learning rate of step t", kind=number, each=EACH),
            _new_weight(kinds, "w_new[t-1] - rate[t] ⊙ g[t]"),
        ),
        answers=("w_new", "G", "rate"),
        mistakes=(
            _ROOT_FORGOTTEN,
            Mistake("square-lost", "G", "G[t-1] + abs(g[t])", "the squares of the gradients are added, not the "
                    "gradients", 0.5, "What does G add?"),
            Mistake("sum-forgotten", "G", "g[t]^2", "the squares of all gradients so far are added", 0.5, "Which "
                    "gradients does G remember?"),
            _SIGN_TURNED,
            _GRADIENT_FORGOTTEN,
            _EPSILON_FORGOTTEN,
            _NOT_DIVIDED,
            _MULTIPLIED_BY_ROOT,
            *(() if kinds.scalar else (
                Mistake("norm-for-components", "G", "G[t-1] + sum(g[t]^2)", "each weight has its own sum of squares, "
                        "not the length of the whole gradient", 0.5, "How many learning rates are there: one, or one "
                        "for each weight?"),
            )),
        ),
        conventions=combined((
            _inside("course notes, d2l"),
            _outside("PyTorch, Goodfellow, CS231n"),
            Option("keras", "Keras", "ε is under the root, and the sum starts at 0.1 if no other start is given",
                   {"G": "if(t = 1 and sum(G0) = 0, 0.1, G[t-1]) + g[t]^2"}),
            Option("sum-to-t-minus-1", "some notes", "the sum runs to the previous step, so the first step divides by "
                                                     "√ε",
                   {"rate": "eta/sqrt(G[t-1] + epsilon)"}),
        )),
        notes=("the rate can only become smaller",),
        source="J. Duchi, E. Hazan and Y. Singer, JMLR 12, 2011",
    )  # fmt: skip


def _rmsprop(kinds: Kinds) -> Formula:
    number = kinds.state
    return Formula(
        id=kinds.id("rmsprop_by_hand"),
        title=kinds.title("RMSProp by hand"),
        variables=(_weight(kinds), _gradients(kinds), _rate("0.1"), _decay("rho", "part that is kept", "0.9"),
                   _epsilon("1e-8"), _start("G", kinds, "mean square", 0)),
        steps=(
            _T,
            _moving("G", kinds, "rho*G[t-1] + (1 - rho)*g[t]^2", "moving average of the squared gradients"),
            Step("rate", "eta/sqrt(G[t] + epsilon)", "learning rate of step t", kind=number, each=EACH),
            _new_weight(kinds, "w_new[t-1] - rate[t] ⊙ g[t]"),
        ),
        answers=("w_new", "G", "rate"),
        mistakes=(
            _ROOT_FORGOTTEN,
            Mistake("not-averaged", "G", "rho*G[t-1] + g[t]^2", "the new square has the weight 1 − ρ, so that G is an "
                    "average", 0.6, "What do the two weights of an average sum to?"),
            Mistake("weights-swapped", "G", "(1 - rho)*G[t-1] + rho*g[t]^2", "the old average has the weight ρ, the "
                    "new square 1 − ρ", 0.5, "How much of the old average is kept?"),
            Mistake("summed-as-in-adagrad", "G", "G[t-1] + g[t]^2", "that is the sum of Adagrad; here old squares are "
                    "multiplied by ρ at each step", 0.4, "What happens to old squares here?"),
            Mistake("square-lost", "G", "rho*G[t-1] + (1 - rho)*abs(g[t])", "the squares of the gradients are "
                    "averaged, not the gradients", 0.5, "What does G average?"),
            _GRADIENT_FORGOTTEN,
            _EPSILON_FORGOTTEN,
            _NOT_DIVIDED,
            _MULTIPLIED_BY_ROOT,
            _SIGN_TURNED,
        ),
        conventions=combined((_inside("Keras, d2l, Goodfellow; course notes"), _outside("PyTorch, CS231n"))),
        notes=("some notes call this Adadelta; the real Adadelta has no learning rate",),
        source="G. Hinton, Neural networks for machine learning, lecture 6e, 2012",
    )  # fmt: skip


def _adadelta(kinds: Kinds) -> Formula:
    number = kinds.state
    return Formula(
        id=kinds.id("adadelta_by_hand"),
        title=kinds.title("Adadelta by hand"),
        variables=(_weight(kinds), _gradients(kinds), _decay("rho", "part that is kept", "0.9"), _epsilon("1e-6"),
                   _start("G", kinds, "mean square", 0), _start("X", kinds, "mean square change", 0)),
        steps=(
            _T,
            _moving("G", kinds, "rho*G[t-1] + (1 - rho)*g[t]^2", "moving average of the squared gradients"),
            Step("change", "sqrt(X[t-1] + epsilon)/sqrt(G[t] + epsilon) ⊙ g[t]", "what is subtracted", kind=number,
                 each=EACH),
            _moving("X", kinds, "rho*X[t-1] + (1 - rho)*change[t]^2", "moving average of the squared changes"),
            _new_weight(kinds, "w_new[t-1] - change[t]"),
        ),
        answers=("w_new", "change", "G", "X"),
        mistakes=(
            Mistake("changes-forgotten", "change", "1/sqrt(G[t] + epsilon) ⊙ g[t]", "the root of the averaged squared "
                    "changes is in the numerator, in place of a learning rate", 0.5, "What takes the place of the "
                    "learning rate?"),
            Mistake("roots-forgotten", "change", "(X[t-1] + epsilon)/(G[t] + epsilon) ⊙ g[t]", "both averages are of "
                    "squares, so their roots are divided", 0.5, "In which unit are squared gradients measured?"),
            Mistake("not-averaged", "G", "rho*G[t-1] + g[t]^2", "the new square has the weight 1 − ρ", 0.5, "What do "
                    "the two weights of an average sum to?"),
            Mistake("gradients-for-changes", "X", "rho*X[t-1] + (1 - rho)*g[t]^2", "X averages the squared changes of "
                    "the weight, not the squared gradients", 0.4, "What does the second average measure?"),
            Mistake("update-sign-turned", "w_new", "w_new[t-1] + change[t]", _SIGN, 0.6, _SIGN_HINT),
        ),
        notes=("there is no learning rate; PyTorch and Keras multiply the change by one: 1 and 0.001 by default",),
        source="M. D. Zeiler, arXiv:1212.5701",
    )  # fmt: skip


def _adam(kinds: Kinds) -> Formula:
    number = kinds.state
    return Formula(
        id=kinds.id("adam_by_hand"),
        title=kinds.title("Adam by hand"),
        variables=(
            _weight(kinds),
            _gradients(kinds),
            _rate("0.001"),
            _decay("beta_1", "part of the mean that is kept", "0.9"),
            _decay("beta_2", "part of the mean square that is kept", "0.999"),
            _epsilon("1e-8"),
            _start("m", kinds, "mean"),
            _start("v", kinds, "mean square", 0),
        ),
        steps=(
            _T,
            _moving("m", kinds, "beta_1*m[t-1] + (1 - beta_1)*g[t]", "moving average of the gradients"),
            _moving("v", kinds, "beta_2*v[t-1] + (1 - beta_2)*g[t]^2", "moving average of their squares"),
            Step("mhat", "m[t]/(1 - beta_1^t)", "m, corrected for its start at 0", kind=number, each=EACH),
            Step("vhat", "v[t]/(1 - beta_2^t)", "v, corrected for its start at 0", kind=number, each=EACH),
            Step("change", "eta*mhat[t]/sqrt(vhat[t] + epsilon)", "what is subtracted", kind=number, each=EACH),
            _new_weight(kinds, "w_new[t-1] - change[t]"),
        ),
        answers=("w_new", "m", "v", "mhat", "vhat", "change"),
        mistakes=(
            Mistake("no-bias-correction", "mhat", "m[t]", "m and v start at 0, so they must be divided by 1 − βᵗ "
                    "before they are used", 0.7, "At which values do m and v start?", more=(("vhat", "v[t]"),)),
            Mistake("product-for-power", "mhat", "m[t]/(1 - beta_1*t)", "βᵗ is a power, not β times t", 0.5, "What "
                    "does βᵗ mean?"),
            Mistake("product-for-power-of-square", "vhat", "v[t]/(1 - beta_2*t)", "βᵗ is a power, not β times t", 0.5,
                    "What does βᵗ mean?"),
            Mistake("same-correction-every-step", "mhat", "m[t]/(1 - beta_1)", "the correction changes with the step: "
                    "at step t it is 1 − βᵗ", 0.5, "How does the correction depend on t?"),
            Mistake("same-correction-every-step-of-square", "vhat", "v[t]/(1 - beta_2)", "the correction changes with "
                    "the step: at step t it is 1 − βᵗ", 0.5, "How does the correction depend on t?"),
            Mistake("mean-corrected-alone", "vhat", "v[t]", "both averages start at 0, so v must be divided by 1 − β₂ᵗ "
                    "too", 0.25, "At which value does v start?"),
            Mistake("square-corrected-alone", "mhat", "m[t]", "both averages start at 0, so m must be divided by 1 − "
                    "β₁ᵗ too", 0.25, "At which value does m start?"),
            Mistake("corrected-carried-on", "m", f"beta_1*m[t-1]/{_CORRECTION.format(1)} + (1 - beta_1)*g[t]", "the "
                    "next step continues from m and v; the corrected values are only used in the update of their own "
                    "step", 0.25, "From which of the two does the next step continue: m or m̂?",
                    more=(("v", f"beta_2*v[t-1]/{_CORRECTION.format(2)} + (1 - beta_2)*g[t]^2"),)),
            Mistake("square-lost", "v", "beta_2*v[t-1] + (1 - beta_2)*abs(g[t])", "v averages the squares of the "
                    "gradients, not the gradients", 0.5, "What does v average?"),
            Mistake("root-forgotten", "change", "eta*mhat[t]/(vhat[t] + epsilon)",
                    "the mean is divided by the root of the mean square", 0.6, "How large is the first step of Adam?"),
            Mistake("mean-not-averaged", "m", "beta_1*m[t-1] + g[t]", "the new gradient has the weight 1 − β₁", 0.4,
                    "What do the two weights of an average sum to?"),
            Mistake("weights-swapped", "m", "(1 - beta_1)*m[t-1] + beta_1*g[t]", "the old average has the weight β₁, "
                    "the new gradient 1 − β₁", 0.4, "What is the weight of the old average?"),
            Mistake("epsilon-forgotten", "change", "eta*mhat[t]/sqrt(vhat[t])", "ε belongs in the denominator too: it "
                    "keeps the step small where the squares are near 0", 0.3, "What is in the denominator besides "
                    "v̂?"),
            Mistake("steps-counted-from-0", "mhat", "if(t = 1, m[t], m[t]/(1 - beta_1^(t-1)))", "t is 1 at the first "
                    "step: m̂ = m/(1 − β₁ᵗ), and v̂ likewise", 0.3, "What is t at the first step?",
                    more=(("vhat", "if(t = 1, v[t], v[t]/(1 - beta_2^(t-1)))"),)),
            Mistake("step-counted-one-late", "mhat", "m[t]/(1 - beta_1^(t+1))", "t is 1 at the first step, not 2: m̂ = "
                    "m/(1 − β₁ᵗ), and v̂ likewise", 0.25, "What is t at the first step?",
                    more=(("vhat", "v[t]/(1 - beta_2^(t+1))"),)),
            Mistake("moments-forgotten", "m", "(1 - beta_1^t)*g[t]", "the averages keep a part of those of the step "
                    "before", 0.25, "What is left of m and v of the step before?",
                    more=(("v", "(1 - beta_2^t)*g[t]^2"),)),
            Mistake("not-divided", "change", "eta*mhat[t]", "the mean must be divided by the root of the mean square",
                    0.4, "How does the step change when all gradients are ten times larger?"),
            Mistake("plain-descent", "change", "eta*g[t]", "this is a step of plain gradient descent: Adam divides the "
                    "mean of the gradients by a root", 0.4, "Which two averages does Adam keep?"),
            Mistake("gradient-for-mean", "change", "eta*g[t]/sqrt(vhat[t] + epsilon)", "the step uses the mean of the "
                    "gradients, not only the last gradient", 0.4, "Which direction does Adam's step have?"),
            Mistake("update-sign-turned", "w_new", "w_new[t-1] + change[t]", _SIGN, 0.6, _SIGN_HINT),
        ),
        conventions=(
            *combined((
                _inside("course notes"),
                _outside("Kingma and Ba; PyTorch, Goodfellow, d2l, CS231n", "change", "eta*mhat[t]", "vhat[t]"),
                Option("keras", "Keras", "ε is added to the root of v before v is corrected, as in the paper’s ε̂",
                       {"change": "eta*sqrt(1 - beta_2^t)/(1 - beta_1^t)*m[t]/(sqrt(v[t]) + epsilon)"}),
            )),
            Convention("pytorch", "PyTorch", "ε is added to the root",
                       {"change": "eta*mhat[t]/(sqrt(vhat[t]) + epsilon)"}),
        ),
        notes=("t counts from 1", "if m and v start at 0, the first step has length η for any gradient (apart from ε)"),
        source="D. P. Kingma and J. Ba, arXiv:1412.6980",
    )  # fmt: skip


_FIXED = tuple(
    make(kinds) for make in (_sgd, _momentum, _nesterov, _adagrad, _rmsprop, _adadelta, _adam) for kinds in _BOTH
)
_LATER = tuple(_continued(each) for each in _FIXED if each.id.startswith("adam_"))
_DECAYED = tuple(_with_decay(each) for each in (*_FIXED, *_LATER) if each.id.startswith(("sgd_", "adam_")))
_SCHEDULED = tuple(_scheduled(each) for each in (*_FIXED, *_LATER) if each.variable("eta"))

FORMULAS = {
    formula.id: for_one_unit(formula) if formula.id.endswith("_scalar") else formula
    for formula in (*_FIXED, *_LATER, *_DECAYED, *_SCHEDULED)
}
