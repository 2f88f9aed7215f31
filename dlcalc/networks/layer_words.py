"""The words of a layer in a line of text: kinds, settings and remarks, in every spelling that is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache

from ..expressions.nodes import Value
from .kinds import ALIASES, KINDS

REMARKS: Mapping[str, str] = {
    **{
        word: word
        for word in (
            "relu", "sigmoid", "tanh", "softmax", "leaky", "gelu", "elu", "selu", "celu", "lrn", "dropout", "relu6",
            "swish", "mish", "softplus", "softsign", "hardswish", "hardsigmoid", "logsoftmax",
        )
    },
    "leakyrelu": "leaky", "silu": "swish",
}  # fmt: skip
"""Words that are a setting of the layer before them and no row: an activation, dropout, and the like."""

SLOPED = frozenset({"dropout", "leaky", "leakyrelu", "elu"})
"""Those that have a number of their own, which changes no count."""
ROWS = frozenset({"lrn", "dropout"})
"""Those that are a row where they are a part of their own."""
FLAGS: dict[str, tuple[str, Value]] = {
    "same": ("same", True), "ceil": ("ceil", True), "seq": ("sequence", True), "sequence": ("sequence", True),
    "sequences": ("sequence", True), "bi": ("D", 2), "bidirectional": ("D", 2), "nobias": ("bias", False),
    "returnsequences": ("sequence", True), "drop": ("drop", True), "keep": ("keep", True),
    "transposed": ("transposed", True),
}  # fmt: skip
"""Words that are a setting with its value."""
_SYNONYMS = {
    "f": "kernel kernelsize window windowsize filtersize poolsize ks size",
    "s": "stride strides step factor scale scalefactor", "p": "padding pad pads rate probability",
    "d": "dilation dilations dilationrate", "k": "filters outchannels maps featuremaps",
    "m": "units outfeatures hidden hiddensize neurons outputshape", "h": "heads numheads", "d_k": "keydim keysize",
    "d_v": "valuedim valuesize", "groups": "g group numgroups", "output_padding": "op outputpadding",
    "v": "vocabulary vocab vocabsize inputdim numembeddings words", "n": "embeddingdim embeddingsize outputdim dim",
    "L": "layers numlayers", "sequence": "returnsequences seq", "D": "directions", "bias": "usebias center",
    "ceil": "ceilmode", "multiplier": "depthmultiplier", "o": "outputsize", "y": "shape targetshape newshape",
    "order": "dims perm", "times": "repeats n", "shift": "center",
    "r": "upscalefactor blocksize factor scale",
    "pad_begin": "padding pad p", "crop_begin": "cropping crop", "reset_after": "resetafter",
}  # fmt: skip
IGNORED = frozenset({
    "name", "inputshape", "inputdim", "inputlength", "batchfirst", "inplace", "dim", "eps", "epsilon", "momentum",
    "dataformat", "kernelinitializer", "biasinitializer", "kernelregularizer", "mode", "interpolation", "startdim",
    "trackrunningstats", "dtype", "trackrunning", "maskzero", "paddingidx", "recurrentactivation", "alpha",
    "negativeslope", "recurrentdropout", "maxvalue", "dropout", "returnstate", "stateful", "gobackwards", "unroll",
    "trainable", "countincludepad", "returnindices", "paddingmode", "aligncorners",
})  # fmt: skip
"""Arguments of a call that change no count."""
READS = {"inchannels": "c", "infeatures": "n", "inputsize": "n", "numfeatures": "c", "embeddim": "d",
          "normalizedshape": "n", "numchannels": "c"}  # fmt: skip
"""Arguments that say what a layer reads."""

PAIR = re.compile(r"\d+(?:[x×]\d+)+")
WINDOWED = re.compile(r"([a-z]+?)(\d+[x×]\d+)")
_THOUSANDS = re.compile(r"(?<![^\s=])\d{1,3}(?:,\d{3})+(?!\S)")
_WORD = re.compile(r"(?:[^\s,()\[\]]|\([^()]*\)|\[[^\[\]]*\])+")


@lru_cache(4096)
def plain_word(word: str) -> str:
    return re.sub(r"[\s_-]", "", word).lower()


def _names() -> dict[str, str]:
    """Every spelling of a kind, without hyphens."""
    found = {plain_word(alias): name for alias, name in ALIASES.items()}
    found |= {plain_word(kind.words): kind.name for kind in KINDS.values()}
    return found | {plain_word(kind.name): kind.name for kind in KINDS.values()}


NAMES = _names()
SEPARABLE = frozenset({"sepconv", "separable", "separableconv", "separableconvolution"})
_PARTS = frozenset({*NAMES, *REMARKS, *SEPARABLE, "bilstm", "bigru", "birnn"})


def kind_among(words: list[str]) -> tuple[str, int, int]:
    """(the kind that words begin with, how many of them, the axes that it says), "" for none."""
    for count in range(min(3, len(words)), 0, -1):
        if count > 1 and words[count - 1][0].isdigit():
            continue
        joined = plain_word("".join(words[:count]))
        stem = joined[:-2] if joined[-1:] == "d" and joined[-2:-1] in ("1", "2", "3") else joined
        axes = int(joined[-2]) if stem != joined else 0
        stem = f"{stem.removesuffix('transpose')}transpose" if joined.endswith("transpose") else stem
        transposed = re.fullmatch(r"(conv)[123]dtranspose", joined)
        if transposed:
            return "conv-transpose", count, int(joined[4])
        if stem in SEPARABLE or stem in ("bilstm", "bigru", "birnn"):
            return stem, count, axes
        if stem in NAMES:
            return NAMES[stem], count, axes
        if stem in REMARKS:
            return REMARKS[stem], count, 0
    return "", 0, 0


_ADJECTIVES = {"pointwise": "f1", "bidirectional": "bi", "bi": "bi", "dilated": "", "atrous": ""}
"""Words before a kind, and what they say of it."""
_STACKED = re.compile(r"(\d+)-layer(?:ed)?")


def adjectives_of(words: list[str]) -> tuple[list[str], list[str]]:
    """(the words from the kind on, what those before it say): pointwise conv, bidirectional lstm, 2-layer lstm."""
    lower = words[0].lower() if words else ""
    stacked = _STACKED.fullmatch(lower)
    if len(words) < 2 or not (stacked or lower in _ADJECTIVES) or kind_among(words)[0] or not kind_among(words[1:])[0]:
        return words, []
    said = f"L{stacked[1]}" if stacked else _ADJECTIVES[lower]
    return words[1:], [said] if said else []


def whole_numbers(text: str) -> str:
    """Without the commas between thousands: dense 1,000."""
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text) if "," in text else text


def words_of(text: str) -> list[str]:
    """Words, with sizes as one: 3 x 3 is 3x3, and what stands in parentheses stays together."""
    text = re.sub(r"(?<=\d)\s*[x×]\s*(?=\d)", "x", text)
    text = whole_numbers(text)
    text = re.sub(r"(?<![^\s,])(\d+x\d+)?\s*/\s*(\d+)(?![^\s,])", r"\1 s\2", text) if "/" in text else text
    text = re.sub(r"\s*=\s*", "=", text) if "=" in text else text
    if "no" in text or "No" in text or "ithout" in text:
        text = re.sub(r"\b(?:no|without)\s+bias(?:es)?\b", "nobias", text, flags=re.IGNORECASE)
        text = re.sub(r"\b(?:no|without)\s+padding\b", "valid", text, flags=re.IGNORECASE)
    words: list[str] = _WORD.findall(text)
    words = [word for word in words if word.lower() not in ("of", "with", "and", "+")]
    if "(" not in text:
        return words
    return [inside[1] if (inside := re.fullmatch(r"\(([A-Za-z]\w*)\)", word)) else word for word in words]


@lru_cache(4096)
def setting_of(kind: str, word: str) -> str | None:
    """The setting of a kind that a word means."""
    known = KINDS[kind].settings if kind in KINDS else ()
    if word in known:
        return word
    plain = plain_word(word)
    if plain in ("rate", "probability") and kind != "dropout":  # of a convolution Keras's dilation_rate
        return "d" if plain == "rate" and "d" in known else None
    for name in known:
        if plain == name.lower() or plain == plain_word(name) or plain in _SYNONYMS.get(name, "").split():
            return name
    return None


def is_value_of(name: str, following: str) -> bool:
    """Whether the next word is the value of a setting that has a word for a value."""
    return name in ("p", "pad_begin") and following.lower() in ("same", "valid")


def unknown_kind(word: str) -> str:
    """The rule for a word that is no kind of layer, with the nearest that is one."""
    close = get_close_matches(plain_word(word), sorted(_PARTS), 1, 0.6)
    near = f"; did you mean {close[0]}?" if close else ""
    return f"{word[:40]} is not a kind of layer{near} (dlcalc net layers lists them)"


def unknown_setting(kind: str, word: str) -> str:
    """The rule for a word that is no setting of a kind, with the nearest that is one."""
    known = ", ".join(KINDS[kind].settings) or "none"
    words = {plain_word(name) for name in KINDS[kind].settings}
    words |= {w for name in KINDS[kind].settings for w in _SYNONYMS.get(name, "").split()}
    stem = re.sub(r"[\d=].*$", "", plain_word(word))
    close = get_close_matches(stem, sorted(words), 1, 0.6) if len(stem) > 2 else []
    near = f"; did you mean {close[0]}?" if close else ""
    return f"{word} is not a setting of {kind}; its settings are {known}{near}"
