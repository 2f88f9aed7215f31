"""Hostile and silly inputs, each as the arguments of one command, and the files that they name."""

from __future__ import annotations

from pathlib import Path

CANARY = "CANARY"
"""Stands in a text for the path of a file that no input may create."""
FOLDER = "FOLDER"
"""Stands for the folder of the files that `prepare` makes."""

RUNS_CODE = f"__import__('os').system('touch {CANARY}')"
OPENS = f"open('{CANARY}','w')"
LAMBDA = f"(lambda: open('{CANARY}','w'))()"
ATTRIBUTE = "().__class__.__bases__[0].__subclasses__()"
LONG = "9" * 100_000
DEEP = "(" * 5_000 + "n" + ")" * 5_000

CONV = ["conv", "--n", "227", "--f", "11", "--s", "4"]


def conv(**options: str) -> list[str]:
    """`conv` with these options alone."""
    return ["conv", *(part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value))]


def asked(answer: str, name: str = "parameters") -> list[str]:
    """A question about a layer, and what a student answers."""
    return ["conv", "--f", "3", "--c", "3", "--k", "5", "--ask", name, "--answer", answer]


def size(answer: str) -> list[str]:
    """What a student answers for the size of a layer of numbers."""
    return [*CONV, "--ask", "o", "--answer", answer]


def judged(answer: str) -> list[str]:
    """What a student writes for the gradient by W of a simple RNN."""
    return ["bptt", "--wrt", "W", "--answer", answer]


REFUSED: dict[str, list[str]] = {
    # options that say nothing, or nothing that is known
    "an option without its value": ["conv", "--n"],
    "an empty value": conv(n=""),
    "a blank value": conv(n="   "),
    "a sign alone": conv(n="-"),
    "a stray positional": ["conv", "227"],
    "an unknown option": ["conv", "--n", "7", "--nn", "3"],
    "an unknown command": ["convolute"],
    "an unknown command with markup": ["[red]conv[/red]"],
    "a command that is an attribute": ["__class__"],
    "an empty command": [""],
    "a command of 100,000 characters": ["c" * 100_000],
    "an option of 100,000 characters": ["conv", "--" + "n" * 100_000, "3"],
    "a short option bundle": ["conv", "-nfs", "3"],
    "two formats at once": [*CONV, "--json", "--latex"],
    "every format at once": [*CONV, "--json", "--latex", "--markdown", "--html"],
    "a flag with a value": ["conv", "--n", "7", "--json=yes"],
    "two switches that exclude each other": ["pool", "--n", "7", "--f", "3", "--same", "--ceil"],
    # numbers that are none, or lie outside
    "not a number": conv(n="nan"),
    "infinity": conv(n="inf"),
    "minus infinity": conv(n="-inf"),
    "the infinity sign": conv(n="∞"),
    "minus zero": conv(n="-0", f="3"),
    "zero": conv(n="0"),
    "a negative filter": conv(n="7", f="-3"),
    "a stride of zero": [*CONV, "--s", "0"],
    "a filter larger than the input": conv(n="7", f="9"),
    "a negative padding": conv(n="7", f="3", p="-1"),
    "a padding that eats the input": conv(n="7", f="9", p="-9"),
    "half a pixel": conv(n="7.5"),
    "a third of a pixel": conv(n="1/3"),
    "nothing divided by nothing": conv(n="0/0"),
    "one divided by zero": conv(n="1/0"),
    "zero to the minus one": conv(n="0^-1"),
    "a float too large": conv(n="1e9999"),
    "a float too small": conv(n="1e-9999"),
    "an exponent of 60 digits": conv(n="1e" + "9" * 60),
    "a tower of powers": conv(n="9^9^9^9"),
    "a tower of powers in Python's words": conv(n="9**9**9**9"),
    "a tower of powers in an answer": asked("9^9^9^9"),
    "a power of a letter that is too large": conv(n="2^(2^(2^(2^(2^9))))"),
    "100,000 digits": conv(n=LONG),
    "100,000 digits behind the point": conv(n="0." + LONG),
    "100,000 zeros before a digit": conv(n="0" * 100_000 + "7"),
    "a number of 60 digits": conv(n="9" * 60),
    "a hexadecimal number": conv(n="0x1F"),
    "a binary number": conv(n="0b101"),
    "an octal number": conv(n="0o17"),
    "a truth value": conv(n="True"),
    "nothing in Python's words": conv(n="None"),
    "groups that do not divide": conv(n="7", f="3", c="4", k="6", groups="5"),
    "a root of a negative number": conv(n="sqrt(0-4)"),
    "a logarithm of zero": conv(n="log(0)"),
    "an exponential too large": conv(n="exp(10000)"),
    # shapes
    "five axes": conv(n="1x2x3x4x5"),
    "a thousand axes": conv(n="x".join(["7"] * 1000)),
    "an axis left out": conv(n="20x"),
    "only a cross": conv(n="x"),
    "an axis of zero": conv(n="20x0"),
    "axes in brackets that do not close": conv(n="[20, 30"),
    "a list of 20,000 numbers": ["mlp", "--u", "7 " * 20_000],
    "a network of 5,000 layers": ["rf", "--f", "3 " * 5_000],
    "a list of nothing": ["mlp", "--u", "[]"],
    "lists of different lengths": ["rf", "--f", "3 3", "--s", "1 2 3"],
    "a box without an area": ["iou", "--a", "0 0 0 0", "--b", "0 0 0 0"],
    "a probability of two": ["perplexity", "--p", "2 3"],
    "a probability of zero": ["log-probability", "--p", "0 0 0"],
    # choices
    "a choice that is an attribute": ["activation", "__class__"],
    "a choice that is markup": ["activation", "[red]tanh"],
    "a choice that is left out": ["activation"],
    "a choice of nothing": ["init", ""],
    "two choices": ["activation", "tanh", "relu"],
    # code
    "code that runs a command": conv(n=RUNS_CODE),
    "code that opens a file": conv(n=OPENS),
    "code in a lambda": conv(n=LAMBDA),
    "code in an answer": asked(RUNS_CODE),
    "code in the name that is asked": asked("140", RUNS_CODE),
    "code in a range": ["solve", "2n = 10", "--range", f"n=1..{OPENS}"],
    "code in an equation": ["solve", f"{OPENS} = n"],
    "code in a convention": [*CONV, "--convention", RUNS_CODE],
    "code in the unknowns": [*conv(n="227", f="11", o="55"), "--find", OPENS],
    "a walk through attributes": conv(n=ATTRIBUTE),
    "an f-string": conv(n=f"{{{OPENS}}}"),
    "a format field with an attribute": conv(n="{0.__class__.__init__.__globals__}"),
    "a percent format": conv(n="%s%s%s%n"),
    "a shell substitution": conv(n=f"$(touch {CANARY})"),
    "backquotes": conv(n=f"`touch {CANARY}`"),
    "a semicolon and a command": conv(n=f"7; touch {CANARY}"),
    "a LaTeX command that writes": conv(n=f"\\write18{{touch {CANARY}}}"),
    "a LaTeX command that reads": conv(n="\\input{/etc/passwd}"),
    "a LaTeX definition of itself": conv(n="\\def\\x{\\x\\x}\\x"),
    "an attribute that is asked": asked("140", "__class__"),
    "an attribute of an attribute that is asked": asked("140", "parameters.__class__"),
    "a dotted name that is nowhere": asked("140", "o.p.q"),
    "a walrus": conv(n="(f:=3)"),
    "an assignment": conv(n="f=3"),
    "a comprehension": conv(n="[7 for _ in (1,2)][0]"),
    # depth and length
    "5,000 parentheses": conv(n=DEEP),
    "5,000 parentheses that do not close": conv(n="(" * 5_000),
    "1,000 parentheses within the length": conv(n="(" * 1_000 + "7" + ")" * 1_000),
    "5,000 brackets": conv(n="[" * 5_000),
    "5,000 minus signs": conv(n="-" * 5_000 + "7"),
    "2,000 nested roots": conv(n="√" * 2_000 + "7"),
    "1,000 nested fractions": conv(n="\\frac{1}{" * 500 + "7" + "}" * 500),
    "1,000 nested calls": conv(n="floor(" * 900 + "7" + ")" * 900),
    "1,000 nested braces": conv(n="2^{" * 900 + "1" + "}" * 900),
    "1,000 stacked powers": conv(n="^".join(["2"] * 1_000)),
    "2,500 nots": ["solve", "not " * 2_500 + "n = 3"],
    "a sum of 100,000 terms": conv(n="+".join(["1"] * 100_000)),
    "a sum over a billion": conv(n="sum(i=1..10^9, i)"),
    "three sums in each other": conv(n="sum(i=1..20000, sum(j=1..20000, sum(l=1..20000, i*j*l)))"),
    "a product of products": conv(n="prod(i=1..20000, prod(j=1..20000, 2))"),
    "an array of arrays that doubles": conv(n="len(shape(" * 50 + "7" + "))" * 50),
    "the power of a matrix": conv(n="[[1,1],[1,0]]^64^64"),
    # characters
    "a Cyrillic a": conv(n="а"),
    "a Cyrillic option": ["conv", "--с", "3"],
    "a Cyrillic command": ["соnv", "--n", "7"],
    "fullwidth digits": conv(n="２２７"),
    "fullwidth letters": conv(n="ｎ"),
    "Arabic digits": conv(n="٢٢٧"),
    "mathematical digits": conv(n="𝟐𝟐𝟕"),
    "a mathematical letter": conv(n="𝑛"),
    "circled digits": conv(n="②"),
    "a half as one character": conv(n="½"),
    "Roman numerals": conv(n="Ⅻ"),
    "a right-to-left override": conv(n="\u202e722"),
    "an isolate that is not closed": conv(n="\u20667"),
    "a zero-width space in a number": conv(n="2\u200b7"),
    "a word": conv(n="abc"),
    "a comparison for an answer": size("n < 5"),
    "an inequality of JavaScript for an answer": size("o !== 5"),
    "a combining accent on a digit": conv(n="7\u0301"),
    "500 combining accents": conv(n="a" + "\u0301" * 500),
    "an emoji": conv(n="🧠"),
    "a family of emoji": conv(n="👨\u200d👩\u200d👧"),
    "a lone surrogate": conv(n="\ud800"),
    "a byte that is no UTF-8": conv(n="\udcff"),
    "a character beyond Unicode's planes in use": conv(n="\U0010ffff"),
    "a NUL": conv(n="7\x00"),
    "a NUL alone": conv(n="\x00"),
    "a backspace": conv(n="8\x087"),
    "a bell": conv(n="\x07"),
    "a terminal escape": conv(n="\x1b[31m7"),
    "a terminal escape that sets the title": conv(n="\x1b]0;owned\x07"),
    "a terminal escape in a command": ["\x1b[2Jconv"],
    "a terminal escape in an option": ["conv", "--\x1b[31mn", "7"],
    "a terminal escape in an answer": asked("\x1b[31m140\x1b[0m"),
    "a terminal escape in the name that is asked": asked("140", "\x1b[31mparameters"),
    "a terminal escape in a convention": [*CONV, "--convention", "\x1b[31mkeras"],
    "a terminal escape in a range": ["solve", "2n = 10", "--range", "\x1b[31mn=1..3"],
    "a terminal escape in an equation": ["solve", "\x1b[31mn = 3"],
    "a terminal escape in a profile": [*CONV, "--profile", "\x1b[31mkeras"],
    "the one-character escape CSI": conv(n="\x9b31m7"),
    "a carriage return that hides": conv(n="7\rdlcalc: all is well"),
    "a line break in a value": conv(n="x7\ndlcalc: all is well"),
    "line separators in a value": conv(n="7\u2028all is well\u2029"),
    "rich markup": conv(n="[red]7[/red]"),
    "rich markup that does not close": conv(n="[/]"),
    "rich markup with a link": conv(n="[link=file:///etc/passwd]7[/link]"),
    "rich markup in an answer": asked("[bold]140[/bold]"),
    "rich markup in an option": ["conv", "--[red]n", "7"],
    "an HTML tag": conv(n="<script>alert(7)</script>"),
    "Markdown": conv(n="**7**"),
    # questions that are none
    "an answer without a question": ["conv", "--f", "3", "--answer", "140"],
    "an empty answer": asked(""),
    "a question for nothing": asked("140", ""),
    "a question for a quantity": asked("140", "f"),
    "an answer with a letter that is not the layer's": asked("27z"),
    "an answer of another shape": asked("[55, 55]"),
    "an answer of a thousand parts": asked("x".join(["1"] * 1000), "output"),
    "an answer of 100,000 digits": asked(LONG),
    "a nested answer": asked(DEEP),
    "nan as an answer": asked("nan"),
    "an unknown that does not exist": [*conv(n="227", f="11", o="55"), "--find", "zz"],
    "the unknowns are commas": [*conv(n="227", f="11", o="55"), "--find", ",,,,o"],
    "an unknown that is given": [*conv(n="227", f="11", o="55"), "--find", "n"],
    "unknowns without an answer": [*CONV, "--find", "p"],
    "more unknowns than can be found": ["conv", "--o", "55", "--find", "n,f,s,p,d"],
    "an answer of 60 digits, backwards": conv(n="227", f="11", o="9" * 60),
    "a range that runs down": [*conv(n="227", f="11", o="55"), "--range", "s=9..1"],
    "a range of everything": ["solve", "n^2 + m^3 = k^4", "--range", "n=1..10^18", "--range", "m=1..10^18"],
    "a range of ranges": ["solve", "2n = 10", "--range", "n=1..2..3"],
    "a range without an end": ["solve", "2n = 10", "--range", "n=1.."],
    "a range without a letter": ["solve", "2n = 10", "--range", "1..9"],
    "a range with a letter in it": ["solve", "2n = 10", "--range", "n=1..m"],
    "a range of fractions": ["solve", "2n = 10", "--range", "n=1/2..9/2"],
    "a range to infinity": ["solve", "2n = 10", "--range", "n=1..inf"],
    "a range for a letter that does not occur": ["solve", "2n = 10", "--range", "q=1..9"],
    "a range of 10^5000": ["solve", "2n = 10", "--range", "n=1..10^5000"],
    "nothing to solve": ["solve"],
    "an empty equation": ["solve", ""],
    "an expression to solve": ["solve", "2n + 3"],
    "an equation without letters": ["solve", "1 = 2"],
    "an equation of five letters": ["solve", "a + b + c + d + f = 7"],
    "a chain of equations": ["solve", "a = b = c"],
    "an equation that is too large to search": ["solve", "a^3 + b^3 = c^3 + d^3"],
    "a convention that does not exist": [*CONV, "--convention", "nonsense"],
    "an empty convention": [*CONV, "--convention", ""],
    "a convention of 100,000 characters": [*CONV, "--convention", "k" * 100_000],
    # networks
    "no network": ["net"],
    "a network of semicolons": ["net", ";;;;"],
    "a network without a size": ["net", "0x0x0; dense 10"],
    "a network of a tower of powers": ["net", "32x32x3; conv 9^9^9^9"],
    "a network that shrinks to nothing": ["net", "3x3x1; conv 8 f5"],
    "a network with markup": ["net", "[red]lenet5"],
    "a network with a terminal escape": ["net", "\x1b[31mlenet5"],
    "a network that opens a file": ["net", OPENS],
    "a network of 100,000 characters": ["net", "x" * 100_000],
    "the users of this computer as a network": ["net", "/etc/passwd"],
    "a folder as a network": ["net", FOLDER],
    "a gigabyte as a network": ["net", f"{FOLDER}/sparse.toml"],
    "random bytes as a network": ["net", f"{FOLDER}/bytes.toml"],
    "a network that is nested deeply": ["net", f"{FOLDER}/deep.toml"],
    # gradients
    "a gradient of nothing": judged(""),
    "a gradient of semicolons": judged(";;\n;"),
    "a gradient of 1,000 parentheses": judged("(" * 1_000 + "h_t" + ")" * 1_000),
    "a gradient of 5,000 minus signs": judged("-" * 5_000 + "W"),
    "a gradient of 8,000 characters": judged("W+" * 4_000 + "W"),
    "a gradient of 40 intermediates": judged("; ".join(f"q_t = {one} W h_t" for one in range(40))),
    "a gradient of 40 signs ⊗": judged(" ⊗ ".join(["h_1"] * 41)),
    "a gradient that sums to 10^9": judged("Σ_{t=1}^{10^9} δ_t h_t^T"),
    "a gradient of sums of sums": judged("Σ_{a=1}^{20000} Σ_{b=1}^{20000} Σ_{d=1}^{20000} W"),
    "a gradient of 90,000 terms": judged("Σ_{a=1}^{300} Σ_{b=1}^{300} W"),
    "a gradient of 20,000 factors": judged("Π_{m=1}^{20000} W"),
    "a gradient with a tower of powers": judged("W^9^9^9"),
    "a gradient with a tower of times": judged("T^T^T^T^T^T W"),
    "a gradient that is too large": judged("exp(exp(exp(exp(W))))"),
    "a gradient in LaTeX that does not close": judged(r"\sum_{j=1}^{T \left( \hat{y}_j"),
    "a gradient with half a fraction": judged(r"\frac{\partial L_j}{\partial h_j"),
    "a gradient with an unknown LaTeX command": judged(r"\foo{W} \sum_j h_j"),
    "a gradient that reads a file in LaTeX": judged(r"\input{/etc/passwd} \sum_j h_j"),
    "a gradient with a Cyrillic h": judged("Σ_t δ_t һ_{t-1}^T"),
    "a gradient with another small delta": judged("Σ_t ẟ_t h_{t-1}^T"),
    "a gradient with a right-to-left override": judged("Σ_t \u202eδ_t h_{t-1}^T"),
    "a gradient with a letter of no network": judged("Σ_t q δ_t h_{t-1}^T"),
    "a gradient with five free letters": judged("h_a h_d h_g h_i h_l"),
    "a gradient by another weight": judged("∂L/∂V = Σ_t δ_t h_t^T"),
    "a gradient in its own words": judged("Σ_t ∂L_t/∂W"),
    "a gradient that runs code": judged(RUNS_CODE),
    "a gradient in a lambda": judged(LAMBDA),
    "a gradient of a long intermediate": judged("(" * 50 + "δ_t" + ")" * 50 + " = W; W"),
    # profiles
    "a profile that does not exist": [*CONV, "--profile", "nonsense"],
    "an empty profile": [*CONV, "--profile", ""],
    "the users of this computer as a profile": [*CONV, "--profile", "/etc/passwd"],
    "a folder as a profile": [*CONV, "--profile", FOLDER],
    "a folder called .toml as a profile": [*CONV, "--profile", f"{FOLDER}/folder.toml"],
    "a gigabyte as a profile": [*CONV, "--profile", f"{FOLDER}/sparse.toml"],
    "random bytes as a profile": [*CONV, "--profile", f"{FOLDER}/bytes.toml"],
    "a profile that is nested deeply": [*CONV, "--profile", f"{FOLDER}/deep.toml"],
    "a profile that extends itself": [*CONV, "--profile", f"{FOLDER}/itself.toml"],
    "a profile with code for a letter": [*CONV, "--profile", f"{FOLDER}/code.toml"],
    "a profile with an escape in a key": [*CONV, "--profile", f"{FOLDER}/escape.toml"],
    "a profile by a path with a NUL": [*CONV, "--profile", "keras\x00.toml"],
    "a profile by a path of 100,000 characters": [*CONV, "--profile", "a" * 100_000 + ".toml"],
    "a profile by a path upwards": [*CONV, "--profile", "../" * 500 + "etc/passwd.toml"],
    "a device as a profile": [*CONV, "--profile", "/dev/zero"],
}
"""Each is refused with one line that says why."""

ANSWERED: dict[str, list[str]] = {
    "a value twice": ["conv", "--n", "7", "--n", "9", "--f", "3", "--json"],
    "blanks around a number": [*conv(n="  227  "), "--json"],
    "a plus sign": [*conv(n="+227"), "--json"],
    "leading zeros": [*conv(n="007"), "--json"],
    "a float that is whole": [*conv(n="2.27e2"), "--json"],
    "a fraction that is whole": [*conv(n="454/2"), "--json"],
    "a typographic minus": [*conv(n="230−3"), "--json"],
    "superscripts": [*conv(n="2⁷"), "--json"],
    "the largest size": [*conv(n="10^9", f="1"), "--json"],
    "a complex number, whose j is a letter": [*conv(n="3+4j"), "--json"],
    "an equation with a tower of powers": ["solve", "n^n^n^n = 3", "--json"],
    "a size in letters": [*conv(n="2q"), "--json"],
    "a sum that can be done": [*conv(n="sum(i=1..100, i)"), "--json"],
    "30 parentheses": [*conv(n="(" * 30 + "7" + ")" * 30), "--json"],
    "a wrong answer that is huge": [*asked("10^1000"), "--json"],
    "a wrong answer that is negative": [*asked("-140"), "--json"],
    "an answer with a shape's brackets": [*asked("[1, 2, 5]", "output"), "--n", "7", "--json"],
    "an answer in letters": ["conv", "--f", "3", "--ask", "parameters", "--answer", "(9c + 1)k", "--json"],
    "a range of 10^18": ["solve", "2n^2 + 3n = 230", "--range", "n=1..10^18", "--json"],
    "a cube in a range of 10^18": ["solve", "n^3 = 1000000000000", "--range", "n=1..10^18", "--json"],
    "an equation without solutions": ["solve", "2n = 7", "--json"],
    "an inequality": ["solve", "n^2 < 10", "--json"],
    "no arguments at all to a calculator": ["conv", "--json"],
    "a number equated with itself": [*size("3=3"), "--json"],
    "a number equated with itself as in Python": [*size("3 == 3"), "--json"],
    "a product for a count": [*asked("55x55"), "--json"],
}
"""Strange, but there is an answer."""

NOT_UNDERSTOOD: dict[str, list[str]] = {
    "a gradient of two circular intermediates": [*judged("p_t = q_t; q_t = p_t; Σ_t p_t h_t^T"), "--json"],
    "a gradient of a step that is none": [*judged("h_{1/2} h_1^T"), "--json"],
    "a gradient divided by zero": [*judged("W/0"), "--json"],
    "a comparison for an answer, as JSON": [*size("o > 5"), "--json"],
    "an answer of another shape, as JSON": [*asked("[55, 55]"), "--json"],
}
"""Answers that were read and not understood: one line that says why, and the object with its status."""


def prepare(folder: Path) -> None:
    """Makes the files that the cases name."""
    (folder / "folder.toml").mkdir()
    with open(folder / "sparse.toml", "wb") as sparse:
        sparse.truncate(1 << 30)
    (folder / "bytes.toml").write_bytes(bytes(range(256)) * 16)
    (folder / "deep.toml").write_text("name = " + "[" * 10_000 + "]" * 10_000, encoding="utf-8")
    (folder / "itself.toml").write_text("extends = 'itself.toml'\n", encoding="utf-8")
    (folder / "code.toml").write_text(f'[letters]\nn = "{OPENS}"\n', encoding="utf-8")
    (folder / "escape.toml").write_text('"\\u001b[31mname" = "x"\n', encoding="utf-8")


def commands(folder: Path) -> dict[str, list[str]]:
    """All cases, with the paths that they name put in."""
    paths = {CANARY: str(folder / "canary"), FOLDER: str(folder)}

    def put(text: str) -> str:
        for word, path in paths.items():
            text = text.replace(word, path)
        return text

    return {
        name: [put(part) for part in arguments] for name, arguments in (REFUSED | ANSWERED | NOT_UNDERSTOOD).items()
    }
