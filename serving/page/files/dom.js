// Elements out of data. Text becomes text nodes and nothing else: what a document says can't become markup.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

function filled(element, props, children) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (name, props, ...children) => filled(document.createElement(name), props, children);
export const svg = (name, props, ...children) => filled(document.createElementNS(SVG, name), props, children);

let said = 0;

// Tells it to those who hear the page. The same words twice in a row are told twice.
export function announce(words) {
  const place = byId("announce");
  place.textContent = "";
  const turn = ++said;
  setTimeout(() => { if (turn === said) place.textContent = words; }, 50);
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// "merchant_tax_id" → "Merchant tax ID"
const WORDS = { id: "ID", last4: "last four digits" };
export function title(name) {
  const words = name.split("_").map((word) => WORDS[word] || word).join(" ");
  return words[0].toUpperCase() + words.slice(1);
}

export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

export function save(name, kind, text) {
  const url = URL.createObjectURL(new Blob([text], { type: kind }));
  const link = h("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
