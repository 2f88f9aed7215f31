"""Answers out of running text: a filled-in sheet in Markdown, a plain text, a notebook, a TOML file with a slip in it.

An answer stands behind its id (`1.a: 55`, `answers["1.a"] = 55`), or behind `Answer:` under the question's number and
the part's letter, as on the sheet.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

from ..quiz import headings

_ASKED, _SAID = headings.either(headings.QUESTION), headings.either(headings.ANSWER)
_PLACE = (
    r"(?P<n>\d{1,3})(?:(?:[._-]?|\s?\(|\s(?=[a-z]\s*[:=]))(?P<p>[a-z])(?![a-z]))?\)?(?:\.(?P<cell>[\w-]+(?:\.\w+)?))?"
)
_KEY = re.compile(
    rf"[\s>*_#|`+•-]*(?:{_ASKED}|{_SAID})?[\s_.(\[\"'*]*{_PLACE}[\"'\])*_`]*\s*"
    r"(?P<sign>[:=|→]|\)|(?=\s)|$)[*_]*\s*(?P<rest>.*)",
    re.IGNORECASE,
)
_HEADING = re.compile(
    rf"\s*(?:(?:#{{1,6}}\s*|\*\*)(?:{_ASKED})?\s*(\d{{1,3}})\b.*|(?:{_ASKED})\s*(\d{{1,3}})\s*(?:\([^()]*\)\s*)?[.:]?\s*)",
    re.IGNORECASE,
)
"""`## Question 1 · Title`, **1**, or a line with nothing else in it: Question 1 (6 points)."""
_NEXT = re.compile(r"[,;]\s+(?=\d{1,3}\.?[a-z]\)?\s*[:=])", re.IGNORECASE)
"""Between two answers on one line, 1.a: 5, 1.b: 6."""
_LETTER = re.compile(r"[\s>*_+•-]*(?:\(([a-z])\)|([a-z])\))[*_\s]*:?[*_\s]*(.*)")
_ANSWER = re.compile(rf"[\s>*_+•-]*(?:your\s+)?(?:{_SAID})[*_]*\s*[:=][*_]*\s*(.*)", re.IGNORECASE)
_WHO = re.compile(
    r"[\s>*_#|`+•-]*[\"']?(student|name|code)[\"']?[*_]*\s*[:=|][*_]*\s*(?P<who>[^|]*?)\s*\|?\s*", re.IGNORECASE
)
_MARKED = re.compile(r"[\s>*+•-]*(?:●|◉|☑|☒|✓|✔|\[[xX✓]\]|\([xX]\))\s*\(?([A-Z])\)")
_BLANK = re.compile(r"[\s_\\.…-]*")
_WIDE = {0x3000: " "} | {0xFF01 + place: chr(0x21 + place) for place in range(94)}
"""Letters, digits and signs as wide as a Chinese character."""
_CODE = re.compile(r"(?<![0-9A-Za-z])[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}(?![0-9A-Za-z])")
MOST_UNREAD = 20


@dataclass
class Lines:
    """What was found: who it is, the answers by their ids, and the lines that say something nobody understands."""

    student: str = ""
    code: str = ""
    answers: dict[str, object] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def put(self, id: str, value: object) -> None:
        """An answer; of two that differ none counts."""
        known = self.answers.get(id, "")
        if value in ("", known):
            self.answers.setdefault(id, value)
        elif known in ("", None) and not any(line.startswith(f"{id} is") for line in self.unread):
            self.answers[id] = value
        else:
            self.answers[id] = ""
            self.unread.append(f"{id} is answered twice, and differently")

    def who(self, name: str, value: str) -> None:
        if name == "code":
            self.code = self.code or value[:200]
        else:
            self.student = self.student or value[:200]


def read_prose(text: str) -> Lines:
    """A sheet, a plain text or the cells of a notebook.

    Where `Answer:` stands nowhere, what stands behind the letter of a part is its answer.
    """
    found = Lines()
    question = block = ""
    kept: list[tuple[bool, str]] = []
    written = [part for line in text.split("\n") for part in _NEXT.split(line.translate(_WIDE))]
    is_sheet = any(map(_ANSWER.fullmatch, written))
    for line in [*written, "# end"]:
        who = _WHO.fullmatch(line)
        heading, letter, key = _HEADING.fullmatch(line), _LETTER.fullmatch(line), _KEY.fullmatch(line)
        if who:
            found.who(who[1].lower(), _bare(who["who"]))
        elif line == "# end" or heading or (letter and question) or _is_key(key):
            if not (letter and kept[:1] and kept[0][0] and block == question):  # Question 1: Sizes, above its letters
                _close(found, block, kept)
            is_marked = line.lstrip().startswith("#") or (heading is not None and heading[2] is not None)
            if heading and not (key is not None and (key["p"] or (_is_key(key) and not is_marked))):
                question = block = heading[1] or heading[2]
                kept = []
            elif letter and question:
                block, kept = f"{question}.{letter[1] or letter[2]}", [(not is_sheet, letter[3])]
            elif key is not None:
                question, block, kept = key["n"], _id(key), [(True, key["rest"])]
        else:
            kept.append((False, line))
    codes = set(_CODE.findall("\n".join(written)))
    found.code = found.code or (codes.pop() if len(codes) == 1 else "")
    return found


def has_code(text: str) -> bool:
    """Whether what looks like the code of a sheet stands in it."""
    return _CODE.search(text) is not None


def _is_key(key: re.Match[str] | None) -> bool:
    """Whether a line begins with the id of an answer; a number alone needs a sign behind it, as a row has none."""
    return key is not None and bool(key["p"] or key["sign"] in (":", "=", "|") or key["cell"])


def _id(key: re.Match[str]) -> str:
    return key["n"] + (f".{key['p'].lower()}" if key["p"] else "") + (f".{key['cell']}" if key["cell"] else "")


def _close(found: Lines, id: str, kept: list[tuple[bool, str]]) -> None:
    """Takes the answer out of the lines that stand under an id."""
    if not id:
        return
    lines = [line for _, line in kept if not line.lstrip().startswith("```")]
    for place, line in enumerate(lines):
        answer = _ANSWER.fullmatch(line)
        if answer:
            found.put(id, _joined([answer[1], *lines[place + 1 :]]))
            return
    table = [line for line in lines if line.strip().startswith("|")]
    marked = [match[1] for line in lines if (match := _MARKED.match(line))]
    is_key = bool(kept) and kept[0][0]
    if marked:
        found.put(id, ", ".join(marked))
    elif len(table) > 1:
        found.put(id, "\n".join(table))
    elif is_key:
        asks = lines[0].rstrip().endswith(("?", "?*", "?**"))
        found.put(id, _joined(lines[1:] if asks else lines))


def _joined(lines: list[str]) -> str:
    """The first lines in which something stands, up to the next empty one."""
    taken: list[str] = []
    for line in lines:
        if line.strip():
            taken.append(line.strip())
        elif taken:
            break
    text = "\n".join(taken)
    return "" if _BLANK.fullmatch(text) else _bare(text)


def _bare(text: str) -> str:
    """Without the marks that stand around it: **55**, `55`, "55", | 55 |."""
    bare = text.strip()
    if "\n" not in bare:
        bare = re.sub(r"\s+#.*", "", bare.rstrip("|")).strip().rstrip(",;").strip()
        for mark in ("**", "`", '"', "'", "_"):
            if len(bare) > 2 * len(mark) and bare.startswith(mark) and bare.endswith(mark):
                bare = bare[len(mark) : -len(mark)].strip()
    return bare


_SETTING = re.compile(
    rf"\s*(?:[\"']?(?P<who>student|name|code)|[\"'(]?{_PLACE})[\"')]?\s*=\s*(?P<rest>.*)", re.IGNORECASE
)


def read_settings(text: str) -> Lines:
    """The lines of a TOML file that is none: a slip costs its answer, or nothing where it is clear."""
    found = Lines()
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        line, number = lines[place], place + 1
        place += 1
        setting = _SETTING.fullmatch(line)
        if setting is None:
            if not re.fullmatch(r"\s*(?:#.*|\[.*\]\s*(?:#.*)?)?", line) and len(found.unread) < MOST_UNREAD:
                found.unread.append(f"line {number} is not understood: {line.strip()[:60]}")
            continue
        rest = setting["rest"].strip()
        for quote in ("'''", '"""'):
            if rest.startswith(quote) and quote not in rest[3:]:
                inside = [rest[3:]]
                while place < len(lines) and quote not in inside[-1] and not _SETTING.fullmatch(lines[place]):
                    inside.append(lines[place])
                    place += 1
                rest = f"'''{chr(10).join(inside).partition(quote)[0]}'''"
        value = _setting(rest)
        if setting["who"]:
            found.who("code" if setting["who"].lower() == "code" else "student", str(value))
        else:
            found.put(_id(setting), value)
    return found


def _setting(rest: str) -> object:
    """What stands behind an equals sign: a value of TOML, or the words themselves."""
    try:
        value: object = tomllib.loads(f"x = {rest}\n")["x"]
    except (ValueError, RecursionError):
        words = re.sub(r"\s+#.*", "", rest).strip()
        for quote in ('"', "'"):
            if words.startswith(quote) or words.endswith(quote):
                words = words.strip(quote)
        return words.strip()
    return value if isinstance(value, str | int | float | list) else rest
