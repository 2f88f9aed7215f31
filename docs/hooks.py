"""What mkdocs calls while it builds the pages: each command and line of Python on them is run, its output put in.

In a page stand commands and lines alone:

    ```console            each line `$ dlcalc ...` is run, and must end with 0
    ```console wrong      the same, where an answer is judged wrong: must end with 1
    ```pycon              lines of Python behind >>>, run one after the other in one namespace per page

The pages `commands.md`, `by-hand.md`, `api.md` and `json.md` are made from the program itself.
"""

from __future__ import annotations

import code
import contextlib
import html
import inspect
import io
import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

import dlcalc
from dlcalc.api.schema import commands, schema
from dlcalc.cli import main
from dlcalc.cli.commands import PURPOSES, help_of
from dlcalc.formulas.catalogue import ENTRIES
from dlcalc.formulas.hand_operations import OPERATIONS

ROOT = Path(__file__).parents[1]
COLUMNS = "80"
OWN = {
    "net": ["net alexnet", 'net "28x28x1; conv 8 f3; pool 2; dense 10" --explain conv-1'],
    "backprop": ['backprop "2; dense 2 sigmoid; dense 1 sigmoid"'],
    "bptt": ["bptt --cell rnn --wrt W", "bptt --cell lstm --wrt W_f --form delta"],
    "diff": ['diff "sigmoid(w x + b)" --wrt w'],
    "vanish": ["vanish --lambda 0.9 --steps 20"],
    "train": ['train "2; dense 8 tanh; dense 2" --data spirals --epochs 3 --save spirals.safetensors'],
    "predict": ["predict spirals.safetensors --n 3"],
    "quiz": ["quiz topics", "quiz make --topic convolution --count 1 --seed 7"],
    "grade": ["quiz make exam.toml --students roster.csv --secret secret.key --out exam",
              "grade exam/manifest.json hand-ins --secret secret.key --out marks"],
    "problems": ["problems show output-size --seed 7 --key", "problems check output-size --seeds 20"],
    "solve": ['solve "2n^2 + 3n = 230" --range n=1..1000', 'solve "o = (n - f)/s + 1" --find n'],
    "find": ['find "bidirectional gru"'],
    "schema": ["schema find"],
    "doctor": [],
}  # fmt: skip
"""Commands that are no calculators → what their page shows; `doctor` tells of a machine."""


def on_startup(command: str, dirty: bool) -> None:
    """The examples of the repository lie where the commands run; what these write is thrown away."""
    folder = tempfile.mkdtemp(prefix="dlcalc-pages-")
    shutil.copytree(ROOT / "examples", folder, dirs_exist_ok=True)
    os.environ.update(COLUMNS=COLUMNS, NO_COLOR="1", DLCALC_PAGES=folder)


def on_shutdown() -> None:
    shutil.rmtree(os.environ.pop("DLCALC_PAGES"), ignore_errors=True)


def on_files(files: Files, config: Any) -> Files:
    """The pages that the program writes of itself, and a schema as a file for each command."""
    made = {"commands.md": _commands(), "by-hand.md": _by_hand(), "api.md": _api(), "json.md": _json()}
    for name in commands():
        made[f"schemas/{name.replace(' ', '-')}.json"] = json.dumps(schema(name).to_dict(), indent=1)
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


_BLOCK = re.compile(r"^```(console(?: wrong)?|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    python = code.InteractiveConsole({"dlcalc": dlcalc})

    def filled(found: re.Match[str]) -> str:
        kind, lines = found[1], found[2].splitlines()
        run = _python(python, lines, page) if kind == "pycon" else _console(lines, kind.endswith("wrong"), page)
        return f"```{kind.split()[0]}\n{run}\n```"

    return _BLOCK.sub(filled, markdown)


def _console(lines: list[str], wrong: bool, page: Any) -> str:
    shown = []
    for line in lines:
        name, *rest = shlex.split(line.removeprefix("$ dlcalc "))
        out, status = _run([name, *rest])
        if status != int(wrong) or "bug in dlcalc" in out:
            raise PluginError(f"{page.file.src_uri}: {line} ends with {status}: {out}")
        shown.append(f"{line}\n{out}")
    return "\n\n".join(shown)


def _run(words: list[str]) -> tuple[str, int]:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.chdir(os.environ["DLCALC_PAGES"]), contextlib.redirect_stdout(out):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            status = main(words)
        out.flush()
        written = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
    text = "\n".join(line.rstrip() for line in (written + errors.getvalue()).splitlines())
    return text.strip("\n"), status


def _python(console: code.InteractiveConsole, lines: list[str], page: Any) -> str:
    """The lines with what they print; what goes over several lines ends where the next >>> stands."""
    shown: list[str] = []
    for line in [*lines, ""]:
        if not line.startswith("...") and console.buffer:
            shown += _pushed(console, "", page)
        if line:
            shown += [line, *_pushed(console, re.sub(r"^(>>>|\.\.\.) ?", "", line), page)]
    return "\n".join(shown)


def _pushed(console: code.InteractiveConsole, line: str, page: Any) -> list[str]:
    out, errors = io.StringIO(), io.StringIO()
    here = contextlib.chdir(os.environ["DLCALC_PAGES"])
    with here, contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        console.push(line)
    if errors.getvalue():
        raise PluginError(f"{page.file.src_uri}: {line}: {errors.getvalue()}")
    return out.getvalue().splitlines()


def _commands() -> str:
    """Every command with its line and its examples, by what one wants."""
    rows = ["# Commands", "Every command, by what one wants; each one's `--help` says all its options."]
    for purpose, names in PURPOSES.items():
        rows.append(f"## {purpose}")
        for name in names:
            rows += [f"### {name}", f"{html.escape(help_of(name), quote=False)}."]
            lines = OWN.get(name)
            if name == "run":
                rows.append("Its operations are on [a page of their own](by-hand.md).")
            else:
                lines = lines if lines is not None else [ENTRIES[name.replace("-", "_")].example[7:]]
                rows += [f"```console\n$ dlcalc {line}\n```" for line in lines]
    return "\n\n".join(rows) + "\n"


def _by_hand() -> str:
    rows = ["# Numbers by hand", "Every operation of `dlcalc run`, with all that is worked out on paper."]
    for operation in OPERATIONS.values():
        rows += [f"## {operation.name}", f"{operation.help}.", f"```console\n$ {operation.example}\n```"]
    return "\n\n".join(rows) + "\n"


def _api() -> str:
    """Every public name with its signature and its text."""
    rows = ["# Python: every name", "What `import dlcalc` offers; `dlcalc.ops` has the operations on arrays."]
    groups: dict[str, list[str]] = {"Calculators": [], "Functions": [], "Results": [], "Errors": []}
    for name in dlcalc.__all__:
        each = getattr(dlcalc, name)
        kind = "Functions"
        if isinstance(each, type):
            kind = "Errors" if issubclass(each, Exception) else "Results"
        elif name.replace("-", "_") in ENTRIES:
            kind = "Calculators"
        groups[kind].append(name)
    for kind, names in groups.items():
        rows.append(f"## {kind}")
        for name in names:
            rows += _described(f"dlcalc.{name}", getattr(dlcalc, name), "###")
    rows.append("## Operations by hand")
    for name in OPERATIONS:
        rows += _described(f"dlcalc.run.{name.replace('-', '_')}", getattr(dlcalc.run, name.replace("-", "_")), "###")
    return "\n\n".join(rows) + "\n"


def _described(name: str, each: Any, level: str) -> Iterator[str]:
    text = inspect.getdoc(each)
    if not text:
        raise PluginError(f"{name} has no docstring")
    yield f"{level} {name.removeprefix('dlcalc.')}"
    if not (isinstance(each, type) and issubclass(each, Exception)):
        with contextlib.suppress(ValueError, TypeError):
            yield f"```python\n{_signature(name, each)}\n```"
    yield _as_markdown(text)
    if isinstance(each, type):
        for member, value in vars(each).items():
            if not member.startswith("_") and inspect.getdoc(value) and callable(getattr(value, "fget", value)):
                said = (inspect.getdoc(value) or "").split("\n\n")[0]
                yield f"- `{member}`: {_as_markdown(' '.join(said.split()))}"


def _signature(name: str, each: Any) -> str:
    """On one line where it fits, else a parameter to a line."""
    signature = inspect.signature(each)
    marks = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    shown = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not {"*", *marks.values()} & {each[:1] for each in shown}:
            shown.append("*")
        annotation = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
        plain = isinstance(parameter.default, str | int | float | tuple | None)
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}" if plain else " = ..."
        shown.append(f"{marks.get(parameter.kind, '')}{parameter.name}{annotation}{default}")
    returns = "" if signature.return_annotation in (signature.empty, "None") else f" -> {signature.return_annotation}"
    line = f"{name}({', '.join(shown)}){returns}"
    inside = "".join(f"    {each},\n" for each in shown)
    return line if len(line) <= 96 else f"{name}(\n{inside}){returns}"


def _as_markdown(text: str) -> str:
    """A docstring: indented lines are code, and nothing outside backticks is markup."""
    rows = []
    for paragraph in text.split("\n\n"):
        plain, _, indented = paragraph.partition("\n    ")
        if indented:
            rows += [_words(plain), "```text\n" + inspect.cleandoc("    " + indented) + "\n```"]
        else:
            rows.append(_words(paragraph))
    return "\n\n".join(rows)


def _words(text: str) -> str:
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([*_\[\]])", r"\\\1", html.escape(part, quote=False))
        for part in parts
    )


def _json() -> str:
    """A table of the commands with the files of their schemas."""
    rows = [f"| `dlcalc {name} --json` | [{name}](schemas/{name.replace(' ', '-')}.json) |" for name in commands()]
    return "\n".join([
        "# JSON",
        "",
        "Every command takes `--json` and prints one object. Its schema is what `dlcalc schema COMMAND` prints, made "
        "from the types and formulas of the program; every example of every command is held against it.",
        "",
        "| command | schema |",
        "| --- | --- |",
        *rows,
        "",
    ])  # fmt: skip
