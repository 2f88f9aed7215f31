"""What stands around a number in a student's answer, and the many ways to write one, brought to the one that is read.

`55 by 55`, `the answer is 55 pixels`, `5.05·10⁻²`, `３４９４４`, LaTeX. Text in, text out; nothing is computed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from ..expressions.functions import ALIASES, CONSTANTS, FUNCTIONS, function_named

NUMBER = r"[+−-]?(?:\d{1,3}(?:[ ,]\d{3})+|\d+)?(?:\.\d+|(?<=\d)\.?)(?:[eE][+-]?\d{1,3})?"

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufe0e\ufe0f\ufeff]")
_WRAPPED = (re.compile(r"\$+(.*?)\$+", re.DOTALL), re.compile(r"\\[(\[](.*)\\[)\]]", re.DOTALL),
            re.compile(r"(`+|\*\*|__)(.*)\1", re.DOTALL),
            re.compile(r"[\"'“”„]+(.*?)[\"'“”„]+", re.DOTALL))  # fmt: skip
_SAME = str.maketrans({
    "х": "x", "Х": "x", "⨯": "×", "✕": "×", "✖": "×", "∗": "*", "•": "·", "∙": "·", "∕": "/", "⁄": "/", "⟶": "→",
    "⇒": "→", "⟹": "→", "≃": "≈", "≅": "≈", "、": ",", "。": ".", "＇": "'",
})  # fmt: skip
_LATEX = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"\{,\}", ","),
        (r"\\[dt]frac", r"\\frac"),
        (r"\\frac(\d)(\d)", r"\\frac{\1}{\2}"),
        (r"\\(?:text|mathrm|textrm|mathbf|textbf|mathit|boxed|num|operatorname)\{([^{}]*)\}", r"\1"),
        (r"(?<!\\)\\(?:[,;:! ]|q?quad(?![A-Za-z]))", " "),
        (r"\\times(?![A-Za-z])", "×"),
        (r"\\approx(?![A-Za-z])", "≈"),
        (r"\\(?:to|[rR]ightarrow|implies)(?![A-Za-z])", "→"),
        (r"\\%", "%"),
        (r"\b(?:np|numpy|math|torch)\.(?=[a-z]+\()", ""),
        (r"\(\s*[=≈]\s*", "("),
    )
)
_SPLIT = re.compile(r"-+>|→|[,;]?\s(?:so|hence|thus|therefore)\s|\s~\s|(?<![<>!≤≥=])(?:==|[=≈])(?![=>])")
_STATEMENTS = re.compile(r"\s*;\s*|,\s+(?:and\s+|so\s+)?")
_ABOUT = re.compile(r"^(?:≈|~|about|around|approx(?:\.|imately)?|ca\.?|circa|roughly|exactly|=)\s*", re.IGNORECASE)
_LABELS = (
    re.compile(r"^\(?[a-z]\)\s+(?=[-−+]?[\d\[(.])"),
    re.compile(r"^q?(?:uestion)?\s*\d{1,2}\s*[.(]?\s*[a-z]\s*(?:\)?:\s*(?=\S)|\)\s*(?=\d))", re.IGNORECASE),
    re.compile(r"^#?\s?[A-Za-z][A-Za-z_ ]*:\s*(?=\S)"),
    re.compile(r"^(?!.*\b(?:not|less|more|half|twice)\b)(?:[A-Za-z][A-Za-z'’, ]*\s)?"
               r"(?:is|are|equals?|gives?|get|has|have|makes?|obtain|(?:it|that)['’]s)"
               r"\s+(?=[-−+~≈]?[\d\[(.])", re.IGNORECASE),
    re.compile(r"^(?:(?:the|final|output)\s+)?(?:answer|total|result|shape|size|side|sum|so|thus|hence|"
               r"therefore|i think)\s+(?=[-−+~≈]?[\d\[(.])",
               re.IGNORECASE),
)  # fmt: skip
"""(b) 55, 1b: 55, Answer: 55, it is 55, total 55."""
_COUNTED = (
    r"parameters?|params?|weights?|bias(?:es)?|macs?|flops?|operations|multiplications|mults?|pixels?|px|neurons?|"
    r"units?|filters?|updates?|steps?|epochs?|connections?|numbers?|values?|elements?|entries|rows?|columns?|positions?|"
    r"floats?|nats|maps?|layers?|examples?|outputs?|tensors?|volume|gates?|blocks?|matrices|directions?|heads?"
)
_UNITS = re.compile(
    rf"(?<=[\d)\]}}²])\s*(?:(?:(?:learnable|trainable|learned|different|weight)\s+)?(?:{_COUNTED})?"
    r"(?:\s+(?:(?:weights?\s+)?and\s+bias(?:es)?|in\s+total|total|altogether|overall|approx\.?|each|"
    r"(?:per|on\s+each|on\s+a|along\s+each)\s+(?:side|axis|dimension|direction)))?"
    r"|\s(?:learnable|trainable|learned))\.?$",
    re.IGNORECASE,
)
_UNITS_OF_LETTERS = re.compile(rf"(?<=[\w²³)\]}}])\s+(?=[a-z]{{5}})(?:{_COUNTED})$", re.IGNORECASE)
"""4m² + 4m parameters."""
_UNITS_WITHIN = re.compile(rf"(?<=\d)\s+(?:{_COUNTED})(?=\s*(?:[-+−)*/·×]|$))", re.IGNORECASE)
"""600 weights + 8 biases."""
_UNITS_SCALED = re.compile(rf"(?<=\d)(\s*(?:[kKMGT]|(?i:thousand|million|billion)))\s*(?i:{_COUNTED})\.?$")
"""33.8k MACs, 1.8 GFLOPs, 2 million parameters."""
_BOTH = re.compile(r"(?<=\d)\s*weights?,?\s*(?:and|plus|,)\s*(?=\d[\d ,.']*\s*bias(?:es)?\b)", re.IGNORECASE)
_WHY = re.compile(r"(?<=[\d)\]]),?\s+(?:because|since)\s.*$"
                  r"|(?<=[\d)\]]),?\s+(?:with|without|including|incl\.|excluding)\s[^\d]*$", re.IGNORECASE)  # fmt: skip
_REMARK = re.compile(r"(?<=\S)\s+\(([^()]*)\)$")
_AXES = re.compile(
    r"[HhWwCcDdKk](?:eight|idth|hannels|epth)?(?:\s*[×xX*,·]\s*[HhWwCcDdKk](?:eight|idth|hannels|epth)?)+"
)
_WORD = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{3,}")
_FUNCTION_WORDS = frozenset(FUNCTIONS) | frozenset(ALIASES) | frozenset(CONSTANTS)

_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])|(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d,])"
                      r"|(?<![\d.,])\d{1,3}(?:['’\u2009\u202f\u00a0]\d{3})+(?![\d,])")  # fmt: skip
_TIMES_TEN = re.compile(rf"({NUMBER})\s*(?:[*·×⋅xX]|\\cdot)\s*10\s*(?:(?:\^|\*\*)\s*[({{]?\s*([+−-]?\d{{1,3}})\s*[)}}]?"
                        r"|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))")  # fmt: skip
_OTHERWISE = re.compile(
    r"^\{?\s*([^,;{}]+?)\s+(?:if|for|when)\s+([^,;{}]+?)\s*[,;]\s*(?:and\s+)?([^,;{}]+?)\s+(?:otherwise|else)\s*\}?$"
)
"""1 if x > 0, 0 otherwise"""
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−", "0123456789+--")


def same_signs(text: str) -> str:
    """The text without invisible marks, its digits and signs as they are usually typed."""
    return _MIXED.sub(_mixed, _INVISIBLE.sub("", "".join(map(_plain, text))).translate(_SAME))


_MIXED = re.compile(r"(?<![\d.,])(\d{1,12})\((\d{1,2})/(\d{1,2})\)")
"""2¼ once its ¼ stands as (1/4)."""


def _mixed(found: re.Match[str]) -> str:
    """2¼ as 9/4 where it stands alone, in brackets where something is done with it."""
    whole, over, under = map(int, found.groups())
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    alone = before in " \t-−+[{,;|&" and after in " \t]},;|&\n"
    return f"{whole * under + over}/{under}" if alone else f"({whole}+{over}/{under})"


def tidy(text: str) -> str:
    """The answer on one line, without invisible marks and without maths delimiters or quotes around it."""
    found = " ".join(same_signs(text).split())
    for pattern in _WRAPPED:
        inner = pattern.fullmatch(found)
        if inner:
            found = inner[inner.lastindex or 1].strip()
    return found.strip("\"'“”„").strip()


def _plain(character: str) -> str:
    """Digits of any script, and the wide forms of East Asian keyboards, as ASCII; ⅔ as (2/3)."""
    if character.isascii():
        return character
    if "！" <= character <= "～":
        return chr(ord(character) - 0xFEE0)
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if unicodedata.category(character) == "No" and "⁄" in (made := unicodedata.normalize("NFKC", character)):
        return f"({made})"
    return character


def sides(text: str, names: Collection[str] = ()) -> list[str]:
    """The sides of `11·11·3·96 + 96 = 34944`, without labels, units and remarks. `names` are the part's letters."""
    for pattern, put in _LATEX:
        text = pattern.sub(put, text)
    text = without_remark(without_label(text.strip()), names)
    found = (_side(side, names) for side in _SPLIT.split(text))
    return [side for side in found if side]


_APPLIED = re.compile(r"([A-Za-zα-ωŷ]\w*)\s*\([^()]*\)")
_INDICES = re.compile(r"\^?\{?\[\d+\]\}?|[A-Za-z]_?\{?\d+\}?")


def is_name(side: str) -> bool:
    """Whether one side of a statement only says what the other one is called: o, n_out, h^[1], (h, w, c)."""
    called = _APPLIED.fullmatch(side)
    if called and function_named(called[1]) is None:
        return True  # f(0.8) = 0.69
    return re.search(r"\d", _INDICES.sub("", side)) is None


def statements(text: str) -> list[str]:
    """5·5·3 = 75; 75·8 = 600 as lines of working, whose results are used further down."""
    found = [part for part in _STATEMENTS.split(text) if part.strip()]
    results = [part.rpartition("=")[2].strip() for part in found]
    follows = all(
        any(re.search(rf"(?<![\d.]){re.escape(result)}(?![\d.])", later.rpartition("=")[0]) for later in found[place:])
        for place, result in enumerate(results[:-1], 1)
    )
    return found if len(found) > 1 and all("=" in part for part in found) and follows else [text]


def without_label(text: str) -> str:
    for pattern in _LABELS:
        text = pattern.sub("", text)
    return text


def without_remark(text: str, names: Collection[str]) -> str:
    """Without (h × w × c) or (biases included) at the end: words in brackets, not letters that are multiplied."""
    found = _REMARK.search(text)
    if found is None:
        return text
    words = [word for word in _WORD.findall(found[1]) if word not in names and word not in _FUNCTION_WORDS]
    return text[: found.start()] if words or _AXES.fullmatch(found[1].strip()) else text


def as_sum(text: str) -> str:
    """600 weights and 8 biases as 600 + 8, where parameters are asked."""
    return _BOTH.sub(" + ", text)


def _side(text: str, names: Collection[str]) -> str:
    side = _ABOUT.sub("", without_label(text.strip().strip("✓✔☑")).strip()).rstrip(" .…;,!?✓✔☑\\")
    side = _UNITS_SCALED.sub(r"\1", _WHY.sub("", without_remark(side, names)).rstrip(" .;,"))
    return _UNITS_WITHIN.sub("", _UNITS_OF_LETTERS.sub("", _UNITS.sub("", side)).rstrip(" .;,"))


_ENDS_A_FACTOR = re.compile(r"[\w)\]}²³]")
_BEGINS_A_FACTOR = re.compile(r"[\w(\[{√⌊\\+−-]")


def is_scientific(text: str) -> bool:
    """1.7·10^2, 1.7 × 10²: one number, with its power of ten written out."""
    return _TIMES_TEN.fullmatch(text) is not None


_BARE = re.compile(
    rf"(?<![A-Za-z])\\?({'|'.join(sorted((w for w in _FUNCTION_WORDS if w.isalpha() and len(w) > 1), key=len)[::-1])})"
    r"(?:\s+|(?<=[a-z])\s*\\[,;: ]\s*)([A-Za-z]|\d+(?:\.\d+)?)(?=\s*(?:$|[-+−)\],=;&}]|\\right))"
)
"""ln x, \\tanh 0.5: what a function is applied to, where nothing more is multiplied with it."""
_BARE_POWER = re.compile(
    r"(?<![A-Za-z])\\?(sin|cos|tan|sinh|cosh|tanh|ln|log)\s*\^\s*\{?\s*(\d)\s*\}?\s*([A-Za-z])"
    r"(?=\s*(?:$|[-+−)\],=;&}]|\\right))"
)
"""\\tanh^2 x"""


_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d.,])", re.ASCII)


def with_points(text: str) -> str:
    """1/(1 + exp(−1,5)) with a decimal point; as it is where a point or a group of three digits leaves it unclear."""
    if re.search(r"\.\d", text) or _GROUPED.search(text):
        return text
    return _DECIMAL_COMMA.sub(r"\1.\2", text)


def scalar(text: str, names: Collection[str] = ()) -> str:
    """One number or expression: digits without grouping, x between factors as ×, ln x as ln(x)."""
    text = _BARE.sub(r"\1(\2)", _BARE_POWER.sub(r"\1(\3)^\2", text))
    text = _OTHERWISE.sub(r"\1 if \2 else \3", text)
    whole = _TIMES_TEN.fullmatch(text)
    if whole:
        return f"{whole[1]}e{(whole[2] or whole[3]).translate(_RAISED)}".replace(",", "").replace(" ", "")
    if "(" not in text or not re.search(r"[A-Za-z]\(", text):
        text = _GROUPED.sub(lambda found: re.sub(r"\D", "", found[0]), text)
    return text if any(name.partition("_")[0] == "x" for name in names) else re.sub(r"[A-Za-z0-9]+", _times, text)


def _times(found: re.Match[str]) -> str:
    """x as × between factors: 11x11, n x m, 4x(n + m); it is a letter in exp, max, 0x1F and 2·x1."""
    word = found[0]
    if word in _FUNCTION_WORDS or word.startswith("0x") or not re.search(r"[xX]", word):
        return word
    factors = re.split(r"[xX]", word)
    before, after = found.string[: found.start()].rstrip()[-1:], found.string[found.end() :].lstrip()[:1]
    if not (factors[0] or _ENDS_A_FACTOR.match(before)) or not (factors[-1] or _BEGINS_A_FACTOR.match(after)):
        return word
    return "×".join(factors) if all(len(factor) < 3 or factor.isdigit() for factor in factors) else word


_SHAPE = tuple(
    (re.compile(pattern, re.IGNORECASE), put)
    for pattern, put in (
        (r"^(?:torch\.size|tf\.tensorshape|tensorshape|shape|tuple|size)\s*\((.*)\)$", r"\1"),
        (r"^<(.*)>$", r"(\1)"),
        (r"(?<=\d)\s*(?:by|times)\s*(?=\d)", "×"),
        (r"[·⋅]|\\cdot", "×"),
        (r"^(?:[A-Za-z]\w*\s*(?:∈|\\in)\s*)?(?:\\mathbb\s*\{?R\}?|ℝ|R)\s*\^\s*[{(]*([^{}()]+)[})]*$", r"\1"),
        (r"^(\d+)\s*@\s*(\d+\s*[x×*]\s*\d+)$", r"\2×\1"),
        (
            r"^(\d+)\s*(?:(?:feature\s*)?maps?|channels?|filters?),?\s*(?:each\s*)?(?:of|with)?\s*(?:the\s*)?"
            r"(?:size|shape)?\s*\(?(\d+\s*[x×*]\s*\d+)\)?(?:\s*(?:px|pixels?|each))?$",
            r"\2×\1",
        ),
        (r"(?<=\d)\s*@\s*(?=\d+$)|(?<=\d)\s+(?:with|and)\s+(?=\d+$)", "×"),
        (r"(?<=\d),?\s*(?:depth|channels?)\s+(?=\d+$)", "×"),
        (r"\s*(?:,|;|and|with)\s*(?:and\s+)?(?=\d+\s*(?:channels?|(?:feature\s*)?maps?|filters?|deep))", "×"),
        (
            r"(?<=\d)\s*(?:px|pixels?|channels?|(?:feature\s*)?maps?|filters?|rows?|columns?|high|wide|deep|units?)\b",
            "",
        ),
        (r"(\d+)\s*(?:²|\^\s*2|\*\*\s*2)\s*(?=[×x*,])", r"\1×\1"),
        (r"^([\[({]?)\s*(?:none|-1|\?|batch(?:[_ ]size)?)\s*[,;×x]\s*(?=[^,;×x])", r"\1"),
        (r"^([\[({]?)\s*[NB]\s*[,;×x]\s*(?=\d+\s*[,;×x]\s*\d)", r"\1"),
        (r"^(\d+)([-/])(\d+)\2(\d+)$", r"\1×\3×\4"),
    )
)
_LABELLED = re.compile(r"\(?\s*((?:[A-Za-z_]+\s*(?:[:=]\s*|\s)\d+\s*[,; ×x]?\s*)+)\)?")
_ORDER = {"h": 0, "height": 0, "rows": 0, "w": 1, "width": 1, "columns": 1, "c": 2, "channels": 2, "d": 2, "depth": 2,
          "k": 2, "filters": 2}  # fmt: skip


def labelled(text: str) -> str:
    """H = 55, W = 55, C = 96, or height 55, width 55, 96 channels, as 55×55×96, in that order; any other as it is."""
    text = re.sub(r"(?<=\d)\s*\(\s*(\d+)\s*(?:channels|filters|(?:feature\s+)?maps)\s*\)$", r" with \1", text)
    named = re.sub(r"(\d+)\s+(?:channels|deep)\b", r"channels \1", text)
    pairs = re.findall(r"([A-Za-z_]+)\s*[:=]?\s*(\d+)", named)
    if not _LABELLED.fullmatch(named) or len(pairs) < 2:
        return text
    places = [_ORDER.get(name.lower()) for name, _ in pairs]
    if None in places or len(set(places)) < len(places):
        return text
    return "×".join(value for _, value in sorted(pairs, key=lambda pair: _ORDER[pair[0].lower()]))


def shape(text: str) -> str:
    """A shape: 55 by 55 with 96 channels, torch.Size([55, 55, 96]), (None, 55, 55, 96)."""
    for pattern, put in _SHAPE:
        text = pattern.sub(put, text)
    if "×" in text and "(" not in text:
        text = re.sub(r"(?<=\d)\s*[,;]\s+(?=\d)", "×", text)  # 14 high, 14 wide × 8
    return text.strip()


_UNKNOWN = re.compile(r"(?<![A-Za-z0-9\\_^])[A-Za-z]{2,}(?:['’-][A-Za-z]+)*(?![A-Za-z0-9_(^\[])")
_JOINING = frozenset({"and", "or", "of", "the", "for", "per", "not"})
_LINKING = frozenset({"if", "else", "otherwise", "for", "when", "where", "and", "or", "not"})


def unknown_words(text: str, names: Collection[str] = ()) -> str:
    """The words that mean nothing in an answer, those that stand beside one another together; "" where there are none.

    A run of the letters that are known is a product; names and functions have a meaning.
    """
    found: list[str] = []
    end = 0
    letters = {name for name in names if len(name) == 1}
    for word in _UNKNOWN.finditer(text):
        is_joined = bool(found) and not text[end : word.start()].strip()
        if not (is_joined and word[0].lower() in _JOINING):
            if word[0] in names or word[0] in _FUNCTION_WORDS or word[0].lower() in _LINKING or set(word[0]) <= letters:
                if found:
                    break
                continue
            if found and not is_joined:
                break
        found.append(word[0])
        end = word.end()
    while len(found) > 1 and found[-1].lower() in _JOINING:
        found.pop()
    return " ".join(found)


def without_meaning(text: str, letters: Collection[str], names: Collection[str] = ()) -> str:
    """What is said of words in an answer that mean nothing; "" where there are none. `names`: others that are known."""
    words = unknown_words(text, {*letters, *names})
    if not words:
        return ""
    asked = f"; the letters are {', '.join(sorted(letters))}" if letters else ": a number is asked"
    return f"“{words[:60]}” has no meaning here{asked}"
