"use strict";
// Marks a practice page in the browser. What was asked and the answers are in the page, as JSON; all words that are
// said are in its templates. Nothing that is typed is ever run: expressions are read by the small parser below.

class Unreadable extends Error {}

// The parts of 55x55x96, 55 × 55 × 96, [55, 55, 96], (55 55 96).
function shapeParts(text) {
  const whole = text.trim();
  const inner = /^[[({].*[\])}]$/.test(whole) && enclosed(whole) ? whole.slice(1, -1).trim() : whole;
  const parts = splitAt(inner, "xX×✕*");
  if (parts.length > 1) return parts;
  const isGrouped = COMMAS.test(inner) || GAPS.test(inner);
  if (inner === whole && (inner.match(/,/g) || []).length === 1 && isGrouped) return [inner];
  const words = inner.split(/\s+/);
  const isListed = words.length > 1 && words.every((word) => !/[,;]$/.test(word) && readNumber(word));
  return isListed ? words : splitAt(inner, ",;");
}

function splitAt(text, separators) {
  const parts = [""];
  let depth = 0;
  for (const sign of text) {
    if ("([{⌊⌈".includes(sign)) depth += 1;
    if (")]}⌋⌉".includes(sign)) depth -= 1;
    if (depth === 0 && separators.includes(sign)) parts.push("");
    else parts[parts.length - 1] += sign;
  }
  return parts;
}

// Whether the first bracket is closed by the last sign, and not before.
function enclosed(text) {
  let depth = 0;
  for (let i = 0; i < text.length - 1; i += 1) {
    depth += "([{".includes(text[i]) - ")]}".includes(text[i]);
    if (depth === 0) return false;
  }
  return true;
}

// ---- Expressions in letters ---------------------------------------------------------------------------------------

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const SIGNS = { "−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/" };
// By its power series, which has positive terms alone: Abramowitz and Stegun, 7.1.6.
const ERF = (x) => {
  let [value, term] = [0, (2 / Math.sqrt(Math.PI)) * x * Math.exp(-x * x)];
  for (let k = 1; k < 200; k += 1) [value, term] = [value + term, (term * 2 * x * x) / (2 * k + 1)];
  return Math.abs(x) > 6 ? Math.sign(x) : value;
};
const SIGMOID = (x) => 1 / (1 + Math.exp(-x));
const SOFTPLUS = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const BETWEEN = (low, x, high) => Math.max(low, Math.min(x, high));
const SELU = [1.0507009873554805, 1.6732632423543772];
const FUNCTIONS = {
  floor: Math.floor, ceil: Math.ceil, sqrt: Math.sqrt, "√": Math.sqrt, abs: Math.abs, exp: Math.exp, ln: Math.log,
  log2: Math.log2, log10: Math.log10, log: Math.log, sin: Math.sin, cos: Math.cos, tan: Math.tan, arcsin: Math.asin,
  arccos: Math.acos, arctan: Math.atan, sinh: Math.sinh, cosh: Math.cosh, tanh: Math.tanh,
  sech: (x) => 1 / Math.cosh(x), csch: (x) => 1 / Math.sinh(x), coth: (x) => 1 / Math.tanh(x), arsinh: Math.asinh,
  arcosh: Math.acosh, artanh: Math.atanh, erf: ERF, sign: Math.sign, step: (x) => (x > 0 ? 1 : 0), sigmoid: SIGMOID,
  relu: (x) => Math.max(x, 0), softplus: SOFTPLUS, logsigmoid: (x) => -SOFTPLUS(-x),
  leakyrelu: (x) => (x > 0 ? x : x / 100), relu6: (x) => BETWEEN(0, x, 6), elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => SELU[0] * (x > 0 ? x : SELU[1] * Math.expm1(x)), silu: (x) => x * SIGMOID(x),
  gelu: (x) => (x / 2) * (1 + ERF(x / Math.SQRT2)), mish: (x) => x * Math.tanh(SOFTPLUS(x)),
  softsign: (x) => x / (1 + Math.abs(x)), hardsigmoid: (x) => BETWEEN(0, (x + 3) / 6, 1),
  hardtanh: (x) => BETWEEN(-1, x, 1), hardswish: (x) => x * BETWEEN(0, (x + 3) / 6, 1),
  tanhshrink: (x) => x - Math.tanh(x),
};
const SPELLINGS = {
  sigmoid: "sigma sig logistic", ceil: "ceiling", log2: "lg", relu: "max0 rectifier", silu: "swish", tan: "tg",
  arcsin: "asin", arccos: "acos", arctan: "atan arctg", arsinh: "asinh arcsinh", arcosh: "acosh arccosh",
  artanh: "atanh arctanh", sign: "sgn signum", step: "heaviside", elu: "celu",
};
for (const name in SPELLINGS) for (const word of SPELLINGS[name].split(" ")) FUNCTIONS[word] = FUNCTIONS[name];
const CLOSED = { "(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉" };

// The function that gives the expression's value at the i-th point; `names` holds each name's values at the points.
function parse(text, names) {
  if (text.length > 500) throw new Unreadable("an answer has at most 500 characters");
  const tokens = tokenize(text, names);
  let at = 0;
  let depth = 0;
  const sees = (...signs) => at < tokens.length && signs.includes(tokens[at].sign);
  const startsOperand = () => at < tokens.length && (tokens[at].of || tokens[at].call || tokens[at].sign in CLOSED);

  function sum() {
    let value = product();
    while (sees("+", "-")) {
      const [left, minus] = [value, tokens[at++].sign === "-"];
      const right = product();
      value = minus ? (i) => left(i) - right(i) : (i) => left(i) + right(i);
    }
    return value;
  }
  function product() {
    let value = unary().value;
    while (sees("*", "/")) {
      const [left, over] = [value, tokens[at++].sign === "/"];
      const { value: right, several } = unary();
      if (over && several) throw new Unreadable("a/b c has two meanings: write a/(b c) or (a/b) c");
      value = over ? (i) => left(i) / right(i) : (i) => left(i) * right(i);
    }
    return value;
  }
  function unary() {
    let minus = false;
    while (sees("+", "-")) minus = (tokens[at++].sign === "-") !== minus;
    const factors = [power()];
    while (startsOperand()) factors.push(power());
    const value = (i) => factors.reduce((product, factor) => product * factor(i), minus ? -1 : 1);
    return { value, several: factors.length > 1 };
  }
  function power() {
    const base = operand();
    if (!sees("^")) return base;
    at += 1;
    const minus = sees("-");
    if (minus) at += 1;
    const exponent = power();
    return minus ? (i) => base(i) ** -exponent(i) : (i) => base(i) ** exponent(i);
  }
  function operand() {
    const token = tokens[at++];
    if (!token) throw new Unreadable("it ends too early");
    if (token.of) return token.of;
    if (token.call) {
      if (token.sign !== "√" && !sees("(")) throw new Unreadable(`( is expected after ${token.sign}`);
      const argument = operand();
      return (i) => token.call(argument(i));
    }
    if (!(token.sign in CLOSED)) throw new Unreadable(`${token.sign} is not expected here`);
    depth += 1;
    if (depth > 40) throw new Unreadable("it is nested too deep");
    const inner = sum();
    depth -= 1;
    if (!sees(CLOSED[token.sign])) throw new Unreadable(`${token.sign} is not closed`);
    at += 1;
    return { "⌊": (i) => Math.floor(inner(i)), "⌈": (i) => Math.ceil(inner(i)) }[token.sign] || inner;
  }

  const value = sum();
  if (at < tokens.length) throw new Unreadable(`${tokens[at].sign} is not expected here`);
  return value;
}

function tokenize(text, names) {
  const [known, functions] = [names, FUNCTIONS].map((all) => Object.keys(all).sort((a, b) => b.length - a.length));
  const raised = (digits) => `^(${[...digits].map((sign) => SUPERSCRIPTS.indexOf(sign)).join("")})`;
  const plain = text.replace(new RegExp(`[${SUPERSCRIPTS}]+`, "g"), raised).replaceAll("**", "^");
  const tokens = [];
  for (let rest = plain.trim(); rest; ) {
    const [number] = /^(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/.exec(rest) || [];
    const word = known.find((name) => rest.startsWith(name)) || "";
    const called = functions.find((name) => rest.startsWith(name)) || "";
    let sign = number || (called.length > word.length ? called : word) || String.fromCodePoint(rest.codePointAt(0));
    rest = rest.slice(sign.length).trimStart();
    sign = SIGNS[sign] || sign;
    if (number) {
      if (tokens.at(-1)?.of) throw new Unreadable(`${number} stands before what it multiplies, as in 2n`);
      tokens.push({ sign, of: () => Number(number) });
    } else if (sign === called) tokens.push({ sign, call: FUNCTIONS[called] });
    else if (sign === word) tokens.push({ sign, of: (point) => names[word][point] });
    else if ("+-*/^()[]{}⌊⌋⌈⌉".includes(sign)) tokens.push({ sign });
    else {
      const open = Object.keys(names).filter((name) => names[name] !== CONSTANTS[name]);
      const letters = open.length ? `: the letters are ${open.join(", ")}` : "";
      throw new Unreadable(`${sign} has no meaning here${letters}`);
    }
  }
  return tokens;
}

const CONSTANTS = { e: [Math.E], π: [Math.PI], pi: [Math.PI] };

// ---- Judging ------------------------------------------------------------------------------------------------------

function near(a, b, within) {
  return Number.isFinite(b) && Math.abs(a - b) <= within * Math.max(Math.abs(a), Math.abs(b), 1e-6);
}

// Equal, within a tolerance that is stated, or rounded as far as it was written: to the digits asked.
function agrees(value, tolerance, wrote, digits) {
  return fit(value, tolerance, wrote, digits) === "right";
}

// right, rounded (right, with fewer digits than asked), cut (its digits are cut off) or wrong.
function fit(value, tolerance, wrote, digits) {
  const distance = Math.abs(value - wrote.value);
  if (distance <= tolerance * (1 + 1e-9)) return "right";
  if (Number.isInteger(value)) {
    if (distance <= 1e-9) return "right";
    return wrote.scaled && distance <= wrote.unit / 2 ? "rounded" : "wrong";
  }
  if (near(value, wrote.value, 1e-9)) return "right";
  const whole = wrote.unit === 0 && Number.isInteger(wrote.value) && Math.abs(value) >= 1;
  const [unit, significant] = whole ? [1, String(Math.abs(wrote.value)).length] : [wrote.unit, wrote.significant];
  if (!unit) return "wrong";
  if (significant <= 6 && near(value, wrote.value, 5e-7)) return "right";
  if (distance <= unit * (0.5 + 1e-9)) return significant >= digits ? "right" : "rounded";
  const isCut = Math.abs(wrote.value) < Math.abs(value) && distance < unit && distance <= Math.abs(value) / 20;
  return isCut ? "cut" : "wrong";
}

// What is written, number by number: a shape has several.
function written(entry, text) {
  if (entry.kind === "shape") {
    const parts = shapeParts(plainShape(text));
    const { length } = entry.responses[0].values;
    const isBatch = parts.length === length + 1 && length > 2 && parts[0].trim() === "1";
    return isBatch ? parts.slice(1) : parts;
  }
  const squared = /^(\d+)\s*(?:²|\^\s*\{?2\}?|[xX×]\s*\1)$/.exec(text.trim());
  const side = entry.side ? squared : entry.kind === "integer" && /[xX×]/.test(text) && squared;
  return [side && entry.responses.some(({ values }) => values[0] === Number(side[1])) ? side[1] : text];
}

// right, convention (what earns a share), rounded, undecided, wrong, unreadable or missing: as everywhere else.
function status(entry, text) {
  if (/^[\s?._…–—-]*$/.test(text)) return "missing";
  try {
    const found = judge(entry, text);
    if (found >= 0) return found === 0 ? "right" : entry.responses[found].share > 0 ? "convention" : "wrong";
    if (isTurned(entry, text)) return "convention";
    return nearly(entry, text) || "wrong";
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return "unreadable";
  }
}

// Whether a map is right with its channels first, as PyTorch prints it.
function isTurned(entry, text) {
  if (entry.kind !== "shape" || entry.names) return false;
  const { values } = entry.responses[0];
  const wrote = written(entry, text).map((part) => readNumber(part)?.value);
  const turned = [...wrote.slice(1), wrote[0]];
  return values.length > 2 && wrote.length === values.length && values.every((value, i) => value === turned[i]);
}

// "rounded" or "undecided" for a number that is right with fewer digits, or whose digits are cut off; else "".
function nearly(entry, text) {
  if (entry.names || entry.kind === "shape") return "";
  const { values, tolerance } = entry.responses[0];
  const found = fit(values[0], tolerance, readScalar(text, entry.kind !== "number", entry), entry.digits);
  return { rounded: "rounded", cut: "undecided" }[found] || "";
}

// The number of the response that the text is, -1 if it is none. Throws Unreadable.
// A value is a number; where there are letters, the list of the values at the points. A shape has one for each axis.
function judge(entry, text) {
  const inLetters = (part) => {
    const number = readNumber(part);
    return number ? () => number.value : parse(part, entry.names);
  };
  const inNumbers = (part) => readScalar(part, entry.kind !== "number", entry);
  const wrote = written(entry, text).map(entry.names ? inLetters : inNumbers);
  const fits = (value, tolerance, axis) =>
    entry.names
      ? value.every((each, i) => near(each, wrote[axis](i), 1e-11))
      : agrees(value, tolerance, wrote[axis], entry.digits);
  return entry.responses.findIndex(
    ({ values, tolerance }) =>
      values.length === wrote.length && values.every((value, axis) => fits(value, tolerance, axis)),
  );
}

// ---- The page -----------------------------------------------------------------------------------------------------

function start() {
  const { parts, entries, patterns } = JSON.parse(document.getElementById("practice-data").textContent);
  const forms = [...document.querySelectorAll("form.part")];
  const fresh = () => parts.map(() => ({ share: 0, tries: 0, right: false, first: false, seen: false, hints: 0 }));
  let states = fresh();

  const rounded = (number) => String(Number(number.toFixed(2)));
  const field = (index) => document.querySelector(`[data-entry="${index}"]`);
  function element(tag, text, kind = "") {
    return Object.assign(document.createElement(tag), { textContent: text, className: kind });
  }
  function words(entry, response) {
    const template = document.querySelector(`template[data-of="${entry}"][data-response="${response}"]`);
    return template ? template.content.cloneNode(true) : new DocumentFragment();
  }

  // What one entry holds: {state, share, opening, said}; `state` is empty, unreadable, right, partly, wrong or compare.
  function look(index) {
    const [entry, place] = [entries[index], field(index)];
    if (entry.kind === "choice") return chosen(entry, index, [...place.querySelectorAll("input")]);
    const text = place.value.trim();
    if (!text) return { state: "empty", share: 0 };
    if (entry.kind === "text") return { state: "compare", share: 0, opening: "Compare with:", said: words(index, 0) };
    try {
      if (entry.kind === "matrix" || entry.kind === "vector") return array(entry, index, text);
      const found = judge(entry, text);
      if (found >= 0) return told(entry, index, found);
      if (isTurned(entry, text)) return { state: "right", share: 1, opening: "Right, with the channels first." };
      const close = nearly(entry, text);
      if (!close) return unknown("This is not right, and it is not a typical mistake. Try again.");
      const how = close === "rounded" ? "it is rounded too much" : "its digits are cut off, not rounded";
      return { state: "partly", share: 0, opening: `Nearly: ${how}. At least ${entry.digits} digits are asked.` };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return { state: "unreadable", share: 0, opening: `This cannot be read: ${error.message}.` };
    }
  }
  function array(entry, index, text) {
    const { found, share, opening, because } = lookAtArray(entry, text, patterns);
    if (found < 0) return { state: share > 0 ? "partly" : "wrong", share, opening, said: because };
    const whole = told(entry, index, found);
    if (whole.share > 0) return whole;
    return { ...whole, share, opening: share > 0 ? opening : whole.opening };
  }
  const unknown = (opening) => ({ state: "wrong", share: 0, opening });
  function told(entry, index, found) {
    const share = entry.responses[found].share;
    const state = share === 1 ? "right" : share > 0 ? "partly" : "wrong";
    const percent = `Right in part: it earns ${rounded(100 * share)} % of the points.`;
    const opening = { right: "Right.", partly: percent, wrong: "Not yet." }[state];
    return { state, share, opening, said: words(index, found) };
  }
  function chosen(entry, index, boxes) {
    const ticked = boxes.flatMap((box, i) => (box.checked ? [i] : []));
    if (!ticked.length) return { state: "empty", share: 0 };
    const wrong = ticked.filter((i) => !entry.right[i]);
    const share = !wrong.length && (!entry.several || ticked.length === entry.right.filter(Boolean).length) ? 1 : 0;
    if (!share && !wrong.length) return unknown("There is another right choice.");
    const said = new DocumentFragment();
    for (const i of wrong.length ? wrong : ticked) said.append(words(index, i), " ");
    return { state: share ? "right" : "wrong", share, opening: share ? "Right." : "Not yet.", said };
  }

  function check(number) {
    const [part, state, form] = [parts[number], states[number], forms[number]];
    const found = part.entries.map((index) => ({ index, ...look(index) }));
    const answered = found.filter((each) => each.state !== "empty");
    for (const each of found) mark(each.index, each.state);
    if (!answered.length) return say(form, "hint", "Write an answer first.");
    if (answered.every((each) => each.state !== "unreadable")) {
      state.tries += 1;
      if (!state.seen) state.share = found.reduce((sum, each) => sum + each.share, 0) / found.length;
      state.right = found.every((each) => each.state === "right");
      state.first ||= state.right && state.tries === 1 && !state.seen;
    }
    if (found.length === 1) return say(form, NOTES[found[0].state], found[0].opening, found[0].said);
    const right = found.filter((each) => each.state === "right").length;
    const list = element("ul", "");
    for (const each of answered.filter((one) => one.state !== "right")) {
      const item = element("li", "");
      const cell = element("strong", field(each.index).getAttribute("aria-label"));
      item.append(cell, `: ${each.opening} `, each.said || "");
      list.append(item);
    }
    const kind = right === found.length ? "right" : "mistake";
    return say(form, kind, `${right} of ${found.length} cells are right.`, list);
  }
  const NOTES = { right: "right", partly: "warning", wrong: "mistake", unreadable: "hint", compare: "hint" };

  function mark(index, state) {
    const place = field(index);
    if (state === "empty") delete place.dataset.state;
    else place.dataset.state = state;
    if ("value" in place) place.setAttribute("aria-invalid", String(state === "wrong" || state === "unreadable"));
  }
  function say(form, kind, opening, said = "") {
    const note = element("div", "", `note ${kind}`);
    note.append(element("strong", opening), " ", said);
    form.querySelector(".said").replaceChildren(note);
    sums();
  }
  function hint(form, state) {
    const hints = [...form.querySelectorAll(".hints > *")];
    if (state.hints < hints.length) hints[state.hints++].hidden = false;
    form.querySelector('[data-does="hint"]').disabled = state.hints === hints.length;
  }
  function working(form, state) {
    const shown = form.querySelector(".working");
    shown.hidden = !shown.hidden;
    state.seen ||= !state.right;
    form.querySelector('[data-does="working"]').setAttribute("aria-expanded", String(!shown.hidden));
    sums();
  }

  function sums() {
    const marked = (part) => part.entries.some((index) => entries[index].kind !== "text");
    const each = parts.map((part, i) => ({ ...part, ...states[i], earned: part.points * states[i].share }));
    const all = each.filter(marked);
    const total = (some, key) => some.reduce((sum, part) => sum + Number(part[key]), 0);
    const of = (some) => `${rounded(total(some, "earned"))} of ${rounded(total(some, "points"))}`;
    for (const row of document.querySelectorAll("[data-topic]")) {
      const some = all.filter((part) => String(part.topic) === row.dataset.topic);
      const counts = ["right", "first"].map((key) => `${total(some, key)} of ${some.length}`);
      [...row.querySelectorAll("td")].forEach((cell, i) => { cell.textContent = [of(some), ...counts][i]; });
    }
    const open = all.filter((part) => !part.right && !part.seen).length;
    const left = open ? `${open} ${open === 1 ? "part is" : "parts are"} still to do.` : "Everything is done.";
    document.getElementById("result").textContent = `${of(all)} points. ${left}`;
    document.getElementById("progress").value = total(all, "earned");
    document.getElementById("points").textContent = `${of(all)} points`;
  }

  function again() {
    states = fresh();
    for (const form of forms) {
      form.reset();
      form.querySelector(".said").replaceChildren();
      for (const shown of form.querySelectorAll(".hints > *, .working")) shown.hidden = true;
      for (const button of form.querySelectorAll("button")) button.disabled = false;
      form.querySelector('[data-does="working"]').setAttribute("aria-expanded", "false");
    }
    entries.forEach((_, index) => mark(index, "empty"));
    sums();
    document.getElementById("title").focus();
  }

  forms.forEach((form, number) => {
    form.addEventListener("submit", (event) => { event.preventDefault(); check(number); });
    form.addEventListener("input", (event) => delete event.target.closest("[data-entry]")?.dataset.state);
    form.querySelector('[data-does="hint"]')?.addEventListener("click", () => hint(form, states[number]));
    form.querySelector('[data-does="working"]').addEventListener("click", () => working(form, states[number]));
  });
  document.getElementById("again").addEventListener("click", again);
  sums();
}

if (typeof document !== "undefined") start();
if (typeof module !== "undefined") module.exports = { shapeParts, parse, judge, status, Unreadable };
