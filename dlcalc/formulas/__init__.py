"""The field's facts, each written once as data, and the one function that works them out. Standard library only.

    registry.formula("conv")            a `model.Formula`: variables, steps, mistakes, conventions, by its id
    run.run(formula, given)             a `run.Working`: every step with its value; letters stay where nothing is given
    inverse.find(formula, ...)          what leads to an answer
    diagnose.outcome(formula, ...)      what a mistake makes of an answer
    draw.draw(formula, ...)             quantities for an exercise
    catalogue.ENTRIES, by_hand.OPERATIONS   the calculators, and the operations on arrays, that are made of formulas

A fact is stated in a file of `topics/`. Nothing is imported here, so that a calculator loads what it needs alone.
"""
