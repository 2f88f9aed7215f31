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
  if (!wrong.length || wrong.length === cells.length) return "";
  const isWhole = (axis) => cells.every((cell) => !cell.good || wrong.every((other) => other[axis] !== cell[axis]));
  const row = ({ i }) => `row ${i + 1}`;
  const column = ({ j }) => `${kind === "vector" ? "place" : "column"} ${j + 1}`;
  let where = (cell) => `${row(cell)}, ${column(cell)}`;
  if (kind !== "vector" && isWhole("i")) where = row;
  else if (kind === "vector" || isWhole("j")) where = column;
  const places = [...new Set(wrong.map(where))];
  const more = places.length > 6 ? `; and ${places.length - 6} more` : "";
  const good = cells.length - wrong.length;
  return `${good} of ${cells.length} numbers are right. Wrong: ${places.slice(0, 6).join("; ")}${more}.`;
}

// What is said of another size.
function wrongSize(entry, rows, digits) {
  const { rows: want, tolerance } = entry.responses[0];
  const [have, near, wrote] = [want, tolerance, rows].map((each) => each.flat());
  const [tall, wide] = [rows.length, rows[0].length];
  const isSame = have.length === wrote.length && have.every((each, i) => agrees(each, near[i], wrote[i], digits));
  if (entry.kind === "vector") {
    const yours = tall === 1 ? `${wide}` : `${tall} rows of ${wide}`;
    if (isSame) return `The numbers are right, but in ${yours}: one row of ${have.length} is expected.`;
    return `${have.length} numbers are expected, not ${yours}.`;
  }
  const [down, across] = [want.length, want[0].length];
  if (isSame) return `The numbers are right, but in a ${tall}×${wide} matrix: ${down}×${across} is expected.`;
  const sides = `${down} row${down === 1 ? "" : "s"}, ${across} column${across === 1 ? "" : "s"}`;
  return `A matrix of ${down}×${across} is expected (${sides}), not ${tall}×${wide}.`;
}

// {found, share, opening}: the number of the response that the array is, -1 if it is none; the share of its numbers
// that are right; and what is said. Throws Unreadable.
function lookAtArray(entry, text) {
  const { found, rows, right } = judgeArray(entry, text);
  if (!right) return { found, share: 0, opening: wrongSize(entry, rows, entry.digits) };
  const cells = right.flat();
  const share = cells.filter(Boolean).length / cells.length;
  return { found, share, opening: wrongNumbers(right, entry.kind) || "No number is right." };
}

if (typeof module !== "undefined") Object.assign(module.exports, { arrayRows, judgeArray, lookAtArray, wrongNumbers });
