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

// {found, share, opening}: the number of the response that the array is, -1 if it is none; the share of its numbers
// that are right; and what is said. Throws Unreadable.
function lookAtArray(entry, text) {
  const { found, rows, right } = judgeArray(entry, text);
  if (!right) return { found, share: 0, opening: wrongSize(entry, rows) };
  const cells = right.flat();
  const share = cells.filter(Boolean).length / cells.length;
  return { found, share, opening: wrongNumbers(right, entry.kind) || "No number is right." };
}

if (typeof module !== "undefined") Object.assign(module.exports, { arrayRows, judgeArray, lookAtArray });
