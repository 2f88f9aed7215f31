"""One layer in words: `conv 64 f3 s2`, `conv 3x3 64 stride=2 relu`, `Conv2D(64, 3, strides=2, activation='relu')`,
`nn.Conv2d(3, 64, kernel_size=3)`.

Spelling is free, meaning is not: what is said twice, or cannot both be, is refused, and a word that is not known gets
the nearest one that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..errors import ExpressionError, UserError
from ..expressions.answers import read_number, split_shape
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Kind as NodeKind
from ..expressions.nodes import Value
from ..expressions.parser import parse
from ..expressions.reader import Declarations
from .kinds import KINDS
from .layer_calls import ASSIGNED, Call, margins, unwrapped
from .layer_words import (
    FLAGS,
    IGNORED,
    NAMES,
    PAIR,
    READS,
    REMARKS,
    ROWS,
    SEPARABLE,
    SLOPED,
    WINDOWED,
    adjectives_of,
    is_value_of,
    kind_among,
    plain_word,
    setting_of,
    unknown_kind,
    unknown_setting,
    words_of,
)
from .network import INPUT
from .transposed import same

_WORDS = {"c": "channels", "n": "numbers", "d": "numbers"}
_SETTING = re.compile(r"([A-Za-z_]+)[=:]?(-?\d+(?:[x×]\d+)*|\([^()]*\)|\[[^\[\]]*\])", re.ASCII)


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


def kind_of(text: str) -> str:
    """The kind of layer that a part of a line is, "" for what is none."""
    text = unwrapped(text)[0]
    call = Call.of(text.strip())
    words = adjectives_of([call.name] if call else words_of(" ".join(text.split(None, 5)[:5])))[0]
    if words and PAIR.fullmatch(words[0]):
        words = words[1:]
    if words and (windowed := WINDOWED.fullmatch(words[0].lower())):
        words = [windowed[1]]
    found = kind_among(words)[0]
    return {"bilstm": "lstm", "bigru": "gru", "birnn": "rnn"}.get(found, found)


def is_layer(text: str) -> bool:
    """Whether a part of a line begins with a kind of layer or an activation."""
    return bool(kind_of(text))


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
        call = Call.of(text, place)
        if call and kind_among([call.name])[0]:
            self.head([call.name])
            self.call(call)
            self.words(words_of(call.behind))
        else:
            words = words_of(text)
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
        if words and PAIR.fullmatch(words[0]):
            before, words = words[:1], words[1:]
        if words and (windowed := WINDOWED.fullmatch(words[0].lower())) and windowed[1] not in ("f", "s", "p", "d"):
            before, words = [windowed[2]], [windowed[1], *words[1:]]
        if not words:
            raise self.refused("a kind of layer is expected, such as conv or dense")
        words, adjectives = adjectives_of(words)
        kind, count, self.axes = kind_among(words)
        self.separable = kind in SEPARABLE
        if kind in ("bilstm", "bigru", "birnn"):
            self.put("D", 2, words[0])
            kind = kind[2:]
        if adjectives:
            before = [*adjectives, *before]
        if not kind and (short := re.fullmatch(r"([A-Za-z]+)([\d.]+)", words[0])) and kind_among([short[1]])[0]:
            if words[1:] and words[1][0].isdigit() and not PAIR.fullmatch(words[1]):
                raise self.refused(f"{words[0]} and {words[1]} are two numbers of one layer; write {short[1]} 8 f3")
            return self.head([short[1], short[2], *words[1:]])
        if not kind and (dashed := re.fullmatch(r"([A-Za-z]+)(\d+(?:[x×]\d+)?)?-(\d+)", words[0])):
            window = [f"f{dashed[2]}"] if dashed[2] else []  # conv3-64
            if kind_among([dashed[1]])[0]:
                return self.head([dashed[1], dashed[3], *window, *words[1:]])
        if not kind:
            raise self.refused(unknown_kind(words[0]))
        self.kind = "conv" if self.separable else kind
        if kind in REMARKS.values() and kind not in ROWS:
            self.kind, self.remarks = "", (kind,)
        if self.axes and self.kind in ("conv", "depthwise", "conv-transpose", "maxpool", "avgpool"):
            self.facts.append(Fact(self.kind, axes=self.axes))
        return [*before, *words[count:]]

    # The settings

    def call(self, call: Call) -> None:
        """The arguments of `Conv2D(64, 3, padding='same')` or `nn.Conv2d(3, 64, 3)`."""
        for name, value in call.arguments(self.kind, self.separable):
            self.argument(name, value)
        if not self.said and (usual := call.usual(self.kind)):
            self.put(*usual, f"{call.name}()")

    def argument(self, name: str, value: str) -> None:
        if not name:
            self.words([value])
        elif name.startswith("in "):
            self.fact(name[3:], value)
        elif name in ("padding", "activation"):
            self.assigned(name, value)
        elif not self.margins(name, value):
            self.put(name, self.value(name, value), value)

    def margins(self, name: str, value: str) -> bool:
        """Reads what is before and after each axis; whether it is such a value."""
        end = {"pad_begin": "pad_end", "crop_begin": "crop_end"}.get(name, "")
        found = margins(value, self.axes) if end else None
        for key, sizes in zip((name, end), found or (), strict=False):
            self.put(key, sizes, value)
        return found is not None

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
        lower, plain = word.lower(), plain_word(word)
        if lower in ("from", "as") and following:
            self.called(lower, following)
            return True
        free = "f" if PAIR.fullmatch(word) else self.free()
        if free and word[0].isdigit() and len(following) > 1 and self.setting(following) == free:
            self.bare(word)  # 64 filters, 4 heads
            return True
        if plain in SLOPED and re.fullmatch(r"\d*\.\d+|\d+%", following):
            self.remarks = (*self.remarks, f"{REMARKS[plain]}{following}" if plain == "dropout" else REMARKS[plain])
            return True
        if lower in self.known and (self.kind in KINDS and KINDS[self.kind].several):
            self.reads.append(self.known[lower])
            return False
        if assigned := ASSIGNED.fullmatch(word):
            self.assigned(assigned[1], assigned[2])
            return False
        if plain == "same" and self.kind == "conv-transpose":
            self.padding(word)
            self.same_transposed = True
            return False
        if plain in FLAGS and not (plain == "ceil" and "pool" not in self.kind):
            self.put(*FLAGS[plain], word)
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
        if plain in NAMES and KINDS[NAMES[plain]].trails:
            self.behind.append((NAMES[plain], len(self.remarks)))
            return False
        name = self.setting(word)
        if name is None and word.isdigit() and not free and (behind := self.setting(following)):
            self.put(behind, self.value(behind, word), f"{word} {following}")  # 2 layers
            return True
        if name is not None and (re.fullmatch(r"\d+([x×]\d+)*", following) or is_value_of(name, following)):
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
        return setting_of(self.kind, word) if word[:1].isalpha() or word[:1] == "_" else None

    def assigned(self, word: str, value: str) -> None:
        """A setting by its name."""
        plain = plain_word(word)
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
            words = kind_among([value])[0]
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
        if plain in READS:
            self.fact(READS[plain], value)
            return
        if plain in FLAGS and value.lower() in ("true", "false") and self.setting(word) is None:
            flag, said = FLAGS[plain]
            if value.lower() == "false":
                said = 1 if flag == "D" else not said
            self.put(flag, said, f"{word}={value}")
            return
        name = self.setting(word)
        if name is None:
            if plain in IGNORED:
                return
            if plain.endswith(("initializer", "regularizer", "constraint")):
                return
            raise self.refused(self.no_setting(word))
        if self.margins(name, value):
            return
        self.put(name, self.value(name, value), f"{word}={value}" if len(word) > 1 else f"{word}{value}")

    def no_setting(self, word: str) -> str:
        if self.kind not in KINDS:
            return f"{word} is not a setting of {self.remarks[0] if self.remarks else 'it'}"
        return unknown_setting(self.kind, word)

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
        if kind is not None and PAIR.fullmatch(word) and "f" in kind.settings:
            self.put("f", self.sizes(word), word)
            return
        if self.kind == "embedding" and not self.settings and (both := re.fullmatch(r"(\d+)[x×](\d+)", word)):
            for name, size in zip("vn", both.groups(), strict=True):
                self.put(name, int(size), word)
            return
        if self.kind == "" and set(self.remarks) <= {"leaky", "elu", "celu", "softplus"} and read_number(word):
            return  # its slope
        if self.kind in ("reshape", "expand", "permute") and self.said and re.fullmatch(r"-?\d+", word):
            name = KINDS[self.kind].bare[0]  # reshape 7 7 16
            sizes = self.settings[name]
            self.settings[name] = (*(sizes if isinstance(sizes, tuple) else (sizes,)), int(word))
            return
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
