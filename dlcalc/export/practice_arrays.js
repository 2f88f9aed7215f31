// Vectors and matrices on a practice page, read and marked number by number. It stands behind practice.js, in one
// script with it, and takes the reading of single numbers from there.

// The rows of 1 2; 3 4, of [[1, 2], [3, 4]], of a matrix of LaTeX, of a table of Markdown, of lines; each of texts.
function arrayRows(text) {
  if (text.length > 5000) throw new Unreadable("an array has at most 5,000 characters");
  let plain = text.replace(/\\\\|\\cr(?![A-Za-z])/g, ";");
  plain = plain.replace(/\\(?:begin|end)\{[A-Za-z]*\*?\}(?:\{[lcr|]*\})?/g, " ");
  plain = plain.replace(/\\(?:left|right)\s*.|\\hline|\$|\\[[\]]/g, " ");
  plain = plain.replace(/\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}/g, "($1)/($2)");
  if (/^\s*\|.*\|\s*$/m.test(plain)) {
    plain = plain.replace(/^[\s|:-]*$/gm, "").replace(/^[ \t]*\||\|[ \t]*$/gm, "").replace(/\|/g, "&");
  }
  plain = plain.trim().replace(/^(?:np\.|torch\.)?(?:array|tensor|matrix)\((.*)\)$/s, "$1").trim();
  const bare = (row) => (/^[[({].*[\])}]$/s.test(row) && enclosed(row) ? row.slice(1, -1).trim() : row);
  // The outer of two pairs of brackets holds the rows, each in a pair of its own.
  if (/^[[({]\s*[[({]/.test(plain)) plain = bare(plain);
  plain = /^[[({].*[\])}]$/s.test(plain) ? bare(plain.replace(/([\])}])\s*,?\s*(?=[[({])/g, "$1;")) : plain;
  const rows = plain.split(/[;\n]/).map((row) => bare(row.trim().replace(/,$/, "").trim())).filter(Boolean);
  return rows.map(arrayCells);
}

function arrayCells(row) {
  const between = ["&", "\t", ","].find((sign) => row.includes(sign)) || /\s+/;
  return row.split(between).map((part) => part.trim());
}

// {found, rows, right}: the number of the response that the array is, -1 if it is none, and which of the numbers of
// the right one are right; {shape: true} where it has another number of rows or columns. Throws Unreadable.
function judgeArray(entry, text) {
  const wrote = arrayRows(text).map((row) => row.map((cell) => {
    if (!cell) throw new Unreadable("a number is missing");
    return readScalar(cell, false);
  }));
  if (!wrote.length) throw new Unreadable("numbers are expected");
  const turned = wrote.length > 1 && wrote.every((row) => row.length === 1) && entry.kind === "vector";
  const rows = turned ? [wrote.map((row) => row[0])] : wrote;
  const fits = ({ rows: want, tolerance }) =>
    want.length === rows.length && want.every((row, i) => row.length === rows[i].length) &&
    want.map((row, i) => row.map((value, j) => agrees(value, tolerance[i][j], rows[i][j], entry.digits)));
  const judged = entry.responses.map(fits);
  const found = judged.findIndex((right) => right && right.every((row) => row.every(Boolean)));
  return { found, rows, right: judged[0] || null };
}

// Which numbers are wrong, whole rows and columns together, in the words of every other door; "" where all are.
function wrongNumbers(right, kind) {
  const cells = right.flatMap((row, i) => row.map((good, j) => ({ good, i, j })));
  const wrong = cells.filter((cell) => !cell.good);
  const good = cells.length - wrong.length;
  if (!wrong.length || !good) return "";
  const isWhole = (axis) => cells.every((cell) => !cell.good || wrong.every((other) => other[axis] !== cell[axis]));
  const row = ({ i }) => `row ${i + 1}`;
  const column = ({ j }) => `${kind === "vector" ? "place" : "column"} ${j + 1}`;
  const byColumn = kind === "vector" || isWhole("j") ? column : (cell) => `${row(cell)}, ${column(cell)}`;
  const places = [...new Set(wrong.map(kind !== "vector" && isWhole("i") ? row : byColumn))];
  const more = places.length > 6 ? `; and ${places.length - 6} more` : "";
  return `${good} of ${cells.length} numbers are right. Wrong: ${places.slice(0, 6).join("; ")}${more}.`;
}

// What is said of another size, also in the words of every other door.
function wrongSize(entry, rows) {
  const { rows: want, tolerance } = entry.responses[0];
  const [have, near, wrote] = [want, tolerance, rows].map((each) => each.flat());
  const [tall, wide, down, across] = [rows.length, rows[0].length, want.length, want[0].length];
  const fits = (value, i) => agrees(value, near[i], wrote[i], entry.digits);
  const isVector = entry.kind === "vector";
  const yours = isVector ? (tall === 1 ? `${wide}` : `${tall} rows of ${wide}`) : `${tall}×${wide}`;
  if (have.length === wrote.length && have.every(fits)) {
    const sizes = isVector ? [yours, `one row of ${across}`] : [`a ${yours} matrix`, `${down}×${across}`];
    return `The numbers are right, but in ${sizes[0]}: ${sizes[1]} is expected.`;
  }
  if (isVector) return `${across} numbers are expected, not ${yours}.`;
  const sides = `${down} row${down === 1 ? "" : "s"}, ${across} column${across === 1 ? "" : "s"}`;
  return `A matrix of ${down}×${across} is expected (${sides}), not ${yours}.`;
}

// {found, share, opening, because}: the number of the response that the array is, -1 if it is none; the share of its
// numbers that are right; and what is said. `words` are those of the patterns. Throws Unreadable.
function lookAtArray(entry, text, words = {}) {
  const { found, rows, right } = judgeArray(entry, text);
  const because = found < 0 ? arrayPattern(entry, rows, words) : "";
  if (!right) return { found, share: 0, opening: wrongSize(entry, rows), because };
  const cells = right.flat();
  const share = cells.filter(Boolean).length / cells.length;
  return { found, share, opening: wrongNumbers(right, entry.kind) || "No number is right.", because };
}

// ---- What has happened to an array as a whole ----------------------------------------------------------------------
// The patterns of every other door, in their order and their words. The responses hold those that only turn the array.

const MOST_PERMUTED = 6;

function arrayPattern(entry, rows, words) {
  const { rows: want, tolerance } = entry.responses[0];
  const fits = (value, i, j) =>
    agrees(value, tolerance[Math.min(i, want.length - 1)][Math.min(j, want[0].length - 1)], rows[i][j], entry.digits);
  const found = arrayPatterns(entry.kind === "vector", want, rows, fits).next().value;
  if (!found) return "";
  const [id, values] = found;
  return (words[id] || "").replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function* arrayPatterns(isVector, want, rows, fits) {
  const [tall, wide, down, across] = [rows.length, rows[0].length, want.length, want[0].length];
  const isSame = tall === down && wide === across && rows.every((row) => row.length === wide);
  if (!isSame) yield* besideArray(isVector, want, rows, fits);
  if (!isSame) return;
  if (!isVector && down <= MOST_PERMUTED && isPermuted(want, fits)) yield ["rows-in-another-order", {}];
  for (const [i, j, where] of [[1, 0, "down"], [-1, 0, "up"], [0, 1, "to the right"], [0, -1, "to the left"]]) {
    if ((i && down < 3) || (j && across < 3)) continue;
    const places = cellsOf(want).filter(({ y, x }) => want[y - i]?.[x - j] !== undefined);
    const isVaried = new Set(places.map(({ y, x }) => want[y - i][x - j])).size > 1;
    const id = `one-${isVector ? "place" : i ? "row" : "column"}-off`;
    if (isVaried && places.every(({ y, x }) => fits(want[y - i][x - j], y, x))) yield [id, { where }];
  }
  yield* offBy(want, rows);
  const wrong = cellsOf(want).filter(({ value, y, x }) => !fits(value, y, x));
  if (wrong.length === down * across) return;
  const isTurned = wrong.every(({ value, y, x }) => value !== 0 && fits(-value, y, x));
  if (isTurned) yield [wrong.length > 1 ? "some-signs-turned" : "one-sign-turned", {}];
  const [a, b] = wrong;
  const isPair = wrong.length === 2 && a.value !== b.value;
  if (isPair && fits(b.value, a.y, a.x) && fits(a.value, b.y, b.x)) yield ["two-exchanged", {}];
}

function cellsOf(rows) {
  return rows.flatMap((row, y) => row.map((value, x) => ({ value, y, x })));
}

// Whether each row that was written is another one of the right rows.
function isPermuted(want, fits) {
  const isRow = (row, i) => row.every((value, j) => fits(value, i, j));
  const place = (i, left) =>
    !left.length || left.some((row) => isRow(row, i) && place(i + 1, left.filter((other) => other !== row)));
  return place(0, [...want]);
}

// An array of another size that holds the right one, or is a part of it.
function* besideArray(isVector, want, rows, fits) {
  const [tall, wide, down, across] = [rows.length, rows[0].length, want.length, want[0].length];
  if (rows.some((row) => row.length !== wide)) return;
  const upTo = (most) => Array.from({ length: Math.max(most, 0) + 1 }, (_, i) => i);
  const isVaried = (part) => new Set(part.flat()).size > 1;
  const isAll = (part, i, j) => cellsOf(part).every(({ value, y, x }) => fits(value, y + i, x + j));
  if (tall <= down && wide <= across && tall * wide > 1) {
    const parts = upTo(down - tall).flatMap((i) =>
      upTo(across - wide).map((j) => want.slice(i, i + tall).map((row) => row.slice(j, j + wide))));
    if (parts.some((part) => isVaried(part) && isAll(part, 0, 0))) {
      yield [isVector ? "numbers-missing" : "border-missing", {}];
    }
  }
  if (tall >= down && wide >= across && isVaried(want)) {
    const isInside = upTo(tall - down).some((i) => upTo(wide - across).some((j) => isAll(want, i, j)));
    if (isInside) yield [isVector ? "numbers-added" : "border-added", {}];
  }
}

// The same amount added everywhere, or the same factor.
function* offBy(want, rows) {
  const pairs = cellsOf(want).map(({ value, y, x }) => [value, rows[y][x].value]);
  if (new Set(want.flat()).size < 2) return;
  const alike = (numbers) => numbers.every((each) => near(numbers[0], each, 1e-12));
  const amounts = pairs.map(([right, wrote]) => wrote - right);
  if (alike(amounts) && amounts[0]) {
    yield ["same-amount-off", { amount: asFraction(Math.abs(amounts[0])), size: amounts[0] > 0 ? "large" : "small" }];
  }
  const some = pairs.filter(([right, wrote]) => right || wrote);
  const factors = some.map(([right, wrote]) => wrote / right);
  if (alike(factors) && ![1, 0, -1].includes(factors[0])) yield ["same-factor-off", { amount: asFraction(factors[0]) }];
}

// 0.5, but 1/3 and not 0.3333333333333333, where it is a fraction of small numbers.
function asFraction(number) {
  if (String(number).length < 12) return String(number);
  for (let below = 3; below <= 1000; below += 1) {
    const above = Math.round(number * below);
    if (above && near(above / below, number, 1e-12)) return `${above}/${below}`;
  }
  return String(number);
}

if (typeof module !== "undefined") Object.assign(module.exports, { arrayRows, judgeArray, lookAtArray });
