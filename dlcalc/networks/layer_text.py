"""One layer in words: `conv 64 f3 s2`, `conv 3x3 64 stride=2 relu`, `Conv2D(64, 3, strides=2, activation='relu')`,
`nn.Conv2d(3, 64, kernel_size=3)`.

Spelling is free, meaning is not: what is said twice, or cannot both be, is refused, and a word that is not known gets
the nearest one that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache

from ..errors import ExpressionError, UserError
from ..expressions.answers import read_number, split_shape
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Kind as NodeKind
from ..expressions.nodes import Value
from ..expressions.parser import parse
from ..expressions.reader import Declarations
from .kinds import ALIASES, KINDS
from .network import INPUT
from .transposed import same

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

_SLOPED = frozenset({"dropout", "leaky", "leakyrelu", "elu"})
"""Those that have a number of their own, which changes no count."""
_ROWS = frozenset({"lrn", "dropout"})
"""Those that are a row where they are a part of their own."""
_FLAGS: dict[str, tuple[str, Value]] = {
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
    "pad_begin": "padding pad p", "crop_begin": "cropping crop", "reset_after": "resetafter",
}  # fmt: skip
_MEANS = {word: name for name, words in _SYNONYMS.items() for word in words.split()}
_IGNORED = frozenset({
    "name", "inputshape", "inputdim", "inputlength", "batchfirst", "inplace", "dim", "eps", "epsilon", "momentum",
    "dataformat", "kernelinitializer", "biasinitializer", "kernelregularizer", "mode", "interpolation", "startdim",
    "trackrunningstats", "dtype", "trackrunning", "maskzero", "paddingidx", "recurrentactivation", "alpha",
    "negativeslope", "recurrentdropout", "maxvalue", "dropout", "returnstate", "stateful", "gobackwards", "unroll",
    "trainable", "countincludepad", "returnindices", "paddingmode", "aligncorners",
})  # fmt: skip
"""Arguments of a call that change no count."""
_READS = {"incha": "c", "inchannels": "c", "infeatures": "n", "inputsize": "n", "numfeatures": "c", "embeddim": "d",
          "normalizedshape": "n", "numchannels": "c"}  # fmt: skip
"""Arguments that say what a layer reads."""
_WORDS = {"c": "channels", "n": "numbers", "d": "numbers"}

_TORCH: Mapping[str, tuple[str, ...]] = {
    "conv": ("in c", "k", "f", "s", "p", "d", "groups"),
    "conv-transpose": ("in c", "k", "f", "s", "p", "output_padding", "groups"),
    "dense": ("in n", "m", "bias"), "rnn": ("in n", "m", "L"), "lstm": ("in n", "m", "L"), "gru": ("in n", "m", "L"),
    "batchnorm": ("in c",), "layernorm": ("in n",), "rmsnorm": ("in n",), "groupnorm": ("groups", "in n"),
    "attention": ("in d", "h"), "maxpool": ("f", "s", "p"), "avgpool": ("f", "s", "p"),
}  # fmt: skip
"""What the arguments are that PyTorch's modules have without their names."""
_KERAS: Mapping[str, tuple[str, ...]] = {
    "conv": ("k", "f", "s", "padding"), "conv-transpose": ("k", "f", "s", "padding"),
    "depthwise": ("f", "s", "padding"), "maxpool": ("f", "s", "padding"), "avgpool": ("f", "s", "padding"),
    "attention": ("h", "d_k"), "dense": ("m", "activation"), "activation": ("activation",),
}  # fmt: skip
"""The same of Keras's layers, where they are not the bare settings of a line."""

CALL = re.compile(r"((?:\w+\.)*)(\w+)\s*\((.*)\)\s*(.*)", re.DOTALL)
_SETTING = re.compile(r"([A-Za-z_]+)[=:]?(-?\d+(?:[x×]\d+)*|\([^()]*\)|\[[^\[\]]*\])", re.ASCII)
_ASSIGNED = re.compile(r"([A-Za-z_]+)=(.+)")
_VALUE = re.compile(r"[\d(\[\-'\"].*|[A-Za-z]|.*[*+/].*|\w+\s*-.*", re.DOTALL)
"""What may be the value of an argument, and no word such as f3 or same."""
_THOUSANDS = re.compile(r"(?<![^\s=])\d{1,3}(?:,\d{3})+(?!\S)")
_WORD = re.compile(r"(?:[^\s,()\[\]]|\([^()]*\)|\[[^\[\]]*\])+")
_PAIR = re.compile(r"\d+(?:[x×]\d+)+")
_WINDOWED = re.compile(r"([a-z]+?)(\d+[x×]\d+)")


@dataclass(frozen=True)
class Fact:
    """What a layer's words say of what it reads: the quantity `name` of its formula is `value`, or so many axes."""

    kind: str
    name: str = ""
    value: int = 0
    axes: int = 0

    @property
    def words(self) -> str:
        return _WORDS.get(self.name, "numbers")


def read_value(text: str, where: str) -> Value:
    """A whole number or an expression in one-letter names: 96, k, 2c. UserError begins with `where` it stands."""
    try:
        number = read_number(text)
        if number is not None:
            if not isinstance(number, int):
                raise UserError(f"{where}: a whole number is expected, not {text}")
            return number
        names = dict.fromkeys("abcdefghijklmnopqrstuvwxyzHWCNTK", NodeKind.SCALAR)
        return evaluate(parse(text, Declarations(names, frozenset(names), runs=False)))
    except ExpressionError as error:
        raise UserError(f"{where}: {error.rule}") from None


@lru_cache(4096)
def _plain(word: str) -> str:
    return re.sub(r"[\s_-]", "", word).lower()


def _names() -> dict[str, str]:
    """Every spelling of a kind, without hyphens."""
    found = {_plain(alias): name for alias, name in ALIASES.items()}
    found |= {_plain(kind.words): kind.name for kind in KINDS.values()}
    return found | {_plain(kind.name): kind.name for kind in KINDS.values()}


_NAMES = _names()
_SEPARABLE = frozenset({"sepconv", "separable", "separableconv", "separableconvolution"})
_PARTS = frozenset({*_NAMES, *REMARKS, *_SEPARABLE, "bilstm", "bigru", "birnn"})


def _named(words: list[str]) -> tuple[str, int, int]:
    """(the kind that words begin with, how many of them, the axes that it says), "" for none."""
    for count in range(min(3, len(words)), 0, -1):
        if count > 1 and words[count - 1][0].isdigit():
            continue
        joined = _plain("".join(words[:count]))
        stem = joined[:-2] if joined[-1:] == "d" and joined[-2:-1] in ("1", "2", "3") else joined
        axes = int(joined[-2]) if stem != joined else 0
        stem = f"{stem.removesuffix('transpose')}transpose" if joined.endswith("transpose") else stem
        transposed = re.fullmatch(r"(conv)[123]dtranspose", joined)
        if transposed:
            return "conv-transpose", count, int(joined[4])
        if stem in _SEPARABLE or stem in ("bilstm", "bigru", "birnn"):
            return stem, count, axes
        if stem in _NAMES:
            return _NAMES[stem], count, axes
        if stem in REMARKS:
            return REMARKS[stem], count, 0
    return "", 0, 0


def kind_of(text: str) -> str:
    """The kind of layer that a part of a line is, "" for what is none."""
    text = unwrapped(text)[0]
    call = CALL.fullmatch(text.strip())
    words = _adjectives([call[2]] if call else _tokens(" ".join(text.split(None, 5)[:5])))[0]
    if words and _PAIR.fullmatch(words[0]):
        words = words[1:]
    if words and (windowed := _WINDOWED.fullmatch(words[0].lower())):
        words = [windowed[1]]
    found = _named(words)[0]
    return {"bilstm": "lstm", "bigru": "gru", "birnn": "rnn"}.get(found, found)


_ADJECTIVES = frozenset({"pointwise", "bidirectional", "bi"})


def _adjectives(words: list[str]) -> tuple[list[str], list[str]]:
    """(the words from the kind on, what stands before it): pointwise conv, bidirectional lstm."""
    lower = [word.lower() for word in words[:3]]
    if len(words) > 1 and lower[0] in _ADJECTIVES and _named(words[1:])[0] and not _named(words)[0]:
        return words[1:], [lower[0]]
    return words, []


def is_layer(text: str) -> bool:
    """Whether a part of a line begins with a kind of layer or an activation."""
    return bool(kind_of(text))


def whole_numbers(text: str) -> str:
    """Without the commas between thousands: dense 1,000."""
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text) if "," in text else text


def _tokens(text: str) -> list[str]:
    """Words, with sizes as one: 3 x 3 is 3x3, and what stands in parentheses stays together."""
    text = re.sub(r"(?<=\d)\s*[x×]\s*(?=\d)", "x", text)
    text = whole_numbers(text)
    text = re.sub(r"\s*=\s*", "=", text) if "=" in text else text
    if "no" in text or "No" in text or "ithout" in text:
        text = re.sub(r"\b(?:no|without)\s+bias(?:es)?\b", "nobias", text, flags=re.IGNORECASE)
        text = re.sub(r"\b(?:no|without)\s+padding\b", "valid", text, flags=re.IGNORECASE)
    words: list[str] = _WORD.findall(text)
    words = [word for word in words if word.lower() not in ("of", "with", "and", "+")]
    if "(" not in text:
        return words
    return [inside[1] if (inside := re.fullmatch(r"\(([A-Za-z]\w*)\)", word)) else word for word in words]


_WRAPPED = re.compile(r"(?:\w+\.)*(Bidirectional|TimeDistributed)\s*\((.*)\)", re.DOTALL | re.IGNORECASE)


def unwrapped(text: str) -> tuple[str, list[str]]:
    """(the layer, the wrappers around it) of `Bidirectional(LSTM(64))`."""
    around: list[str] = []
    while wrapped := _WRAPPED.fullmatch(text.strip()):
        inside, *more = _arguments(wrapped[2])
        around.append(wrapped[1].lower())
        around += [part.strip() for part in more if part.strip()]
        text = inside
    return text, around


class LayerText:
    """One layer as written: its kind, settings, remarks, what it reads, and what it says of what it reads."""

    def __init__(self, text: str, place: str, known: Mapping[str, str]) -> None:
        self.place = place
        self.known = known
        self.settings: dict[str, Value] = {}
        self.said: dict[str, str] = {}
        self.remarks: tuple[str, ...] = ()
        self.reads: list[str] = []
        self.facts: list[Fact] = []
        self.behind: list[tuple[str, int]] = []
        """Kinds of layers that stand behind this one, bn, each with the number of remarks before it."""
        self.same_transposed = False
        self.causal = False
        self.over = 0
        """So many axes stand before those that it reads: TimeDistributed."""
        self.name, text = named(text)
        text, around = unwrapped(text)
        call = CALL.fullmatch(text)
        if call and _named([call[2]])[0]:
            self.head([call[2]])
            self.call(call[1], call[2], call[3])
            self.words(_tokens(call[4]))
        else:
            words = _tokens(text)
            self.words(self.head(words))
        for word in around:
            self.wrapped(word)
        self.finish()

    def refused(self, rule: str) -> UserError:
        return UserError(f"{self.place}: {rule}")

    @property
    def gates(self) -> int:
        return KINDS[self.kind].gates if self.kind in KINDS else 0

    @property
    def remark(self) -> bool:
        """It is an activation by itself."""
        return self.kind == "" and bool(self.remarks)

    def wrapped(self, word: str) -> None:
        """Bidirectional, TimeDistributed, or an argument of theirs."""
        if word == "bidirectional" and self.gates:
            self.put("D", 2, "Bidirectional")
        elif word == "timedistributed":
            self.over += 1
        elif not re.fullmatch(r"(?:merge_mode\s*=\s*)?['\"]concat['\"]|(?:name|input_shape)\s*=.*", word):
            raise self.refused(f"{word} is not read of a layer around {self.kind or 'another'}")

    # The kind

    def head(self, words: list[str]) -> list[str]:
        """Reads the kind; gives the words after it."""
        before: list[str] = []
        if words and _PAIR.fullmatch(words[0]):
            before, words = words[:1], words[1:]
        if words and (windowed := _WINDOWED.fullmatch(words[0].lower())) and windowed[1] not in ("f", "s", "p", "d"):
            before, words = [windowed[2]], [windowed[1], *words[1:]]
        if not words:
            raise self.refused("a kind of layer is expected, such as conv or dense")
        words, adjectives = _adjectives(words)
        kind, count, self.axes = _named(words)
        self.separable = kind in _SEPARABLE
        if kind in ("bilstm", "bigru", "birnn"):
            self.put("D", 2, words[0])
            kind = kind[2:]
        if adjectives:
            before = ["f1" if adjectives[0] == "pointwise" else "bi", *before]
        if not kind and (short := re.fullmatch(r"([A-Za-z]+)([\d.]+)", words[0])) and _named([short[1]])[0]:
            if words[1:] and words[1][0].isdigit() and not _PAIR.fullmatch(words[1]):
                raise self.refused(f"{words[0]} and {words[1]} are two numbers of one layer; write {short[1]} 8 f3")
            return self.head([short[1], short[2], *words[1:]])
        if not kind and (dashed := re.fullmatch(r"([A-Za-z]+)(\d+(?:[x×]\d+)?)?-(\d+)", words[0])):
            window = [f"f{dashed[2]}"] if dashed[2] else []  # conv3-64
            if _named([dashed[1]])[0]:
                return self.head([dashed[1], dashed[3], *window, *words[1:]])
        if not kind:
            raise self.refused(self.unknown(words[0]))
        self.kind = "conv" if self.separable else kind
        if kind in REMARKS.values() and kind not in _ROWS:
            self.kind, self.remarks = "", (kind,)
        if self.axes and self.kind in ("conv", "depthwise", "conv-transpose", "maxpool", "avgpool"):
            self.facts.append(Fact(self.kind, axes=self.axes))
        return [*before, *words[count:]]

    def unknown(self, word: str) -> str:
        close = get_close_matches(_plain(word), sorted(_PARTS), 1, 0.6)
        near = f"; did you mean {close[0]}?" if close else ""
        return f"{word[:40]} is no kind of layer{near} (dlcalc net layers lists them)"

    # The settings

    def call(self, module: str, name: str, inside: str) -> None:
        """The arguments of `Conv2D(64, 3, padding='same')` or `nn.Conv2d(3, 64, 3)`."""
        arguments = [part.strip() for part in _arguments(inside)]
        arguments = [word for part in arguments for word in (_tokens(part) if re.search(r"\w\s+\w", part) else [part])]
        bare = [part for part in arguments if part and not _ASSIGNED.fullmatch(part)]
        torch = "nn." in module or (bool(re.search(r"[123]d$", name)) and name[:1].isupper())
        many = {"dense": 2, "conv": 3, "conv-transpose": 3}.get(self.kind, 99)
        torch = torch or (not module and name.islower() and len(bare) >= many)
        if self.kind == "prelu" and not bare:
            if not torch:
                raise self.refused("nn.PReLU() has one slope, prelu one for each channel: which is meant?")
            self.put("n", 1, "PReLU()")
        usual = KINDS[self.kind].bare if self.kind in KINDS else ()
        if self.kind in ("reshape", "permute") and len(bare) > 1:
            bare = [f"({','.join(bare)})"]
        names = _TORCH.get(self.kind, usual) if torch else _KERAS.get(self.kind, usual)
        if self.separable:
            names = _KERAS["conv"]
        for index, value in enumerate(bare):
            if not self.kind or self.kind in ("flatten", "lrn"):
                continue
            if not _VALUE.fullmatch(value):
                self.words([value])
                continue
            if index >= len(names):
                raise self.refused(f"{value} is one argument too many for {name}")
            self.argument(names[index], value)
        for part in arguments:
            if assigned := _ASSIGNED.fullmatch(part):
                self.assigned(assigned[1], assigned[2].strip())
        usual_size = {"maxpool": ("f", 2), "avgpool": ("f", 2), "upsample": ("s", 2), "pad": ("pad_begin", 1)}
        if not torch and name[:1].isupper() and not self.said and self.kind in usual_size:
            self.put(*usual_size[self.kind], f"{name}()")  # as Keras has it

    def argument(self, name: str, value: str) -> None:
        if name.startswith("in "):
            self.fact(name[3:], value)
        elif name in ("padding", "activation"):
            self.assigned(name, value)
        elif not self.margins(name, value):
            self.put(name, self.value(name, value), value)

    def margins(self, name: str, value: str) -> bool:
        """Reads ((1, 0), (2, 3)), before and after each axis, and (1, 0) of one axis; whether it is such a value."""
        end = {"pad_begin": "pad_end", "crop_begin": "crop_end"}.get(name, "")
        pairs = re.findall(r"\(\s*(\d+)\s*,\s*(\d+)\s*,?\s*\)", value)
        nested = re.fullmatch(r"[(\[]\s*([(\[].*[)\]])\s*,?\s*[)\]]", value.strip(), re.DOTALL)
        flat = re.findall(r"\d+", value)
        if end and not nested and self.axes and len(flat) == 2 * self.axes > 2 and value.strip()[0] in "([":
            pairs = list(zip(flat[::2], flat[1::2], strict=True))[::-1]  # as PyTorch has them, the last axis first
            nested = re.match("", "")
        if not end or not pairs or not (nested or (self.axes == 1 and len(pairs) == 1)):
            return False
        for key, sizes in ((name, [int(pair[0]) for pair in pairs]), (end, [int(pair[1]) for pair in pairs])):
            self.put(key, sizes[0] if len(sizes) == 1 else tuple(sizes), value)
        return True

    def fact(self, name: str, value: str) -> None:
        found = self.sizes(value)
        if isinstance(found, int):
            self.facts.append(Fact(self.kind, name, found))

    def words(self, words: list[str]) -> None:
        skip = False
        for word, following in zip(words, [*words[1:], ""], strict=False):
            if skip:
                skip = False
                continue
            skip = self.word(word, following)

    def word(self, word: str, following: str) -> bool:
        """Reads one word; whether it took the next one as its value."""
        lower, plain = word.lower(), _plain(word)
        if lower in ("from", "as") and following:
            self.called(lower, following)
            return True
        free = "f" if _PAIR.fullmatch(word) else self.free()
        if free and word[0].isdigit() and len(following) > 1 and self.setting(following) == free:
            self.bare(word)  # 64 filters, 4 heads
            return True
        if plain in _SLOPED and re.fullmatch(r"\d*\.\d+|\d+%", following):
            self.remarks = (*self.remarks, f"{REMARKS[plain]}{following}" if plain == "dropout" else REMARKS[plain])
            return True
        if lower in self.known and (self.kind in KINDS and KINDS[self.kind].several):
            self.reads.append(self.known[lower])
            return False
        if assigned := _ASSIGNED.fullmatch(word):
            self.assigned(assigned[1], assigned[2])
            return False
        if plain == "same" and self.kind == "conv-transpose":
            self.padding(word)
            self.same_transposed = True
            return False
        if plain in _FLAGS and not (plain == "ceil" and "pool" not in self.kind):
            self.put(*_FLAGS[plain], word)
            return False
        if plain == "valid":
            self.padding(word)
            return False
        if plain == "causal":
            self.causal = True
            return False
        bare = re.match(r"[a-z]+", plain)
        if plain in REMARKS or (bare and bare.group() in ("dropout", "leaky") and not plain.isalpha()):
            self.remarks = (*self.remarks, REMARKS.get(plain, lower))
            return False
        if plain in _NAMES and KINDS[_NAMES[plain]].trails:
            self.behind.append((_NAMES[plain], len(self.remarks)))
            return False
        name = self.setting(word)
        if name is None and word.isdigit() and not free and (behind := self.setting(following)):
            self.put(behind, self.value(behind, word), f"{word} {following}")  # 2 layers
            return True
        if name is not None and (re.fullmatch(r"\d+([x×]\d+)*", following) or _says(name, following)):
            self.assigned(word, following)
            return True
        found = _SETTING.fullmatch(word)
        if found and (self.setting(found[1]) is not None or len(found[1]) == 1):
            self.assigned(found[1], found[2])
            return False
        self.bare(word)
        return False

    def called(self, how: str, name: str) -> None:
        """`from a` is what it reads, `as a` its own name."""
        if how == "as":
            if self.name:
                raise self.refused(f"it has two names: {self.name} and {name}")
            self.name = name
        elif name.lower() not in self.known:
            raise self.refused(self.nobody(name))
        else:
            self.reads.append(self.known[name.lower()])

    def nobody(self, name: str) -> str:
        known = [own for own in self.known.values() if own != INPUT]
        there = f"the last ones are {', '.join(known[-8:])}" if known else "there is none"
        return f"no layer before it is called {name}; {there}"

    def setting(self, word: str) -> str | None:
        """The setting of this kind that a word means."""
        return _setting(self.kind, word) if word[:1].isalpha() or word[:1] == "_" else None

    def assigned(self, word: str, value: str) -> None:
        """A setting by its name."""
        plain = _plain(word)
        value = value.strip().strip("\"'")
        if plain == "name":
            self.called("as", value)
            return
        if plain == "keepdims" and self.kind.startswith("global-") and value.lower() == "true":
            self.kind = self.kind.replace("global", "adaptive")
            self.put("o", 1, f"{word}={value}")
            return
        if plain == "affine" and self.kind == "batchnorm":
            for flag in ("scale", "shift"):
                self.put(flag, self.value(flag, value), f"{word}={value}")
            return
        if plain == "activation":
            words = _named([value])[0]
            self.remarks += () if value.lower() in ("linear", "none") else (words or value.lower(),)
            return
        if plain == "causal" or (plain == "padding" and value.lower() == "causal"):
            self.causal = True
            return
        if plain in ("padding", "pad") and value.lower() in ("same", "valid"):
            if value.lower() == "same" and self.kind == "conv-transpose":
                self.word("same", "")
                return
            self.put("same", True, f"padding={value}") if value.lower() == "same" else self.padding(f"{word}={value}")
            return
        if plain in _READS:
            self.fact(_READS[plain], value)
            return
        if plain in _FLAGS and value.lower() in ("true", "false") and self.setting(word) is None:
            flag, said = _FLAGS[plain]
            if value.lower() == "false":
                said = 1 if flag == "D" else not said
            self.put(flag, said, f"{word}={value}")
            return
        name = self.setting(word)
        if name is None:
            if plain in _IGNORED:
                return
            if plain.endswith(("initializer", "regularizer", "constraint")):
                return
            raise self.refused(self.no_setting(word))
        if self.margins(name, value):
            return
        self.put(name, self.value(name, value), f"{word}={value}" if len(word) > 1 else f"{word}{value}")

    def no_setting(self, word: str) -> str:
        kind = KINDS.get(self.kind)
        if kind is None:
            return f"{word} is not a setting of {self.remarks[0] if self.remarks else 'it'}"
        known = ", ".join(kind.settings) or "none"
        words = {_plain(name) for name in kind.settings}
        words |= {w for name in kind.settings for w in _SYNONYMS.get(name, "").split()}
        stem = re.sub(r"[\d=].*$", "", _plain(word))
        close = get_close_matches(stem, sorted(words), 1, 0.6) if len(stem) > 2 else []
        near = f"; did you mean {close[0]}?" if close else ""
        return f"{word} is not a setting of {kind.name}; its settings are {known}{near}"

    def value(self, name: str, text: str) -> Value:
        lower = text.lower()
        if lower in ("true", "false"):
            return lower == "true"
        if self.kind == "dropout":
            number = read_number(text.removesuffix("%"))
            if number is not None and not isinstance(number, bool):
                rate = Fraction(number) / 100 if text.endswith("%") else number
                if not 0 <= rate <= 1:
                    raise self.refused(f"a rate of dropout is from 0 to 1, not {text}")
                return rate
        return self.sizes(text)

    def sizes(self, text: str) -> Value:
        inside = re.sub(r"\s*,\s*", "x", text.strip().strip("()[]").strip(", "))
        parts = tuple(read_value(part, self.place) for part in split_shape(inside))
        return parts[0] if len(parts) == 1 else parts

    def bare(self, word: str) -> None:
        """A number without a letter: how many filters or units; sizes as 3x3 are the window's."""
        kind = KINDS.get(self.kind)
        if kind is not None and _PAIR.fullmatch(word) and "f" in kind.settings:
            self.put("f", self.sizes(word), word)
            return
        if self.kind == "embedding" and not self.settings and (both := re.fullmatch(r"(\d+)[x×](\d+)", word)):
            for name, size in zip("vn", both.groups(), strict=True):
                self.put(name, int(size), word)
            return
        if self.kind == "" and set(self.remarks) <= {"leaky", "elu", "celu", "softplus"} and read_number(word):
            return  # its slope
        free = self.free()
        if kind is not None and kind.several and word.isidentifier():
            raise self.refused(self.nobody(word))
        if re.fullmatch(r"\d+k", word, re.IGNORECASE) and free in ("v", "m"):
            raise self.refused(
                f"{word} may be {word[:-1]},000 or {word[:-1]}·k: write {word[:-1]}000 or ({word[:-1]}k)"
            )
        if free is None or (word.isalpha() and len(word) > 1):
            if (word.isalpha() and len(word) > 1) or re.match(r"[A-Za-z]{2,}", word):
                raise self.refused(f"{word} is not a number or a letter, and {self.no_setting(word)}")
            raise self.refused(f"{word} is not a setting of {self.kind or 'it'}: {self.taken(word)}")
        if re.match(r"[A-Za-z]{2,}", word):
            raise self.refused(f"{word} is not a number or a letter, and {self.no_setting(word)}")
        self.put(free, self.value(free, word), word)

    def free(self) -> str | None:
        """The setting that a number without a letter is: a stride only behind a window without one."""
        kind = KINDS.get(self.kind)
        if kind is None:
            return None
        bare = (*kind.bare, *(("f", "s") if kind.window and kind.bare else ()))
        free = next((name for name in bare if name not in self.settings), None)
        lettered = "f" in self.said and self.said["f"][:1].isalpha()
        return None if free == "s" and lettered else free

    def taken(self, word: str) -> str:
        said = ", ".join(f"{name} is {text}" for name, text in self.said.items())
        return f"{said}; there is no place for {word}" if said else f"there is no place for {word}"

    def padding(self, word: str) -> None:
        if "p" in self.said or "same" in self.said:
            raise self.refused(f"{word} and {self.said.get('p') or self.said['same']} are two paddings")
        self.said["p"] = word

    def put(self, name: str, value: Value, word: str) -> None:
        kind = KINDS.get(self.kind) if hasattr(self, "kind") else None
        if kind is not None and name not in kind.settings:
            raise self.refused(self.no_setting(name))
        if name in self.said:
            hint = "; the window is f3" if name == "k" and "f" in (kind.settings if kind else ()) else ""
            raise self.refused(f"{name} is said twice: {self.said[name]} and {word}{hint}")
        other = {"same": "p", "p": "same"}.get(name)
        if other in self.said and self.kind != "dropout":
            raise self.refused(f"{word} and {self.said[other]} are two paddings; one of them is meant")
        self.said[name] = word
        self.settings[name] = value

    # The layers

    def finish(self) -> None:
        if self.causal:
            self.facts.append(Fact(self.kind, axes=1))
        if self.kind in ("maxpool", "avgpool") and "f" not in self.settings:
            raise self.refused("a pooling layer needs its window, such as pool 2 or pool f3 s2")

    def layers(self) -> Iterator[tuple[str, str, dict[str, Value], tuple[str, ...]]]:
        """(kind, name, settings, remarks) of the layers that it stands for, in order."""
        kind, settings = self.kind or "activation", dict(self.settings)
        remarks = self.remarks[: self.behind[0][1]] if self.behind else self.remarks
        cut: Value = 0
        if self.causal:
            yield "pad", "", {"pad_begin": self.ahead(), "pad_end": 0}, ()
        if self.same_transposed:
            cut = self.pad_same(settings)
        if self.separable:
            bias = settings.pop("bias", True)
            pointwise: dict[str, Value] = {"k": settings.pop("k", 1), "f": 1, **({} if bias else {"bias": False})}
            yield "depthwise", "", {**settings, "bias": False}, ()
            kind, settings = "conv", pointwise
        last = not self.behind and not cut
        yield kind, self.name if last else "", settings, remarks
        if cut:
            yield "crop", "" if self.behind else self.name, {"crop_begin": 0, "crop_end": cut}, ()
        ends = [*(at for _, at in self.behind), len(self.remarks)][1:]
        for index, ((behind, at), end) in enumerate(zip(self.behind, ends, strict=True)):
            yield behind, self.name if index == len(ends) - 1 else "", {}, self.remarks[at:end]

    def ahead(self) -> int:
        """Zeros before a causal convolution."""
        f, d = self.settings.get("f"), self.settings.get("d", 1)
        f = f[0] if isinstance(f, tuple) and len(f) == 1 else f
        if not isinstance(f, int) or not isinstance(d, int):
            raise self.refused("a causal convolution runs along one axis and has a number f")
        return (f - 1) * d

    def pad_same(self, settings: dict[str, Value]) -> Value:
        """Puts the paddings of a transposed convolution with same into its settings; what is to be cut off."""
        sizes = [settings.get("f"), settings.get("s", 1), settings.get("d", 1)]
        axes = max(len(size) if isinstance(size, tuple) else 1 for size in sizes)
        rows = [size if isinstance(size, tuple) else (size,) * axes for size in sizes]
        if any(len(row) != axes or not all(isinstance(size, int) and size >= 1 for size in row) for row in rows):
            raise self.refused("same needs numbers f, s and d, one or one for each axis")
        found = [same(f, s, d) for f, s, d in zip(*rows, strict=True)]
        p, after, cut = (each[0] if len(set(each)) == 1 else each for each in zip(*found, strict=True))
        settings |= {name: value for name, value in (("p", p), ("output_padding", after)) if value}
        return cut


def named(text: str) -> tuple[str, str]:
    """(name, the rest) of `a: conv 8 f3` or `a = conv 8 f3`."""
    name, colon, rest = text.partition(":")
    if colon and "(" not in name and "=" not in name:
        if is_layer(rest) or not is_layer(name):
            return name.strip(), rest.strip()
        text = f"{name} {rest}" if rest[:1] == " " else re.sub(r"(?<=\w):(?=\S)", "=", text)  # conv: 8 f3, stride:2
    given = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*=\s*(.*)", text, re.DOTALL)
    return (given[1], given[2].strip()) if given and is_layer(given[2]) else ("", text.strip())


@lru_cache(4096)
def _setting(kind: str, word: str) -> str | None:
    known = KINDS[kind].settings if kind in KINDS else ()
    if word in known:
        return word
    plain = _plain(word)
    for name in known:
        if plain == name.lower() or plain == _plain(name) or plain in _SYNONYMS.get(name, "").split():
            return name
    return None


def _says(name: str, following: str) -> bool:
    """Whether the next word is the value of a setting that has a word for a value."""
    return name in ("p", "pad_begin") and following.lower() in ("same", "valid")


def _arguments(text: str) -> list[str]:
    """The arguments of a call, at the commas that stand in no parentheses."""
    found, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            found.append(text[start:at])
            start = at + 1
    return [*found, text[start:]]
