// Numbers on a practice page, read as everywhere else. It stands behind practice.js, in one script with it.

// ---- Numbers as people write them: 34,944, 34 944, 0,69, 9.5k, 1 1/8, ≈ 0.05, 34944 parameters -----------------

const GAPS = /^\d{1,3}(['’_ \u00a0\u2009\u202f])\d{3}(?:\1\d{3})*(?:[.,]\d+)?$/;
const COMMAS = /^[1-9]\d{0,2}(?:,\d{3})+$/;
const POINTS = /^[1-9]\d{0,2}(?:\.\d{3})+$/;
const SCALES = {
  k: 1e3, thousand: 1e3, M: 1e6, million: 1e6, millions: 1e6, mio: 1e6, mln: 1e6, G: 1e9, billion: 1e9, billions: 1e9,
  bn: 1e9,
};
const COUNTED =
  "parameters?|params?|weights?|bias(?:es)?|macs?|flops?|operations|multiplications|mults?|pixels?|px|neurons?|" +
  "units?|filters?|updates?|steps?|epochs?|connections?|numbers?|values?|elements?|entries|rows?|columns?|positions?|" +
  "floats?|nats|maps?|layers?|examples?|outputs?|gates?|heads?";
const WORDS = new RegExp(
  `(?<=[\\d)\\]])\\s*(?:(?:learnable|trainable|learned|weight)\\s+)?(?:${COUNTED})?` +
  "(?:\\s+and\\s+bias(?:es)?)?(?:\\s+(?:in\\s+total|total|each|" +
  "(?:per|on\\s+each|along\\s+each)\\s+(?:side|axis|dimension|direction)))?$",
  "i");
const SCALED_WORDS = new RegExp(`(?<=\\d)(\\s*(?:[kKMG]|thousand|millions?|billions?))\\s*(?:${COUNTED})$`, "i");
const BEFORE_NUMBER = "\\s+(?=[-−+~≈]?[\\d[(.])";
const LABELS = [
  /^#?\s?[A-Za-z][A-Za-z_ ]*:\s*(?=\S)/,
  new RegExp("^(?!.*\\b(?:not|less|more|half|twice)\\b)(?:[A-Za-z][A-Za-z'’, ]*\\s)?" +
    `(?:is|are|equals?|gives?|get|has|have|makes?|obtain|(?:it|that)['’]s)${BEFORE_NUMBER}`, "i"),
  new RegExp("^(?:(?:the|final|output)\\s+)?" +
    `(?:answer|total|result|shape|size|side|sum|so|thus|hence|therefore)${BEFORE_NUMBER}`, "i"),
];
const WHY =
  /(?<=[\d)\]]),?\s+(?:because|since)\s.*$|(?<=[\d)\]]),?\s+(?:with|without|including|incl\.|excluding)\s[^\d]*$/i;
const WORDS_WITHIN = /(?<=\d)\s+(?:parameters?|weights?|bias(?:es)?)(?=\s*[-+−)*\/·×])/gi;
const WEIGHTS_AND_BIASES = /(?<=\d)\s*weights?,?\s*(?:and|plus|,)\s*(?=\d[\d ,.']*\s*bias)/i;
const NAMED = /^([A-Za-zα-ωŷ]\w*)\s*\([^()]*\)$/;

// Without invisible marks, wide digits and the signs around maths: $608$, \\(608\\), \\boxed{608}, **608**.
function tidied(text) {
  const seen = text.replace(/[\u00ad\u200b-\u200f\u2060-\u2064\ufe0e\ufe0f\ufeff]/g, "");
  const typed = seen.replace(/[！-～]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)).trim();
  const bare = typed.replace(/^\\[([](.*)\\[)\]]$/s, "$1").replace(/^[$`*"]+|[$`*"]+$/g, "");
  const plain = bare.replace(/\\(?:text|mathrm|mathbf|boxed|num|operatorname)\{([^{}]*)\}/g, "$1");
  return plain.replace(/\{,\}/g, ",").replace(/\\[,;:! ]/g, " ").trim();
}

// Without (with biases), words in brackets at the end.
function withoutRemark(text) {
  const remark = /\s+\(([^()]*)\)$/.exec(text);
  const words = (remark?.[1].match(/[A-Za-z]{3,}/g) || []).filter((word) => !(word in FUNCTIONS));
  return words.length ? text.slice(0, remark.index) : text;
}

const withoutLabel = (text) => LABELS.reduce((rest, label) => rest.replace(label, ""), text);

// A whole number that is said to be about right: its zeros at the end stand for rounding.
function about(number) {
  const digits = String(Math.abs(number.value));
  const zeros = /0*$/.exec(digits)[0].length;
  if (number.unit || !zeros || !/^\d+$/.test(digits) || !number.value) return number;
  return { value: number.value, unit: 10 ** zeros, significant: digits.length - zeros, scaled: true };
}

// ---- Bytes: 743 kB, 0.709 MiB, 4·88²·24 bytes --------------------------------------------------------------------

const MEMORY = /^(.*[\d)\]}²³])\s*([kKMGT]i?|kilo|mega|giga|tera|kibi|mebi|gibi)?\s*(bits?|bytes?|[bB])$/s;
const PREFIXES = { k: 1, kilo: 1, m: 2, mega: 2, g: 3, giga: 3, t: 4, tera: 4 };
const BINARY = { ki: 1, kibi: 1, mi: 2, mebi: 2, gi: 3, gibi: 3, ti: 4 };

// How many bytes a unit has: two values for one as MB, which is 10⁶ or 2²⁰.
function bytesIn(prefix, unit) {
  const word = (prefix || "").toLowerCase();
  const size = /^bit/.test(unit) || (unit === "b" && word) ? 1 / 8 : 1;
  if (word in BINARY) return [size * 1024 ** BINARY[word]];
  return word in PREFIXES ? [size * 1000 ** PREFIXES[word], size * 1024 ** PREFIXES[word]] : [size];
}

// A number in a unit of memory, in the unit that is asked: of two ways the one that is right, else the usual one.
function inMemory(side, found, entry, read) {
  const [number, own] = [read(found[1], !found[2]), bytesIn(found[2], found[3])];
  const unit = number.unit || (found[2] ? 1 : 0);
  const significant = number.significant || String(Math.abs(number.value)).length;
  const pairs = own.flatMap((bytes, i) => entry.bytes.map((asked, j) => ({ factor: bytes / asked, same: i === j })));
  const factors = pairs.filter((each) => each.same || own.length !== entry.bytes.length).map((each) => each.factor);
  const ways = factors.map((factor) => {
    const value = Number((number.value * factor).toPrecision(15));
    return { value, unit: unit * factor, significant, scaled: Boolean(found[2]) || number.scaled };
  });
  const { values, tolerance } = entry.responses[0];
  return ways.find((way) => agrees(values[0], tolerance, way, entry.digits)) || ways[0];
}

// The digits with a decimal point or none, null for what is not a number. Throws where a comma or a point may separate
// thousands or decimals: for a count 9,472 is thousands, and 9.472 is either; for a measure 1.125 is a decimal.
function plainDigits(body, isCount) {
  if (/^\d+\.?$/.test(body)) return body;
  if (GAPS.test(body)) return body.replace(",", ".").replace(/[^\d.]/g, "");
  if (/[^\d.,]/.test(body) || !/[.,]/.test(body)) return null;
  const last = Math.max(body.lastIndexOf(","), body.lastIndexOf("."));
  const [whole, decimals, sign] = [body.slice(0, last), body.slice(last + 1), body[last]];
  const other = sign === "." ? "," : ".";
  if (body.includes(other)) {
    const isGrouped = (other === "," ? COMMAS : POINTS).test(whole);
    return isGrouped ? `${whole.replaceAll(other, "")}.${decimals}` : null;
  }
  if (body.split(sign).length > 2) return COMMAS.test(body) || POINTS.test(body) ? body.replace(/[.,]/g, "") : null;
  const mayGroup = decimals.length === 3 && /^[1-9]\d{0,2}$/.test(whole);
  if (!mayGroup) return `${whole}.${decimals}`;
  if (sign === "," && isCount) return whole + decimals;
  if (sign === "." && !isCount) return `${whole}.${decimals}`;
  throw new Unreadable(`${body} may be ${whole}${decimals}, or ${whole}.${decimals}: write which`);
}

// {value, unit, significant}: `unit` is one in the last place of a decimal number, 0 for any other; null: no number.
function readNumber(text, isCount = true) {
  const plainly = text.trim().replace(/−/g, "-");
  const found = /^([+-]?)\s*((?=[.,]?\d)[\d.,'’_ \u00a0\u2009\u202f]*?)(?:[eE]([+-]?\d{1,3}))?$/.exec(plainly);
  if (!found || text.length > 50) return null;
  const digits = plainDigits(found[2].trim(), isCount && !found[3]);
  if (digits === null) return null;
  const plain = `${found[1]}${digits}${found[3] ? `e${found[3]}` : ""}`;
  if (!Number.isFinite(Number(plain))) return null;
  if (!/[.eE]/.test(plain)) return { value: Number(plain), unit: 0, significant: 0 };
  const decimals = (digits.split(".")[1] || "").length;
  const significant = digits.replace(".", "").replace(/^0+/, "").length;
  const unit = Number(`1e${(Number(found[3]) || 0) - decimals}`);
  return { value: Number(plain), unit, significant, scaled: Boolean(found[3]) };
}

// A number with what stands behind it: 9.5k, 2.04 million, 66.8 %, 1 1/8; null for what is none.
function quantity(text, isCount) {
  const mixed = /^([+-]?)\s*(\d{1,12})\s+(\d{1,12})\s*\/\s*(\d{1,12})$/.exec(text);
  if (mixed && Number(mixed[3]) < Number(mixed[4])) {
    const value = Number(mixed[2]) + Number(mixed[3]) / Number(mixed[4]);
    return { value: mixed[1] === "-" ? -value : value, unit: 0, significant: 0 };
  }
  const over = /^([+-]?)0*(\d{2,30})\s*\/\s*1(0{2,30})$/.exec(text); // 213/1000 is 0.213
  if (over) {
    const unit = Number(`1e-${over[3].length}`);
    return { value: Number(`${over[1]}${over[2]}e-${over[3].length}`), unit, significant: over[2].length };
  }
  const number = readNumber(text, isCount);
  if (number) return number;
  const percent = /^(.*[\d.])\s*%$/.exec(text);
  const scale = /^(.*[\d.])\s*([kKMG]|thousand|millions?|mio|mln|billions?|bn)\.?$/i.exec(text);
  const inner = percent || scale ? readNumber((percent || scale)[1], false) : null;
  if (!inner) return null;
  const factor = percent ? 0.01 : SCALES[scale[2]] || SCALES[scale[2].toLowerCase()];
  const value = Number((inner.value * factor).toPrecision(15));
  const significant = inner.significant || String(Math.abs(inner.value)).length;
  return { value, unit: (inner.unit || 1) * factor, significant, scaled: !percent };
}

// The sides of 11·11·3·96 + 96 = 34944, without labels, words and signs around them.
function answerSides(text) {
  const bare = tidied(text).replace(/\\left|\\right/g, "").replace(/\\([lr](?:floor|ceil))/g, (_, end) => ENDS[end]);
  const plain = withoutRemark(withoutLabel(bare.replace(/\\times|\\cdot/g, "×")
    .replace(/\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}/g, "($1)/($2)")));
  if (/!\s*=|[<>≠≤≥]|=\s*\/\s*=/.test(plain.replace(/[-=–—]>/g, "→"))) throw new Unreadable("an equation is expected");
  const front = /^(?:about|around|approx(?:\.|imately)?|ca\.?|circa|roughly|exactly|~)\s*/i;
  const parts = plain.replace(WORDS_WITHIN, "").split(/[=≈→]|,?\s(?:so|hence|thus|therefore)\s/);
  const sides = parts.map((side) => side.trim().replace(front, "").replace(/[.…;,!?✓✔\s]+$/, ""));
  const reduced = (side) => withoutRemark(side).replace(WHY, "").replace(SCALED_WORDS, "$1").replace(WORDS, "").trim();
  const written = sides.filter(Boolean).map((side) => reduced(withoutLabel(side)));
  const isNamed = (side) => NAMED.test(side) && !(NAMED.exec(side)[1] in FUNCTIONS) && !side.startsWith("σ");
  const numbers = written.filter((side) => !isNamed(side) && /\d/.test(side.replace(/[A-Za-z]_?\{?\d+\}?/g, "")));
  return numbers.length ? numbers : written;
}

// 5·5·3 = 75; 75·8 = 600 as lines of working, whose results are used further down.
function statements(text) {
  const lines = text.split(/\s*;\s*|,\s+(?:and\s+|so\s+)?/).filter((line) => line.trim());
  const result = (line) => line.split("=").at(-1).trim();
  const isUsed = (line, i) => lines.slice(i + 1).some((later) => {
    const worked = later.slice(0, later.lastIndexOf("="));
    return ` ${worked} `.match(/[\d.]+/g)?.includes(result(line));
  });
  const isWorking = lines.length > 1 && lines.every((line) => line.includes("="));
  return isWorking && lines.slice(0, -1).every(isUsed) ? lines : [text];
}

// A shape as the parts of it are read: 55 by 55 by 96, 96@55x55, (None, 55, 55, 96), 55x55x96 = 290400.
function plainShape(text) {
  const bare = withoutLabel(tidied(text));
  const labelled = [...bare.matchAll(/\b([hwcd])\w*\s*[:=]?\s*(\d+)/gi)];
  const named = Object.fromEntries(labelled.map((each) => [each[1].toLowerCase(), each[2]]));
  if (named.h && named.w && (named.c || named.d)) return `${named.h}×${named.w}×${named.c || named.d}`;
  let plain = bare.replace(/\\times|\\cdot|[·⋅⨯]|\bby\b|\btimes\b/g, "×");
  plain = plain.replace(/(\d+)\s*(?:²|\^\s*2)\s*(?=[×x*,])/g, "$1×$1");
  plain = plain.replace(/^[A-Za-z ]+[:=]\s*/, "").replace(/^(?:torch\.Size|TensorShape|tuple|shape)\s*\((.*)\)$/, "$1");
  plain = plain.replace(/(?<=\d)\s*(?:px|pixels?|high|wide)\b/g, "");
  plain = plain.replace(/^([[({]?)\s*(?:None|-1|\?|batch)\s*[,×x]\s*/i, "$1");
  plain = plain.replace(/^([[({]?)\s*[NB]\s*[,×x]\s*(?=\d+\s*[,×x]\s*\d)/, "$1");
  plain = plain.replace(/^(?:\w+\s*(?:∈|\\in)\s*)?(?:\\mathbb\s*\{?R\}?|ℝ|R)\s*\^\s*[{(]*([^{}()]+)[})]*$/, "$1");
  const maps = /^(\d+)\s*(?:feature\s*)?(?:maps?|channels?|filters?),?\s*(?:of|with)?\s*(?:size)?\s*(?=\d)/;
  plain = plain.replace(maps, "$1@");
  plain = plain.replace(/^(\d+)\s*@\s*(\d+\s*[x×*]\s*\d+)$/, "$2×$1");
  plain = plain.replace(/(?<=\d),?\s+(?:with|and)?\s*(\d+)\s*(?:channels?|maps?|filters?|deep)$/, "×$1");
  if (plain.includes("×") && !plain.includes("(")) plain = plain.replace(/(?<=\d)\s*[,;]\s+(?=\d)/g, "×");
  const [shape, count] = plain.split("=").map((side) => side.trim());
  if (count === undefined) return plain;
  const product = shapeParts(shape).reduce((all, size) => all * Number(size), 1);
  if (product !== Number(count.replace(/[, ]/g, ""))) throw new Unreadable("two different values stand there");
  return shape;
}

const ENDS = { lfloor: "⌊", rfloor: "⌋", lceil: "⌈", rceil: "⌉" };
const DATE =
  /^(?:(?:19|20)\d\d([-/.])\d\d?\1\d\d?(?:[T ]\d\d?:\d\d.*)?|\d\d?([-/.])\d\d?\2(?:19|20)\d\d(?: .*)?)$/;

// A number, or what is worked out to one: 2/3, 4·(5 + 6); of several sides the last, if all are the same.
// `entry`: what is asked, for the unit and where what is right tells which of two readings is meant.
function readScalar(text, isCount = true, entry = null) {
  if (DATE.test(text.trim())) throw new Unreadable("it is a date, as spreadsheets make of 1/2");
  const steps = statements(text);
  if (steps.length > 1) return steps.map((step) => readScalar(step, isCount, entry)).at(-1);
  const read = (written, counted = isCount) => {
    const tenfold = /\s*[·×*xX]\s*10\s*\^\s*[({]?\s*([+-]?\d{1,3})\s*[)}]?$/;
    const side = written.replace(tenfold, "e$1").replace(/σ(?=\()/g, "sigmoid");
    const memory = MEMORY.exec(side);
    if (memory && entry?.bytes) return inMemory(side, memory, entry, read);
    if (memory && /^byte/.test(memory[3]) && !memory[2]) return read(memory[1]);
    const found = quantity(side, counted);
    if (found) return found;
    const again = /^([\d.,]+)\s+\((.+)\)$/.exec(side);
    if (again) {
      const [rough, fine] = [read(again[1]), read(again[2])];
      const near = Math.max(rough.unit, fine.unit, 1e-3 * Math.abs(fine.value));
      if (Math.abs(rough.value - fine.value) <= (Number.isInteger(rough.value) ? 0 : near)) return rough;
    }
    const ends = /^(\d+(?:\.\d+)?)\s*[-–—]\s*(\d+(?:\.\d+)?)$/.exec(side);
    if (ends && Number(ends[1]) < Number(ends[2])) throw new Unreadable("it may be a difference, or a range");
    const grouped = side.replace(/(?<=\d)[, ](?=\d{3}(?!\d))/g, "").replace(/(?<=\d)\s*[xX]\s*(?=\d)/g, "×");
    const value = parse(grouped, CONSTANTS)(0);
    if (!Number.isFinite(value)) throw new Unreadable("this has no value");
    return { value, unit: 0, significant: 0 };
  };
  const plain = entry?.asked === "parameters" ? text.replace(WEIGHTS_AND_BIASES, " + ") : text;
  const sides = answerSides(plain).map((side) => read(side));
  if (!sides.length) throw new Unreadable("a number is expected");
  const last = sides.at(-1);
  for (const side of sides) {
    const areCounts = Number.isInteger(side.value) && Number.isInteger(last.value);
    const near = areCounts ? 0 : Math.max(side.unit, last.unit, 1e-3 * Math.abs(last.value));
    if (Math.abs(side.value - last.value) > near) throw new Unreadable("two different values stand there");
  }
  return /[≈~]|\b(?:about|around|approx|approximately|circa|roughly)\b|\bca\./i.test(text) ? about(last) : last;
}

if (typeof module !== "undefined") Object.assign(module.exports, { readNumber, quantity, readScalar });
