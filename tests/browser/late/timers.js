// Whatever the page puts off happens more than a second later than it wants.
{
  const { setTimeout } = window;
  window.setTimeout = (work, wait = 0, ...more) => setTimeout(work, wait + 1200, ...more);
}
