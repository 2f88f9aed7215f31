"""What is said of an answer at every door: a table of answers as people write them, each with its status."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from handing_in import marked, written
from rows import each_row

import dlcalc
from dlcalc.answers.formula_target import FormulaTarget
from dlcalc.answers.numbers import bytes_in
from dlcalc.cli import main
from dlcalc.export.practice import SCRIPTS
from dlcalc.formulas.registry import formula

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text("utf-8").splitlines()]
EXITS = {"right": 0, "convention": 0, "follows": 0, "wrong": 1, "rounded": 1}
COARSE = ("rounded", "unreadable")
"""Where one of these is wanted, undecided will do: nobody is told to be wrong."""

PROBLEM = """+++
title = 'One number'
topic = 'training'
level = 'easy'

[draw]
{draw}
{step}
[[part]]
id = 'a'
kind = '{kind}'
ask = '{ask}'
{more}
+++
A case with {shown}.
"""


def test_the_table_is_long() -> None:
    assert len(CASES) > 480
    assert {case["door"] for case in CASES} == {"ask", "run", "diff", "bptt", "net", "grade"}


def agrees(case: dict[str, Any], status: str) -> bool:
    return status in case["want"] or (status == "undecided" and case["want"][0] in COARSE)


@each_row("case", [case for case in CASES if case["door"] not in ("net", "grade")])
def test_an_answer_on_the_command_line(case: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """The status in JSON, the exit status that goes with it, and one line of error where it is not understood."""
    exit_status = main([*case["args"], "--answer", case["answer"], "--json"])
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert agrees(case, found["status"]), (case["why"], found)
    assert exit_status == EXITS.get(found["status"], 2)
    assert (err.count("\n") == 1) == (exit_status == 2)
    correct = {"right": True, "convention": True, "follows": True, "wrong": False}
    assert found["correct"] is correct.get(found["status"])
    assert (found["convention"] is not None) or found["status"] != "convention"
    if found["status"] != "wrong":
        assert found["mistakes"] == []


@each_row("case", [case for case in CASES if case["door"] == "net"])
def test_a_table_of_a_network(case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.txt"
    path.write_text(case["answer"], encoding="utf-8")
    exit_status = main([*case["args"], "--check", str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert agrees(case, found["status"]), case["why"]
    assert exit_status == EXITS.get(found["status"], 2)
    wrong = {f"{layer['name']}.{cell['column']}" for layer in found["layers"] for cell in layer["cells"]
             if cell["status"] == "wrong"}  # fmt: skip
    assert wrong == set(case.get("cells", ()))


@each_row("case", [case for case in CASES if case["door"] == "grade"])
def test_an_answer_in_an_exam(case: dict[str, Any], tmp_path: Path) -> None:
    keys = dict(each.split("=", 1) for each in case["args"])
    ask, kind = keys.pop("ask"), keys.pop("kind")
    step = more = ""
    if "step" in keys:
        name, expression = keys.pop("step").split("=", 1)
        step = f"[[step]]\nname = '{name}'\nexpression = '{expression}'\nunit = '{keys.pop('unit', '')}'\n"
    if "with" in keys:
        given = (each.split("=", 1) for each in keys.pop("with").split(";"))
        more = f"with = {{{', '.join(f'{name} = {value!r}' for name, value in given)}}}"
    draw = "\n".join(f"{name} = [{value}]" for name, value in keys.items()) or "q0 = [1]"
    shown = " ".join(f"{{{{{name}}}}}" for name in keys or ("q0",))
    path = tmp_path / "case.md"
    text = PROBLEM.format(draw=draw, step=step, kind=kind, ask=ask, more=more, shown=shown)
    mark = marked(written(path, text), a=case["answer"])["a"]
    assert agrees(case, mark.status), (case["why"], mark.reason)


NUMBERS = ("34944", "34,944 parameters", "34 944", "(11*11*3+1)*96", "34848 + 96 = 34944", "= 34944", "34.944", "34.9k",
           "34848", "34945", "weights + biases", "parameters", "k(f²c + 1)", "many", "34944 = 34945", "≈ 34944", "",
           "34848.0", "34_944", "35 million", "-34944", "９", "34944 or 34848")  # fmt: skip


@each_row("text", NUMBERS)
def test_the_same_text_has_the_same_status_at_every_door(text: str, tmp_path: Path) -> None:
    """`.check`, `--ask` and an exam; a table's cell where it is a number."""
    asked = dlcalc.conv.check("parameters", text, f=11, c=3, k=96)
    path = tmp_path / "count.md"
    draw = "f = [11]\nc = [3]\nk = [96]"
    problem = PROBLEM.format(
        draw=draw, step="", kind="integer", ask="conv.parameters", more="", shown="{{f}} {{c}} {{k}}"
    )
    mark = marked(written(path, problem), a=text)["a"]
    assert mark.status == asked.status
    assert [each.id for each in mark.mistakes] == [each["id"] for each in asked.mistakes]


VECTORS = ("0.291 -0.425", "0.2913, -0.4255", "[0.29, -0.43]", "h1 = 0.291\nh2 = -0.425", "0,2913; -0,4255",
           "0.2913 0.4255",
           "-0.425 0.291", "0.291", "0.291 x", "", "0.3 -0.4255", "tanh(0.3) -0.4255", "0.2912 -0.4254")  # fmt: skip


@each_row("text", VECTORS)
def test_the_same_numbers_have_the_same_status_at_every_door(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", "rnn", "--x", "1 -2", "--w-x", "0.3", "--w-h", "0.5", "--answer", text, "--json"])
    found = json.loads(capsys.readouterr().out)
    more = "with = {x = '[1, -2]', U = '0.3', W = '0.5', b = '0'}"
    problem = PROBLEM.format(
        draw="q0 = [1]", step="", kind="vector", ask="rnn_by_hand_scalar.h", more=more, shown="{{q0}}"
    )
    mark = marked(written(tmp_path / "states.md", problem), a=text)["a"]
    assert (mark.status, mark.convention or None) == (found["status"], found["convention"])


NODE = shutil.which("node")
SCRIPT = "".join((files("dlcalc.export") / name).read_text(encoding="utf-8") for name in SCRIPTS)


def entries() -> list[tuple[dict[str, Any], str, list[str]]]:
    """The cases that a practice page asks: a number or a shape. What its data are, the text, and what is wanted."""
    found = []
    for case in CASES:
        if case["door"] != "ask":
            continue
        asked, given = case["args"].index("--ask"), [each for each in case["args"] if each != "--ask"]
        name = case["args"][asked + 1]
        del given[asked]
        data = asked_on_a_page(tuple(given), name)
        if data:
            found.append((data, case["answer"], case["want"]))
    return found


@cache
def asked_on_a_page(args: tuple[str, ...], name: str) -> dict[str, Any]:
    """What a page is told of a question; nothing where letters are asked."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        status = main([*args, "--json"])
    if status != 0:  # asked of letters that nobody gave
        return {}
    found = json.loads(out.getvalue())
    expected = found.get(name)
    if not isinstance(expected, list | int | float):
        return {}
    kind = "shape" if isinstance(expected, list) else "integer" if isinstance(expected, int) else "number"
    target = FormulaTarget(formula(found["formula"]), {}, name)
    step = target.formula.by_name.get(name)
    states = any(arg.startswith(("--convention", "--profile")) for arg in args)
    counts = {} if states or name != "parameters" else found["conventions"]
    usual = {known.name for known in target.formula.conventions if not known.variant}
    others = {count for convention, count in counts.items() if convention in usual and count != expected}
    responses = [
        {"values": values if isinstance(values, list) else [values], "tolerance": 0, "share": share}
        for share, values in ((1, expected), *((0.5, other) for other in others if isinstance(other, int)))
    ]
    data = {"kind": kind, "digits": 3, "responses": responses, "asked": name, "side": target.is_side}
    unit = bytes_in(getattr(step, "unit", ""))
    return data | ({"bytes": list(map(float, unit))} if unit else {})


@pytest.mark.skipif(NODE is None, reason="needs node")
def test_the_practice_page_says_the_same() -> None:
    """Its script is held to the same table, as far as a page asks it; what it cannot read is never wrong."""
    cases = entries()
    assert len(cases) > 200
    data = json.dumps([case[:2] for case in cases])
    program = f"{SCRIPT}\nconsole.log(JSON.stringify({data}.map(([entry, text]) => status(entry, text))));"
    done = subprocess.run([str(NODE)], input=program, capture_output=True, encoding="utf-8", timeout=60, check=True)
    odd = []
    for (entry, text, want), status in zip(cases, json.loads(done.stdout), strict=True):
        fine = status in want or {status, want[0]} <= {"undecided", "unreadable", "rounded", "missing"}
        if not fine:
            odd.append((entry["responses"][0]["values"], text, want, status))
    assert odd == [], "\n".join(map(str, odd))
