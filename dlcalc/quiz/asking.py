"""What a part asks, as authors write it: `conv.parameters`, `inverse:conv.o:s`, `net.conv-1.output`, `slip.layer`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..answers.feedforward_target import OPTIONS as BACKPROP_OPTIONS
from ..answers.gradient_target import ASKED_CELLS, OPTIONS, STEPS, WEIGHT, gradient_asked
from ..answers.terms import ARRAYS
from ..errors import DlcalcError, printable
from ..expressions.nodes import Kind, Name, Node, names_in
from ..expressions.parser import parse
from ..expressions.reader import Declarations
from ..formulas.model import Formula, Step
from ..formulas.program import program
from ..formulas.registry import formula
from ..formulas.topics import ids_known
from ..networks.exercise import COLUMNS
from ..networks.table import COUNTS
from .custom_steps import THIS
from .drawing import Named
from .problem import Ask, Part
from .toml_fields import TomlFields

GRADIENT = "gradient:"
SLIP_ASKS = {"layer": "choice", "value": "integer, number or shape"}
"""What is asked of a table with a wrong cell, and the kind of part that asks it."""


class Asking:
    """Reads what is asked in one problem: its names, and the formulas that it changes or adds."""

    def __init__(self, names: Mapping[str, Named], formulas: Mapping[str, Formula]) -> None:
        self.names = names
        self.formulas = formulas

    def read(self, keys: TomlFields, declared: Declarations) -> Ask:
        """What stands under `ask`, `with` and `convention`. Raises ProblemError."""
        text = keys.text("ask")
        if text.startswith(GRADIENT):
            return self._gradient(keys, text, declared)
        head, _, rest = text.removeprefix("inverse:").partition(".")
        named = self.names.get(head)
        if named is not None and named.shown:
            for key in "with", "convention":
                if key in keys:
                    raise keys.wrong(key, f"{head} is drawn, so nothing is put into it")
            return self._network(keys, text, head, rest) if named.shown == "network" else self._slip(keys, head, rest)
        found = self.formula(keys, head)
        unknown = ""
        if text.startswith("inverse:"):
            rest, _, unknown = rest.partition(":")
            if found.variable(unknown) is None:
                known = ", ".join(variable.name for variable in found.variables)
                raise keys.wrong("ask", f"an inverse question is written inverse:conv.o:s; {found.id} has {known}")
        if rest not in program(found).place:
            known = ", ".join(dict.fromkeys((*found.answers, *(step.name for step in found.steps))))
            raise keys.wrong("ask", f"{printable(rest)} is not an answer of {found.id}; its answers are {known}")
        convention = keys.text("convention", "")
        if convention and convention not in {known.name for known in found.conventions}:
            names = ", ".join(known.name for known in found.conventions)
            raise keys.wrong("convention", f"a convention of {found.id} is one of {names}, not {printable(convention)}")
        given = self._given(keys, found, declared)
        if unknown and unknown not in given:
            raise keys.wrong("ask", f"{unknown} is looked for, so the problem draws it, or gives it under with")
        return Ask(text, "inverse" if unknown else "formula", head, rest, unknown, given, convention)

    def _gradient(self, keys: TomlFields, text: str, declared: Declarations) -> Ask:
        """gradient:rnn.W, where W may be a drawn word, and what `with` says of the network."""
        cell, dot, wrt = text.removeprefix(GRADIENT).partition(".")
        drawn = [name for name, each in self.names.items() if each.shown == "network"]
        if cell in drawn:
            if not wrt:
                raise keys.wrong("ask", f"a gradient of a network is written {GRADIENT}{cell}.W1")
            return Ask(text, "gradient", cell, wrt, given=self._words(keys, BACKPROP_OPTIONS))
        if not dot or cell not in ASKED_CELLS:
            more = f", or of what is drawn: {GRADIENT}{drawn[0]}.W1" if drawn else ""
            raise keys.wrong(
                "ask", f"a gradient is written gradient:rnn.W; the cells are {', '.join(ASKED_CELLS)}{more}"
            )
        given: dict[str, Node] = {WEIGHT: Name(wrt), **self._words(keys, OPTIONS, STEPS)}
        inner = keys.inner("with")
        if STEPS in inner:
            given[STEPS] = parse(inner.written(STEPS), declared)
        if not any(name in self.names for node in given.values() for name in names_in(node)):
            try:
                gradient_asked(cell, given, {})
            except DlcalcError as error:
                raise keys.with_key("ask", error) from None
        return Ask(text, "gradient", cell, wrt, given=given)

    def _words(self, keys: TomlFields, options: Mapping[str, Iterable[str]], *others: str) -> dict[str, Node]:
        """What `with` says of a gradient: one of the words of each option, or a word that is drawn."""
        inner = keys.inner("with")
        found: dict[str, Node] = {}
        for name in inner:
            if name in others:
                continue
            if name not in options:
                rule = "a gradient has no such option; its options are"
                raise inner.wrong(name, f"{rule} {', '.join((*options, *others))}")
            word = inner.text(name)
            if word not in self.names and word not in options[name]:
                known = ", ".join(options[name])
                raise inner.wrong(name, f"this is one of {known}, or a word that is drawn, not {printable(word)}")
            found[name] = Name(word)
        return found

    def formula(self, keys: TomlFields, id: str) -> Formula:
        if id in self.formulas:
            return self.formulas[id]
        if id not in ids_known():
            drawn = ", ".join(name for name, named in self.names.items() if named.shown)
            more = f", or of what is drawn: {drawn}" if drawn else ""
            raise keys.wrong("ask", f"give a formula and its answer, such as conv.parameters{more}; {printable(id)} is "
                             "not a formula")  # fmt: skip
        return formula(id)

    def _given(self, keys: TomlFields, found: Formula, declared: Declarations) -> dict[str, Node]:
        """The formula's quantities from the problem's values: those of `with`, or else those of the same name."""
        if "with" not in keys:
            same = [variable.name for variable in found.variables if variable.name in self.names]
            return {name: Name(name, self.names[name].kind or Kind.SCALAR) for name in same if name in declared}
        inner = keys.inner("with")
        given: dict[str, Node] = {}
        for name in inner:
            if found.variable(name) is None:
                known = ", ".join(variable.name for variable in found.variables)
                raise inner.wrong(name, f"{found.id} has no such quantity; its quantities are {known}")
            text = inner.written(name)
            try:
                given[name] = parse(text, declared)
            except DlcalcError as error:
                raise inner.with_key(name, error) from None
            if strange := [letter for letter in names_in(given[name]) if letter not in declared]:
                raise inner.wrong(name, f"{strange[0]} is neither drawn, nor derived, nor an earlier part")
        return given

    def _network(self, keys: TomlFields, text: str, of: str, rest: str) -> Ask:
        layer, _, column = rest.rpartition(".")
        if rest and (not layer or column not in COLUMNS):
            rule = f"a cell is written {of}.conv-1.output; the columns are {', '.join(COLUMNS)}"
            raise keys.wrong("ask", f"{rule}, not {printable(text)}")
        if layer == "total" and column not in COUNTS:
            raise keys.wrong("ask", f"the totals are {', '.join(COUNTS)}, not {column}")
        return Ask(text, "network", of, rest)

    def _slip(self, keys: TomlFields, of: str, rest: str) -> Ask:
        if rest not in SLIP_ASKS:
            raise keys.wrong("ask", f"what is asked of a slip is {of}.layer or {of}.value, not {printable(rest)}")
        return Ask(f"{of}.{rest}", "slip", of, rest)

    def named(self, ask: Ask) -> Named:
        """What is known of the answer as a name of its own."""
        if ask.form != "formula":
            return Named(Kind.VECTOR if ask.name.endswith(".output") else Kind.SCALAR)
        found = self.formulas.get(ask.of) or formula(ask.of)
        item = found.by_name.get(ask.name)
        if isinstance(item, Step):
            return Named(Kind.VECTOR if ask.name == found.shape else _kind(item), whole=False)
        return Named(Kind.SCALAR, whole=False)

    def check_kind(self, keys: TomlFields, part: Part, answered: set[str]) -> None:
        """Raises ProblemError where the kind of a part is not what is asked, or `follows` does not say what is used."""
        ask = part.ask
        if ask is None:
            return
        if ask.form == "gradient" and ask.of not in ASKED_CELLS and part.kind != "expression":
            raise keys.wrong("kind", f"a gradient of a network is asked as an expression, not as {part.kind}")
        if ask.form == "gradient" and part.kind not in ("expression", "choice"):
            raise keys.wrong("kind", f"a gradient is asked as an expression or a choice, not as {part.kind}")
        whole = ask.form == "network" and not ask.name
        if whole != (part.kind == "table"):
            raise keys.wrong("kind", "a whole network is asked with a table, and a table asks a whole network")
        if ask.form == "slip" and ask.name == "layer" and part.kind != "choice":
            raise keys.wrong("kind", f"which layer is wrong is a choice, not {part.kind}")
        if part.kind == "shape" and not self._is_shape(ask):
            raise keys.wrong("kind", f"{ask.text} is not a shape")
        if part.kind in ARRAYS and not self._is_array(ask):
            raise keys.wrong("kind", f"{ask.text} is not an array, so it is not asked as a {part.kind}")
        used = {name for node in ask.given.values() for name in names_in(node)} & answered
        if missing := sorted(used - set(part.follows)):
            raise keys.wrong("with", f"{missing[0]} is an earlier answer: say so, follows = ['{missing[0]}']")

    def _is_array(self, ask: Ask) -> bool:
        found = self.formulas.get(ask.of) or formula(ask.of) if ask.form == "formula" else None
        item = found.by_name.get(ask.name) if found else None
        # a step of the problem's own has no kind, and what stands in a called formula is looked at when it is drawn
        return found is not None and (not isinstance(item, Step) or found.id == THIS or _kind(item) is not Kind.SCALAR)

    def _is_shape(self, ask: Ask) -> bool:
        if ask.form == "formula":
            found = self.formulas.get(ask.of) or formula(ask.of)
            return ask.name == found.shape or "." in ask.name or found.is_per_axis(ask.name)
        return ask.form == "slip" or ask.name.endswith((".output", ".receptive_field"))


def _kind(step: Step) -> Kind:
    """What a step is when it is asked: of an unrolled one all its values; a map that is asked is a matrix."""
    rank = step.kind.rank + step.each.count(" in ")
    return Kind.of_rank(min(rank, Kind.MATRIX.rank)) if step.each else step.kind
