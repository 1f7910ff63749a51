// A stream whose messages take up to half a second each way, and keep their order.
{
  const Stream = window.WebSocket;

  /** Does one thing after the other, each at a time of its own and none before the one before. */
  const line = (most) => {
    let last = Promise.resolve();
    return (work) => {
      const at = performance.now() + most * Math.random();
      last = last.then(() => new Promise((go) => { setTimeout(go, Math.max(0, at - performance.now())); })).then(work);
    };
  };

  window.WebSocket = class extends Stream {
    #come = line(500);
    #leave = line(300);
    #hear = null;
    #end = null;

    constructor(...where) {
      super(...where);
      this.addEventListener("message", (event) => this.#come(() => this.#hear?.(event)));
      this.addEventListener("close", (event) => this.#come(() => this.#end?.(event)));
    }

    get onclose() { return this.#end; }

    set onclose(end) { this.#end = end; }

    get onmessage() { return this.#hear; }

    set onmessage(hear) { this.#hear = hear; }

    send(data) {
      this.#leave(() => { if (this.readyState === Stream.OPEN) super.send(data); });
    }
  };
}
