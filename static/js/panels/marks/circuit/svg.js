// @ts-check
/** Elements of SVG. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element; null, undefined and false attributes are left out.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag @param {Record<string, string|number|boolean|null|undefined>} [attributes] @param {...(Node|string|null|false)} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  put(element, attributes);
  for (const child of children) if (child || child === "") element.append(child);
  return element;
}

/** Set attributes; null, undefined and false take one away. @param {Element} element @param {Record<string, string|number|boolean|null|undefined>} attributes */
export function put(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  }
}

/** Write a text where it is another. @param {Element} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
