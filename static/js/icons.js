// @ts-check
// The page's line icons; they take the text's colour and are hidden from assistive technology, so a button needs a label.

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  play: "M7 5l12 7-12 7z", pause: "M8 5v14M16 5v14", back: "M17 6l-8 6 8 6zM6 6v12", forward: "M7 6l8 6-8 6zM18 6v12",
  rewind: "M4 5v5h5M4.600 10A8 8 0 1 1 4 13.500", end: "M5 6l7 6-7 6zM13 6l7 6-7 6z",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M4.900 4.900l1.800 1.800M17.300 17.300l1.800 1.800M4.900 19.100l1.800-1.800M17.300 6.700l1.800-1.800",
  dark: "M20 14.500A8.500 8.500 0 1 1 9.500 4 7 7 0 0 0 20 14.500z", auto: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 8h7.900M12 12h9M12 16h8",
  table: "M4 5h16v14H4zM4 10h16M4 14.500h16M10 10v9", picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 8.500v.1",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.3-1 .8-1 1.700M12 16.500v.1",
  close: "M6 6l12 12M18 6L6 18", link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1-1",
  eye: "M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12ZM12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6Z",
  eyeOff: "M4 4l16 16M9.5 6A9.7 9.7 0 0 1 12 5.5c6.4 0 10 6.5 10 6.5a17 17 0 0 1-3 3.7M6 7.6C3.4 9.3 2 12 2 12s3.6 6.5 10 6.5c1.6 0 3-.4 4.200-1",
  down: "M6 9l6 6 6-6", copy: "M9 9h11v11H9ZM5 15H4V4h11v1", trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13", chevron: "M9 5l7 7-7 7",
  reset: "M4 5v5h5M4.600 10A8 8 0 1 1 4 13", plus: "M12 5v14M5 12h14", minus: "M5 12h14", download: "M12 4v12M7 11l5 5 5-5M4 20h16", upload: "M12 16V4M7 9l5-5 5 5M4 20h16",
  drawing: "M6 4.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3zM18 16.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3zM7.500 6H12a4 4 0 0 1 0 8 2 2 0 0 0 0 4h4.500",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name @returns {SVGSVGElement} 16 pixels wide where the stylesheet says nothing else */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: 16, height: 16, fill: "none",
    stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round",
    "aria-hidden": "true", focusable: "false", class: "icon" })) svg.setAttribute(key, String(value));
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
