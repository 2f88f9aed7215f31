"""Called formulas opened into steps of their own, and what is run again after an edit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from asking import ask, judge, named

from dlcalc.answers.formula_judging import verify
from dlcalc.errors import InternalError, UserError
from dlcalc.expressions.answers import read_answer
from dlcalc.expressions.nodes import Kind, Name
from dlcalc.formulas.draw import draw
from dlcalc.formulas.inverse import find
from dlcalc.formulas.model import Formula, Mistake, Step, Variable
from dlcalc.formulas.program import program
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import contains_letters, run
from dlcalc.formulas.steps import Op
from dlcalc.formulas.topics import TOPICS


def caller(*steps: Step, variables: str = "n", mistakes: tuple[Mistake, ...] = ()) -> Formula:
    """A formula that is made for one test; its last step is its answer."""
    return Formula(
        id="caller",
        title="A formula for a test",
        variables=tuple(Variable(name, name * 2, "a size") for name in variables.split()),
        steps=steps,
        answers=(steps[-1].name,),
        mistakes=mistakes,
    )


def test_what_two_conventions_have_alike_is_compiled_once() -> None:
    """A step that no convention edits is the same object under each, in a called formula and after an edit too."""
    one, other = (program(formula("depthwise_separable"), name) for name in ("", "no-bias"))
    alike = [op for op in one.ops if type(op) is Op and op.step == other.ops[other.place[op.name]].step]
    assert any(op.prefix for op in alike)
    assert len(alike) < len(one.ops)
    assert all(op is other.ops[other.place[op.name]] for op in alike)
    assert one.edited("macs", "1 + 1") is other.edited("macs", "1 + 1")


def test_a_called_formula_stands_in_line_before_the_step_that_calls_it() -> None:
    """Its variables, its steps, then the caller, each after all that it reads."""
    compiled = program(formula("dense_on_image"))
    names = [op.name for op in compiled.ops]
    assert names.index("layer.n") < names.index("layer.weights") < names.index("layer")
    assert [op.name for op in compiled.steps()] == [step.name for step in formula("dense_on_image").steps]
    known = {variable.name for variable in formula("dense_on_image").variables}
    for op in compiled.ops:
        assert op.reads <= known
        known.add(op.name)


def test_a_shape_is_declared_as_several_numbers() -> None:
    """Also one that another formula works out; or twice a shape would be a shape of twice as many sizes."""
    for id in (id for topic, known in TOPICS.items() if not topic.endswith("by_hand") for id in known):
        asked = formula(id)
        try:
            values = run(asked, draw(asked, "kinds", 1)).state.values
        except UserError:
            continue  # no numbers that fit together
        for name, kind in asked.declarations[False].kinds.items():
            if name in values and kind is not Kind.AXES and not contains_letters(values[name]):
                assert (kind.rank > 0) == isinstance(values[name], tuple | dict), (id, name)
    twice = caller(Step("layer", "conv(n=n, f=1, k=2)"), Step("answer", "2 layer"))
    assert run(twice, {"n": 5})["answer"] == (10, 10, 4)


def test_an_index_of_a_called_formula_does_not_hide_a_quantity_of_the_caller() -> None:
    """mlp unrolls over l; the caller's own l is 100 before and after: 2·3 + 3 = 9 parameters, and 109."""
    own = caller(Step("net", "mlp(u=shape(2, l - 97))"), Step("answer", "net.parameters + l"), variables="l")
    assert run(own, {"l": 100})["net.parameters"] == 9
    assert run(own, {"l": 100})["answer"] == 109


def test_what_a_call_leaves_open_stays_a_letter() -> None:
    """The caller's m is not the layer's: what the call does not give is not taken from around it."""
    own = caller(Step("layer", "dense(n=n)"), Step("answer", "layer.biases"), variables="n m")
    assert run(own, {"n": 3, "m": 5})["answer"] == Name("m")


def test_two_mistakes_in_one_called_formula_are_found_together() -> None:
    """The 3×3 filter on 7×7 with padding 1 and stride 2: ⌊(7 + 1 − 3)/2⌋ = 2 has padded once and forgotten the + 1."""
    own = caller(Step("first", "conv(n=n, f=3, s=2, p=1)"), Step("answer", "first.o"))
    verdict = verify(own, {"n": 7}, "first.o", read_answer("2"))
    assert not verdict.correct
    assert verdict.expected == (4, 4)
    assert "first.padding-once+first.no-plus-one" in named(verdict)


def test_two_mistakes_in_steps_that_are_unrolled_together_are_found() -> None:
    """a doubles and b adds: with both mistakes 1, 3, 9 and sums 1 + 2, 3 + 2, ... in one pass."""
    unrolled = {"each": "t in 1..3"}
    own = caller(
        Step("a", "2a[t - 1]", before="1", **unrolled),
        Step("b", "b[t - 1] + a[t]", before="0", **unrolled),
        Step("answer", "b[3] + 0n"),
        mistakes=(
            Mistake("tripled", "a", "3a[t - 1]", "it doubles"),
            Mistake("two-added", "b", "b[t - 1] + a[t] + 2", "nothing is added"),
        ),
    )
    assert run(own, {"n": 1})["answer"] == 2 + 4 + 8
    both = verify(own, {"n": 1}, "answer", read_answer(str(3 + 9 + 27 + 3 * 2)))
    assert named(both) == ["tripled+two-added"]


def test_one_mistake_comes_before_two_and_the_commoner_before_the_rarer() -> None:
    """10 for 2(n + 1) = 8 at n = 3: 2(n + 2) by one of two mistakes, or 2n + 4, which takes two very common ones."""
    own = caller(
        Step("a", "n"),
        Step("b", "a + 1"),
        Step("answer", "2b"),
        mistakes=(
            Mistake("rare", "a", "n + 1", "it is n", 0.1),
            Mistake("one-less", "a", "n - 1", "it is n", 1.0),
            Mistake("common", "b", "a + 2", "it is one more", 0.9),
            Mistake("four-more", "answer", "2b + 4", "nothing is added", 1.0),
        ),
    )
    verdict = verify(own, {"n": 3}, "answer", read_answer("10"))
    assert named(verdict) == ["common", "rare", "one-less+four-more"]
    assert verdict.more == 0


def test_no_number_stands_for_a_letter() -> None:
    """(n + 1)m in letters is not 5m nor 9m, at whichever points they are compared."""
    assert judge("dense", "parameters", "(n + 1)m").correct
    assert [n for n in range(4, 65) if judge("dense", "parameters", f"{n + 1}m").correct] == []


def test_of_many_mistakes_five_are_named_and_the_rest_counted() -> None:
    slips = tuple(Mistake(f"slip-{i}", "answer", f"n + {i} - {i - 1}", "it is n", i / 10) for i in range(1, 8))
    verdict = verify(caller(Step("answer", "1n"), mistakes=slips), {"n": 3}, "answer", read_answer("4"))
    assert named(verdict) == ["slip-7", "slip-6", "slip-5", "slip-4", "slip-3"]
    assert verdict.more == 2


def test_a_step_of_a_called_formula_is_asked_like_any_other() -> None:
    """One number stands for both axes, as it does for a step of the formula's own."""
    verdict = judge("depthwise_separable", "ordinary.o", "30", n=32, f=3, c=3, k=8)
    assert verdict.correct


def test_a_mistake_off_the_way_is_not_tried() -> None:
    """What the biases of the encoder are makes no difference to its weights."""
    compiled = program(formula("seq2seq"))
    assert "encoder.bias-per-input" not in {mistake.id for mistake in compiled.relevant("encoder.weights")}
    assert {mistake.step.partition(".")[0] for mistake in compiled.relevant("encoder.weights")} == {"encoder"}


def test_an_edit_of_a_call_changes_its_arguments_alone() -> None:
    """The readout of 2m units instead of m: (2·4 + 1)·10 parameters; encoder and decoder keep theirs."""
    right = ask("seq2seq", n=3, d=3, m=4, q=10)
    edit = next(mistake for mistake in formula("seq2seq").mistakes if mistake.step == "readout")
    wrong = run(formula("seq2seq"), {"n": 3, "d": 3, "m": 4, "q": 10}, edits=(edit,))
    assert edit.expression == "dense(n=2m, m=q)"
    assert right["readout.parameters"] == (4 + 1) * 10
    assert wrong["readout.parameters"] == (2 * 4 + 1) * 10
    assert wrong["encoder.parameters"] == right["encoder.parameters"]


def test_an_edit_calls_no_other_formula() -> None:
    own = caller(Step("layer", "dense(n=n, m=2)"), Step("answer", "layer.parameters"))
    with pytest.raises(InternalError, match="caller: an edit of layer calls mlp, which the step does not"):
        program(own).edited("layer", "mlp(u=shape(n, 2))")


def test_formulas_of_different_axes_do_not_call_each_other() -> None:
    own = caller(Step("a", "conv(n=n, f=3)"), Step("b", "conv1d(n=n, f=3)"), Step("answer", "a.o[1] + b.o[1]"))
    with pytest.raises(InternalError, match="caller: formulas of 1 and 2 axes do not call each other"):
        program(own)


def test_conventions_that_agree_on_a_question_are_not_tried() -> None:
    """PyTorch's second bias vector changes an LSTM's parameters, not its weights."""
    textbook, pytorch = program(formula("lstm")), program(formula("lstm"), "pytorch")
    assert pytorch.differs(textbook, "parameters")
    assert not pytorch.differs(textbook, "weights")


def test_an_earlier_value_is_carried_forward_even_where_nothing_fits() -> None:
    """Who found 9 pixels for a filter of 3 on 5 has 5 − 9 = −4 of room and −3 positions: followed, not refused."""
    carried = run(formula("conv"), {"n": 5, "f": 3}, known={"f_eff": 9})
    assert (carried["span"], carried["o"]) == (-4, -3)
    with pytest.raises(UserError, match="the filter does not fit: f = 9 is larger than the padded input 5"):
        run(formula("conv"), {"n": 5, "f": 9})


def test_a_default_that_depends_on_the_unknown_moves_with_it() -> None:
    """Pooling's stride is its window unless given: 55 → 11 takes f = s = 5."""
    found = find(formula("pool"), {"n": 55}, {"o": read_answer("11")}, ["f"])
    assert [solution["f"] for solution in found.found] == [f for f in range(1, 56) if (55 - f) // f + 1 == 11] == [5]


def test_what_is_read_for_an_answer() -> None:
    """What it is computed from, what a mistake on the way reads, and what their defaults are made of; no more."""
    made = caller(
        Step("other", "c + k", "an answer of its own"),
        Step("area", "n*m", "an area"),
        variables="n f c k q",
        mistakes=(Mistake("area-of-q", "area", "n*q", "q was taken", 1.0),),
    )
    made = replace(made, variables=(*made.variables, Variable("m", "mm", "a size", default="f")))
    assert program(made).read_for("area") == {"n", "m", "f", "q"}
    assert program(made).read_for("other") == {"c", "k"}
