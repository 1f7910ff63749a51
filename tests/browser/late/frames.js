// A page that draws five times a second.
{
  const { requestAnimationFrame, cancelAnimationFrame } = window;
  const pending = new Map();
  let last = 0;

  window.requestAnimationFrame = (draw) => {
    last += 1;
    const id = last;
    const ask = () => {
      const frame = requestAnimationFrame((now) => {
        pending.delete(id);
        draw(now);
      });
      pending.set(id, () => cancelAnimationFrame(frame));
    };
    const timer = setTimeout(ask, 180);
    pending.set(id, () => clearTimeout(timer));
    return id;
  };

  window.cancelAnimationFrame = (id) => {
    pending.get(id)?.();
    pending.delete(id);
  };
}
