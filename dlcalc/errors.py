"""What can go wrong, in three voices. A message is one line: the rule, then the values that break it.

`printable` and `shown` put what somebody else wrote into such a line.
"""


class DlcalcError(Exception):
    """Root of everything this package raises on purpose."""


class UserError(DlcalcError):
    """The question is bad: what the user typed breaks a rule."""


class ExpressionError(UserError):
    """A text is not an expression of our language.

    `text` is what was read and `position` the 0-based character where reading stopped (None: the whole text).
    """

    def __init__(self, rule: str, text: str = "", position: int | None = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.text = text
        self.position = position

    def caret(self) -> str:
        """The text with a caret under the offending character: two lines, or "" when there is no position."""
        if self.position is None or not self.text:
            return ""
        start = max(0, self.position - 30)
        shown = self.text[start : start + 60].replace("\n", " ").replace("\t", " ")
        return f"{shown}\n{' ' * (self.position - start)}^"


class MeaningError(UserError):
    """An expression has no meaning: `rule` is broken whatever its letters stand for, and not for want of a value.

    `instead` is what stands there at the numbers at hand.
    """

    def __init__(self, rule: str, instead: str) -> None:
        super().__init__(f"{rule}, not {instead}")
        self.rule = rule


class ProblemError(DlcalcError):
    """A file that an author wrote (a problem, a profile, an exam) breaks a rule: names the file and the key."""

    def __init__(self, path: object, key: str, rule: str) -> None:
        super().__init__(f"{path}: {key}: {rule}" if key else f"{path}: {rule}")
        self.path = path
        self.key = key


class InternalError(DlcalcError):
    """Our own bug: the user did nothing wrong."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"{rule} (this is a bug in dlcalc, not in your input)")


def shown(value: object) -> str:
    """A value of a foreign file in a few words of one line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return repr(value if len(value) <= 60 else f"{value[:59]}…")
        case int() if value.bit_length() > 64:
            return "a whole number of many digits"
        case int() | float():
            return repr(value)
        case None:
            return "nothing"
        case list():
            return "a list"
        case dict():
            return "a table"
    return "a date or time"


def printable(text: str) -> str:
    """A path, a key or a message on one line, whatever it contains."""
    short = text if len(text) <= 240 else f"{text[:239]}…"
    return short if short and short.isprintable() else repr(short)
