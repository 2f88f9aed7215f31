"""The notations of blackboards, slides and textbooks, written in the signs of our own language: text to text.

h^{(t)}, h(t) and h^{⟨t⟩} are h_{t}; \\hat{y}, hat(y) and y_pred are yhat; Σ with a condition below it has its two ends;
[h_{t-1}, x_t] is the two vectors one after the other. Nothing is known here of a network but the names in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from ..errors import ExpressionError, UserError
from ..expressions.nodes import Node
from ..gradients.answer import Statement

MOST_CHARACTERS = 40_000
"""A page: all lines of a derivation of several layers in LaTeX."""
MOST_LINES = 150
MOST_BESIDE = 400
"""So far behind its sign the terms of a Σ are looked for."""
TIMES = 2
"""A formula of a page may be so many times longer than an expression elsewhere."""

_STEP = r"[a-zTL]"
_INDEX = rf"(?:{_STEP}(?:\s*[-−+]\s*\d+)?|\d|[-−]\s*1)"
"""A step, or the number of a layer: t, t − 1, T, 2."""
_BRACED = r"(?:[^{}]|\{[^{}]*\})"
_DEEP = rf"(?:[^{{}}]|\{{{_BRACED}*\}})"
_SMALL = dict(zip("₀₁₂₃₄₅₆₇₈₉₋₊₌ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789-+=aehijklmnoprstuvx", strict=True))
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿᵐᵗʲᵏⁱᵀ", "0123456789-+nmtjkiT", strict=True))

Rewriting = tuple[str, str | Callable[[re.Match[str]], str]]


def _bound(found: re.Match[str]) -> str:
    """∑ₜ₌₁ᵀ in characters of our own."""
    below, above = ("".join(part[c] for c in text) for part, text in ((_SMALL, found[2]), (_RAISED, found[3] or "")))
    return f"{found[1]}_{{{below}}}" + (f"^{{{above}}} " if above else " ")


def _between(found: re.Match[str]) -> str:
    """Σ_{k<m≤j} and Π_{j≥m>k}: from one end to the other; with ≥ the largest comes first."""
    first, sign, letter, second_sign, last = found.groups()
    down = sign[0] in "≥>" or sign.startswith("\\g")
    one, other = (first, last) if not down else (last, first)
    low_sign, high_sign = (sign, second_sign) if not down else (second_sign, sign)
    low = f"{one} + 1" if _is_strict(low_sign) else one
    high = f"{other} - 1" if _is_strict(high_sign) else other
    return f"_{{{letter}={high}}}^{{{low}}} " if down else f"_{{{letter}={low}}}^{{{high}}} "


def _is_strict(sign: str) -> bool:
    return sign in ("<", ">", "\\lt", "\\gt")


def _up_to(found: re.Match[str]) -> str:
    """Σ_{k≤j}: from the first step to j; Σ_{j≥k}: from k to the last."""
    letter, sign, other = found.groups()
    if sign[0] in "≤<" or sign.startswith("\\l"):
        return f"_{{{letter}=1..{other}{' - 1' if _is_strict(sign) else ''}}}"
    return f"_{{{letter}={other}{' + 1' if _is_strict(sign) else ''}..T}}"


_ORDER = r"(<=|>=|[<>≤≥]|\\leq?(?![a-z])|\\geq?(?![a-z])|\\[lg]t(?![a-z])|\\leqslant|\\geqslant)"
_SIGN = r"(?:Σ|∑|Π|∏|\\sum|\\prod)"
_DELTA = r"(?:δ|\\delta|delta)"

_LAYOUT: tuple[Rewriting, ...] = (
    # where a formula begins and ends in a text
    (r"\$\$|(?<!\\)\\[\[\]]", "\n"),
    (r"(?<!\\)\$", " "),
    (r"\\begin\{cases\}(.*?)&(?:\s*\\text\{\s*if\s*\})?(.*?),?\\\\(.*?)&.*?\\end\{cases\}", r" if(\2, \1, \3)"),
    # words beside a formula, in a column of their own
    (rf"&&\s*(?:\\q?quad\s*)?\\(?:text|mbox|textrm)\s*\{{{_DEEP}*\}}\s*(?=\\\\|\n|\\end|$)", " "),
    # what sets formulas on a page; an alignment's line break is a line break
    (r"\\begin\{(?:align|aligned|equation|gather|split)\*?\}|\\end\{(?:align|aligned|equation|gather|split)\*?\}", ""),
    (r"&(?==)", ""),
    (r"\\(?:left|right)\s*\\?[.]|\\(?:no)?limits(?![a-z])|\\(?:display|text)style(?![a-z])|\\(?:nonumber|notag)", ""),
    (r"\\(?:left|right|[Bb]ig{1,2}[lrm]?)(?![A-Za-z])", ""),
    (r"\\tau(?![a-z])|τ", "T"),
    (r"½", "(1/2)"),
    (r"(?<!\\)\\[,;:! >]|\\q?quad(?![a-z])|\\[hv]space\{[^{}]*\}|[\u2061-\u2064]", " "),
    (r"\\(?:phantom|label|tag)\{[^{}]*\}", " "),
    (r"\\langle(?![a-z])", "⟨"),
    (r"\\rangle(?![a-z])", "⟩"),
    # bold and upright letters
    (r"_\s*\{\s*\\(?:text|textrm|textit|mathrm|mathit|operatorname|rm)\s*\{\s*([A-Za-z]+)\s*\}\s*\}", r"_{\1}"),
    (r"_\s*\\(?:text|textrm|mathrm|rm)\s*\{\s*([A-Za-z]+)\s*\}", r"_{\1}"),
    (rf"(?:\\math(?:bb|bf|rm)\s*\{{?\s*1\s*\}}?|𝟙|(?<![\w.}}])1)\s*_\s*\{{\s*([a-z](?:_\w|_\{{{_BRACED}*\}})?)\s*(?:>|\\gt)\s*0\s*\}}",
     r" step(\1)"),
    (r"\\(?:math)?bb(?:m)?\s*\{?\s*1\s*\}?|𝟙|\\(?:mathbf|bm|vec|boldsymbol)\s*\{?\s*1\s*\}?", " 1 "),
    (r"\\mathcal\s*\{\s*[LEJ]\s*\}|\\mathcal\s+[LEJ]|ℒ|\\ell(?![A-Za-z])|ℓ", "L"),
    (r"\^\s*\{?\s*\\(?:mathsf|mathrm|mathbf|text|rm)\s*\{?\s*T\s*\}?\s*\}?", "^T"),
    (rf"\\(?:boldsymbol|mathbf|bm|pmb|vec|mathit)\s*\{{({_BRACED}*)\}}(?=[A-Za-z])", r" \1 "),
    (rf"\\(?:boldsymbol|mathbf|bm|pmb|vec|mathit)\s*\{{({_BRACED}*)\}}", r" \1"),
    (r"\\(?:boldsymbol|mathbf|bm|pmb|vec|mathit)(?![A-Za-z])\s*(?=[A-Za-z\\])", " "),
)  # fmt: skip
_LETTERS: tuple[Rewriting, ...] = (
    # ŷ and C̃ by the names that they have here
    (r"ŷ|y\u0302", " yhat"),
    (rf"\\(?:wide)?hat\s*\{{\s*y\s*_\s*(\{{{_BRACED}*\}}|\w)\s*\}}", r" yhat_\1"),
    (rf"\\(?:wide)?hat\s*\{{\s*y\s*\^\s*(\{{{_BRACED}*\}})\s*\}}", r" yhat^\1"),
    (r"\\(?:wide)?hat\s*(?:\{\s*y\s*\}|\s*y(?![A-Za-z]))", " yhat"),
    (r"(?<![A-Za-z\\])hat\s*\(\s*y\s*\)|(?<![A-Za-z\\])hat\s+y(?![A-Za-z])", " yhat"),
    (r"(?<![A-Za-z\\])hat\s*\(\s*y_(\w)\s*\)", r" yhat_\1"),
    (r"(?<![A-Za-z\\])y_?(?:\{_?(?:hat|pred|predicted|out|output)\}|_?(?:hat|pred|predicted|out|output)(?![A-Za-z]))",
     " yhat"),
    (r"(?<![A-Za-z\\])y_\{(?:hat|pred|predicted|out)\s*,\s*([^{}]+)\}", r" yhat_{\1}"),
    (r"(?<![A-Za-z\\])y_\{([^{},]+),\s*(?:hat|pred|predicted|out)\}", r" yhat_{\1}"),
    (r"(?<![A-Za-z\\])y_?(?:\{_?(?:true|target|targ)\}|_?(?:true|target|targ)(?![A-Za-z]))", " y"),
    (r"(?<![A-Za-z])y\s*\^\s*\{?\s*(?:\*|\\ast|\\star|⋆)\s*\}?", " y"),
    (r"(?<![A-Za-z\\])(tilde|bar)\s*\(\s*([A-Za-z])\s*\)", r" \2\1"),
    (rf"\\(?:wide)?(tilde|bar)\s*\{{\s*([A-Za-z])\s*_\s*(\{{{_BRACED}*\}}|\w)\s*\}}", r" \2\1_\3"),
    (r"\\(?:wide)?(tilde|bar)\s*(?:\{\s*([A-Za-z])\s*\}|\s*([A-Za-z])(?![A-Za-z]))", r" \2\3\1"),
    (r"[′’]|\\prime(?![A-Za-z])", "'"),
    (r"\\(?:mathrm|text|textrm|operatorname|mathit)\s*\{\s*([A-Za-z]+)\s*\}(?=\s*['(])", r" \1"),
    # other signs of a transpose and of a product
    (r"\^\s*\{?\s*(?:⊺|⊤|\\top|\\intercal|\\mathsf\s*T|\\mathrm\s*T)(?![A-Za-z])\s*\}?", "^T "),
    (r"(?:(?<![\d.])|(?<=[A-Za-z_]\d))\.T(?![A-Za-z])", "ᵀ"),
    (r"(?<![A-Za-z])(?:np|torch|jnp)\.(?=[a-z])", ""),
    (r"@", "*"),
    (r"\\diag(?![A-Za-z])|\\(?:operatorname|mathrm|text|textrm)\s*\{\s*[Dd]iag\s*\}|(?<![A-Za-z])Diag(?=\s*[({[])",
     " diag"),
    (r"(?<![A-Za-z])diag\s*\{([^{}]*)\}", r"diag(\1)"),
    (r"\^\s*\{\s*(?:\\odot|\\circ|⊙|∘)\s*2\s*\}", "^2"),
    # 1[a > 0], and a > 0 in brackets as a factor
    (rf"(?:(?<![\w.])(?:1|I)\s*)?\\?[\[({{]\s*([a-z]\w*(?:_\{{{_BRACED}*\}}|\[[^\]]*\]|\^\{{{_BRACED}*\}})?)\s*(?:>|\\gt)\s*0\s*\\?[\])}}]",
     r" step(\1)"),
    (r"(?<![A-Za-z\\])(?:concat|concatenate|cat|hstack|vstack|stack)\s*\(", "("),
)  # fmt: skip
_DERIVATIVES: tuple[Rewriting, ...] = (
    (r"\\frac\s*\{\s*(?:\\mathrm\{d\}|d)\s*([A-Za-z])", r"\\frac{∂\1"),
    (r"(\\frac\s*\{\s*∂(?:[^{}]|\{[^{}]*\})*\}\s*)\{\s*(?:\\mathrm\{d\}|d)\s*", r"\1{∂ "),
    (r"(?<![A-Za-z\\])d([LEJhCa](?:_\w|_\{[^{}]*\}|\^\{[^{}]*\})?)\s*/\s*d(?=[A-Za-z\\])", r"∂\1/∂"),
    (r"(?:∇|\\nabla)\s*_\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}\s*(?:L|E|J)(?![A-Za-z_^])", r" (∂L/∂\1)ᵀ "),
    (r"(?:∇|\\nabla)\s*_\s*([a-zA-Z])\s*(?:L|E|J)(?![A-Za-z_^])", r" (∂L/∂\1)ᵀ "),
)  # fmt: skip
_STEPS_ABOVE: tuple[Rewriting, ...] = (
    # h^{(t)}, with a transpose or a square behind it
    (rf"\^\s*\{{\s*[(\[⟨<]\s*({_INDEX})\s*[)\]⟩>]\s*(?:\\top|T|ᵀ|,\s*T)\s*\}}", r"_{\1}ᵀ "),
    (rf"\^\s*\{{\s*[(\[⟨<]\s*({_INDEX})\s*[)\]⟩>]\s*(?:\^\s*)?2\s*\}}", r"_{\1}^2 "),
    (rf"\^\s*\{{\s*[(\[⟨<]\s*({_INDEX})\s*[)\]⟩>]\s*\}}", r"_{\1}"),
    (rf"(?<=[A-Za-z}}])\s*\^\s*[(⟨<\[]\s*({_STEP}(?:\s*[-−+]\s*\d+)?)\s*[)⟩>\]]", r"_{\1}"),
    (r"(?<=[A-Za-z])\s*⟨([^⟨⟩]*)⟩", r"_{\1}"),
    (r"_\s*\{\s*[(⟨<]([^()⟨⟩<>{}]*)[)⟩>]\s*\}", r"_{\1}"),
    # h_(t-1)
    (r"_\(([^()]*)\)", r"_{\1}"),
)  # fmt: skip
_SUMS: tuple[Rewriting, ...] = (
    (rf"([Σ∑Π∏])([{''.join(_SMALL)}]+)([{''.join(_RAISED)}]+)?", _bound),
    (r"(?<![A-Za-z\\])sum(?=[_^])", "Σ"),
    (r"(?<![A-Za-z\\])(?:prod|product)(?=[_^](?!desc))", "Π"),
    # the upper end before the lower one
    (rf"({_SIGN})\s*\^\s*(\{{{_BRACED}*\}}|\w)\s*_\s*(\{{{_BRACED}*\}}|\w)", r"\1_\3^\2 "),
    (rf"({_SIGN})\s*_\s*\{{\s*([a-z])\s*\}}", r"\1_\2 "),
    (rf"(?<=[Σ∑Π∏md])\s*_\s*\{{\s*([^{{}}<>≤≥=\\]+?)\s*{_ORDER}\s*([a-z])\s*{_ORDER}\s*([^{{}}<>≤≥=\\]+?)\s*\}}",
     _between),
    (rf"_\{{\s*([a-z])\s*{_ORDER}\s*([a-zT])\s*\}}", _up_to),
    (r"_\{\s*([a-z])\s*=\s*([^{},]+),\s*(?:\.\.\.|…|\\l?dots|\\cdots)\s*,\s*([^{}]+)\}", r"_{\1=\2}^{\3} "),
    (r"_\{\s*([a-z])\s*(?:∈|\\in(?![a-z]))\s*\\?[{\[]\s*([^,{}\[\]]+),\s*(?:(?:…|\\l?dots|\.\.\.)\s*,)?\s*([^,{}\[\]]+)"
     r"\s*\\?[}\]]\s*\}", r"_{\1=\2}^{\3} "),
    # 1/T Σ… begins with a mean and divides by nothing else
    (r"(?<![\w.(])1/(T|\d+)(?=\s)", r"(1/\1)"),
)  # fmt: skip

_COMPILED = [[(re.compile(p), by) for p, by in group] for group in (_LAYOUT, _LETTERS, _DERIVATIVES, _STEPS_ABOVE,
                                                                     _SUMS)]  # fmt: skip
_SLOPES = {
    "tanh": r"(1 - tanh({0})^2)",
    "sigmoid": r"(sigmoid({0}) ⊙ (1 - sigmoid({0})))",
    "relu": r"step({0})",
    "linear": "1",
}
"""Activation → its derivative, of what stands in the brackets of f′(…)."""
SPELLED = {"tanh": "tanh", "σ": "sigmoid", "sigma": "sigmoid", "sigmoid": "sigmoid", "relu": "relu", "ReLU": "relu"}
GENERIC = ("f", "g", "φ", "phi", "ϕ", "varphi")
"""Letters for whatever activation the network has."""


def plain(text: str, activation: str, names: Collection[str], known: Collection[str] = ()) -> str:
    """The text in the signs of our language. `names`: sequences, whose step may stand in parentheses: h(t); `known`:
    names whose subscript may stand above, δ^{out}_t.

    Raises ExpressionError for a text that is longer than a page.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"an answer has at most {MOST_CHARACTERS} characters, not {len(text)}")
    text = tight(text)
    for group in _COMPILED:
        if group is _COMPILED[-2]:
            text = _words_above(text, known)
        for pattern, instead in group:
            text = pattern.sub(instead, text)
    text = _bare_sums(_steps_in_parentheses(text, names))
    text = _slopes(text, activation)
    text = _side_by_side(_numpy(tight(text)))
    return tight(_ellipses(text).replace("'", "ᵀ"))


def tight(text: str) -> str:
    """With one space for many, and no empty lines: what may be any space is looked for at each of them."""
    return re.sub(r" ?\n\s*", "\n", re.sub(r"[^\S\n]+", " ", text))


_UPRIGHT = r"\\(?:text|textrm|textit|mathrm|mathit|operatorname|rm)\s*"
_WORD = (
    rf"\^\s*(?:\{{\s*\(?\s*(?:{_UPRIGHT}\{{\s*([A-Za-z]+)\s*\}}|([A-Za-z]{{1,7}}))\s*\)?\s*\}}"
    rf"|{_UPRIGHT}\{{\s*([A-Za-z]+)\s*\}}|([a-z])(?![A-Za-z]))"
)
_BELOW = r"_\s*(?:\{([^{},]*)\}|([a-zT0-9]))"
_IN_BRACKETS = rf"\(\s*({_STEP}(?:\s*[-−+]\s*\d+)?)\s*\)"
_NAMED = rf"({_DELTA}|(?<![A-Za-z\\])[WUVRbpa])\s*"
_WORDS_ABOVE = (
    # δ_t^{out}, δ^{out}_t, δ^{out}(t), W^{hh}: the letter, the word, the step
    (re.compile(rf"{_NAMED}{_BELOW}\s*{_WORD}"), slice(3, 7), slice(1, 3)),
    (re.compile(rf"{_NAMED}{_WORD}(?:\s*(?:{_BELOW}|{_IN_BRACKETS}))?"), slice(1, 5), slice(5, 8)),
    # a gate’s δ, δ_{f,t} and δ^{(t)}_f, also for one entry
    (re.compile(rf"({_DELTA}|(?<![A-Za-z\\])a)_\{{\s*([a-z])\s*,\s*([^{{}}]+)\}}"), slice(1, 2), slice(2, 3)),
    (re.compile(rf"({_DELTA})\s*\^\s*\{{\s*\(([^(){{}}]*)\)\s*\}}\s*_\s*\{{?([a-z])\}}?(?![A-Za-z])"),
     slice(2, 3), slice(1, 2)),
    (re.compile(rf"({_DELTA})_\{{\s*([a-z])_(?:\{{([^{{}}]*)\}}|(\w))\s*\}}"), slice(1, 2), slice(2, 4)),
)  # fmt: skip


def _words_above(text: str, names: Collection[str]) -> str:
    """δ^{out}_t, δ_t^{(out)} and W^{hh} as delta_out[t] and W_hh, where these are `names`."""
    for pattern, words, steps in _WORDS_ABOVE:

        def named(found: re.Match[str], words: slice = words, steps: slice = steps) -> str:
            stem = "delta" if found[1].strip("\\") in ("δ", "delta") else found[1]
            name = f"{stem}_{next(filter(None, found.groups()[words]))}"
            step = next(filter(None, found.groups()[steps]), "")
            if name not in names:
                return found[0]
            return f" {name} " if not step else f" {name}[{step}]" if stem in ("delta", "a") else f" {name}_{{{step}}}"

        text = pattern.sub(named, text)
    return text


def _steps_in_parentheses(text: str, names: Collection[str]) -> str:
    letters = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    pattern = rf"(?<![A-Za-z\\_])({letters}|δ|\\delta(?:_\w)?|delta(?:_\w)?)\(\s*({_STEP}(?:\s*[-−+]\s*\d+)?|\d)\s*\)"
    text = re.sub(pattern, r"\1_{\2}", text)
    below = rf"((?:∂|\\partial)(?:⁺|\s*\^\s*\{{?\+\}}?)?\s*[A-Za-z])\(\s*({_STEP}(?:\s*[-−+]\s*\d+)?|\d)\s*\)"
    return re.sub(below, r"\1_{\2}", text)


def _bare_sums(text: str) -> str:
    """Σ δ_t h_{t-1}ᵀ, whose letter is the first step that follows."""

    def with_letter(found: re.Match[str]) -> str:
        step = re.search(r"[_\[]\s*\{?\s*([a-su-z]|t)(?![A-Za-z])", text[found.end() : found.end() + MOST_BESIDE])
        return f"{found[1]}_{step[1]} " if step else found[0]

    return re.sub(r"([Σ∑]|\\sum(?![A-Za-z]))(?!\s*[_^ₐ-ₜ₀-₉])", with_letter, text)


def _slopes(text: str, activation: str) -> str:
    """f′(a_t) and \\tanh′(a_t) written out."""
    known = {**SPELLED, **dict.fromkeys(GENERIC, activation)}
    for name, function in known.items():
        text = re.sub(
            rf"\\?(?<![A-Za-z]){re.escape(name)}\s*\^?\{{?'\}}?\s*\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)",
            lambda found, slope=_SLOPES[function]: slope.replace("{0}", found[1]),  # type: ignore[misc]
            text,
        )
    return text


def _numpy(text: str) -> str:
    """dot(a, b) and a.dot(b) as products."""
    while (found := re.search(r"(\.|(?<![A-Za-z]))(dot|matmul|outer)\(", text)) is not None:
        end = closing(text, found.end() - 1)
        if end is None:
            return text
        inside = text[found.end() : end - 1]
        parts = split(inside, ",")
        if found[1]:
            made = f"*({inside})"
        elif len(parts) != 2:
            return text
        else:
            sign = "⊗" if found[2] == "outer" else "*"
            made = f"(({parts[0]}) {sign} ({parts[1]}))"
        text = text[: found.start()] + made + text[end:]
    return text


def _side_by_side(text: str) -> str:
    """[h_{t-1}, x_t], one vector on top of the other: in round brackets, so that it is no index."""
    text = re.sub(r"(?<=block)(\}?\s*\(\s*)\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", _blocks, text, flags=re.DOTALL)
    text = re.sub(r"\\begin\{([bp]?)matrix\}(.*?)\\end\{\1matrix\}",
                  lambda found: f"[{found[2].replace(chr(92) * 2, ';').replace('&', ';')}]", text)  # fmt: skip
    text = re.sub(
        rf"\[?\s*((?<!\w)\w+_(?:\{{{_BRACED}*\}}|\w))\s*(?:\|\||‖|∥|\\\||\\Vert|⊕|\\oplus(?![a-z]))\s*(\w+_(?:\{{{_BRACED}*\}}|\w))\s*\]?",
        r"[\1, \2]", text)  # fmt: skip
    at = 0
    while (start := text.find("[", at)) >= 0:
        end = closing(text, start)
        at = start + 1
        if end is None:
            break
        parts = [part.strip() for part in split(text[start + 1 : end - 1], ",;")]
        if len(parts) > 1 and all(map(_is_vector, parts)) and not all(part == "1" for part in parts):
            joined = f" ({', '.join(parts)})"
            text, at = text[:start] + joined + text[end:], start + len(joined)
    return text


def _blocks(found: re.Match[str]) -> str:
    """The rows of a matrix of blocks, each in brackets."""
    rows = (", ".join(row.split("&")) for row in found[2].split("\\\\"))
    return f"{found[1]}({', '.join(f'({row})' for row in rows)},)"


def _is_vector(text: str) -> bool:
    """Whether this looks like a value of a step, or the 1 that a bias meets."""
    return text == "1" or re.search(r"[A-Za-z]\s*(?:_|\[)", text) is not None


def _ellipses(text: str) -> str:
    """a_1 + a_2 + … + a_T with a name for the dots."""
    dots = r"(?:…|⋯|\.\.\.|\\cdots|\\l?dots|\\dotsb)"
    text = re.sub(rf"([+⊙·*])\s*{dots}\s*(?=[+⊙·*])", rf"\1 {DOTS} ", text)
    return re.sub(rf"\s{dots}\s*(?=[A-Za-z∂\\(])", rf" {DOTS} ", text)


DOTS = "dotsbetween"
"""The name of what an ellipsis stands for."""


# brackets


def closing(text: str, start: int) -> int | None:
    """The place behind the bracket that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if depth == 0:
            return place + 1
    return None


def split(text: str, separators: str) -> list[str]:
    """The parts between separators that stand outside brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character in separators and depth == 0 and text[place - 1 : place] != "\\":
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


# what is stated beside a formula

_WORDS_IN = r"(?:\\(?:text|mbox|textrm)\s*\{\s*)?"
_WHERE = re.compile(rf"{_WORDS_IN}[,;]?\s*\b(?:where|wherein|with|such that)\b:?\s*\}}?|\|\s*where")
_AND = re.compile(rf"{_WORDS_IN}[,;]?\s*\band\b\s*\}}?")
_FOR = re.compile(
    rf"{_WORDS_IN}[,(]?\s*\b(?:for all|for|when|if(?!\s*\(|.*\b(?:otherwise|else)\b))\b.*$"
    r"|\s+\(\s*[a-z]\s*(?:=|<|≤|\\leq?)\s*[T\d][^()]*\)\s*$"
)
"""For which steps something is stated."""
_END = r"(?:T|\d+)(?:\s*[-−]\s*\d+)?"
_MORE = rf"\s*(?:…|\\l?dots|\.{{2,3}}|to\b|:|–)\s*(?:{_END})?"
_RANGE = re.compile(
    rf"\s*[a-z]\s*(?:=|<|>|≤|≥|∈|\\leq?|\\geq?|\\in|\\lt)\s*(?:{_END}|\{{[^{{}}]*\}}|\[[^\[\]]*\])(?:{_MORE})*\s*"
    rf"|\s*(?:{_END})?(?:{_MORE})*\s*"
)


def sides(text: str, is_asked: Callable[[str], bool], example: str) -> tuple[list[str], str, list[list[str]]]:
    """(what stands on the left of the gradient, the gradient, the sides of each intermediate that is stated beside it).

    The gradient is the line before `where`, else the last one whose left side `is_asked`, else the only one without a
    left side, else the last. Raises UserError for nothing, for more than MOST_LINES, and for an intermediate without a
    left side, such as `example`.
    """
    lines, is_first = _statements(text)
    if not lines:
        raise ExpressionError("an expression is expected, but there is nothing", text, None)
    if len(lines) > MOST_LINES:
        raise UserError(f"a gradient is stated in at most {MOST_LINES} lines, not {len(lines)}")
    found = [[side.strip() for side in split(line, "=")] for line in lines]
    named = [i for i, parts in enumerate(found) if len(parts) > 1 and not is_first and is_asked(parts[0])]
    alone = [i for i, parts in enumerate(found) if len(parts) == 1]
    place = 0 if is_first else named[-1] if named else alone[0] if len(alone) == 1 else len(found) - 1
    *lefts, right = found.pop(place)
    for parts in found:
        if len(parts) < 2:
            raise UserError(f"each line but the last states an intermediate, {example} = …, not {parts[0][:40]}")
    return lefts, right, found


def is_short(left: str, names: Iterable[str]) -> bool:
    """Whether a left side is the gradient by one of `names` in short: dW, ΔW_f, dW^{[1]}, grad_W."""
    found = _SHORT.fullmatch(_MARKS.sub("", left))
    return found is not None and found[1] in {_MARKS.sub("", name) for name in names}


_MARKS = re.compile(r"[\s_^{}()\[\]⟨⟩]")
_SHORT = re.compile(r"(?:d|Δ|δ|\\?Delta|delta|grad)(\w+)")


def stated_once(statements: Iterable[Statement], written: Iterable[str]) -> tuple[Statement, ...]:
    """The statements, a repeated one once. Raises UserError where two of them say different things of one signal.

    `written`: the left side of each, as the answer has it.
    """
    found: dict[tuple[str, Node | None, bool], Statement] = {}
    for one, left in zip(statements, written, strict=True):
        before = found.setdefault((one.name, one.index, one.letter != ""), one)
        if before != one:
            raise UserError(f"an intermediate is stated once: {left[:40]} is stated twice, in different ways")
    return tuple(found.values())


def _statements(text: str) -> tuple[list[str], bool]:
    """What is stated, line by line, and whether the first one is the gradient: the others follow a `where`."""
    text = _without_steps(tight(re.sub(r"\\\\", "\n", text)))
    head, *rest = _WHERE.split(text)
    lines = _lines(head)
    behind = [line for part in rest for line in _lines(part)]
    if behind and not all("=" in line for line in behind):
        return _lines(text), False
    return [*lines, *behind], bool(behind) and len(lines) == 1


_STEPS = rf"[a-z](?:\s*,\s*[a-z])*\s*=\s*{_END}(?:\s*,\s*(?:…|\\l?dots|\.\.\.|{_END}))*"
_FROM = re.compile(rf"(?<=[^\s=+·*⊙(,;-])\s*[,;]?\s+{_STEPS}(?:\s*[;,]\s*{_STEPS})*\s*(?=[;\n]|$)")
"""δ_t = …  t = T − 1, …, 1: the end of a line that says for which steps."""


def _without_steps(text: str) -> str:
    return "\n".join(_FROM.sub("", line) if "=" in line else line for line in text.split("\n"))


def _lines(text: str) -> list[str]:
    found = []
    for line in split(text.replace(":=", "=").replace("≡", "=").replace("\\equiv", "="), ",;\n"):
        parts = _AND.split(line) if "=" in line else [line]
        found += [stripped for part in parts if (stripped := _FOR.sub("", part).strip())]
    return [line for line in found if not _RANGE.fullmatch(line)] or found
