"""The field's facts, each written once as data, and the one function that works them out. Standard library only.

    registry.formula("conv")            a `model.Formula`: variables, steps, mistakes, conventions, by its id
    run.run(formula, given)             a `run.Working`: every step with its value; letters stay where nothing is given
    inverse.find(formula, ...)          what leads to an answer
    diagnose.outcome(formula, ...)      what a mistake makes of an answer
    draw.draw(formula, ...)             quantities for an exercise
    catalogue.ENTRIES                   the calculators that are made of formulas
    hand_operations.OPERATIONS          the operations on arrays

A fact is stated in a file of `topics/`. Nothing is imported here, so that a calculator loads what it needs alone.
"""
