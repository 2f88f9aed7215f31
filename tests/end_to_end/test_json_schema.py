"""What `--json` prints is what `dlcalc schema` says: every command's examples, run here and held against it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from terminal import Terminal

from dlcalc.api import schema
from dlcalc.formulas.catalogue import ENTRIES
from dlcalc.formulas.hand_operations import OPERATIONS
from dlcalc.formulas.registry import formula
from dlcalc.quiz import lint

jsonschema = pytest.importorskip("jsonschema")

LINE = '"36x36x3; conv 10 f5; pool 2; conv 20 f3; dense 10"'
SIGMOIDS = f"{'sigmoid(' * 8}x{')' * 8}"
MORE = {
    "conv": ["conv --n 227 --f 11 --o 55", "conv --f 3 --c 3 --k 5 --ask parameters --answer 140",
             "conv --f 3 --c 3 --k 5 --ask parameters --answer 200001", "conv --n n --f f --p p --o n --find p",
             "conv --n 64 --f 4 --s 2 --transposed --same", "conv --n 8 --f 3 --pad-begin 1x2 --pad-end 0x3",
             "conv --n 20x30 --f 3x5 --s 2x1"],
    "lstm": ["lstm --n 32 --m 100 --ask parameters --answer 53600", "lstm --n 3 --m 2 --ask parameters --answer hello"],
    "run conv": ['run conv --x "1 2 3; 4 5 6; 7 8 9" --w "1 2; 3 4" --backward --target "37 46; 67 75"',
                 'run conv --x "1 2 3; 4 5 6; 7 8 9" --w "1 2; 0 -1" --answer "12 14; 18 20"',
                 'run conv --x "x1 x2 x3 x4" --w "w1 w2"', 'run conv --x "1 2 3 4" --w "1 2" --ask output'],
    "run rnn": ['run rnn --x "1 1 1" --w-x 0.5 --w-h 0.3 --b 0 --backward --target "0 0 1" --fractions'],
    "net": ["net alexnet", "net alexnet --compare vgg16", "net list", "net layers",
            "net lenet5 --ask macs", 'net "n x n x c; conv k f3 p1"',
            f"net {LINE} --freeze 'conv*'", f"net {LINE} --explain conv-2", f"net {LINE} --check table.csv",
            'net "8x8x3; a: conv 3 f3 p1; conv 3 f3 p1; add a;" --all', "net unet"],
    "bptt": ["bptt --cell rnn --wrt W", "bptt --cell rnn --steps 3 --wrt W --form paths",
             "bptt --cell lstm --wrt W_f --form delta", "bptt --cell gru --steps 2 --wrt U_z --form numeric",
             'bptt --cell rnn --wrt V --answer "Σ_j (yhat_j - y_j) h_j^T"', "bptt --cell rnn --wrt W --answer 2+"],
    "backprop": ['backprop "2; dense 2 sigmoid; dense 1 sigmoid"',
                 'backprop "2; dense 2 sigmoid; dense 1 sigmoid" --wrt "W1[1,2]" --form paths',
                 'backprop "2; dense 2 sigmoid; dense 1 sigmoid" --wrt "W1[1,2]" --form numeric',
                 'backprop "2; dense 2 sigmoid; dense 1 sigmoid" --wrt W1 --answer "δ_1 x^T"'],
    "diff": ['diff "sigmoid(w x + b)" --wrt w', f'diff "{SIGMOIDS}"', f'diff "{SIGMOIDS}" --answer x',
             'diff "w^2" --at w=3', 'diff "w tanh(w)" --answer "1 - tanh(w)^2"',
             'diff "x^T A x" --wrt x', 'diff "x^T x" --at "x=1 2"', 'diff "x^T x" --answer "x"'],
    "solve": ['solve "2n^2 + 3n = 230" --range n=1..1000', 'solve "o = (n - f)/s + 1" --find n',
              'solve "o = floor((n - f)/s) + 1" --find n'],
    "find": ['find "bidirectional gru"', "find softmx"],
    "problems show": ["problems show output-size --seed 7", "problems show output-size rnn-parameters --seed 7 --key",
                      "problems show cnn-table --key"],
    "problems lint": ["problems lint mine.md"],
    "problems check": ["problems check output-size --seeds 3"],
    "quiz make": ["quiz make --topic convolution --count 5 --seed 7", "quiz make --count 20 --seed 3 --solutions"],
    "grade": ["grade exam/manifest.json hand-ins --secret secret.key", "grade --self-test exam.toml --seeds 1"],
}  # fmt: skip
"""Command → lines that print each kind of object that it has; each ends with 0, or 1 for a wrong answer."""
NUMERIC = {
    "net": [f"net {LINE} --run"],
    "bptt": ["bptt --cell rnn --steps 2 --wrt W --form numeric --kernels"],
    "vanish": ["vanish --cell rnn --lambda 0.9 --steps 3"],
    "doctor": ["doctor", "doctor --kernels"],
    "train": [f"train {how}" for how in (
        '"2; dense 4 tanh; dense 2" --data spirals --epochs 2 --validation 0.1 --save t.safetensors',
        '"2; dense 4 tanh; dense 2" --data spirals --epochs 1 --compare sgd,adam',
        '"2; dense 4 tanh; dense 2" --data spirals --explain-step 1',
        '"2; dense 4 tanh; dense 2" --data spirals --plan',
        '"2; dense 4 tanh; dense 2" --data spirals --check')],
    "predict": ["predict t.safetensors"],
}  # fmt: skip
NEVER_SEEN = {"Warmed", "Searched"}
"""They take long: every kernel is compiled, a search runs."""
RARE = {"slopes", "stopped"}
"""Keys that need large arrays."""


def test_what_is_printed_is_what_the_schema_says(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = {name: list(MORE.get(name, [])) for name in schema.commands()}
    for entry in ENTRIES.values():
        commands[entry.name.replace("_", "-")] += _of_calculator(entry.example)
    for operation in OPERATIONS.values():
        commands[f"run {operation.name}"].append(operation.example.removeprefix("dlcalc "))
    if _has("numba"):
        for name, lines in NUMERIC.items():
            commands[name] += lines
    assert set(MORE) | set(NUMERIC) <= set(commands)
    _prepare(tmp_path, monkeypatch, terminal)
    odd, seen = [], dict[str, set[str]]()
    for name, lines in commands.items():
        made = schema.schema(name).to_dict()
        checks = {kind["$ref"].rpartition("/")[2]: _validator(made, kind) for kind in made["anyOf"]}
        for line in lines:
            ran = terminal(f"{line} --json")
            if not ran.out:
                odd.append((line, ran.status, ran.err))
                continue
            fits = [kind for kind, check in checks.items() if check.is_valid(ran.json)]
            for kind in fits:
                seen.setdefault(kind, set()).update(ran.json)
            if not fits:
                odd.append((line, _nearest(checks, ran.json)))
    assert odd == [], "\n".join(map(str, odd))
    if _has("numba"):
        kinds = {kind.__name__: set(kind.__annotations__) for kinds in schema._SHAPES.values() for kind in kinds}
        unseen = {name: keys - seen.get(name, set()) - RARE for name, keys in kinds.items() if name not in NEVER_SEEN}
        assert {name: keys for name, keys in unseen.items() if keys} == {}


def _of_calculator(example: str) -> list[str]:
    line = example.removeprefix("dlcalc ")
    name = next(entry for entry in ENTRIES.values() if entry.example == example)
    asked = formula(name.formulas()[0]).answers[0].replace("_", "-")
    return [line, f"{line} --ask {asked}" if name.formula else line]


def _prepare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lint, "SEEDS", 2)
    for each in (ROOT / "examples").iterdir():
        copy = shutil.copytree if each.is_dir() else shutil.copy
        copy(each, tmp_path / each.name)
    blank = terminal(f"net {LINE} --blank").out
    Path("table.csv").write_text(blank.replace(",,", ",7,"), encoding="utf-8")
    terminal("problems new mine")
    assert terminal("quiz make exam.toml --students roster.csv --secret secret.key --out exam").status == 0


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


def _validator(made: dict[str, Any], kind: dict[str, Any]) -> Any:
    return jsonschema.Draft202012Validator({**made, "anyOf": [kind]})


def _nearest(checks: dict[str, Any], data: Any) -> str:
    """What is amiss by the kind that has fewest complaints."""
    found = {
        kind: [error for whole in check.iter_errors(data) for error in whole.context] for kind, check in checks.items()
    }
    kind = min(found, key=lambda each: (len(found[each]), -len(each)))
    return f"{kind}: {[(list(error.path), error.message[:200]) for error in found[kind]][:3]}"


@pytest.mark.parametrize("name", ["conv", "run lstm", "net", "grade", "train"])
def test_a_schema_is_one(terminal: Terminal, name: str) -> None:
    """It keeps to the dialect that it names, whatever there is in it is used, and the command prints it."""
    made = schema.schema(name).to_dict()
    jsonschema.Draft202012Validator.check_schema(made)
    text = str(made)
    assert all(f"#/$defs/{each}'" in text for each in made["$defs"])
    assert terminal(f"schema {name}").json == made


def test_an_answer_has_its_meaning_and_unit() -> None:
    properties = schema.schema("conv").to_dict()["$defs"]["conv"]["properties"]
    assert properties["parameters"]["description"] == "parameters"
    assert properties["memory"]["description"].endswith("in bytes")
    assert properties["formula"] == {"const": "conv"}


def test_a_schema_of_nothing(terminal: Terminal) -> None:
    ran = terminal("schema problems")
    assert ran.status == 2
    assert "(problems show, problems lint, problems check), not problems" in ran.err
    assert "(lstm, run conv, problems check, ...), not of nothing" in terminal("schema").err


def test_a_wrong_object_is_refused() -> None:
    """A schema that took everything would show nothing."""
    made = schema.schema("solve").to_dict()
    good: dict[str, Any] = {"solutions": [{"n": 1}], "count": 1, "searched": {}, "wanted": {}, "given": {}}
    check = jsonschema.Draft202012Validator(made)
    assert check.is_valid(good)
    for bad in ({**good, "more": 1}, {**good, "count": "1"}, {key: good[key] for key in ("count", "given")}):
        assert not check.is_valid(bad)
