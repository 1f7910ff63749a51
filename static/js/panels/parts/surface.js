// @ts-check
/** A function on a grid: interpolation and slopes, for tooltips, arrows and the 3-D view. */

export class Surface {
  /**
   * @param {ArrayLike<number>} xs ascending, n of them
   * @param {ArrayLike<number>} ys ascending, m of them
   * @param {ArrayLike<number>} values (m, n), row by row
   */
  constructor(xs, ys, values) {
    this.xs = xs;
    this.ys = ys;
    this.values = values;
  }

  /** @returns {[[number, number], [number, number]]} */
  get domain() {
    const { xs, ys } = this;
    return [[xs[0], xs[xs.length - 1]], [ys[0], ys[ys.length - 1]]];
  }

  /** Rows of the grid, as Plotly wants them, each value mapped. @param {(value: number) => number} map */
  rows(map) {
    const n = this.xs.length;
    return Array.from(this.ys, (_, j) => Float64Array.from({ length: n }, (_unused, i) => map(this.values[j * n + i])));
  }

  /**
   * The same function on a finer grid, by cubic interpolation: exact for cubics, so valleys that run across the grid
   * stay valleys. Falls back to straight lines next to what is not finite.
   * @param {number} times points for each one before @returns {Surface}
   */
  refined(times) {
    const n = this.xs.length;
    const m = this.ys.length;
    const wide = refine(this.values, m, n, times);
    const columns = (n - 1) * times + 1;
    const tall = refine(transposed(wide, m, columns), columns, m, times);
    const rows = (m - 1) * times + 1;
    return new Surface(refine(this.xs, 1, n, times), refine(this.ys, 1, m, times), transposed(tall, columns, rows));
  }

  /** How deep a valley may be that falls between two points of the grid: thrice the median over the rows' lowest points. */
  unresolved() {
    const n = this.xs.length;
    const depths = [];
    for (let j = 0; j < this.ys.length; j += 1) {
      let lowest = 1;
      for (let i = 1; i < n - 1; i += 1) if (this.values[j * n + i] < this.values[j * n + lowest]) lowest = i;
      const at = j * n + lowest;
      const bend = (this.values[at - 1] - 2 * this.values[at] + this.values[at + 1]) / 8;
      if (bend > 0 && Number.isFinite(bend)) depths.push(bend);
    }
    return 3 * (depths.sort((a, b) => a - b)[depths.length >> 1] ?? 0);
  }

  /** The value between grid points, bilinear; NaN outside. @param {number} x @param {number} y */
  at(x, y) {
    const n = this.xs.length;
    const m = this.ys.length;
    const u = ((x - this.xs[0]) / (this.xs[n - 1] - this.xs[0])) * (n - 1);
    const v = ((y - this.ys[0]) / (this.ys[m - 1] - this.ys[0])) * (m - 1);
    if (!(u >= 0 && u <= n - 1 && v >= 0 && v <= m - 1)) return NaN;
    const i = Math.min(n - 2, Math.floor(u));
    const j = Math.min(m - 2, Math.floor(v));
    const value = (/** @type {number} */ dj, /** @type {number} */ di) => this.values[(j + dj) * n + i + di];
    const below = value(0, 0) + (value(0, 1) - value(0, 0)) * (u - i);
    const above = value(1, 0) + (value(1, 1) - value(1, 0)) * (u - i);
    return below + (above - below) * (v - j);
  }

  /** The slope by central differences over one cell. @param {number} x @param {number} y @returns {[number, number]} */
  slope(x, y) {
    const dx = (this.xs[this.xs.length - 1] - this.xs[0]) / (this.xs.length - 1);
    const dy = (this.ys[this.ys.length - 1] - this.ys[0]) / (this.ys.length - 1);
    return [(this.at(x + dx, y) - this.at(x - dx, y)) / (2 * dx), (this.at(x, y + dy) - this.at(x, y - dy)) / (2 * dy)];
  }
}

/** Cubic interpolation of rows of `width` numbers. @param {ArrayLike<number>} values @param {number} rows @param {number} width @param {number} times */
function refine(values, rows, width, times) {
  const wide = (width - 1) * times + 1;
  const fine = new Float64Array(rows * wide);
  for (let row = 0; row < rows; row += 1) {
    const at = (/** @type {number} */ i) => values[row * width + i];
    for (let i = 0; i < width - 1; i += 1) {
      const first = Math.max(0, Math.min(width - 4, i - 1)); // four neighbours, shifted inwards at the ends
      const four = [at(first), at(first + 1), at(first + 2), at(first + 3)];
      const smooth = width >= 4 && four.every(Number.isFinite);
      for (let k = 0; k < times; k += 1) {
        const share = k / times;
        fine[row * wide + i * times + k] = smooth ? lagrange(four, i - first + share) : at(i) + (at(i + 1) - at(i)) * share;
      }
    }
    fine[row * wide + wide - 1] = at(width - 1);
  }
  return fine;
}

/** The cubic through (0, a), (1, b), (2, c), (3, d). @param {number[]} four @param {number} u */
function lagrange([a, b, c, d], u) {
  const [p, q, r] = [u - 1, u - 2, u - 3];
  return (-a * p * q * r) / 6 + (b * u * q * r) / 2 - (c * u * p * r) / 2 + (d * u * p * q) / 6;
}

/** @param {Float64Array} values @param {number} rows @param {number} columns */
function transposed(values, rows, columns) {
  const turned = new Float64Array(values.length);
  for (let j = 0; j < rows; j += 1) for (let i = 0; i < columns; i += 1) turned[i * rows + j] = values[j * columns + i];
  return turned;
}
