// @ts-check
/** A canvas laid over a Plotly plot: sharp on every screen, in step with its axes, blind to the pointer. */

/**
 * @typedef {{left: number, top: number, width: number, height: number}} Area in CSS pixels of the plot's element
 * @typedef {{kx: number, bx: number, ky: number, by: number}} Scale pixel = k * value + b, in both directions
 */

export class Overlay {
  /** How often any of them was begun anew: what is drawn on a canvas the document does not tell. */
  static drawings = 0;

  /**
   * @param {HTMLElement} frame positioned; holds the plot and gets the canvas
   * @param {string} [name] class of the canvas
   */
  constructor(frame, name = "overlay") {
    this.canvas = document.createElement("canvas");
    this.canvas.className = `overlay ${name}`;
    this.canvas.setAttribute("aria-hidden", "true");
    // Painted by the CPU: long dashed strokes are slow on small and emulated GPUs, and this is a few milliseconds.
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d", { willReadFrequently: true }));
    this.ratio = 1;
    this.width = 0;
    this.height = 0;
    frame.append(this.canvas);
  }

  /** Take the size of the plot; clears. @param {number} width @param {number} height */
  resize(width, height) {
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    if (width === this.width && height === this.height && ratio === this.ratio) return;
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  /** Clear and return the context, one unit being one CSS pixel. */
  begin() {
    Overlay.drawings += 1;
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    return this.context;
  }

  /** As `begin`, drawing only inside the area until `end`. @param {Area} area */
  beginInside(area) {
    const context = this.begin();
    context.save();
    context.beginPath();
    context.rect(area.left, area.top, area.width, area.height);
    context.clip();
    return context;
  }

  end() {
    this.context.restore();
  }
}

/** Where the axes are. @param {any} gd Plotly's element @returns {Area} */
export function areaOf(gd) {
  const { xaxis, yaxis } = gd._fullLayout;
  return { left: xaxis._offset, top: yaxis._offset, width: xaxis._length, height: yaxis._length };
}

/** How values become pixels just now; a logarithmic axis takes log10 of the value. @param {any} gd @returns {Scale} */
export function scaleOf(gd) {
  const { xaxis, yaxis } = gd._fullLayout;
  const kx = xaxis._length / (xaxis.range[1] - xaxis.range[0]);
  const ky = -yaxis._length / (yaxis.range[1] - yaxis.range[0]);
  return { kx, bx: xaxis._offset - kx * xaxis.range[0], ky, by: yaxis._offset + yaxis._length - ky * yaxis.range[0] };
}

/**
 * The part of a segment inside a rectangle (Liang and Barsky), or null.
 * @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
 * @param {Area} area
 * @returns {[number, number, number, number]|null}
 */
export function clipSegment(x0, y0, x1, y1, area) {
  let from = 0;
  let to = 1;
  const dx = x1 - x0;
  const dy = y1 - y0;
  const sides = [[-dx, x0 - area.left], [dx, area.left + area.width - x0], [-dy, y0 - area.top], [dy, area.top + area.height - y0]];
  for (const [p, q] of sides) {
    if (p === 0) {
      if (q < 0) return null;
    } else if (p < 0) from = Math.max(from, q / p);
    else to = Math.min(to, q / p);
  }
  return from <= to ? [x0 + from * dx, y0 + from * dy, x0 + to * dx, y0 + to * dy] : null;
}

/**
 * Canvases of one size drawn over each other on a background: a picture to save where Plotly has no part.
 * @param {HTMLCanvasElement[]} layers from below to above
 * @param {string} background
 * @returns {HTMLCanvasElement}
 */
export function stacked(layers, background) {
  const whole = document.createElement("canvas");
  whole.width = layers[0].width;
  whole.height = layers[0].height;
  const context = /** @type {CanvasRenderingContext2D} */ (whole.getContext("2d"));
  context.fillStyle = background;
  context.fillRect(0, 0, whole.width, whole.height);
  for (const layer of layers) context.drawImage(layer, 0, 0);
  return whole;
}
