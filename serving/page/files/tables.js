// Records as files: CSV with the columns that `tailor extract` writes, and JSON.

import { PARTS } from "./draft.js";

const FORMULA = /^[=+\-@\t\r]/;
const PLAIN_NUMBER = /^-?[0-9]+(\.[0-9]+)?$/;
const EXCEL_KNOWS_UTF8_BY = "\ufeff";

// Text that no spreadsheet takes for a formula.
export const defused = (text) => (FORMULA.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text);

function cell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "number" ? String(value) : defused(String(value));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function share(confidence) {
  return Number.isInteger(confidence) ? confidence.toFixed(1) : confidence;
}

function rowOf(record, form) {
  const row = {
    file: record.file, status: record.status, pages: record.pages, sha256: record.sha256, model: record.model || null,
    error_code: record.error?.code, error_message: record.error?.message,
    warnings: record.warnings.map((each) => `${each.code}: ${each.message}`).join("; ") || null,
    verdict: record.verdict,
    findings: record.findings.map((each) => `${each.rule} (${each.severity}): ${each.message}`).join("; ") || null,
  };
  for (const { name, column } of form.fields) {
    const found = record.receipt.fields[name];
    if (!found) continue;
    row[column] = found.value;
    row[`${column}_confidence`] = share(found.confidence);
  }
  const items = record.receipt.line_items.map((item) =>
    Object.fromEntries(PARTS.filter((part) => item[part]).map((part) => [part, item[part].value])));
  row.line_items = items.length ? JSON.stringify(items) : null;
  return row;
}

export function csv(records, form) {
  const lines = [form.columns, ...records.map((record) => {
    const row = rowOf(record, form);
    return form.columns.map((column) => row[column]);
  })];
  return EXCEL_KNOWS_UTF8_BY + lines.map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

export const json = (records) => `${JSON.stringify(records, null, 2)}\n`;
