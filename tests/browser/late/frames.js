// A page that draws five times a second.
{
  const { requestAnimationFrame } = window;
  window.requestAnimationFrame = (draw) => setTimeout(() => requestAnimationFrame(draw), 180);
}
