// Who is signed in and what that key may do. Without keys in the gallery everybody may do everything.

import { ask } from "./api.js";
import { complain } from "./dom.js";
import { forgetAll } from "./history.js";

export const session = { locked: false, scopes: null, person: null };
const who = document.querySelector(".who");
const failed = document.querySelector(".top .failed");
let last = null; // who was signed in last on this page, and what that key may do

export function may(scope) {
  return !session.scopes || session.scopes.includes(scope) || session.scopes.includes("admin");
}

// A server that cannot be asked changes nothing.
export async function startSession() {
  try {
    take(await ask("GET", "/session"));
  } catch (problem) {
    if (problem.status === 401) take({ keys_needed: true, signed_in: false });
  }
}

export async function signIn(key) {
  const before = last;
  take(await ask("POST", "/session", { json: { key } }));
  if (before && last !== before) return startAnew();
  if (!before) forgetAll(); // of whoever had the tab before
  document.dispatchEvent(new Event("session"));
}

// Nothing of one person is left to the next, not even what is still under way.
function startAnew() {
  addEventListener("pagehide", forgetAll);
  location.reload();
}

function take({ keys_needed: needed, signed_in: signedIn, scopes, name, identity_id: person }) {
  session.locked = needed && !signedIn;
  session.person = person ?? null; // the key is bound to this person
  session.scopes = needed ? (scopes ?? []) : null;
  if (signedIn) last = JSON.stringify([name, scopes, person]);
  who.hidden = !(needed && signedIn);
  who.querySelector("span").textContent = name ?? "";
}

who.querySelector("button").addEventListener("click", async () => {
  complain(failed, "");
  try {
    await ask("DELETE", "/session");
    startAnew();
  } catch (problem) {
    complain(failed, `You are still signed in. ${problem.message}`);
  }
});

// The key was revoked, or the session has ended, while the page was open.
document.addEventListener("signed-out", async () => {
  if (session.locked) return;
  await startSession();
  if (session.locked) document.dispatchEvent(new Event("session"));
});
