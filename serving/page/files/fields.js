// The values beside the picture: what was read, how sure it is, and a place to put it right.

import { percent, wrong } from "./draft.js";
import { h, title } from "./dom.js";

const GROUPS = [
  ["Amounts", ["total", "currency", "subtotal", "tax", "service_charge", "discount", "rounding"]],
  ["Document", ["date", "time", "receipt_number", "document_type", "expense_category", "language"]],
  ["Seller", ["merchant_name", "merchant_address", "merchant_phone", "merchant_tax_id", "country"]],
  ["Payment", ["payment_method", "card_last4"]],
];
const LINE_LETTERS = 20;

const WORDS = {
  sure: "sure", check: "check", doubtful: "doubtful", edited: "edited", confirmed: "confirmed", absent: "not found",
};
const SIGNS = { sure: "✓", check: "!", doubtful: "?", edited: "✎", confirmed: "✓", absent: "–" };

// How sure a value is: a sign, a word and a number, in a colour.
export function chip(state, confidence) {
  const number = confidence !== undefined && ["sure", "check", "doubtful"].includes(state) ? ` ${percent(confidence)}` : "";
  return h("span", { class: `chip ${state}` }, h("span", { "aria-hidden": "true" }, SIGNS[state]), ` ${WORDS[state]}${number}`);
}

export class Fields {
  // `lit(name or null)` hears which field is looked at; `changed()` that a value or its state is another.
  constructor(draft, { lit, changed }) {
    this.draft = draft;
    this.hears = { lit, changed };
    this.rows = new Map();
    const own = draft.form.fields.map((each) => each.name).filter((name) => !GROUPS.some(([, names]) => names.includes(name)));
    const absent = [];
    const groups = [...GROUPS, ["More", own]].map(([label, names]) => {
      const known = names.map((name) => draft.form.fields.find((each) => each.name === name)).filter(Boolean);
      absent.push(...known.filter((each) => !draft.read(each.name)));
      const found = known.filter((each) => draft.read(each.name));
      return found.length ? this.group(label, found) : null;
    });
    this.element = h("div", { class: "fields" }, groups, absent.length ? this.missing(absent) : null);
  }

  group(label, forms) {
    return h("section", { class: "group", "aria-label": label }, h("h3", {}, label), forms.map((form) => this.row(form)));
  }

  missing(forms) {
    return h("details", { class: "group missing" },
      h("summary", {}, `Not found: ${forms.length} of ${this.draft.form.fields.length} fields`),
      h("p", { class: "hint" }, "Add what stands on the document all the same."), forms.map((form) => this.row(form)));
  }

  row(form) {
    const { name } = form, read = this.draft.read(name), id = `field-${name}`;
    const input = this.input(form, id);
    const problem = h("p", { class: "wrong", id: `${id}-wrong` });
    const state = h("span", { class: "state-of", id: `${id}-state` });
    const right = h("button", { type: "button", class: "small right", "aria-label": `${title(name)} is right`, onclick: () => this.confirm(form, input) }, "Right");
    const undo = h("button", { type: "button", class: "small undo", "aria-label": `Undo the change of ${title(name)}`, onclick: () => this.undo(form, input) }, "Undo");
    const note = noteOf(read), inferred = read && !read.box;
    const element = h("div", { class: "field", "data-field": name },
      h("label", { for: id }, title(name), inferred && h("small", { id: `${id}-origin`, "aria-hidden": "true" }, " concluded")), state,
      h("div", { class: "entry" }, input, right, undo),
      note && h("p", { class: "note", id: `${id}-note` }, note), problem);
    input.setAttribute("aria-describedby", [`${id}-state`, inferred && `${id}-origin`, note && `${id}-note`, `${id}-wrong`].filter(Boolean).join(" "));
    element.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && this.hears.lit(name));
    element.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && this.hears.lit(null));
    element.addEventListener("focusin", () => this.hears.lit(name));
    element.addEventListener("focusout", () => this.hears.lit(null));
    this.rows.set(name, { element, input, problem, state, right, undo, form });
    this.refresh(name);
    return element;
  }

  input(form, id) {
    const value = this.draft.value(form.name);
    const common = { id, "data-name": form.name, title: form.meaning || null };
    let input;
    if (form.choices.length) {
      const choices = [...new Set(["", ...form.choices, value])];
      input = h("select", common, choices.map((each) => h("option", { value: each }, each ? title(each) : "(none)")));
    } else if (["name", "address"].includes(form.type) && value.length > LINE_LETTERS) {
      input = h("textarea", { ...common, rows: Math.ceil(value.length / LINE_LETTERS), spellcheck: "false" });
    } else {
      const mode = form.type === "amount" ? "decimal" : form.type === "card" ? "numeric" : null;
      input = h("input", { ...common, type: "text", autocomplete: "off", spellcheck: "false", inputmode: mode });
    }
    input.value = value;
    input.addEventListener("input", () => this.take(form, input, false));
    input.addEventListener("change", () => this.take(form, input, true));
    input.addEventListener("keydown", (event) => this.key(event, form, input));
    return input;
  }

  key(event, form, input) {
    if (event.key === "Escape" && this.draft.edited(form.name)) {
      this.undo(form, input);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && input.tagName !== "SELECT") {
      event.preventDefault();
      const inputs = [...this.element.querySelectorAll("[data-name]")].filter((each) => each.offsetParent);
      inputs[inputs.indexOf(input) + 1]?.focus();
    }
  }

  // The problem is told when the person leaves the field, and goes as soon as it is put right.
  take(form, input, whole) {
    this.draft.set(form.name, input.value.replace(/\s+/g, " ").trim());
    this.draft.confirmed.delete(form.name);
    if (whole && input.tagName !== "SELECT") input.value = this.draft.value(form.name);
    this.refresh(form.name, whole);
    this.hears.changed();
  }

  undo(form, input) {
    this.draft.edits.delete(form.name);
    input.value = this.draft.value(form.name);
    this.refresh(form.name);
    input.focus();
    this.hears.changed();
  }

  confirm(form, input) {
    this.draft.confirmed.add(form.name);
    this.refresh(form.name);
    input.focus();
    this.next();
    this.hears.changed();
  }

  refresh(name, tellProblem = true) {
    const { element, input, problem, state, right, undo, form } = this.rows.get(name);
    const now = this.draft.state(name), value = this.draft.value(name);
    const fault = wrong(form, value);
    for (const each of Object.keys(WORDS)) element.classList.toggle(each, each === now);
    state.replaceChildren(chip(now, this.draft.read(name)?.confidence));
    right.hidden = !["check", "doubtful"].includes(now);
    undo.hidden = now !== "edited";
    if (tellProblem || !fault) this.tell(name, fault);
    if (now === "edited" && !value && this.draft.read(name)) problem.textContent = "Empty: it does not stand on the document.";
    input.classList.toggle("void", now === "edited" && !value);
  }

  refreshAll() { for (const name of this.rows.keys()) this.refresh(name); }

  // Shows what is wrong with a field; also what the service finds.
  tell(name, words) {
    const row = this.rows.get(name);
    if (!row) return false;
    row.problem.textContent = words;
    if (words) row.input.setAttribute("aria-invalid", "true");
    else row.input.removeAttribute("aria-invalid");
    return true;
  }

  light(name) {
    for (const [each, { element }] of this.rows) element.classList.toggle("lit", each === name);
  }

  show(name) { this.rows.get(name)?.element.scrollIntoView({ block: "nearest" }); }

  focus(name) {
    const row = this.rows.get(name);
    if (!row) return;
    const folded = row.element.closest("details");
    if (folded) folded.open = true;
    row.input.focus();
    row.input.select?.();
  }

  next() {
    const waiting = [...this.rows.keys()].filter((name) => this.draft.toCheck().includes(name));
    const here = [...this.rows.keys()].indexOf(document.activeElement?.dataset?.name);
    const order = [...this.rows.keys()];
    this.focus(waiting.find((name) => order.indexOf(name) > here) || waiting[0]);
  }
}

function noteOf(read) {
  // A currency mark or a word more around the same value says nothing new.
  return read?.box && !read.text.includes(read.value) ? `printed as ${read.text}` : "";
}
