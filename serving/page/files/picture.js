// The pages of a document with a box for each value. Boxes are shares of the page; the SVG has the picture's pixels.

import { PARTS, level } from "./draft.js";
import { calm, h, svg, title } from "./dom.js";

const ZOOM = [0.5, 0.75, 1, 1.5, 2, 3, 4];
const ROOM_AROUND = 4;

// Every value of a record that stands somewhere: { key, name, field }.
export function* places(record) {
  for (const [name, field] of Object.entries(record.receipt.fields)) if (field.box) yield { key: name, name: title(name), field };
  for (const [at, item] of record.receipt.line_items.entries()) {
    for (const part of PARTS) {
      if (item[part]?.box) yield { key: `read.${at}.${part}`, name: `Item ${at + 1}, ${title(part).toLowerCase()}`, field: item[part] };
    }
  }
}

export class Picture {
  // `hovered(key or null)` and `chosen(key)` hear what the pointer does to boxes.
  constructor(record, urls, { hovered, chosen }) {
    this.zoom = 2;
    this.boxes = new Map();
    this.sheets = urls.map((url, page) => this.sheet(record, url, page, hovered, chosen));
    this.tag = h("p", { class: "tag", hidden: true });
    this.scroller = h("div", {
      class: "scroller", tabindex: "0", role: "region", "aria-label": `Picture of ${record.file}; arrow keys move it`,
    }, this.sheets, this.tag);
    this.tools = this.toolbar(urls.length);
    this.element = h("section", { class: "picture", "aria-label": "Picture" }, this.tools, this.scroller);
  }

  sheet(record, url, page, hovered, chosen) {
    const drawing = svg("svg", { class: "boxes", "aria-hidden": "true" });
    const image = h("img", { src: url, alt: `Page ${page + 1} of ${record.file}`, draggable: "false" });
    image.addEventListener("load", () => {
      const { naturalWidth: width, naturalHeight: height } = image;
      drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
      for (const { key, field } of places(record)) {
        if ((field.page ?? 0) !== page) continue;
        const [left, top, right, bottom] = field.box;
        const box = svg("rect", {
          class: `box ${level(field.confidence)}`, "data-key": key, rx: 3,
          x: left * width - ROOM_AROUND, y: top * height - ROOM_AROUND,
          width: (right - left) * width + 2 * ROOM_AROUND, height: (bottom - top) * height + 2 * ROOM_AROUND,
        });
        box.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && hovered(key));
        box.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && hovered(null));
        box.addEventListener("click", () => chosen(key));
        this.boxes.set(key, { box, sheet });
        drawing.append(box);
      }
      if (this.wanted) this.light(...this.wanted);
    }, { once: true });
    const sheet = h("div", { class: "sheet" }, image, drawing);
    return sheet;
  }

  toolbar(pages) {
    const button = (label, name, work) => h("button", { type: "button", class: "quiet", "aria-label": name, title: name, onclick: work }, label);
    this.level = h("span", { class: "level" }, "100 %");
    return h("div", { class: "tools", role: "group", "aria-label": "Picture size" },
      pages > 1 && h("span", { class: "pages" }, `${pages} pages`),
      button("−", "Smaller", () => this.resize(this.zoom - 1)), this.level,
      button("+", "Larger", () => this.resize(this.zoom + 1)), button("Fit", "Fit to the width", () => this.resize(2)));
  }

  resize(step) {
    this.zoom = Math.min(Math.max(step, 0), ZOOM.length - 1);
    this.level.textContent = `${ZOOM[this.zoom] * 100} %`;
    for (const sheet of this.sheets) sheet.style.setProperty("--zoom", ZOOM[this.zoom]);
    if (this.wanted) this.light(...this.wanted);
  }

  // Lights the boxes of these keys, names them, and moves the picture so that they are seen. No keys: lights none.
  light(keys, words = "", move = true) {
    this.wanted = keys.length ? [keys, words, move] : null;
    for (const { box } of this.boxes.values()) box.classList.remove("lit");
    const lit = keys.map((key) => this.boxes.get(key)).filter(Boolean);
    this.element.classList.toggle("lighting", lit.length > 0);
    this.tag.hidden = !lit.length || !words;
    if (!lit.length) return;
    for (const { box } of lit) box.classList.add("lit");
    const inside = this.scroller.getBoundingClientRect();
    const at = lit[0].box.getBoundingClientRect();
    const left = at.left - inside.left + this.scroller.scrollLeft, top = at.top - inside.top + this.scroller.scrollTop;
    this.tag.textContent = words;
    this.tag.style.left = `${Math.max(0, Math.min(left, this.scroller.scrollLeft + inside.width - this.tag.offsetWidth - 18))}px`;
    this.tag.style.top = `${top > 34 ? top - this.tag.offsetHeight - 4 : top + at.height + 4}px`;
    const margin = 40;
    const seen = at.top >= inside.top + margin && at.bottom <= inside.bottom - margin && at.left >= inside.left && at.right <= inside.right;
    if (move && !seen) {
      this.scroller.scrollTo({
        left: left + at.width / 2 - inside.width / 2, top: top + at.height / 2 - inside.height / 2,
        behavior: calm() ? "instant" : "smooth",
      });
    }
  }
}
