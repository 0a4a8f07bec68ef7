// One way to ask the API: an answer, or a Problem whose message can be shown as it is.

import { sentence } from "./dom.js";

export class Problem extends Error {
  constructor(status, { code, detail, field }, seconds) {
    const wait = seconds && !/again/.test(detail) ? ` Try again in ${seconds} s.` : "";
    super(sentence(detail) + wait);
    Object.assign(this, { status, code, field, seconds });
  }

  // Whether the same may succeed later: no answer, no session, too many requests, a failure of the server.
  get passing() {
    return !this.field && ([0, 401].includes(this.status) || this.status >= 429);
  }
}

// options: form (a FormData), json, signal; once, a key under which a repeated request is done once;
// etag, the version that may be changed. An answer that has a version tells it as etag, too.
export async function ask(method, path, { form, json, signal, once, etag } = {}) {
  const headers = {};
  if (json) headers["Content-Type"] = "application/json";
  if (once) headers["Idempotency-Key"] = once;
  if (etag) headers["If-Match"] = etag;
  let response, answer;
  try {
    response = await fetch(path, { method, headers, signal, body: form ?? (json && JSON.stringify(json)) });
    answer = response.status === 204 ? null : await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (form && !response) await refuseUnreadable(form);
    const detail = response
      ? `The server failed (${response.status}). Its log tells why`
      : "The server does not answer. Is it still running? Then try once more";
    throw new Problem(response?.status ?? 0, { code: "unreachable", detail });
  }
  if (response.ok) return withVersion(answer, response.headers.get("ETag"));
  if (response.status === 401 && path !== "/session") document.dispatchEvent(new Event("signed-out"));
  throw new Problem(response.status, answer, Number(response.headers.get("Retry-After")));
}

// A browser does not send a file that changed on the disk, and fails as if the line had.
async function refuseUnreadable(form) {
  for (const [field, file] of form)
    if (file instanceof File)
      await file.slice(0, 1).arrayBuffer().catch(() => {
        throw new Problem(0, { code: "photo_changed", detail: "this photo was changed or moved since it was chosen. Choose it again", field });
      });
}

// A proxy that compresses marks the version as weak; it stands for the same person all the same.
function withVersion(answer, etag) {
  return etag ? { ...answer, etag: etag.replace(/^W\//, "") } : answer;
}

export function photoForm(photos, largest) {
  const form = new FormData();
  for (const [field, file] of Object.entries(photos)) form.append(field, file);
  form.append("faces", largest ? "largest" : "only");
  return form;
}

// crypto.randomUUID is missing where the page comes over plain http from another machine.
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function cropOf(identity, face) {
  return `/v1/identities/${identity}/faces/${face}/crop`;
}
