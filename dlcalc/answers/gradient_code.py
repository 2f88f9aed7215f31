"""A gradient as a loop over time in Python, dWhh += np.dot(dhraw, hs[t-1].T), written as formulas: text to text.

In a loop a name without a step is that of this step: dh is dh[t], c_prev is c[t-1], and what dhnext holds comes from
the step after. Lines for other weights, and those that make zeros, say nothing of the one that is asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_LINE = re.compile(r"[;\n]")
_LOOP = re.compile(r"\s*for\s+\w+\s+in\s+[^:]*:?\s*")
_ZEROS = re.compile(r"np\.(?:zeros|zeros_like|empty)\b")
_GENERATOR = re.compile(
    r"(?:np\.)?sum\(\s*(.{1,400}?)\s+for\s+([a-z])\s+in\s+range\(\s*(?:(\w+)\s*,\s*)?(\w+(?:\s*\+\s*1)?)\s*\)\s*\)"
)
_OVER = re.compile(r"\bsum over (?:all )?([a-z])(?: of)?\b")
_NEXT = re.compile(r"([A-Za-z]+)_?next\b")
_BEFORE = re.compile(r"([A-Za-z]+)_?(?:prev|old)\b")
_COMMENT = re.compile(r"#[^\n]*")
_ACCENT = re.compile(r"(?<![A-Za-z])([A-Za-z])_(tilde|hat|bar)\b")


def as_formulas(text: str, weights: Collection[str], asked: Collection[str], sequences: Collection[str]) -> str:
    """The text with Σ for what a loop adds up; as it is where nothing is added up.

    `weights`: all names of weights, `asked`: those of the one that is asked.
    """
    text = _OVER.sub(r"Σ_\1 ", _GENERATOR.sub(_summed, text))
    if "+=" not in text:
        return text
    text = _ACCENT.sub(r"\1\2", _COMMENT.sub("", text))
    lines: list[str] = []
    stated = (line.partition("=")[0].strip() for line in _LINE.split(text) if "+=" not in line and "=" in line)
    sequences = {*sequences, *(name for name in stated if name.isidentifier() and name not in weights)}
    for line in _LINE.split(text):
        if not line.strip() or _LOOP.fullmatch(line) or _ZEROS.search(line):
            continue
        left, sign, right = line.partition("+=")
        name = left.strip().removeprefix("d").removeprefix("_") if sign else ""
        if name in weights and name not in asked:
            continue
        right = _with_steps(right if sign else line.partition("=")[2], sequences)
        if name in asked:
            lines.append(f"∂L/∂{name} = Σ_t ({right.strip()})")
        elif not sign and "=" in line:
            lines.append(f"{_with_steps(line.partition('=')[0], sequences, True).strip()} = {right.strip()}")
        else:
            lines.append(line)
    return "\n".join(lines)


def _summed(found: re.Match[str]) -> str:
    body, letter, low, high = found.groups()
    last = high.replace(" ", "").removesuffix("+1") if "+" in high else f"{high}-1"
    return f"Σ_{{{letter}={low or 0}}}^{{{last}}} ({body})"


def _with_steps(text: str, sequences: Collection[str], is_left: bool = False) -> str:
    """With [t] behind each name of a sequence that has no step of its own."""
    text = _BEFORE.sub(lambda found: f"{found[1]}[t-1]" if found[1] in sequences else found[0], text)
    text = _NEXT.sub(lambda found: f"{found[1]}next[{'t' if is_left else 't+1'}]", text)
    names = "|".join(sorted(map(re.escape, sequences), key=len, reverse=True))
    if is_left and re.fullmatch(r"\s*[A-Za-z_]\w*\s*", text):
        return f"{text.strip()}[t]"
    return re.sub(rf"(?<![\w.\\])({names})(?![\w(]|\s*[\[_]|\.(?!T\b))", r"\1[t]", text)
