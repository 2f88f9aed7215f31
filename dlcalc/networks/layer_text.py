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
from functools import lru_cache

from ..errors import ExpressionError, UserError
from ..expressions.answers import read_number, split_shape
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Kind as NodeKind
from ..expressions.nodes import Value
from ..expressions.parser import parse
from ..expressions.reader import Declarations
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

_ROWS = frozenset({"lrn", "dropout"})
"""Those that are a row where they are a part of their own."""
_FLAGS: dict[str, tuple[str, Value]] = {
    "same": ("same", True), "ceil": ("ceil", True), "seq": ("sequence", True), "sequence": ("sequence", True),
    "sequences": ("sequence", True), "bi": ("D", 2), "bidirectional": ("D", 2), "nobias": ("bias", False),
    "drop": ("drop", True), "keep": ("keep", True), "transposed": ("transposed", True),
}  # fmt: skip
"""Words that are a setting with its value."""
_SYNONYMS = {
    "f": "kernel kernelsize window windowsize filtersize poolsize ks size",
    "s": "stride strides step factor scale scalefactor", "p": "padding pad pads rate probability",
    "d": "dilation dilations dilationrate", "k": "filters outchannels maps featuremaps",
    "m": "units outfeatures hidden hiddensize neurons outputshape", "h": "heads numheads", "d_k": "keydim keysize",
    "d_v": "valuedim valuesize", "groups": "g group numgroups", "output_padding": "op outputpadding",
    "v": "vocabulary vocab vocabsize inputdim numembeddings words", "n": "embeddingdim embeddingsize outputdim",
    "L": "layers numlayers", "sequence": "returnsequences seq", "D": "directions", "bias": "usebias",
    "ceil": "ceilmode", "multiplier": "depthmultiplier", "o": "outputsize", "y": "shape targetshape newshape",
    "order": "dims perm", "times": "repeats n", "scale": "affine", "shift": "center",
    "pad_begin": "padding pad p", "crop_begin": "cropping crop", "reset_after": "resetafter",
}  # fmt: skip
_MEANS = {word: name for name, words in _SYNONYMS.items() for word in words.split()}
_IGNORED = frozenset({
    "name", "inputshape", "inputdim", "inputlength", "batchfirst", "inplace", "dim", "eps", "epsilon", "momentum",
    "dataformat", "kernelinitializer", "biasinitializer", "kernelregularizer", "mode", "interpolation", "startdim",
    "trackrunningstats", "dtype", "trackrunning", "maskzero", "paddingidx", "recurrentactivation", "alpha",
    "negativeslope", "recurrentdropout", "maxvalue",
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
_SETTING = re.compile(r"([A-Za-z_]+)[=:]?(\d+(?:[x×]\d+)*|\([^()]*\)|\[[^\[\]]*\])", re.ASCII)
_ASSIGNED = re.compile(r"([A-Za-z_]+)=(.+)")
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
        joined = _plain("".join(words[:count]))
        stem = re.sub(r"[123]d$", "", joined)
        axes = int(joined[-2]) if stem != joined else 0
        stem = f"{stem.removesuffix('transpose')}transpose" if joined.endswith("transpose") else stem
        turned = re.fullmatch(r"(conv)[123]dtranspose", joined)
        if turned:
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
    call = CALL.fullmatch(text.strip())
    words = [call[2]] if call else _tokens(text)
    if words and _PAIR.fullmatch(words[0]):
        words = words[1:]
    if words and (windowed := _WINDOWED.fullmatch(words[0].lower())):
        words = [windowed[1]]
    found = _named(words)[0]
    return {"bilstm": "lstm", "bigru": "gru", "birnn": "rnn"}.get(found, found)


def is_layer(text: str) -> bool:
    """Whether a part of a line begins with a kind of layer or an activation."""
    return bool(kind_of(text))


def _tokens(text: str) -> list[str]:
    """Words, with sizes as one: 3 x 3 is 3x3, and what stands in parentheses stays together."""
    text = re.sub(r"(?<=\d)\s*[x×]\s*(?=\d)", "x", text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?:\D|$))", "", text)
    text = re.sub(r"\s*=\s*", "=", text)
    return re.findall(r"(?:[^\s,()\[\]]|\([^()]*\)|\[[^\[\]]*\])+", text)


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
        self.behind: list[str] = []
        """Kinds of layers that stand behind this one: bn."""
        self.causal = False
        name, colon, rest = text.partition(":")
        self.name, text = (name.strip(), rest.strip()) if colon and "(" not in name else ("", text.strip())
        call = CALL.fullmatch(text)
        if call and _named([call[2]])[0]:
            self.head([call[2]])
            self.call(call[1], call[2], call[3])
            self.words(_tokens(call[4]))
        else:
            words = _tokens(text)
            self.words(self.head(words))
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
        kind, count, self.axes = _named(words)
        self.separable = kind in _SEPARABLE
        if kind in ("bilstm", "bigru", "birnn"):
            self.put("D", 2, words[0])
            kind = kind[2:]
        if not kind and (short := re.fullmatch(r"([A-Za-z]+)([\d.]+)", words[0])) and _named([short[1]])[0]:
            return self.head([short[1], short[2], *words[1:]])
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
        bare = [part for part in arguments if part and not _ASSIGNED.fullmatch(part)]
        torch = "nn." in module or (bool(re.search(r"[123]d$", name)) and name[:1].isupper())
        many = {"dense": 2, "conv": 3, "conv-transpose": 3}.get(self.kind, 99)
        torch = torch or (not module and name.islower() and len(bare) >= many)
        usual = KINDS[self.kind].bare if self.kind in KINDS else ()
        if self.kind in ("reshape", "permute") and len(bare) > 1:
            bare = [f"({','.join(bare)})"]
        names = _TORCH.get(self.kind, usual) if torch else _KERAS.get(self.kind, usual)
        if self.separable:
            names = _KERAS["conv"]
        for index, value in enumerate(bare):
            if not self.kind or self.kind in ("flatten", "lrn"):
                continue
            if index >= len(names):
                raise self.refused(f"{value} is one argument too many for {name}")
            self.argument(names[index], value)
        for part in arguments:
            if assigned := _ASSIGNED.fullmatch(part):
                self.assigned(assigned[1], assigned[2].strip())

    def argument(self, name: str, value: str) -> None:
        if name.startswith("in "):
            self.fact(name[3:], value)
        elif name in ("padding", "activation"):
            self.assigned(name, value)
        else:
            self.put(name, self.value(name, value), value)

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
        if lower in self.known and (self.kind in KINDS and KINDS[self.kind].several):
            self.reads.append(self.known[lower])
            return False
        if assigned := _ASSIGNED.fullmatch(word):
            self.assigned(assigned[1], assigned[2])
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
            self.behind.append(_NAMES[plain])
            return False
        name = self.setting(word)
        if name is not None and (re.fullmatch(r"\d+([x×]\d+)*", following) or _says(name, following)):
            self.assigned(word, following)
            return True
        found = _SETTING.fullmatch(word)
        if found and (self.setting(found[1]) is not None or len(found[1]) == 1):
            self.assigned(found[1], found[2])
            return False
        self.bare(word)
        return False

    def setting(self, word: str) -> str | None:
        """The setting of this kind that a word means."""
        known = KINDS[self.kind].settings if self.kind in KINDS else ()
        if word in known:
            return word
        plain = _plain(word)
        for name in known:
            if plain == name.lower() or plain == _plain(name) or plain in _SYNONYMS.get(name, "").split():
                return name
        return None

    def assigned(self, word: str, value: str) -> None:
        """A setting by its name."""
        plain = _plain(word)
        value = value.strip().strip("\"'")
        if plain == "activation":
            words = _named([value])[0]
            self.remarks += () if value.lower() in ("linear", "none") else (words or value.lower(),)
            return
        if plain == "causal" or (plain == "padding" and value.lower() == "causal"):
            self.causal = True
            return
        if plain in ("padding", "pad") and value.lower() in ("same", "valid"):
            self.put("same", True, f"padding={value}") if value.lower() == "same" else self.padding(f"{word}={value}")
            return
        if plain in _READS:
            self.fact(_READS[plain], value)
            return
        if plain in _FLAGS and value.lower() in ("true", "false") and self.setting(word) is None:
            return
        name = self.setting(word)
        if name is None:
            if plain in _IGNORED:
                return
            raise self.refused(self.no_setting(word))
        if plain in ("bidirectional",):
            value = "2" if value.lower() == "true" else "1"
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
            number = read_number(text)
            if number is not None:
                return number
        return self.sizes(text)

    def sizes(self, text: str) -> Value:
        inside = re.sub(r"\s*,\s*", "x", text.strip().strip("()[]").strip(", "))
        parts = tuple(read_value(part, self.place) for part in split_shape(inside))
        return parts[0] if len(parts) == 1 else parts

    def bare(self, word: str) -> None:
        """A number without a letter: how many filters or units; sizes as 3x3 are the window's."""
        kind = KINDS.get(self.kind)
        if kind is not None and _PAIR.fullmatch(word) and "f" in kind.settings and "f" not in self.settings:
            self.put("f", self.sizes(word), word)
            return
        bare = (*kind.bare, *(("f", "s") if kind.window and kind.bare else ())) if kind is not None else ()
        free = next((name for name in bare if name not in self.settings), None)
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
        if self.kind in ("maxpool", "avgpool") and "f" not in self.settings:
            raise self.refused("a pooling layer needs its window, such as pool 2 or pool f3 s2")

    def layers(self) -> Iterator[tuple[str, str, dict[str, Value], tuple[str, ...]]]:
        """(kind, name, settings, remarks) of the layers that it stands for, in order."""
        kind, settings, remarks = self.kind or "activation", dict(self.settings), self.remarks
        if self.causal and isinstance(settings.get("f"), int) and isinstance(settings.get("d", 1), int):
            before = (settings["f"] - 1) * settings.get("d", 1)
            yield "pad", "", {"pad_begin": before, "pad_end": 0}, ()
        if self.separable:
            bias = settings.pop("bias", True)
            pointwise: dict[str, Value] = {"k": settings.pop("k", 1), "f": 1, **({} if bias else {"bias": False})}
            yield "depthwise", "", {**settings, "bias": False}, ()
            kind, settings = "conv", pointwise
        yield kind, self.name, settings, remarks if not self.behind else self.first()
        for index, behind in enumerate(self.behind):
            last = index == len(self.behind) - 1
            yield behind, "", {}, self.remarks[len(self.first()) :] if last else ()

    def first(self) -> tuple[str, ...]:
        """The remarks that were said before the layer behind."""
        return self.remarks


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
