// @ts-check
/** How large an element is, as the browser last laid it out: to read it makes the browser lay out nothing. */

export class Room {
  #element;
  #size = { width: 0, height: 0 };

  /**
   * @param {HTMLElement} element
   * @param {() => void} changed called before the browser paints, when the element has got another size
   * @param {AbortSignal} signal ends it
   */
  constructor(element, changed, signal) {
    this.#element = element;
    const sizes = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element; // all is laid out just now
      const before = this.#size;
      this.#size = { width, height };
      if (before.width && width && (before.width !== width || before.height !== height)) changed();
    });
    sizes.observe(element);
    signal.addEventListener("abort", () => sizes.disconnect());
  }

  /** In CSS pixels, without borders; 0 where the element is not shown. */
  get size() {
    const { width, height } = this.#size;
    if (width && height) return this.#size;
    const { clientWidth, clientHeight } = this.#element; // not yet known
    return { width: clientWidth, height: clientHeight };
  }
}
