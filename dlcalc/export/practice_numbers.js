// Numbers on a practice page, read as everywhere else. It stands behind practice.js, in one script with it.

// ---- Numbers as people write them: 34,944, 34 944, 0,69, 9.5k, 1 1/8, ≈ 0.05, 34944 parameters -----------------

const GAPS = /^\d{1,3}(['’_ \u00a0\u2009\u202f])\d{3}(?:\1\d{3})*(?:[.,]\d+)?$/;
const COMMAS = /^[1-9]\d{0,2}(?:,\d{3})+$/;
const POINTS = /^[1-9]\d{0,2}(?:\.\d{3})+$/;
const SCALES = { k: 1e3, thousand: 1e3, M: 1e6, million: 1e6, mio: 1e6, G: 1e9, billion: 1e9, bn: 1e9 };
const WORDS = new RegExp(
  "(?<=[\\d)\\]])\\s*(?:(?:learnable|trainable|weight)\\s+)?(?:parameters?|params?|weights?|bias(?:es)?|macs?|flops?|" +
  "operations|multiplications|pixels?|px|neurons?|units?|filters?|updates?|steps?|epochs?|values?|elements?|entries|" +
  "rows?|columns?|positions?|maps?|layers?|bytes?)?(?:\\s+and\\s+bias(?:es)?)?(?:\\s+(?:in\\s+total|total|each))?$",
  "i");

// The digits with a decimal point or none, null for what is no number. Throws where a comma or a point may separate
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
  return { value: Number(plain), unit: Number(`1e${(Number(found[3]) || 0) - decimals}`), significant };
}

// A number with what stands behind it: 9.5k, 2.04 million, 66.8 %, 1 1/8; null for what is none.
function quantity(text, isCount) {
  const mixed = /^([+-]?)\s*(\d{1,12})\s+(\d{1,12})\s*\/\s*(\d{1,12})$/.exec(text);
  if (mixed && Number(mixed[3]) < Number(mixed[4])) {
    const value = Number(mixed[2]) + Number(mixed[3]) / Number(mixed[4]);
    return { value: mixed[1] === "-" ? -value : value, unit: 0, significant: 0 };
  }
  const number = readNumber(text, isCount);
  if (number) return number;
  const percent = /^(.*[\d.])\s*%$/.exec(text);
  const scale = /^(.*[\d.])\s*([kKMG]|thousand|million|mio|billion|bn)\.?$/i.exec(text);
  const inner = percent || scale ? readNumber((percent || scale)[1], false) : null;
  if (!inner) return null;
  const factor = percent ? 0.01 : SCALES[scale[2]] || SCALES[scale[2].toLowerCase()];
  const value = Number((inner.value * factor).toPrecision(15));
  const significant = inner.significant || String(Math.abs(inner.value)).length;
  return { value, unit: (inner.unit || (percent ? 0 : 1)) * factor, significant, scaled: !percent };
}

// The sides of 11·11·3·96 + 96 = 34944, without labels, words and signs around them.
function answerSides(text) {
  const bare = text.trim().replace(/^[$`*"]+|[$`*"]+$/g, "").replace(/\\left|\\right/g, "");
  const plain = bare.replace(/\\times|\\cdot/g, "×")
    .replace(/\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}/g, "($1)/($2)").replace(/^[A-Za-z ]+:\s*/, "");
  if (/!\s*=|[<>≠≤≥]|=\s*\/\s*=/.test(plain.replace(/[-=–—]>/g, "→"))) throw new Unreadable("an equation is expected");
  const about = /^(?:about|around|approx\.?|ca\.?|~)\s*/i;
  const sides = plain.split(/[=≈→]/).map((side) => side.trim().replace(about, "").replace(/[.;,!?\s]+$/, ""));
  const written = sides.filter(Boolean).map((side) => side.replace(WORDS, "").trim());
  const numbers = written.filter((side) => /\d/.test(side.replace(/[A-Za-z]_?\{?\d+\}?/g, "")));
  return numbers.length ? numbers : written;
}

// A shape as the parts of it are read: 55 by 55 by 96, 96@55x55, (None, 55, 55, 96), 55x55x96 = 290400.
function plainShape(text) {
  const labelled = [...text.matchAll(/\b([hwc])\w*\s*[:=]\s*(\d+)/gi)];
  const named = Object.fromEntries(labelled.map((each) => [each[1].toLowerCase(), each[2]]));
  if (named.h && named.w && named.c) return `${named.h}×${named.w}×${named.c}`;
  let plain = text.trim().replace(/^[$`*"]+|[$`*"]+$/g, "").replace(/\\times|\\cdot|[·⋅⨯]|\bby\b/g, "×");
  plain = plain.replace(/^[A-Za-z ]+[:=]\s*/, "").replace(/^(?:torch\.Size|tuple|shape)\s*\((.*)\)$/, "$1");
  plain = plain.replace(/^([[({]?)\s*(?:None|-1|\?|batch)\s*[,×x]\s*/i, "$1");
  plain = plain.replace(/^(\d+)\s*@\s*(\d+\s*[x×*]\s*\d+)$/, "$2×$1");
  plain = plain.replace(/(?<=\d),?\s+(?:with|and)?\s*(\d+)\s*(?:channels?|maps?|filters?)$/, "×$1");
  const [shape, count] = plain.split("=").map((side) => side.trim());
  if (count === undefined) return plain;
  const product = shapeParts(shape).reduce((all, size) => all * Number(size), 1);
  if (product !== Number(count.replace(/[, ]/g, ""))) throw new Unreadable("two different values stand there");
  return shape;
}

// A number, or what is worked out to one: 2/3, 4·(5 + 6); of several sides the last, if all are the same.
function readScalar(text, isCount = true) {
  const read = (written) => {
    const tenfold = /\s*[·×*xX]\s*10\s*\^\s*[({]?\s*([+-]?\d{1,3})\s*[)}]?$/;
    const side = written.replace(tenfold, "e$1").replace(/σ(?=\()/g, "sigmoid");
    const found = quantity(side, isCount);
    if (found) return found;
    const grouped = side.replace(/(?<=\d)[, ](?=\d{3}(?!\d))/g, "").replace(/(?<=\d)\s*[xX]\s*(?=\d)/g, "×");
    const value = parse(grouped, {})(0);
    if (!Number.isFinite(value)) throw new Unreadable("this has no value");
    return { value, unit: 0, significant: 0 };
  };
  const sides = answerSides(text).map(read);
  if (!sides.length) throw new Unreadable("a number is expected");
  const last = sides.at(-1);
  for (const side of sides) {
    const areCounts = Number.isInteger(side.value) && Number.isInteger(last.value);
    const near = areCounts ? 0 : Math.max(side.unit, last.unit, 1e-3 * Math.abs(last.value));
    if (Math.abs(side.value - last.value) > near) throw new Unreadable("two different values stand there");
  }
  return last;
}

if (typeof module !== "undefined") Object.assign(module.exports, { readNumber, quantity, readScalar });
