// Who is signed in and what that key may do. Without keys in the gallery everybody may do everything.

import { ask } from "./api.js";
import { forgetAll } from "./history.js";

export const session = { locked: false, scopes: null, person: null };
const who = document.querySelector(".who");

export function may(scope) {
  return !session.scopes || session.scopes.includes(scope) || session.scopes.includes("admin");
}

export async function startSession() {
  try {
    take(await ask("GET", "/session"));
  } catch (problem) {
    take({ keys_needed: problem.status === 401, signed_in: false });
  }
}

export async function signIn(key) {
  await ask("POST", "/session", { json: { key } });
  await startSession();
  document.dispatchEvent(new Event("session"));
}

function take({ keys_needed: needed, signed_in: signedIn, scopes, name, identity_id: person }) {
  session.locked = needed && !signedIn;
  session.person = person ?? null; // the key is bound to this person
  session.scopes = needed ? (scopes ?? []) : null;
  who.hidden = !(needed && signedIn);
  who.querySelector("span").textContent = name ?? "";
}

who.querySelector("button").addEventListener("click", async () => {
  await ask("DELETE", "/session").catch(() => {});
  forgetAll();
  await startSession();
  document.dispatchEvent(new Event("session"));
});

// The key was revoked, or the session has ended, while the page was open.
document.addEventListener("signed-out", async () => {
  if (session.locked) return;
  await startSession();
  if (session.locked) document.dispatchEvent(new Event("session"));
});
