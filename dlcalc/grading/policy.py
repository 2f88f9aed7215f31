"""What answers earn that are not plainly right: a value in the exam file, the same for all hand-ins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from ..answers.terms import DECIMALS, NUMBER_FORMS, Terms
from ..quiz.problem import Part
from ..quiz.sheet import Shares
from ..quiz.toml_fields import TomlFields


@dataclass(frozen=True)
class Policy:
    """Shares of a part's points, 0 to 1.

    `choices`: where several choices are right, "all" of them earn the points or nothing does; "partial": each right
    one earns its share and each wrong one takes a share away, down to 0. `round_to`: marks of a part are rounded down
    to a multiple of it; 0 for no rounding. `rounded`: the share of a number that is right, but coarser than asked.
    `form`, `decimal`: how numbers have to be written in all parts, as `Terms` has them.
    """

    follows: Fraction = Fraction(1)
    convention: Fraction = Fraction(1)
    choices: Literal["all", "partial"] = "all"
    round_to: Fraction = Fraction(0)
    rounded: Fraction = Fraction(0)
    form: str = "any"
    decimal: str = ""

    def share(self, status: str) -> Fraction:
        """What a status earns."""
        shares = {"follows": self.follows, "convention": self.convention, "rounded": self.rounded}
        return Fraction(1) if status == "right" else shares.get(status, Fraction(0))

    def terms(self, part: Part) -> Terms:
        """How an answer to a part has to be written."""
        form = self.form if part.form == "any" else part.form
        return replace(part.terms, form=form, decimal=part.decimal or self.decimal)

    def in_steps(self, points: Fraction) -> Fraction:
        return points // self.round_to * self.round_to if self.round_to else points

    @property
    def shares(self) -> Shares:
        return Shares(self.follows, self.convention)

    def to_dict(self) -> dict[str, str]:
        """The policy as it stands in a manifest."""
        return {
            "follows": str(self.follows),
            "convention": str(self.convention),
            "rounded": str(self.rounded),
            "form": self.form,
            "decimal": self.decimal,
            "choices": self.choices,
            "round_to": str(self.round_to),
        }


def read_policy(keys: TomlFields) -> Policy:
    """The policy under a key of an exam file or a manifest. Raises ProblemError."""
    usual = Policy()
    found = Policy(
        keys.fraction("follows", usual.follows),
        keys.fraction("convention", usual.convention),
        "partial" if keys.one_of("choices", ("all", "partial"), "all") == "partial" else "all",
        keys.fraction("round_to", usual.round_to),
        keys.fraction("rounded", usual.rounded),
        keys.one_of("form", NUMBER_FORMS, usual.form),
        keys.one_of("decimal", DECIMALS, usual.decimal),
    )
    keys.done()
    for name in "follows", "convention", "rounded":
        if getattr(found, name) > 1:
            raise keys.wrong(name, f"a share of the points must be between 0 and 1, not {getattr(found, name)}")
    return found


def policy_of(values: Mapping[str, str], path: str) -> Policy:
    """The policy of a manifest. Raises ProblemError."""
    return read_policy(TomlFields(path, values, "policy"))
