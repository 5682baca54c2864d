// Elements, made of plain values: no text is ever read as HTML.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, facts, children) {
  for (const [name, value] of Object.entries(facts ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

export const make = (name, facts, ...children) => fill(document.createElement(name), facts, children);

export const draw = (name, facts, ...children) => fill(document.createElementNS(SVG, name), facts, children);

// Puts new children in place of the old ones, and keeps the focus where its key says it was.
export function refill(parent, children) {
  const held = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...children.flat().filter(Boolean));
  if (held !== undefined) parent.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}
