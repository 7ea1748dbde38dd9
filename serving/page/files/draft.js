// One document's values while a person looks at them: as read, as edited, as confirmed.

export const PARTS = ["description", "quantity", "unit_price", "amount"];
const NUMBERS = { quantity: true, unit_price: true, amount: true };
const NUMBER = /^-?[0-9]{1,15}(\.[0-9]{1,6})?$/;
const LONGEST = 2000;

let levels = [];

// The words for confidences, the surest first, and from where each holds: told by the service, the same everywhere.
export function useLevels(told) { levels = told; }

export function level(confidence) {
  return (levels.find((each) => confidence >= each.least) || levels.at(-1)).word;
}

// Cut, not rounded: 89.8 % must not be shown as 90 % beside the word "check".
export const percent = (confidence) => `${Math.floor(confidence * 100 + 1e-9)} %`;

// Why a value can't stand in a field; empty where it can. The service checks the same again.
export function wrong(form, value) {
  if (!value) return "";
  if (value.length > LONGEST) return `At most ${LONGEST} letters.`;
  if (form.choices.length && !form.choices.includes(value)) return `One of ${form.choices.join(", ")}.`;
  if (form.pattern && !new RegExp(`^(?:${form.pattern})$`).test(value)) return `Write ${form.hint}.`;
  if (form.type === "date") {
    const [year, month, day] = value.split("-").map(Number);
    const found = new Date(Date.UTC(year, month - 1, day));
    found.setUTCFullYear(year);
    if (!year || found.getUTCMonth() !== month - 1 || found.getUTCDate() !== day) return "The calendar has no such day.";
  }
  return "";
}

export function wrongCell(part, value) {
  return value && NUMBERS[part] && !NUMBER.test(value) ? "Write a plain number with a point, such as 12.50." : "";
}

export class Draft {
  constructor(record, form) {
    this.record = record;
    this.form = form;
    this.edits = new Map();
    this.confirmed = new Set();
    this.all = false;
    this.rows = record.receipt.line_items.map((item) => ({ read: item, cells: cellsOf(item) }));
    this.savedAs = this.fingerprint();
    this.reviewed = false;
  }

  get fields() { return this.record.receipt.fields; }

  read(name) { return this.fields[name] || null; }

  value(name) { return this.edits.has(name) ? this.edits.get(name) : this.read(name)?.value || ""; }

  set(name, value) {
    if (value === (this.read(name)?.value || "")) this.edits.delete(name);
    else this.edits.set(name, value);
  }

  edited(name) { return this.edits.has(name); }

  // "sure", "check" or "doubtful" as read; "edited" or "confirmed" by a person; "absent".
  state(name) {
    if (this.edited(name)) return "edited";
    if (this.confirmed.has(name) || (this.all && this.read(name))) return "confirmed";
    const found = this.read(name);
    return found ? level(found.confidence) : "absent";
  }

  toCheck() {
    return this.form.fields.map((each) => each.name).filter((name) => ["check", "doubtful"].includes(this.state(name)));
  }

  // Places that hold what can't be saved: names of fields, and [row, part] of line items.
  faults() {
    const fields = this.form.fields.filter((each) => wrong(each, this.value(each.name))).map((each) => each.name);
    const cells = this.rows.flatMap((row, at) => PARTS.filter((part) => wrongCell(part, row.cells[part]))
      .map((part) => `item.${at}.${part}`));
    return [...fields, ...cells];
  }

  itemsEdited() {
    const read = this.record.receipt.line_items;
    return this.rows.length !== read.length
      || this.rows.some((row, at) => row.read !== read[at] || PARTS.some((part) => row.cells[part] !== cellsOf(row.read)[part]));
  }

  fingerprint() {
    return JSON.stringify([[...this.edits].sort(), [...this.confirmed].sort(), this.all, this.rows.map((row) => row.cells)]);
  }

  get unsaved() { return this.fingerprint() !== this.savedAs; }

  saved(fingerprint) {
    this.savedAs = fingerprint;
    this.reviewed = true;
  }

  // The record with what the person said; that is certain.
  corrected() {
    const fields = {};
    for (const { name } of this.form.fields) {
      const value = this.value(name), read = this.read(name);
      if (!value) continue;
      if (this.edited(name)) fields[name] = { value, text: value, confidence: 1, page: read?.page ?? null, box: read?.box ?? null };
      else fields[name] = this.state(name) === "confirmed" ? { ...read, confidence: 1 } : read;
    }
    for (const name of Object.keys(this.fields)) if (!this.form.fields.some((each) => each.name === name)) fields[name] = this.fields[name];
    const items = this.rows.map((row) => correctedItem(row, this.all)).filter((item) => PARTS.some((part) => item[part]));
    return { ...this.record, receipt: { fields, line_items: items } };
  }

  // What /v1/reviews takes.
  review() {
    const fields = {}, trust = {};
    for (const { name } of this.form.fields) {
      fields[name] = this.value(name) || null;
      const state = this.state(name);
      const vouched = this.all || state === "edited" || state === "confirmed";
      trust[name] = vouched ? 1 : this.read(name)?.confidence ?? 0;
    }
    const cells = this.rows.flatMap((row) => PARTS.map((part) => row.read?.[part]?.confidence).filter((c) => c !== undefined));
    trust.line_items = this.all || this.itemsEdited() ? 1 : cells.length ? Math.min(...cells) : 0;
    return {
      sha256: this.record.sha256,
      file: this.record.file,
      model: this.record.model,
      fields,
      date_text: !this.edited("date") && this.read("date") ? this.read("date").text || null : null,
      line_items: this.rows.map((row) => PARTS.map((part) => row.cells[part] || null)).filter((item) => item.some(Boolean)),
      trust,
    };
  }
}

function cellsOf(item) {
  return Object.fromEntries(PARTS.map((part) => [part, item?.[part]?.value || ""]));
}

function correctedItem(row, all) {
  return Object.fromEntries(PARTS.map((part) => {
    const read = row.read?.[part] || null, value = row.cells[part];
    if (!value) return [part, null];
    if (read && read.value === value) return [part, all ? { ...read, confidence: 1 } : read];
    return [part, { value, text: value, confidence: 1, page: read?.page ?? null, box: read?.box ?? null }];
  }));
}
