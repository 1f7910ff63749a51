// @ts-check
// The line icons of header and transport; they take the text's colour and are hidden from assistive technology.

const PATHS = {
  play: "M7 5l12 7-12 7z", pause: "M8 5v14M16 5v14", back: "M17 6l-8 6 8 6zM6 6v12", forward: "M7 6l8 6-8 6zM18 6v12",
  rewind: "M4 5v5h5M4.600 10A8 8 0 1 1 4 13.500", end: "M5 6l7 6-7 6zM13 6l7 6-7 6z",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M4.900 4.900l1.800 1.800M17.300 17.300l1.800 1.800M4.900 19.100l1.800-1.800M17.300 6.700l1.800-1.800",
  dark: "M20 14.500A8.500 8.500 0 1 1 9.500 4 7 7 0 0 0 20 14.500z", auto: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 8h7.900M12 12h9M12 16h8",
  table: "M4 5h16v14H4zM4 10h16M4 14.500h16M10 10v9", picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 8.500v.1",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.3-1 .8-1 1.700M12 16.500v.1",
  close: "M6 6l12 12M18 6L6 18", chevron: "M6 9l6 6 6-6", link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1-1",
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name @returns {SVGSVGElement} */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
