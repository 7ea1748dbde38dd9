// What the page asks of the service: the same interface as every other client.

const KEY = "tailor-key";
const LONGEST_WAIT = 60;

// A problem as the service tells it, or as we tell it where the service can't.
export class Problem extends Error {
  constructor({ status = 0, code = "", detail = "", hint = "", errors = [], request_id = "" }, wait = 0) {
    super(detail);
    Object.assign(this, { status, code, detail, hint, errors, wait, request: request_id });
  }

  get sentence() {
    return [this.detail, this.hint].filter(Boolean).join(" ");
  }
}

const UNREACHABLE = {
  code: "unreachable",
  detail: "The service can't be reached.",
  hint: "Look whether it runs and you are connected, then try again.",
};

export const key = {
  get: () => sessionStorage.getItem(KEY) || "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

const headers = () => (key.get() ? { Authorization: `Bearer ${key.get()}` } : {});

function problem(status, text, retryAfter) {
  const wait = Math.min(Number(retryAfter) || 0, LONGEST_WAIT);
  try {
    return new Problem({ ...JSON.parse(text), status }, wait);
  } catch {
    const detail = `The service answered with ${status} and no explanation.`;
    return new Problem({ status, code: `http_${status}`, detail, hint: "Try again, or ask its operator." }, wait);
  }
}

export async function ask(path, body) {
  const options = body
    ? { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body: JSON.stringify(body) }
    : { headers: headers() };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Problem(UNREACHABLE);
  }
  const text = await answer.text();
  if (!answer.ok) throw problem(answer.status, text, answer.headers.get("Retry-After"));
  return JSON.parse(text);
}

// Sends one file to be read. `tell(share)` hears how much of it was sent, 0–1; `stop` is an AbortSignal.
export function extract(file, { policy, password }, tell, stop) {
  const form = new FormData();
  form.append("files", file, file.name || "photo.jpg");
  if (password) form.append("password", password);
  const query = new URLSearchParams({ pictures: "plain", ...(policy ? { policy } : {}) });
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/v1/extract?${query}`);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && tell(event.loaded / event.total);
    request.upload.onload = () => tell(1);
    request.onerror = () => reject(new Problem(UNREACHABLE));
    request.onabort = () => reject(new Problem({ code: "stopped", detail: "Stopped." }));
    request.onload = () => {
      if (request.status !== 200) {
        reject(problem(request.status, request.responseText, request.getResponseHeader("Retry-After")));
        return;
      }
      const answer = JSON.parse(request.responseText);
      resolve({ record: answer.results[0], pictures: (answer.pictures || [[]])[0] });
    };
    if (stop.aborted) return request.onabort();
    stop.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}

export function pictureUrl({ content, media_type }) {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: media_type }));
}

export function asBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Problem({
      code: "file_gone", detail: `${file.name} can't be read any more.`, hint: "Choose it anew.",
    }));
    reader.readAsDataURL(file);
  });
}
