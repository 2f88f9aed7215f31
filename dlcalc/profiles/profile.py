"""What a course profile says. The defaults are the course's own profile, so that it is there without reading a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from ..errors import ProblemError

CONVOLUTION = {
    "n": "input-size",
    "f": "filter-size",
    "s": "stride",
    "p": "padding",
    "d": "dilation",
    "c": "channels",
    "k": "filters",
    "o": "",
}
"""The letters of a convolution with their long names, which every profile has to keep apart; o is worked out."""

RECURRENT = {"n": "input-size", "m": "hidden-size", "T": "steps", "q": "outputs"}
"""The same of a recurrent layer with its output layer."""

SIGNIFICANT = 6
"""Significant digits shown of a number that is not exact, where a profile does not say how many decimals."""


@dataclass(frozen=True)
class Profile:
    """The letters and conventions of one course, library or textbook. Every key of a profile file is a field here."""

    name: str = "course"
    """How it is asked for; of a file that does not say, the file's name."""
    title: str = "The course's own conventions"
    """What is printed beside a result."""
    letters: Mapping[str, str] = field(default_factory=dict)
    """Quantity → letter of the course; what is not listed keeps its letter.

    A quantity is named by its letter here, {"f": "k", "k": "c_o"}, wherever that letter stands; or by its long name,
    {"filters": "c_o"}, which leaves another k (the classes of a loss) alone. Of two that fit, the later counts. In one
    formula two quantities never share a letter. Greek letters are written as words: tau.
    """
    formula_letters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Formula id → letters in that formula only, which come before `letters`: {"lstm": {"n": "d"}}."""
    layout: Literal["column", "row", "pytorch"] = "column"
    """How weights multiply: "column" Wx, W (m, n), as in most textbooks; "row" xW, W (n, m), as in Keras and
    Dive into Deep Learning; "pytorch" xWᵀ: rows in a batch, W (m, n)."""
    counts: Literal["textbook", "pytorch", "keras"] = "textbook"
    """Whose count of parameters a recurrent layer and batch normalisation use: "textbook" one bias vector per gate;
    "pytorch" two (cuDNN and ONNX also); "keras" two in a GRU only, and running statistics counted."""
    conventions: Mapping[str, str] = field(default_factory=dict)
    """Formula id → the convention it uses, before `counts`: {"gru": "keras"}."""
    gru_update_gate: Literal["keep", "renew"] = "keep"
    """What the update gate z multiplies: "keep" the old state, h = z⊙h₋ + (1 − z)⊙h̃ (Cho et al., arXiv:1406.1078,
    PyTorch, Keras); "renew" the candidate, h = (1 − z)⊙h₋ + z⊙h̃ (Chung et al., arXiv:1412.3555)."""
    gru_reset: Literal["before", "after"] = "before"
    """Where the reset gate r acts: "before" the product, U(r⊙h) (arXiv:1406.1078v3, Keras with reset_after=False);
    "after" it, r⊙(Uh + b) (arXiv:1406.1078v1, cuDNN, PyTorch, Keras)."""
    dropout: Literal["keep", "drop"] = "keep"
    """Which probability p is: that a unit is kept (Srivastava et al., JMLR 15, 2014), or dropped (PyTorch, Keras)."""
    epsilon: float = 1e-8
    """What Adam adds so that it never divides by zero: 1e-8 (Kingma and Ba, arXiv:1412.6980, PyTorch), Keras 1e-7."""
    epsilon_place: Literal["inside", "outside"] = "inside"
    """Where Adam adds it: "inside" the root, √(v̂ + ε), or "outside", √v̂ + ε (the paper, PyTorch, Keras)."""
    batchnorm_epsilon: float = 0.0
    """What batch normalisation adds to the variance: 0 by hand, PyTorch 1e-5, Keras 1e-3."""
    logarithm: Literal["e", "2", "10"] = "e"
    """Base of the logarithm in losses and entropies: "e" (nats), "2" (bits) or "10" (hartleys); their gradients follow.
    Gradients of whole networks (bptt, backprop) are always those of the loss in nats."""
    cost: Literal["macs", "flops"] = "macs"
    """What is shown as a cost: multiply-accumulates (ResNet's paper, torchvision), with a layer's FLOPs beside them;
    or FLOPs alone, two to each multiply-accumulate."""
    megabyte: Literal["none", 1000000, 1048576] = "none"
    """In what memory is shown: "none" in bytes; in MB of 10⁶ bytes (SI); or of 2²⁰ (Keras, many notes), which are
    written MiB as in IEC 80000-13."""
    decimals: int | Literal["auto"] = "auto"
    """Decimals shown at most of a result that is not whole, 0 to 15; "auto" shows six significant digits. What would
    be shown as 0 and is not 0 keeps its digits, and so does what was given or is put into an expression."""
    significant_digits: int = 3
    """Significant digits to which a rounded answer must agree to be right, 1 to 15."""
    decimal: Literal["", ",", "."] = ""
    """The decimal sign of answers, where the course says one: 1,125 is 9/8 with a comma, and 1125 with a point."""
    outer: Literal["outer", "pointwise"] = "outer"
    """How ⊗ is read: the "outer" product abᵀ, or the product entry by entry, which is ⊙ here."""

    @property
    def logarithms(self) -> str:
        """The unit of a loss, which is the name of the convention: nats, bits or hartleys."""
        return {"e": "nats", "2": "bits", "10": "hartleys"}[self.logarithm]

    @property
    def cost_name(self) -> str:
        """What is written over a cost."""
        return {"macs": "MACs", "flops": "FLOPs"}[self.cost]

    @property
    def memory_unit(self) -> str:
        """What is written beside a memory."""
        return {"none": "bytes", 1000000: "MB", 1048576: "MiB"}[self.megabyte]

    def memory(self, size: int) -> int | float:
        """So many bytes in the `memory_unit`, as it is shown."""
        return size if self.megabyte == "none" else self.rounded(Fraction(size, self.megabyte))

    def rounded(self, value: float | Fraction) -> int | float:
        """A finite number as it is shown, in `decimals` or in six significant digits."""
        short = float(f"{float(value):.{SIGNIFICANT}g}")
        if self.decimals != "auto":
            in_decimals = float(f"{float(value):.{self.decimals}f}")
            short = in_decimals if in_decimals or not value else short
        return int(short) if short.is_integer() and abs(short) < 1e15 else short

    @property
    def for_givens(self) -> Profile:
        """By which what was given, or is put into an expression, is shown: `decimals` are those of results."""
        return replace(self, decimals="auto")

    def convention_for(self, formula_id: str, known: Sequence[str]) -> str:
        """The name among `known`, a formula's conventions with its own first, that this profile asks for.

        ProblemError if the profile names for this formula a convention that it does not have.
        """
        wanted = self.conventions.get(formula_id)
        if wanted is None:
            return next((name for name in self._general if name in known), known[0])
        if wanted not in known:
            rule = f"a convention of {formula_id} is one of {', '.join(known)}, not {wanted}"
            raise ProblemError(f"profile {self.name}", f"conventions.{formula_id}", rule)
        return wanted

    @property
    def _general(self) -> tuple[str, ...]:
        """Conventions that it asks for wherever a formula knows them."""
        return (self.logarithms, self.dropout, self.counts)

    def states(self, formula_id: str, known: Sequence[str]) -> bool:
        """Whether it says which of a formula's conventions is meant; the course's own, which nobody named, does not."""
        return self is not COURSE and (formula_id in self.conventions or any(name in known for name in self._general))

    def letters_for(self, formula_id: str, names: Mapping[str, str]) -> dict[str, str]:
        """Name → the course's letter, for those of a formula's `names` that the course writes otherwise.

        `names` gives each name's long name ("" if it has none). ProblemError if two names would look the same.
        """
        spelled = self.spelled(formula_id, names)
        if clash := shared_letter(spelled):
            raise ProblemError(f"profile {self.name}", "letters", f"{clash} in {formula_id}")
        return {name: letter for name, letter in spelled.items() if letter != name}

    def spelled(self, formula_id: str, names: Mapping[str, str]) -> dict[str, str]:
        """Each of `names` as in `letters_for`, changed or not, and unchecked."""
        listed = [*self.letters.items(), *self.formula_letters.get(formula_id, {}).items()]
        return {
            name: next((letter for quantity, letter in reversed(listed) if quantity in (name, long)), name)
            for name, long in names.items()
        }


def shared_letter(spelled: Mapping[str, str]) -> str:
    """A sentence about the first letter that two names share; "" if none does."""
    owners: dict[str, str] = {}
    for name, letter in spelled.items():
        if letter in owners:
            return f"two quantities never share a letter, but {owners[letter]} and {name} are both written {letter}"
        owners[letter] = name
    return ""


COURSE = Profile()
"""The course's own."""
