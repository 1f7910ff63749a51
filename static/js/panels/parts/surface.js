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

  get domain() {
    const { xs, ys } = this;
    return [[xs[0], xs[xs.length - 1]], [ys[0], ys[ys.length - 1]]];
  }

  /** Rows of the grid, as Plotly wants them, each value mapped. @param {(value: number) => number} map */
  rows(map) {
    const n = this.xs.length;
    return Array.from(this.ys, (_, j) => Float64Array.from({ length: n }, (_unused, i) => map(this.values[j * n + i])));
  }

  /** Every k-th row and column so that at most `most` remain each way. @param {number} most @returns {Surface} */
  thinned(most) {
    const pick = (length) => {
      const stride = Math.max(1, Math.ceil((length - 1) / (most - 1)));
      const indices = [];
      for (let i = 0; i < length - 1; i += stride) indices.push(i);
      return [...indices, length - 1];
    };
    const columns = pick(this.xs.length);
    const rows = pick(this.ys.length);
    const n = this.xs.length;
    return new Surface(Float64Array.from(columns, (i) => this.xs[i]), Float64Array.from(rows, (j) => this.ys[j]),
      Float64Array.from(rows.flatMap((j) => columns.map((i) => this.values[j * n + i]))));
  }

  /** The value between grid points, bilinear; NaN outside. */
  at(x, y) {
    const n = this.xs.length;
    const m = this.ys.length;
    const u = ((x - this.xs[0]) / (this.xs[n - 1] - this.xs[0])) * (n - 1);
    const v = ((y - this.ys[0]) / (this.ys[m - 1] - this.ys[0])) * (m - 1);
    if (!(u >= 0 && u <= n - 1 && v >= 0 && v <= m - 1)) return NaN;
    const i = Math.min(n - 2, Math.floor(u));
    const j = Math.min(m - 2, Math.floor(v));
    const value = (dj, di) => this.values[(j + dj) * n + i + di];
    const below = value(0, 0) + (value(0, 1) - value(0, 0)) * (u - i);
    const above = value(1, 0) + (value(1, 1) - value(1, 0)) * (u - i);
    return below + (above - below) * (v - j);
  }

  /** The slope by central differences over one cell. @returns {[number, number]} */
  slope(x, y) {
    const dx = (this.xs[this.xs.length - 1] - this.xs[0]) / (this.xs.length - 1);
    const dy = (this.ys[this.ys.length - 1] - this.ys[0]) / (this.ys.length - 1);
    return [(this.at(x + dx, y) - this.at(x - dx, y)) / (2 * dx), (this.at(x, y + dy) - this.at(x, y - dy)) / (2 * dy)];
  }
}
