"""What an expression is made of: numbers, names, calls, brackets, matrices, Σ and Π."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ExpressionError
from .exact import number_of
from .functions import ALIASES, FUNCTIONS, GREEK, function_named
from .nodes import (
    Add,
    Call,
    Compare,
    Div,
    FormulaCall,
    Index,
    Literal,
    Mul,
    Neg,
    Node,
    Partial,
    Pow,
    Range,
    Reduce,
    Vector,
)
from .reader import Reader
from .tokens import Token

_GREEK_NAMES = frozenset(GREEK.values())
_ACCENTS = ("hat", "bar", "tilde")
_REDUCERS = {"Σ": "sum", "Π": "prod", "Π←": "prod"}
_WORDS = {"sum": "sum", "prod": "prod", "prod_desc": "prod"}


def _above(x: Node, above: Node, below: Node) -> Node:
    return Call("if", (Compare(">", x, Literal(0)), above, below))


_SLOPED: dict[str, Callable[[Node, Node], Node]] = {
    "leakyrelu": lambda x, slope: _above(x, x, Mul((slope, x))),
    "elu": lambda x, alpha: _above(x, x, Mul((alpha, Add((Call("exp", (x,)), Neg(Literal(1))))))),
}
"""Functions with a second argument, which is else a usual number, as an expression of both."""
_WRITTEN_OUT: dict[str, tuple[int, Callable[..., Node]]] = {
    "sec": (1, lambda x: Div(Literal(1), Call("cos", (x,)))),
    "csc": (1, lambda x: Div(Literal(1), Call("sin", (x,)))),
    "cot": (1, lambda x: Div(Call("cos", (x,)), Call("sin", (x,)))),
    "prelu": (2, _SLOPED["leakyrelu"]),
    "square": (1, lambda x: Pow(x, Literal(2))),
    "pow": (2, lambda x, y: Pow(x, y)),
    "clip": (3, lambda x, low, high: Call("min", (Call("max", (x, low)), high))),
    "clamp": (3, lambda x, low, high: Call("min", (Call("max", (x, low)), high))),
}
"""Words for an expression of other functions, with the number of arguments that they take."""
_BRACKETS = {
    "(": (")", ""), "[": ("]", ""), "{": ("}", ""), "⌊": ("⌋", "floor"), "⌈": ("⌉", "ceil"), "|": ("|", "abs"),
    "‖": ("‖", "norm"),
}  # fmt: skip


class Operands(Reader):
    """Reads one operand; the grammar above it supplies `expression`, `sum`, `product` and `exponent`."""

    def expression(self) -> Node:
        raise NotImplementedError

    def sum(self) -> Node:
        raise NotImplementedError

    def product(self) -> Node:
        raise NotImplementedError

    def exponent(self) -> Node:
        raise NotImplementedError

    def postfix(self) -> Node:
        raise NotImplementedError

    def indexed(self, node: Node) -> Node:
        raise NotImplementedError

    def raised(self, base: Node) -> Node:
        raise NotImplementedError

    def list_of(self, item: Callable[[], Node], closing: str) -> list[Node]:
        items = [item()]
        while self.accept(","):
            if self.sees(closing):
                break
            items.append(item())
        return items

    def primary(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return Literal(number_of(token.value))
        if token.kind == "name":
            return self.named(token)
        if token.kind == "op":
            if token.value in _BRACKETS:
                return self.bracketed(token)
            if token.value == "√":
                return self.root()
            if token.value in _REDUCERS:
                return self.reduction(token)
            if token.value == "frac":
                return self.quotient()
            if token.value == "∂":
                return self.partial(token)
            if token.value.startswith("begin "):
                return self.environment(token.value.removeprefix("begin "))
        self.index -= 1
        raise self.unexpected()

    def group(self, node: Node) -> Node:
        self.grouped[id(node)] = node
        return node

    def braced(self) -> Node:
        if not self.accept("{"):
            raise self.error("{ is expected")
        node = self.expression()
        self.expect("}", "{")
        return self.group(node)

    def bracketed(self, opened: Token) -> Node:
        closing, function = _BRACKETS[opened.value]
        if self.sees(closing):
            raise self.error(f"{opened.value}{closing} is empty")
        if opened.value == "[":
            return self.square(opened)
        items = [self.expression()]
        comma = False
        while self.accept(","):
            comma = True
            if self.sees(closing):
                break
            items.append(self.expression())
        if not self.accept(closing):
            raise self.error(f"{opened.value} is not closed: {closing} is expected", self.at)
        if comma and opened.value == "(":
            return Vector(tuple(items))
        if comma:
            raise self.error(f"{opened.value}{closing} takes one expression", opened)
        return Call(function, (items[0],)) if function else self.group(items[0])

    def square(self, opened: Token) -> Node:
        """[a, b; c, d] is a matrix, [a, b] a vector, [a] after a factor a group."""
        rows: list[list[Node]] = [self.list_of(self.expression, "]")]
        while self.accept(";"):
            if self.sees("]"):
                break
            rows.append(self.list_of(self.expression, "]"))
        trailing = self.tokens[self.index - 1].value == ","
        self.expect("]", "[")
        return self.rows(rows, opened, one_is_group=not trailing)

    def rows(self, rows: list[list[Node]], opened: Token, one_is_group: bool) -> Node:
        if len({len(row) for row in rows}) > 1:
            raise self.error(
                f"the rows of a matrix have equal lengths, not {', '.join(str(len(r)) for r in rows)}", opened
            )
        if len(rows) == 1:
            single = rows[0][0]
            if len(rows[0]) == 1 and one_is_group:
                return self.group(single)
            return Vector(tuple(rows[0]))
        return Vector(tuple(Vector(tuple(row)) for row in rows))

    def environment(self, name: str) -> Node:
        opened = self.tokens[self.index - 1]
        rows: list[list[Node]] = [[]]
        while not self.sees(f"end {name}"):
            if self.at.kind == "end":
                raise self.error(f"\\begin{{{name}}} is not closed: \\end{{{name}}} is expected", opened)
            if self.sees_word("otherwise"):
                self.take()
            else:
                rows[-1].append(self.expression())
            if self.accept(";"):
                rows.append([])
            elif not self.accept("&") and not self.sees(f"end {name}") and self.at.kind != "end":
                raise self.unexpected()
        self.take()
        if not rows[-1]:
            rows.pop()
        if name == "cases":
            if [len(row) for row in rows] != [2, 1]:
                raise self.error("cases has two rows: value & condition, value & otherwise", opened)
            return Call("if", (rows[0][1], rows[0][0], rows[1][0]))
        if not rows:
            raise self.error("a matrix has at least one entry", opened)
        if len(rows) > 1 and all(len(row) == 1 for row in rows):
            return Vector(tuple(row[0] for row in rows))
        if len(rows) == 1:
            return Vector((Vector(tuple(rows[0])),))
        return self.rows(rows, opened, one_is_group=False)

    def quotient(self) -> Node:
        if self.peek().value != "∂" or not self.sees("{"):
            return Div(self.braced(), self.braced())
        opened = self.take()
        top, direct = self.differential()
        self.expect("}", "{")
        if not self.accept("{"):
            raise self.error("∂… is divided by another ∂…: ∂h/∂W", opened)
        bottom, _ = self.differential()
        self.expect("}", "{")
        return Partial(top, bottom, direct)

    def partial(self, token: Token) -> Node:
        """∂h/∂W or ∂⁺h/∂W, after its first sign."""
        self.index -= 1
        top, direct = self.differential()
        if not self.accept("/") or not self.sees("∂"):
            raise self.error("∂… is divided by another ∂…: ∂h/∂W", token)
        bottom, _ = self.differential()
        return Partial(top, bottom, direct)

    def differential(self) -> tuple[Node, bool]:
        """∂h_t, or ∂⁺h_t and True."""
        if not self.accept("∂"):
            raise self.error("∂ is expected")
        direct = self.accept("^")
        if direct:
            braces = self.accept("{")
            self.expect("+", "^")
            if braces:
                self.expect("}", "{")
        return self.nested(self.postfix), direct

    def root(self) -> Node:
        if self.sees("["):
            raise self.error("√ is the square root: write x^(1/3) for another, √(x) for brackets")
        return Call("sqrt", (self.nested(self.braced if self.sees("{") else self.postfix),))

    def reduction(self, token: Token) -> Node:
        """Σ_{j=1}^{T} body, Σ_{j=1..T} body, and Σ_j body for j = 1..T."""
        operator, descending = _REDUCERS[token.value], token.value == "Π←"
        if not self.accept("_"):
            raise self.error("Σ and Π need an index: Σ_{j=1..T} ...", token)
        if not self.accept("{"):
            if self.at.kind != "name":
                raise self.error("Σ and Π need an index: Σ_{j=1..T} ...")
            index = self.take().value
            return Reduce(operator, index, Literal(1), self.names.name("T"), self.nested(self.product), descending)
        index, low, high = self.bounds()
        self.expect("}", "{")
        if high is None:
            if not self.accept("^"):
                raise self.error(f"{index} needs an upper end: Σ_{{{index}=1..T}}")
            high = self.nested(self.exponent)
        return Reduce(operator, index, low, high, self.nested(self.product), descending)

    def bounds(self) -> tuple[str, Node, Node | None]:
        if self.at.kind != "name":
            raise self.error("an index letter is expected")
        index = self.take().value
        if not self.accept("=") and not (self.sees_word("in") and self.take()):
            raise self.error(f"{index} needs a range: {index}=1..T")
        low = self.nested(self.sum)
        return index, low, self.nested(self.sum) if self.accept("..") else None

    def range(self) -> Node:
        index, low, high = self.bounds()
        return Range(index, low, low if high is None else high)

    # names

    def named(self, token: Token) -> Node:
        word = token.value
        if word in self.names:
            return self.names.name(word)
        if self.sees("("):
            called = self.called(word, token)
            if called is not None:
                return called
        function = function_named(word)
        if function and self.sees("^") and self.calls_after_power():
            return self.powered_call(function, token)
        if word in FUNCTIONS or word in _WORDS:
            raise self.error(f"{word} needs parentheses: {word}(...)", token)
        if "." in word:
            raise self.error(f"{word} is not a name that is known here", token)
        return self.letters(word, token)

    def called(self, word: str, token: Token) -> Node | None:
        """A function or formula that `word` names, or ends with: 4tanh(x) never reaches here, nsqrt(2) is refused."""
        if word in self.names.formulas:
            return self.formula_call(word)
        function = function_named(word)
        if word in _WRITTEN_OUT:
            return self.written_out(word, token)
        if function is None and word not in _WORDS:
            return None
        if word in _WORDS and self.peek().kind == "name" and self.peek(2).value in ("=", "in"):
            return self.reduction_call(word)
        if function is None:
            raise self.error(f"{word} needs an index: {word}(j=1..T, ...)", token)
        arguments = self.in_parentheses(token)
        sloped = _SLOPED.get(function)
        if sloped and len(arguments) == 2:
            return self.group(sloped(*arguments))
        return Call(function, self.counted(arguments, *FUNCTIONS[function].arguments, token))

    def written_out(self, word: str, token: Token) -> Node:
        """A function that stands for an expression of others."""
        count, made = _WRITTEN_OUT[word]
        return self.group(made(*self.counted(self.in_parentheses(token), count, count, token)))

    def in_parentheses(self, token: Token) -> tuple[Node, ...]:
        """What stands in the parentheses after a function."""
        self.take()
        if self.sees(")"):
            raise self.error(f"{token.value}() needs an argument", token)
        arguments = self.list_of(self.expression, ")")
        self.expect(")", "(")
        return tuple(arguments)

    def counted(self, arguments: tuple[Node, ...], low: int, high: int, token: Token) -> tuple[Node, ...]:
        """The arguments, if they are as many as the function takes."""
        if not low <= len(arguments) <= high:
            raise self.error(f"{token.value} takes {low} argument{'s' if low > 1 else ''}, not {len(arguments)}", token)
        return arguments

    def reduction_call(self, word: str) -> Node:
        self.take()
        index, low, high = self.bounds()
        if high is None:
            raise self.error(f"{index} needs an upper end: {word}({index}=1..T, ...)")
        if not self.accept(","):
            raise self.error(f"what to add up is expected after a comma: {word}({index}=1..T, ...)")
        body = self.expression()
        self.expect(")", "(")
        return Reduce(_WORDS[word], index, low, high, body, word == "prod_desc")

    def calls_after_power(self) -> bool:
        """tanh^2(x) and tanh²(x) are (tanh(x))^2."""
        offset = 4 if self.peek().value == "{" else 2
        middle = self.peek(2 if offset == 4 else 1)
        return middle.kind == "number" and self.peek(offset).value == "("

    def powered_call(self, function: str, token: Token) -> Node:
        self.take()
        exponent = self.exponent_number()
        return Pow(
            Call(function, self.counted(self.in_parentheses(token), *FUNCTIONS[function].arguments, token)), exponent
        )

    def exponent_number(self) -> Node:
        braces = self.accept("{")
        number = Literal(number_of(self.take().value))
        if braces:
            self.expect("}", "{")
        return number

    def formula_call(self, word: str) -> Node:
        self.take()
        names: list[str] = []
        arguments: list[Node] = []
        while not self.sees(")"):
            token = self.take()
            if token.kind != "name" or not self.accept("="):
                raise self.error(f"{word}(...) takes name=value", token)
            names.append(token.value)
            arguments.append(self.expression())
            if not self.accept(","):
                break
        self.expect(")", "(")
        return FormulaCall(word, tuple(names), tuple(arguments))

    def letters(self, word: str, token: Token) -> Node:
        """A run of letters that is no declared name: Greek, accented, or a product of one-letter names."""
        stem, _, subscript = word.partition("_")
        run = stem.rstrip("0123456789")
        subscript = subscript or stem[len(run) :]
        if run in self.names or run in _GREEK_NAMES or len(run) == 1 or self.is_accented(run):
            return self.index_or_name(run, subscript, token) if subscript else self.names.name(run)
        if not self.names.runs:
            raise self.error(f"{run} is not a number or a letter that is known here", token)
        self.refuse_hidden_call(run, token)
        if self.sees("(") and not all(letter in self.names for letter in run):
            raise self.unknown_function(run, token)
        before, last = run[:-1], run[-1]
        node: Node = self.index_or_name(last, subscript, token) if subscript else self.names.name(last)
        # the index, the subscript or the exponent that follows belongs to the last letter alone
        return Mul((*map(self.names.name, before), self.raised(self.indexed(node))))

    def refuse_hidden_call(self, run: str, token: Token) -> None:
        """nsqrt(2) is neither a function nor a product of six letters."""
        hidden = [name for name in FUNCTIONS if run.endswith(name)]
        if hidden and (self.sees("(") or (self.sees("^") and self.calls_after_power())):
            name = max(hidden, key=len)
            raise self.error(f"{run}( is not a function: write {run.removesuffix(name)}·{name}(", token)

    def unknown_function(self, run: str, token: Token) -> ExpressionError:
        """arctn(x) is more likely a slip than a product of six letters."""
        from difflib import get_close_matches

        near = get_close_matches(run.lower(), [*FUNCTIONS, *ALIASES, *_WRITTEN_OUT], 3)
        hint = f"similar names are {', '.join(near)}; " if near else ""
        return self.error(f"{run}( is not a function that is known here: {hint}a product is {'·'.join(run)}·(", token)

    def is_accented(self, run: str) -> bool:
        return any(run.endswith(accent) and len(run) == len(accent) + 1 for accent in _ACCENTS)

    def index_or_name(self, stem: str, subscript: str, token: Token) -> Node:
        whole = f"{stem}_{subscript}"
        base = self.names.name(stem)
        if whole in self.names or base.kind.rank == 0:
            return self.names.name(whole)
        if subscript.isdigit():
            return Index(base, (Literal(int(subscript)),))
        return Index(base, (self.names.name(subscript),))
