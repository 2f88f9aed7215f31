"""Problem files: TOML between `+++` lines, then Markdown with a section `## id` for each part.

A file is foreign text: bounded, parsed as data, and nothing in it is executed. Every error names the file and the key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import PurePath
from typing import Any, cast

from ..answers.marks import STATUSES
from ..answers.terms import ARRAYS, DECIMALS, NUMBER_FORMS
from ..errors import DlcalcError, ProblemError, UserError, printable
from ..expressions.nodes import Compare, Kind, Logic, Node, names_in
from ..expressions.parser import parse
from ..expressions.reader import Declarations
from ..files.untrusted import decoded, parse_toml, read_bytes
from ..networks.exercise import COLUMNS, HEADINGS
from .asking import Asking
from .custom_steps import custom_formulas
from .drawing import FORMS, Named, read_draw
from .identity import draws_digest
from .problem import LEVELS, PART_KINDS, Let, Option, Part, PartKind, Problem, Require, Trial
from .template import Reader, Template, TemplateLine
from .toml_fields import TomlFields

MOST_BYTES = 256 * 1024
MOST_NAMES = 60
MOST_PARTS = 26
MOST_CHOICES = 12
MOST_TESTS = 50

_FRONT = re.compile(r"\A\s*\+\+\+[ \t]*\n(.*?)\n\+\+\+[ \t]*(?:\n|\Z)(.*)\Z", re.DOTALL)
_SECTION = re.compile(r"^##[ \t]+([^\n]*?)[ \t]*$", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)?")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def read_problem(path: str) -> Problem:
    """The problem in a file. Raises ProblemError with the file and the key."""
    return problem_of(read_bytes(path, MOST_BYTES, "a problem"), path)


def problem_of(data: bytes, path: str) -> Problem:
    """The problem in the content of a file called `path`. Raises ProblemError."""
    text = decoded(data, path).replace("\r\n", "\n")
    found = _FRONT.match(text)
    if found is None:
        raise ProblemError(printable(path), "", "a problem begins with TOML between two lines of +++")
    # the line numbers of TOML's own errors count from the file's first line
    before = text[: found.start(1)].count("\n")
    table = parse_toml(("\n" * before + found[1]).encode(), path)
    return _File(path, table, found[2], hashlib.sha256(data).hexdigest()[:16]).problem()


class _File:
    def __init__(self, path: str, table: Mapping[str, Any], body: str, digest: str) -> None:
        self.path = path
        self.keys = TomlFields(path, table)
        self.body = body
        self.digest = digest
        self.draws_digest = draws_digest(table)
        self.names: dict[str, Named] = {}
        self.lets: dict[str, Let] = {}

    def problem(self) -> Problem:
        keys = self.keys
        draws = self._draws()
        declared = self._declared(())
        formulas = custom_formulas(keys, self.names, declared)
        asking = Asking(self.names, formulas)
        self._read_lets(asking)
        part_keys = keys.tables("part")
        ids = self._part_ids(part_keys)
        reader = self._words(self._declared(()))
        stem, sections = self._sections(reader, ids)
        parts = self._parts(part_keys, ids, asking, reader, sections)
        found = Problem(
            path=self.path,
            id=keys.text("id", PurePath(self.path).name.split(".")[0]),
            title=keys.text("title"),
            topic=keys.text("topic", PurePath(self.path).parent.name),
            level=keys.one_of("level", LEVELS, "medium"),
            version=keys.whole("version", 1, 9999, 1),
            draws=draws,
            lets=self.lets,
            requires=self._requires(),
            parts=parts,
            words=stem,
            formulas=formulas,
            names=self._declared(()),
            trials=self._trials(ids),
            rows=keys.texts("rows"),
            source=keys.text("source", ""),
            digest=self.digest,
            draws_digest=self.draws_digest,
        )
        if not _ID.fullmatch(found.id):
            raise keys.wrong("id", f"an id is small letters, digits and hyphens, not {printable(found.id)}")
        keys.done()
        return found

    # names

    def _draws(self) -> dict[str, Any]:
        keys = self.keys.inner("draw")
        draws = {}
        for name in keys:
            self._new_name(keys, name)
            draws[name], named = read_draw(keys, name, self._declared(()), self.names)
            self.names[name] = named
        return draws

    def _new_name(self, keys: TomlFields, name: str) -> None:
        if not _NAME.fullmatch(name) or name == "this":
            raise keys.wrong(name, "a name is letters and digits, with one subscript after _ perhaps, as n, k1 or h_0")
        if name in self.names:
            raise keys.wrong(name, f"two values are called {name}; names are used once")
        if len(self.names) >= MOST_NAMES:
            raise keys.wrong(name, f"a problem has at most {MOST_NAMES} names")

    def _declared(self, more: Iterable[tuple[str, Kind]]) -> Declarations:
        kinds = {name: named.kind for name, named in self.names.items() if named.kind is not None}
        whole = frozenset(name for name, named in self.names.items() if named.whole)
        return Declarations({**kinds, **dict(more)}, whole)

    def _read_lets(self, asking: Asking) -> None:
        keys = self.keys.inner("let")
        for name in keys:
            self._new_name(keys, name)
            if isinstance(keys.table[name], dict):
                inner = keys.inner(name)
                if "network" in inner or "of" in inner:
                    raise inner.wrong("", "networks and slips are drawn: write them under [draw]")
                ask = asking.read(inner, self._declared(()))
                inner.done()
                self.lets[name] = Let(ask)
                self.names[name] = asking.named(ask)
            else:
                node = self._expression(keys, name, keys.written(name))
                self.lets[name] = Let(node)
                self.names[name] = Named(_kind(node), whole=False)

    def _expression(self, keys: TomlFields, key: str, text: str, more: Iterable[tuple[str, Kind]] = ()) -> Node:
        declared = self._declared(more)
        try:
            node = parse(text, declared)
        except DlcalcError as error:
            raise keys.with_key(key, error) from None
        unknown = [name for name in names_in(node) if name not in declared and name not in ("pi", "e")]
        if unknown:
            known = ", ".join(declared.kinds) or "none"
            raise keys.wrong(key, f"{unknown[0]} is not drawn and not derived before; the names are {known}")
        return node

    def _requires(self) -> tuple[Require, ...]:
        return tuple(
            self._condition(self.keys, f"require {i}", text) for i, text in enumerate(self.keys.texts("require"), 1)
        )

    def _condition(self, keys: TomlFields, key: str, text: str, more: Iterable[tuple[str, Kind]] = ()) -> Require:
        node = self._expression(keys, key, text, more)
        if not isinstance(node, Compare | Logic):
            raise keys.wrong(key, f"a condition is expected, such as f ≤ n, not {printable(text)}")
        return Require(text, node)

    # text

    def _words(self, declared: Declarations) -> Reader:
        shown = {name: FORMS[named.shown] for name, named in self.names.items() if named.shown}
        texts = frozenset(name for name, named in self.names.items() if named.kind is None and not named.shown)
        return Reader(declared, shown, texts)

    def _sections(self, reader: Reader, ids: tuple[str, ...]) -> tuple[Template, dict[str, Template]]:
        stem, *rest = _SECTION.split(self.body)
        sections = dict(zip(rest[::2], rest[1::2], strict=True))
        for name in rest[::2]:
            if rest[::2].count(name) > 1:
                raise ProblemError(printable(self.path), f"## {printable(name)}", "a part has one section")
            if name not in ids:
                rule = f"there is no such part; the parts are {', '.join(ids)}"
                raise ProblemError(printable(self.path), f"## {printable(name)}", rule)
        return self._text(reader, "text", stem), {n: self._text(reader, f"## {n}", t) for n, t in sections.items()}

    def _text(self, reader: Reader, key: str, text: str) -> Template:
        try:
            return reader.blocks(text)
        except UserError as error:
            raise ProblemError(printable(self.path), key, str(error)) from None

    def _line(self, reader: Reader, keys: TomlFields, key: str, text: str) -> TemplateLine:
        try:
            return reader.line(text)
        except UserError as error:
            raise keys.wrong(key, str(error)) from None

    # parts

    def _part_ids(self, part_keys: list[TomlFields]) -> tuple[str, ...]:
        if not 1 <= len(part_keys) <= MOST_PARTS:
            raise self.keys.wrong("part", f"a problem has 1 to {MOST_PARTS} parts, each under [[part]]")
        ids: list[str] = []
        for number, keys in enumerate(part_keys):
            id = keys.text("id", chr(ord("a") + number))
            if not _NAME.fullmatch(id) or id in ids or id in self.names:
                rule = "the id of a part is a new name, of letters and digits"
                raise keys.wrong("id", f"{rule}, not {printable(id)}")
            ids.append(id)
        return tuple(ids)

    def _parts(
        self,
        part_keys: list[TomlFields],
        ids: tuple[str, ...],
        asking: Asking,
        reader: Reader,
        sections: dict[str, Template],
    ) -> tuple[Part, ...]:
        parts: list[Part] = []
        for id, keys in zip(ids, part_keys, strict=True):
            if id not in sections and len(ids) > 1:
                raise ProblemError(printable(self.path), f"part {id}", f"its text is missing: a section ## {id}")
            answered = [(part.id, _ANSWER_KINDS.get(part.kind, Kind.SCALAR)) for part in parts]
            part = self._part(keys, id, asking, reader, sections.get(id, ()), answered)
            keys.done()
            parts.append(part)
        return tuple(parts)

    def _part(
        self,
        keys: TomlFields,
        id: str,
        asking: Asking,
        reader: Reader,
        words: Template,
        answered: list[tuple[str, Kind]],
    ) -> Part:
        kind = cast(PartKind, keys.one_of("kind", PART_KINDS))
        declared = self._declared(answered)
        ask = asking.read(keys, declared) if "ask" in keys else None
        options = self._options(keys, reader)
        follows = keys.texts("follows")
        if strange := [name for name in follows if name not in dict(answered)]:
            raise keys.wrong("follows", f"a part follows earlier parts, and {printable(strange[0])} is none")
        part = Part(
            id,
            kind,
            ask,
            keys.fraction("points", Fraction(1)),
            words,
            follows,
            self._condition(keys, "guard", keys.text("guard"), answered) if "guard" in keys else None,
            *self._tolerance(keys),
            options,
            keys.whole("pick", 2, MOST_CHOICES, 0),
            keys.flag("fixed"),
            keys.texts("columns"),
            keys.one_of("headings", HEADINGS, "tensor"),
            keys.flag("grid", True),
            tuple(self._line(reader, keys, "hints", text) for text in keys.texts("hints")),
            form=keys.one_of("form", NUMBER_FORMS, "any"),
            decimal=keys.one_of("decimal", DECIMALS, ""),
        )
        self._check_part(keys, part)
        asking.check_kind(keys, part, set(dict(answered)))
        return part

    def _tolerance(self, keys: TomlFields) -> tuple[Fraction, bool]:
        text = keys.table.get("tolerance")
        if isinstance(text, str) and text.strip().endswith("%"):
            keys.table["tolerance"] = text.strip()[:-1]
            return keys.fraction("tolerance", Fraction(0)) / 100, True
        return keys.fraction("tolerance", Fraction(0)), False

    def _options(self, keys: TomlFields, reader: Reader) -> tuple[Option, ...]:
        found: list[Option] = []
        for option in keys.tables("choice"):
            words = self._line(reader, option, "text", option.text("text"))
            because = self._line(reader, option, "because", option.text("because"))
            id = self._option_id(option, {other.id for other in found})
            found.append(Option(id, words, option.flag("right"), because))
            option.done()
        return tuple(found)

    def _option_id(self, keys: TomlFields, taken: set[str]) -> str:
        """The id under the key; without one the words, which stay when choices are added, moved or taken away."""
        if "id" in keys:
            id = keys.text("id")
            if not _ID.fullmatch(id) or id in taken:
                rule = "the id of a choice is small letters, digits and hyphens, and its own"
                raise keys.wrong("id", f"{rule}, not {printable(id)}")
            return id
        text = keys.text("text")
        words = "-".join(re.findall("[a-z0-9]+", text.casefold())[:12])
        if words and words not in taken:
            return words
        return f"choice-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def _check_part(self, keys: TomlFields, part: Part) -> None:
        if part.kind == "choice":
            self._check_choices(keys, part)
        elif part.options:
            raise keys.wrong("choice", f"a part of kind {part.kind} has no choices")
        if part.kind != "choice" and part.ask is None:
            raise keys.wrong("ask", "the question is missing (ask), such as conv.parameters")
        if part.kind != "table" and part.columns:
            raise keys.wrong("columns", f"a part of kind {part.kind} has no columns")
        if strange := [name for name in part.columns if name not in COLUMNS]:
            raise keys.wrong("columns", f"the columns of a table are {', '.join(COLUMNS)}, not {printable(strange[0])}")
        if not part.grid and part.kind not in ARRAYS:
            raise keys.wrong("grid", f"a part of kind {part.kind} has no grid")
        if part.tolerance and part.kind not in ("number", *ARRAYS):
            raise keys.wrong("tolerance", f"a part of kind {part.kind} has no tolerance")

    def _check_choices(self, keys: TomlFields, part: Part) -> None:
        right = sum(option.right for option in part.options)
        if part.ask is not None:
            if part.options:
                raise keys.wrong("choice", "choices are written, or computed from the question (ask), not both")
            return
        if not 2 <= len(part.options) <= MOST_CHOICES:
            raise keys.wrong("choice", f"2 to {MOST_CHOICES} choices are expected, each under [[part.choice]]")
        if right == 0 or right == len(part.options):
            raise keys.wrong("choice", "at least one choice is right and one is wrong")
        if part.pick and not right < part.pick <= len(part.options):
            raise keys.wrong("pick", f"{right} right and {len(part.options)} choices in all: pick is in between")

    # tests

    def _trials(self, ids: tuple[str, ...]) -> tuple[Trial, ...]:
        found = self.keys.tables("test")
        if len(found) > MOST_TESTS:
            raise self.keys.wrong("test", f"a problem has at most {MOST_TESTS} tests, not {len(found):,}")
        return tuple(self._trial(keys, ids) for keys in found)

    def _trial(self, keys: TomlFields, ids: tuple[str, ...]) -> Trial:
        seed = keys.written("seed")
        answers, expect = keys.inner("answers"), keys.inner("expect")
        wrote = {name: answers.written(name) for name in answers}
        expected = {name: expect.text(name) for name in expect}
        for table, found in ((answers, wrote), (expect, expected)):
            for name in found:
                if name.partition(".")[0] not in ids:
                    raise table.wrong(name, f"there is no such part; the parts are {', '.join(ids)}")
        for name, status in expected.items():
            if status.partition(":")[0] not in STATUSES:
                raise expect.wrong(name, f"a status is one of {', '.join(STATUSES)}, not {printable(status)}")
        keys.done()
        return Trial(seed, wrote, expected)


_ANSWER_KINDS = {"shape": Kind.VECTOR, **{kind: Kind.of_rank(rank) for kind, rank in ARRAYS.items()}}


def _kind(node: Node) -> Kind:
    from ..expressions.kinds import kind_of

    return kind_of(node)
