// The page: takes documents, has them read a few at a time, and shows what came of each.

import { Problem, ask, extract, key, pictureUrl } from "./api.js";
import { Detail } from "./detail.js";
import { announce, byId, count, h, save } from "./dom.js";
import { Draft, useLevels } from "./draft.js";
import { csv, json } from "./tables.js";

const AT_ONCE = 4, TRIES = 40;
const PREVIEWED = /^image\/(jpeg|png|webp|gif|bmp)$/;

const docs = [];
let model = null, form = null, chosen = null, running = 0, number = 0;

// ---- the service -------------------------------------------------------------------------------------------------

async function connect() {
  try {
    [model, form] = await Promise.all([ask("/v1/model"), ask("/v1/reviews/form")]);
  } catch (error) {
    trouble(error, connect);
    if (error.status === 401) byId("state").textContent = "Needs an API key";
    return;
  }
  useLevels(form.levels);
  clearTrouble();
  byId("key-button").hidden = !key.get();
  const policy = byId("policy"), before = policy.value;
  policy.replaceChildren(h("option", { value: "" }, "none chosen"), ...model.policies.map((name) => h("option", { value: name }, name)));
  policy.value = before;
  byId("policy-choice").hidden = !model.policies.length;
  watch();
}

// Tells when the model has warmed up; documents that were dropped before wait for it.
async function watch() {
  const state = byId("state");
  try {
    const ready = await ask("/readyz");
    state.textContent = `Ready: ${ready.model.split("@")[0]}`;
    state.title = ready.model;
    state.className = "state ready";
    if (ready.warnings.length) state.append(h("span", { class: "warned" }, ` ${ready.warnings.join(" ")}`));
    start();
  } catch (error) {
    state.className = "state";
    state.textContent = error.status === 503 ? "Warming up…" : "Not reachable";
    setTimeout(watch, 1500);
  }
}

function trouble(error, again) {
  if (error.status === 401) return askForKey(error);
  byId("trouble").replaceChildren(h("p", {}, error.sentence || "Something went wrong on this page. Load it again.",
    error.request ? h("small", {}, ` Request ${error.request}`) : null), again ? h("button", { type: "button", onclick: () => { clearTrouble(); again(); } }, "Try again") : null);
  byId("trouble").classList.add("shown");
}

function clearTrouble() {
  byId("trouble").replaceChildren();
  byId("trouble").classList.remove("shown");
}

function askForKey(error) {
  byId("key-button").hidden = false;
  byId("key-problem").textContent = error && key.get() ? error.sentence : "";
  byId("key").value = "";
  if (!byId("key-dialog").open) byId("key-dialog").showModal();
  byId("key").focus();
}

function useKey(value) {
  key.set(value);
  byId("key-dialog").close();
  connect();
}

// ---- documents ---------------------------------------------------------------------------------------------------

function take(files) {
  for (const file of files) {
    const doc = { id: ++number, file, name: file.name || `photo-${number}.jpg`, state: "waiting", sent: 0, pages: [] };
    if (PREVIEWED.test(file.type)) doc.preview = URL.createObjectURL(file);
    doc.row = rowOf(doc);
    docs.push(doc);
    byId("list").append(doc.row.element);
    if (!chosen) choose(doc);
    refresh(doc);
  }
  byId("main").classList.toggle("empty", !docs.length);
  if (files.length) announce(`${count(files.length, "document")} added.`);
  start();
}

function start() {
  if (!model || !form) return;
  const most = Math.max(1, Math.min(AT_ONCE, model.workers || 1, docs.length));
  while (running < most) {
    const doc = docs.find((each) => each.state === "waiting");
    if (!doc) return;
    running += 1;
    read(doc).finally(() => { running -= 1; start(); });
  }
}

async function read(doc) {
  const most = model.limits.max_file_bytes;
  doc.stop = new AbortController();
  doc.policy = byId("policy").value;
  try {
    if (doc.file.size > most) {
      const detail = `The file has ${Math.ceil(doc.file.size / 2 ** 20)} MB; the service reads at most ${Math.floor(most / 2 ** 20)} MB.`;
      throw new Problem({ code: "too_many_bytes", detail, hint: "Send a smaller picture of it." });
    }
    const answer = await patiently(doc);
    if (answer.record.status === "failed") {
      const { code, message } = answer.record.error;
      doc.failedRecord = answer.record;
      throw new Problem({ code, detail: message });
    }
    doc.pages = answer.pictures.map(pictureUrl);
    doc.draft = new Draft(answer.record, form);
    doc.state = "done";
    const left = doc.draft.toCheck().length;
    announce(`${doc.name} was read: ${count(Object.keys(answer.record.receipt.fields).length, "value")}, ${left} to check.`);
  } catch (error) {
    failed(doc, error);
  }
  refresh(doc);
  if (chosen === doc) show(doc);
}

// Waits its turn where the service is full or warms up.
async function patiently(doc) {
  for (let tries = 0; ; tries += 1) {
    doc.state = "sending";
    doc.sent = 0;
    refresh(doc);
    try {
      return await extract(doc.file, { policy: doc.policy, password: doc.password }, (share) => {
        doc.sent = share;
        doc.state = share < 1 ? "sending" : "reading";
        refresh(doc);
      }, doc.stop.signal);
    } catch (error) {
      if (![429, 503].includes(error.status) || !error.wait || tries >= TRIES) throw error;
      doc.state = "queued";
      refresh(doc);
      await new Promise((resolve, reject) => {
        setTimeout(resolve, error.wait * 1000);
        doc.stop.signal.addEventListener("abort", () => reject(new Problem({ code: "stopped", detail: "Stopped." })), { once: true });
      });
    }
  }
}

function failed(doc, error) {
  if (!docs.includes(doc)) return;
  if (!(error instanceof Problem)) console.error(error);
  doc.problem = error instanceof Problem ? error : new Problem({ detail: "The page could not show this document.", hint: "Try again." });
  doc.state = "failed";
  if (doc.problem.status === 401) {
    doc.state = "waiting";
    model = null; // nothing starts until there is a key
    askForKey(doc.problem);
  } else announce(`${doc.name} was not read. ${doc.problem.sentence}`);
}

function again(doc, password) {
  doc.password = password || "";
  doc.problem = null;
  doc.failedRecord = null;
  doc.draft = null;
  for (const url of doc.pages.splice(0)) URL.revokeObjectURL(url);
  doc.state = "waiting";
  refresh(doc);
  if (chosen === doc) show(doc);
  start();
}

// Read before the policy was chosen, and untouched since.
const unchecked = () => docs.filter((doc) => doc.draft && doc.policy !== byId("policy").value && !doc.draft.unsaved && !doc.draft.reviewed);

function remove(doc) {
  if (doc.draft?.unsaved && !confirm(`${doc.name} has changes that were not saved. Remove it all the same?`)) return;
  doc.stop?.abort();
  const at = docs.indexOf(doc);
  docs.splice(at, 1);
  doc.row.element.remove();
  for (const url of [...doc.pages, doc.preview].filter(Boolean)) URL.revokeObjectURL(url);
  byId("main").classList.toggle("empty", !docs.length);
  const near = docs[Math.min(at, docs.length - 1)];
  if (chosen === doc) near ? choose(near) : hide();
  (near ? near.row.open : byId("files")).focus();
  totals();
}

// ---- the list ----------------------------------------------------------------------------------------------------

function rowOf(doc) {
  const name = h("span", { class: "name" }, doc.name), about = h("span", { class: "about" }), state = h("span", { class: "badge" });
  const bar = h("progress", { max: 1, "aria-label": `Progress of ${doc.name}` });
  const open = h("button", { type: "button", class: "open", onclick: () => choose(doc, true) }, name, about, state);
  const drop = h("button", { type: "button", class: "quiet small drop-it", "aria-label": `Remove ${doc.name}`, onclick: () => remove(doc) }, "✕");
  return { element: h("li", {}, open, drop, bar), open, about, state, bar };
}

function badge(doc) {
  if (doc.state === "waiting") return ["", "waiting"];
  if (doc.state === "sending") return ["", `sending ${Math.floor(doc.sent * 100)} %`];
  if (doc.state === "reading") return ["", "reading…"];
  if (doc.state === "queued") return ["", "the service is busy, waiting…"];
  if (doc.state === "failed") return ["doubtful", doc.problem.code === "stopped" ? "stopped" : "not read"];
  if (doc.draft.reviewed && !doc.draft.unsaved) return ["confirmed", "✓ reviewed"];
  const left = doc.draft.toCheck().length;
  if (doc.draft.unsaved) return ["edited", left ? `not saved, ${left} to check` : "not saved"];
  return left ? ["check", `${left} to check`] : ["sure", "✓ all sure"];
}

function refresh(doc) {
  const { element, about, state, bar, open } = doc.row;
  const [colour, words] = badge(doc);
  state.textContent = words;
  state.className = `badge ${colour}`;
  const said = (name) => doc.draft?.value(name) || "";
  const sum = [said("total"), said("currency")].filter(Boolean).join(" ");
  about.textContent = doc.draft ? [said("merchant_name"), sum].filter(Boolean).join(" · ") : doc.state === "failed" ? doc.problem.detail : "";
  bar.hidden = ["done", "failed"].includes(doc.state);
  if (doc.state === "sending") bar.value = doc.sent;
  else if (doc.state === "waiting") bar.value = 0;
  else bar.removeAttribute("value");
  element.className = doc.state;
  open.setAttribute("aria-current", String(chosen === doc));
  totals();
}

function totals() {
  const done = docs.filter((doc) => doc.draft), bad = docs.filter((doc) => doc.state === "failed");
  byId("list-head").hidden = !docs.length;
  byId("count").textContent = `${done.length} of ${count(docs.length, "document")} read${bad.length ? `, ${bad.length} not` : ""}`;
  byId("csv").disabled = byId("json").disabled = !records().length;
}

const records = () => docs.map((doc) => doc.draft?.corrected() || doc.failedRecord).filter(Boolean);

function choose(doc, focus = false) {
  const before = chosen;
  chosen = doc;
  if (before && docs.includes(before)) refresh(before);
  refresh(doc);
  show(doc);
  if (focus && matchMedia("(max-width: 60rem)").matches) byId("detail").scrollIntoView();
}

function show(doc) {
  const detail = new Detail(doc, form, { changed: refresh, again, saved: refresh, problem: (error, retry) => error.status === 401 && trouble(error, retry) });
  byId("detail").replaceChildren(detail.element);
  byId("detail").hidden = false;
}

function hide() {
  chosen = null;
  byId("detail").hidden = true;
  byId("detail").replaceChildren();
}

// ---- what people do ----------------------------------------------------------------------------------------------

for (const id of ["files", "camera"]) {
  byId(id).addEventListener("change", (event) => {
    take([...event.target.files]);
    event.target.value = "";
  });
}

const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
addEventListener("dragover", (event) => { if (carries(event)) { event.preventDefault(); byId("drop").classList.add("over"); } });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) byId("drop").classList.remove("over"); });
addEventListener("drop", (event) => {
  byId("drop").classList.remove("over");
  if (!carries(event)) return;
  event.preventDefault();
  take([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => { if (event.clipboardData?.files.length) take([...event.clipboardData.files]); });
addEventListener("beforeunload", (event) => { if (docs.some((doc) => doc.draft?.unsaved)) event.preventDefault(); });

byId("policy").addEventListener("change", () => { byId("recheck").hidden = !unchecked().length; });
byId("recheck").addEventListener("click", () => {
  byId("recheck").hidden = true;
  byId("policy").focus();
  for (const doc of unchecked()) again(doc);
});
byId("csv").addEventListener("click", () => save("receipts.csv", "text/csv;charset=utf-8", csv(records(), form)));
byId("json").addEventListener("click", () => save("receipts.json", "application/json", json(records())));
byId("key-button").addEventListener("click", () => askForKey());
byId("key-cancel").addEventListener("click", () => byId("key-dialog").close());
byId("key-forget").addEventListener("click", () => useKey(""));
byId("key-dialog").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(byId("key").value.trim());
});

connect();
