"""A convention that is stated binds: an answer by another one is wrong, and that one is named."""

from __future__ import annotations

from .formula_target import FormulaTarget


def by_another(asked: FormulaTarget, name: str) -> str:
    """What is said where an answer is right by another convention than the one that is stated."""
    other, own = asked.formula.convention(name), asked.working_out.convention
    return f"right by the convention of {other.who} ({other.says}); this question uses {own.name}: {own.says}"
