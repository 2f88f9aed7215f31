"""Optimisers by hand: worked steps in exact numbers, and several steps against plain loops."""

from fractions import Fraction as F
from typing import Any

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import optimisers as naive
from rows import each_row

from dlcalc.api.hand_given import read
from dlcalc.errors import UserError
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

NUMBER = st.integers(-200, 200).map(lambda number: F(number, 100))
GRADIENTS = st.lists(NUMBER, min_size=1, max_size=4).map(tuple)
RATE = st.integers(1, 50).map(lambda number: F(number, 100))
KEPT = st.integers(0, 99).map(lambda number: F(number, 100))
EPSILON = st.integers(1, 10).map(lambda number: F(number, 100))


def test_one_step_of_gradient_descent() -> None:
    """w = 1, g = ½, η = 0.1: 1 − 0.05."""
    assert ask("sgd_by_hand_scalar", w=1, g=(F(1, 2),))["w_new"] == (F(19, 20),)


def test_momentum_in_its_forms() -> None:
    """g = 1 twice, η = 0.1, γ = 0.9: v = 0.1, 0.19; with the rate outside v = 1, 1.9; averaged 0.1, 0.19 times 0.1."""
    given = {"w": 1, "g": (1, 1)}
    assert ask("momentum_by_hand_scalar", **given)["v"] == (F(1, 10), F(19, 100))
    assert ask("momentum_by_hand_scalar", **given)["w_new"] == (F(9, 10), F(71, 100))
    assert ask("momentum_by_hand_scalar", "pytorch", **given)["v"] == (1, F(19, 10))
    assert ask("momentum_by_hand_scalar", "pytorch", **given)["w_new"] == (F(9, 10), F(71, 100))
    assert ask("momentum_by_hand_scalar", "average", **given)["w_new"] == (F(99, 100), F(971, 1000))


def test_the_rule_of_alexnet() -> None:
    """Δw = 0.9Δw − 0.0005·η·w − η·g, at w = 1, g = 1, η = 0.1: −0.10005."""
    found = ask("momentum_by_hand_scalar", "alexnet", w=1, g=(1, 1))
    first = F(-10005, 100000)
    assert found["v"][0] == first
    assert found["v"][1] == F(9, 10) * first - F(5, 10000) * F(1, 10) * (1 + first) - F(1, 10)
    assert found["w_new"][1] == 1 + first + found["v"][1]


def test_nesterov_looks_ahead() -> None:
    """Loss ½w², w = 1: v = 0.1, then the gradient at 0.9 − 0.09 = 0.81: v = 0.09 + 0.081, w = 0.729."""
    found = ask("nesterov_by_hand_scalar", w=1, k=1, T=2)
    assert found["g"] == (1, F(81, 100))
    assert found["v"] == (F(1, 10), F(171, 1000))
    assert found["w_new"] == (F(9, 10), F(729, 1000))


def test_adagrad_sums_the_squares() -> None:
    """g = 3, 4 with η = 1, ε = 0: G = 9, 25, so the rates are 1/3 and 1/5."""
    given = {"w": 0, "g": (3, 4), "eta": 1, "epsilon": 0}
    found = ask("adagrad_by_hand_scalar", **given)
    assert (found["G"], found["rate"]) == ((9, 25), (F(1, 3), F(1, 5)))
    assert found["w_new"] == (-1, F(-9, 5))
    earlier = ask("adagrad_by_hand_scalar", "sum-to-t-minus-1", **given | {"epsilon": F(1, 100)})
    assert earlier["rate"][0] == 10  # 1/√ε: the first step is far too long
    with pytest.raises(UserError, match="division by zero"):
        ask("adagrad_by_hand_scalar", "sum-to-t-minus-1", **given)


def test_rmsprop_averages_the_squares() -> None:
    """g = 2 with ρ = ¾, η = 1, ε = 0: G = ¼·4 = 1, so the step is 2."""
    found = ask("rmsprop_by_hand_scalar", w=5, g=(2,), rho=F(3, 4), eta=1, epsilon=0)
    assert (found["G"], found["rate"], found["w_new"]) == ((1,), (1,), (3,))


def test_adadelta_has_no_rate() -> None:
    """g = 4, ρ = ½, ε = 1: G = 8, change √(0 + 1)/√(8 + 1)·4 = 4/3, X = ½·16/9."""
    found = ask("adadelta_by_hand_scalar", w=2, g=(4,), rho=F(1, 2), epsilon=1)
    assert (found["G"], found["change"], found["X"]) == ((8,), (F(4, 3),), (F(8, 9),))
    assert found["w_new"] == (F(2, 3),)
    assert "eta" not in [variable.name for variable in formula("adadelta_by_hand_scalar").variables]


def test_the_first_step_of_adam_has_the_length_of_the_rate() -> None:
    """With ε = 0, whatever the gradient; the moments of g = 4 are 0.4 and 0.016, corrected 4 and 16."""
    found = ask("adam_by_hand_scalar", w=1, g=(4,), epsilon=0)
    assert (found["m"], found["v"]) == ((F(4, 10),), (F(16, 1000),))
    assert (found["mhat"], found["vhat"]) == ((4,), (16,))
    assert found["w_new"] == (F(999, 1000),)


def test_where_epsilon_stands() -> None:
    """g = 4, η = 1, ε = 9: inside 4/√25, outside 4/(4 + 9)."""
    given = {"w": 0, "g": (4,), "eta": 1, "epsilon": 9}
    assert ask("adam_by_hand_scalar", **given)["change"] == (F(4, 5),)
    for convention in ("outside", "pytorch"):
        assert ask("adam_by_hand_scalar", convention, **given)["change"] == (F(4, 13),)
    # √0.001/0.1·0.4/(√0.016 + 9): before the correction ε is a larger part of the root
    assert ask("adam_by_hand_scalar", "keras", **given)["change"][0] == pytest.approx(0.01385977, rel=1e-6)


def test_the_optimisers_of_keras() -> None:
    """RMSProp: −0.1/√(0.1 + 1). Adam: −0.001·√0.001/0.1·1e-7/(√1e-15 + 1e-7). Adagrad: 1 − 0.001/√(0.1 + 1 + 1e-7)."""
    assert ask("rmsprop_by_hand_scalar", w=0, g=(1,), eta=F(1, 10), epsilon=1)["w_new"][0] == pytest.approx(
        -0.0953463, rel=1e-6
    )
    small, tiny = F(1, 10**6), F(1, 10**7)
    adam = ask("adam_by_hand_scalar", "keras", w=0, g=(small,), eta=F(1, 1000), epsilon=tiny)
    assert adam["w_new"][0] == pytest.approx(-2.40253e-4, rel=1e-5)
    adagrad = ask("adagrad_by_hand_scalar", "keras", w=1, g=(1,), eta=F(1, 1000), epsilon=tiny)
    assert adagrad["w_new"][0] == pytest.approx(0.99904654, rel=1e-7)
    assert ask("adagrad_by_hand_scalar", "keras", w=0, g=(3, 4))["G"] == (F(91, 10), F(251, 10))
    assert ask("momentum_by_hand_scalar", "keras", w=0, g=(1, 1))["v"] == (F(-1, 10), F(-19, 100))
    assert ask("momentum_by_hand_scalar", "keras", w=0, g=(1, 1))["w_new"] == (F(-1, 10), F(-29, 100))


@pytest.mark.parametrize(("profile", "last"), [("pytorch", F(-119, 1000)), ("keras", F(-1, 5)), ("course", F(-1, 5))])
def test_a_schedule_of_learning_rates_tells_the_forms_of_momentum_apart(profile: str, last: F) -> None:
    """g = 1 twice, γ = 0.9, η = 0.1 then 0.01: −0.1 − 0.01·1.9, or −0.1 − (0.09 + 0.01)."""
    asked = read("momentum", {"w": 0, "g": "1 1", "eta": "0.1 0.01", "gamma": "0.9"}, None, profile)
    assert asked.formula.id == "momentum_scheduled_by_hand_scalar"
    assert run(asked.formula, asked.values, convention=asked.convention)["w_new"] == (F(-1, 10), last)
    several = read("momentum", {"w": "0 0", "g": "1 2; 1 2", "eta": "0.1 0.01", "gamma": "0.9"}, None, profile)
    assert run(several.formula, several.values, convention=several.convention)["w_new"][1] == (last, 2 * last)


def test_a_schedule_has_a_rate_for_each_update() -> None:
    with pytest.raises(UserError, match=r"^give as many learning rates as gradients: one per update$"):
        ask("momentum_scheduled_by_hand_scalar", w=0, g=(1, 1, 1), eta=(F(1, 10), F(1, 100)))


@each_row(
    ("profile", "operation", "convention"),
    [
        ("keras", "rmsprop", "textbook"), ("keras", "adagrad", "keras"), ("keras", "adam", "keras"),
        ("keras", "momentum", "keras"), ("keras", "nesterov", "keras"), ("pytorch", "rmsprop", "outside"),
        ("pytorch", "adagrad", "outside"), ("pytorch", "adam", "outside"), ("pytorch", "momentum", "pytorch"),
        ("d2l", "rmsprop", "textbook"), ("d2l", "adagrad", "textbook"), ("d2l", "adam", "outside"),
        ("goodfellow", "rmsprop", "textbook"), ("goodfellow", "adagrad", "outside"), ("cs231n", "rmsprop", "outside"),
    ],
)  # fmt: skip
def test_a_profile_has_its_own_optimisers(profile: str, operation: str, convention: str) -> None:
    given = {"w": 1, "k": 2, "updates": 2} if operation == "nesterov" else {"w": 1, "g": "0.5 0.25"}
    assert read(operation, given, None, profile).convention == convention


def test_each_weight_has_its_own_rate() -> None:
    """Two weights, one step of Adagrad at η = 1, ε = 0: gradients 3 and 100 both move by 1."""
    found = ask("adagrad_by_hand", w=(0, 5), g=((3, 100),), eta=1, epsilon=0)
    assert found["w_new"] == ((-1, 4),)
    shared = wrong("adagrad_by_hand", "w_new", w=(0, 0), g=((3, 4),), eta=1, epsilon=0)
    assert shared["norm-for-components"] == ((F(-3, 5), F(-4, 5)),)


@given(w=NUMBER, g=GRADIENTS, rate=RATE, kept=KEPT, second=KEPT, epsilon=EPSILON)
def test_several_steps_against_plain_loops(w: Any, g: Any, rate: Any, kept: Any, second: Any, epsilon: Any) -> None:
    plain, numbers = [float(each) for each in g], [float(each) for each in (w, rate, kept, second, epsilon)]
    start, eta, gamma, beta, small = numbers
    base = {"w": w, "g": g}
    averaged = {**base, "eta": rate, "rho": kept, "epsilon": epsilon}
    moments = {"beta_1": kept, "beta_2": second}
    for name, asked, expected in (
        ("sgd", {**base, "eta": rate}, naive.sgd(start, plain, eta)),
        ("momentum", {**base, "eta": rate, "gamma": kept}, naive.momentum(start, plain, eta, gamma)),
        ("adagrad", {**base, "eta": rate, "epsilon": epsilon}, naive.adagrad(start, plain, eta, small)),
        ("rmsprop", averaged, naive.rmsprop(start, plain, eta, gamma, small)),
        ("adadelta", {**base, "rho": kept, "epsilon": epsilon}, naive.adadelta(start, plain, gamma, small)),
        (
            "adam",
            {**base, "eta": rate, "epsilon": epsilon, **moments},
            naive.adam(start, plain, eta, gamma, beta, small),
        ),
    ):
        assert float(ask(f"{name}_by_hand_scalar", **asked)["w_new"][-1]) == pytest.approx(expected, abs=1e-12)


@given(w=NUMBER, k=NUMBER, c=NUMBER, steps=st.integers(1, 4), rate=RATE, kept=KEPT)
def test_nesterov_against_a_plain_loop(w: Any, k: Any, c: Any, steps: int, rate: Any, kept: Any) -> None:
    found = ask("nesterov_by_hand_scalar", w=w, k=k, c=c, T=steps, eta=rate, gamma=kept)["w_new"][-1]
    plain = naive.nesterov(float(w), lambda at: float(k) * at + float(c), steps, float(rate), float(kept))
    assert float(found) == pytest.approx(plain, abs=1e-12)


@given(w=st.tuples(NUMBER, NUMBER), g=st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=3).map(tuple))
def test_two_weights_are_two_single_ones(w: Any, g: Any) -> None:
    for name in ("sgd", "momentum", "adagrad", "rmsprop", "adadelta", "adam"):
        both = ask(f"{name}_by_hand", w=w, g=g)["w_new"]
        for place in range(2):
            alone = ask(f"{name}_by_hand_scalar", w=w[place], g=tuple(step[place] for step in g))["w_new"]
            assert [float(step[place]) for step in both] == pytest.approx([float(step) for step in alone])


def test_what_the_mistakes_give() -> None:
    """w = 1, g = 4 then 2, in exact numbers."""
    given = {"w": 1, "g": (4, 2), "eta": F(1, 2)}
    assert wrong("sgd_by_hand_scalar", "w_new", **given) == {
        "update-sign-turned": (3, 4),
        "rate-forgotten": (-3, -5),
        "first-weight-every-time": (-1, 0),
        "divided-by-rate": (-7, -11),
        "weight-forgotten": (-2, -1),
    }
    by_v = wrong("momentum_by_hand_scalar", "v", gamma=F(1, 2), **given)
    assert by_v["momentum-forgotten"] == (2, 1)
    assert by_v["opposite-directions"] == (-2, -2)
    assert by_v["rate-forgotten"] == (4, 4)
    found = wrong("adagrad_by_hand_scalar", "rate", w=1, g=(3, 4), eta=1, epsilon=0)
    assert found["root-forgotten"] == (F(1, 9), F(1, 25))
    assert found["sum-forgotten"] == (F(1, 3), F(1, 4))
    found = wrong("rmsprop_by_hand_scalar", "G", w=1, g=(2, 4), rho=F(3, 4))
    assert found["not-averaged"] == (4, 19)
    assert found["weights-swapped"] == (3, F(51, 4))
    assert found["summed-as-in-adagrad"] == (4, 20)


def test_adam_without_its_corrections() -> None:
    """g = 4, β₁ = ½, β₂ = ¾, ε = 0, η = 1: m = 2, v = 4, so the step would be 1 for once, and 2 after g = 4 again."""
    given = {"w": 0, "g": (4, 4), "beta_1": F(1, 2), "beta_2": F(3, 4), "epsilon": 0, "eta": 1}
    assert ask("adam_by_hand_scalar", **given)["change"] == (1, 1)
    found = wrong("adam_by_hand_scalar", "change", **given)
    assert found["no-bias-correction"] == pytest.approx((1, 3 / 7**0.5))
    assert found["same-correction-every-step"] == (1, F(3, 2))
    assert found["same-correction-every-step-of-square"] == pytest.approx((1, 4 / 28**0.5))
    assert found["root-forgotten"] == (F(1, 4), F(1, 4))
    assert found["mean-not-averaged"] == (2, 2)


def test_a_turned_sign_is_named() -> None:
    verdict = judge("sgd_by_hand_scalar", "w_new", "(1.4, 1.6)", w=1, g=(4, 2))
    assert named(verdict)[0] == "update-sign-turned"


def test_another_form_of_momentum_is_right_as_a_convention() -> None:
    verdict = judge("momentum_by_hand_scalar", "v", "(1, 1.9)", w=1, g=(1, 1))
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "pytorch"


# what was before the first update


def test_momentum_goes_on_from_a_velocity() -> None:
    """0.9·0.02 + 0.1·0.5 = 0.068."""
    found = ask("momentum_by_hand_scalar", w=1, g=(F(1, 2),), v0=F(1, 50))
    assert (found["v"], found["w_new"]) == ((F(68, 1000),), (F(932, 1000),))


@pytest.mark.parametrize(
    ("rule", "convention", "kept", "more"),
    [
        ("momentum", "textbook", "v", {}), ("momentum", "keras", "v", {}), ("adagrad", "outside", "G", {}),
        ("adagrad", "keras", "G", {}), ("rmsprop", "textbook", "G", {}), ("adadelta", "textbook", "G X", {}),
        ("adam", "textbook", "m v", {"t0": 2}), ("adam", "keras", "m v", {"t0": 2}),
    ],
)  # fmt: skip
def test_three_updates_are_two_and_one_more(rule: str, convention: str, kept: str, more: dict[str, int]) -> None:
    """With the velocity or the moments that the first two leave, the third is as in one go."""
    g = ((F(1, 2), F(-1)), (F(1, 4), F(3)), (F(2), F(-1, 2)))
    whole = ask(f"{rule}_by_hand", convention, w=(1, -1), g=g)
    before = ask(f"{rule}_by_hand", convention, w=(1, -1), g=g[:2])
    starts = {f"{name}0": before[name][-1] for name in kept.split()}
    later = ask(f"{rule}_continued_by_hand" if more else f"{rule}_by_hand", convention, w=before["w_new"][-1], g=g[2:],
                **starts, **more)["w_new"]  # fmt: skip
    assert later[0] == pytest.approx(whole["w_new"][2], rel=1e-12)


def test_a_rate_for_each_update() -> None:
    """Two rates: each update is that of its own rate, from where the one before has led."""
    g = (F(1, 2), F(-1))
    assert ask("sgd_scheduled_by_hand_scalar", w=1, g=g, eta=(F(1, 10), F(1, 100)))["w_new"] == (F(95, 100), F(96, 100))
    found = ask("adagrad_scheduled_by_hand_scalar", w=0, g=(3, 4), eta=(1, F(1, 2)), epsilon=0)["w_new"]
    assert found == pytest.approx((-1, -1.4))  # 3/3, then 4/(2·5)
    rms = ask("rmsprop_scheduled_by_hand_scalar", w=0, g=(2,), eta=(F(1, 2),), rho=F(3, 4), epsilon=0)["w_new"]
    assert rms == pytest.approx((-1,))  # ½·2/√(¼·4)


def test_a_mistake_counts_the_updates_before_too() -> None:
    """m = ½; its corrected ½/(1 − ½³) is carried on: ½·4/7 + ½. Of a power that is a product: 1 − ½·4 in the end."""
    given = {"w": 1, "g": (1, 1), "t0": 2, "beta_1": F(1, 2)}
    id = "adam_continued_by_hand_scalar"
    assert wrong(id, "m", **given)["corrected-carried-on"] == (F(1, 2), F(11, 14))
    (_, second) = wrong(id, "mhat", **given)["product-for-power"]
    assert second == F(3, 4) / (1 - F(1, 2) * 4)
