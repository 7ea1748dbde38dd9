// One document: its picture, what policy says, its values, and saving them.

import { asBase64, ask } from "./api.js";
import { level } from "./draft.js";
import { announce, count, h, title } from "./dom.js";
import { Fields } from "./fields.js";
import { Items } from "./items.js";
import { Picture } from "./picture.js";

const VERDICTS = {
  approve: ["sure", "Approve", "The policy finds nothing against it."],
  review: ["check", "Review", "A person has to look at what the policy found."],
  reject: ["doubtful", "Reject", "The policy speaks against it."],
};
const SEVERITY = { low: ["", "low"], medium: ["check", "medium"], high: ["doubtful", "high"] };
const LOCKED = ["encrypted_pdf", "wrong_password"];

export class Detail {
  // `hears.changed(doc)`, `hears.again(doc, password)`, `hears.problem(error, again)`, `hears.saved(doc)`
  constructor(doc, form, hears) {
    this.doc = doc;
    this.form = form;
    this.hears = hears;
    this.element = doc.draft ? this.read() : this.unread();
  }

  unread() {
    const { doc } = this, failed = doc.state === "failed";
    const preview = doc.preview && h("img", { class: "preview", src: doc.preview, alt: `Picture of ${doc.name}`, onerror: (event) => event.target.remove() });
    const password = LOCKED.includes(doc.problem?.code) && this.password();
    return h("article", { class: "waiting" },
      h("h2", {}, doc.name),
      failed ? h("div", { class: "failure" }, h("p", { class: "strong" }, "This document was not read."), h("p", {}, doc.problem.sentence),
        password || h("p", {}, h("button", { type: "button", onclick: () => this.hears.again(doc) }, "Try again")))
        : h("p", {}, "It is being read. The values appear here."),
      preview);
  }

  password() {
    const input = h("input", { id: "password", type: "password", autocomplete: "off" });
    return h("form", { onsubmit: (event) => { event.preventDefault(); this.hears.again(this.doc, input.value); } },
      h("label", { for: "password" }, "Password of the PDF"), " ", input, " ", h("button", { type: "submit" }, "Open it"));
  }

  read() {
    const { doc } = this, { draft } = doc;
    this.picture = new Picture(draft.record, doc.pages, { hovered: (key) => this.fromBox(key), chosen: (key) => this.choose(key) });
    this.fields = new Fields(draft, { lit: (name) => this.fromField(name), changed: () => this.changed() });
    this.items = this.form.line_items.length ? new Items(draft, { lit: (keys) => this.fromItem(keys), changed: () => this.changed() }) : null;
    this.head = h("div", { class: "summary" });
    const values = h("section", { class: "values", "aria-label": "Values" }, this.head, this.policy(), this.warnings(), this.fields.element, this.items?.element, ...this.saving());
    const element = h("article", { class: "document" }, this.picture.element, values);
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.saveButton) { event.preventDefault(); this.save(); }
    });
    this.summarize();
    return element;
  }

  summarize() {
    const { draft } = this.doc, said = (name) => draft.value(name);
    const left = draft.toCheck().length;
    this.next ||= h("button", { type: "button", class: "small next", onclick: () => this.fields.next() }, "Next to check");
    this.next.hidden = !left;
    this.left ||= h("span", { class: "left" });
    this.left.textContent = left ? `${count(left, "value")} to check` : "Nothing left to check";
    this.left.className = `left ${left ? "check" : "sure"}`;
    this.line ||= h("p", { class: "line" });
    this.line.textContent = [said("merchant_name"), said("date")].filter(Boolean).join(" · ");
    this.sum ||= h("p", { class: "sum" });
    this.sum.replaceChildren(said("total") || "no total", " ", h("small", {}, said("currency")));
    if (!this.head.children.length) {
      const pages = draft.record.pages > 1 ? ` · ${count(draft.record.pages, "page")}` : "";
      this.head.append(h("h2", {}, this.doc.name, h("small", {}, pages)), this.sum, this.line, h("p", { class: "to-check" }, this.left, " ", this.next));
    }
  }

  policy() {
    const { verdict, findings } = this.doc.draft.record;
    if (!verdict) return null;
    const [colour, word, meaning] = VERDICTS[verdict];
    return h("section", { class: `policy-found ${colour}`, "aria-label": "Policy" },
      h("p", { class: "verdict" }, h("strong", {}, `Policy: ${word}. `), meaning),
      h("ul", {}, findings.map((finding) => h("li", {},
        h("span", { class: `chip ${SEVERITY[finding.severity][0]}` }, SEVERITY[finding.severity][1]), ` ${finding.message} `,
        finding.fields.filter((name) => this.fields.rows.has(name)).map((name) =>
          h("button", { type: "button", class: "small quiet", onclick: () => this.fields.focus(name) }, title(name)))))));
  }

  warnings() {
    const { warnings, status } = this.doc.draft.record;
    if (!warnings.length && status === "ok") return null;
    return h("section", { class: "warnings", "aria-label": "Notes" },
      status === "partial" && h("p", { class: "strong" }, "Only part of this document was read."),
      h("ul", {}, warnings.map((each) => h("li", {}, each.message))));
  }

  saving() {
    const all = h("input", { id: "all-right", type: "checkbox" });
    all.checked = this.doc.draft.all;
    all.addEventListener("change", () => {
      this.doc.draft.all = all.checked;
      this.fields.refreshAll();
      this.items?.refreshAll();
      this.changed();
    });
    this.told = h("p", { class: "told", role: "status" });
    if (!this.form.may_save) return [h("p", { class: "hint" }, "This API key may not save reviews; downloads hold your corrections.")];
    this.saveButton = h("button", { type: "button", class: "primary", title: "Ctrl+Enter", onclick: () => this.save() }, "Save review");
    const kept = this.form.keeps_documents
      ? "The service keeps the values, the file’s name and SHA-256, and the document itself, to train its model on."
      : "The service keeps the values, the file’s name and SHA-256 to train its model on. The document itself is not kept.";
    return [h("p", { class: "hint kept" }, kept), h("section", { class: "saving", "aria-label": "Save" },
      h("label", { for: "all-right", class: "tick" }, all, " I compared every value"), this.saveButton, this.told)];
  }

  changed() {
    this.summarize();
    if (this.told && !this.told.classList.contains("busy")) this.told.textContent = this.doc.draft.unsaved ? "Not saved yet." : "";
    this.told?.classList.remove("done", "wrong");
    this.hears.changed(this.doc);
  }

  async save() {
    const { draft, file } = this.doc;
    const faults = draft.faults();
    if (faults.length) {
      this.tell(`${count(faults.length, "value")} can’t be saved as written. Put it right, or undo it.`, "wrong");
      this.focus(faults[0]);
      return;
    }
    const fingerprint = draft.fingerprint();
    this.saveButton.disabled = true;
    this.tell("Saving…", "busy");
    try {
      const body = draft.review();
      if (this.form.keeps_documents) body.document = await asBase64(file);
      const answer = await ask("/v1/reviews", body);
      draft.saved(fingerprint);
      this.tell(`${answer.again ? "Saved anew" : "Saved"}. ${count(answer.labels, "reviewed document")} so far.`, "done");
      this.hears.saved(this.doc);
    } catch (error) {
      this.refused(error);
    } finally {
      this.saveButton.disabled = false;
    }
  }

  refused(error) {
    this.tell(`Not saved. ${error.sentence || error.message}`, "wrong");
    for (const { place, message } of error.errors || []) {
      const name = /^body\.fields\.([a-z0-9_]+)$/.exec(place)?.[1];
      if (name) this.fields.tell(name, `This ${message}.`);
    }
    this.hears.problem(error, () => this.save());
  }

  tell(words, kind) {
    this.told.textContent = words;
    this.told.className = `told ${kind}`;
  }

  focus(key) {
    if (key.startsWith("item.") || key.startsWith("read.")) this.items?.focus(key);
    else this.fields.focus(key);
  }

  // From the values to the picture…
  fromField(name) {
    const key = name ?? document.activeElement?.closest?.("[data-field]")?.dataset.field ?? null;
    const value = key && this.doc.draft.read(key);
    this.fields.light(key);
    this.items?.light(null);
    this.picture.light(value?.box ? [key] : [], value ? `${title(key)}: ${value.text || value.value}` : "");
  }

  fromItem(keys) {
    this.fields.light(null);
    this.picture.light(keys || []);
    this.items.light(keys ? keys[0] : null);
  }

  // … and back.
  fromBox(key) {
    if (key === null) return this.fromField(null);
    const found = key.startsWith("read.") ? null : this.doc.draft.read(key);
    this.picture.light([key], found ? `${title(key)} · ${level(found.confidence)}` : "", false);
    this.fields.light(found ? key : null);
    this.items?.light(found ? null : key);
    if (found) this.fields.show(key);
    else this.items?.show(key);
  }

  choose(key) {
    this.focus(key);
    announce(title(key.split(".").pop()));
  }
}
