"""What can go wrong, in three voices. A message is one line: the rule, then the values that break it."""


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
