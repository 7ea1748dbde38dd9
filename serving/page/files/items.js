// The line items: a table on a wide screen, a card for each on a narrow one.

import { PARTS, level, wrongCell } from "./draft.js";
import { chip } from "./fields.js";
import { h, title } from "./dom.js";

export class Items {
  constructor(draft, { lit, changed }) {
    this.draft = draft;
    this.hears = { lit, changed };
    this.body = h("tbody", { role: "rowgroup" });
    this.problem = h("p", { class: "wrong", role: "status" });
    this.element = h("section", { class: "group items", "aria-label": "Line items" },
      h("h3", {}, "Line items"),
      h("table", { role: "table", "aria-label": "Line items" },
        h("thead", { class: "unseen", role: "rowgroup" }, h("tr", { role: "row" }, [...PARTS.map(title), "How sure", "Remove"].map((name) =>
          h("th", { scope: "col", role: "columnheader" }, name)))),
        this.body),
      this.problem,
      h("p", {}, h("button", { type: "button", class: "small", onclick: () => this.add() }, "Add a line")));
    this.draw();
  }

  draw() {
    this.body.replaceChildren(...this.draft.rows.map((row, at) => this.row(row, at)));
  }

  row(row, at) {
    const read = row.read ? this.draft.record.receipt.line_items.indexOf(row.read) : -1;
    const cells = PARTS.map((part) => {
      const key = `read.${read}.${part}`;
      const input = h("input", {
        type: "text", autocomplete: "off", spellcheck: "false", "aria-label": `Item ${at + 1}, ${title(part).toLowerCase()}`,
        "data-item": `item.${at}.${part}`, "data-read": key, inputmode: part === "description" ? null : "decimal",
      });
      input.value = row.cells[part];
      input.addEventListener("change", () => { input.value = input.value.trim(); });
      input.addEventListener("input", () => this.take(row, part, input, element));
      input.addEventListener("focus", () => this.hears.lit([key]));
      input.addEventListener("blur", () => this.hears.lit(null));
      return h("td", { class: part, role: "cell" }, input);
    });
    const remove = h("button", { type: "button", class: "small quiet", "aria-label": `Remove item ${at + 1}`, onclick: () => this.remove(at) }, "✕");
    const keys = PARTS.map((part) => `read.${read}.${part}`);
    const element = h("tr", { "data-row": at, role: "row" }, cells, h("td", { class: "sureness", role: "cell" }), h("td", { class: "remove", role: "cell" }, remove));
    element.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && this.hears.lit(keys));
    element.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && this.hears.lit(null));
    this.rate(row, element);
    return element;
  }

  rate(row, element) {
    const known = PARTS.map((part) => row.read?.[part]).filter(Boolean);
    const edited = PARTS.some((part) => row.cells[part] !== (row.read?.[part]?.value || ""));
    const least = known.length ? Math.min(...known.map((each) => each.confidence)) : 0;
    const state = edited || !known.length ? "edited" : this.draft.all ? "confirmed" : level(least);
    element.querySelector(".sureness").replaceChildren(chip(state, least));
    element.className = state;
  }

  take(row, part, input, element) {
    row.cells[part] = input.value.replace(/\s+/g, " ").trim();
    const fault = wrongCell(part, row.cells[part]);
    if (fault) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    this.problem.textContent = fault ? `${input.getAttribute("aria-label")}: ${fault}` : "";
    this.rate(row, element);
    this.hears.changed();
  }

  refreshAll() {
    for (const element of this.body.rows) this.rate(this.draft.rows[Number(element.dataset.row)], element);
  }

  add() {
    this.draft.rows.push({ read: null, cells: Object.fromEntries(PARTS.map((part) => [part, ""])) });
    this.draw();
    this.body.lastElementChild.querySelector("input").focus();
    this.hears.changed();
  }

  remove(at) {
    this.draft.rows.splice(at, 1);
    this.draw();
    const near = this.body.rows[Math.min(at, this.body.rows.length - 1)];
    (near ? near.querySelector("button") : this.element.querySelector("button")).focus();
    this.hears.lit(null);
    this.hears.changed();
  }

  // Marks the row of a box, "read.3.amount".
  light(key) {
    for (const row of this.body.rows) {
      row.classList.toggle("lit", key !== null && [...row.querySelectorAll("[data-read]")].some((input) => input.dataset.read === key));
    }
  }

  focus(key) { this.body.querySelector(`[data-read="${key}"], [data-item="${key}"]`)?.focus(); }

  show(key) { this.body.querySelector(`[data-read="${key}"]`)?.scrollIntoView({ block: "nearest" }); }
}
