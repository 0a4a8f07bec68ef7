// The page: which view is shown, and where a dropped or pasted photo goes.

import { announce } from "./dom.js";
import { startSession, may, session } from "./session.js";
import compare from "./compare.js";
import enroll from "./enroll.js";
import gallery from "./gallery.js";
import history from "./history.js";
import identify from "./identify.js";
import signIn from "./sign_in.js";
import verify from "./verify.js";

// A view: its section, open(id) when it is shown, receive(files, target) for what is dropped or pasted.
const views = { compare, identify, verify, enroll, gallery, history };
const scopes = { compare: "verify", identify: "identify", verify: "verify", enroll: "enroll", gallery: "enroll" };
const nav = document.querySelector("nav");
let shown = null;

function allowed(name) {
  return name in views && (!scopes[name] || may(scopes[name]));
}

function show(moveFocus = true) {
  const [name, id = session.person] = location.hash.slice(1).split("/");
  const first = session.person && may("verify") ? "verify" : Object.keys(views).find(allowed);
  const view = session.locked ? signIn : views[allowed(name) && (name !== "verify" || id) ? name : first];
  nav.hidden = session.locked;
  for (const link of nav.querySelectorAll("a")) {
    const target = link.hash.slice(1);
    link.hidden = target === "verify" ? !session.person : !allowed(target);
    const current = views[target] === view || (view === verify && target === "gallery" && !session.person);
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const one of [...Object.values(views), signIn]) one.section.hidden = one !== view;
  shown = view;
  announce("");
  view.open?.(/^[1-9][0-9]*$/.test(id) ? Number(id) : null);
  const heading = view.section.querySelector("h1");
  document.title = `${heading.textContent} · Face gallery`;
  if (moveFocus) {
    heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  shown.section.querySelector("h1").focus();
});

for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
document.addEventListener("drop", (event) => give(event.dataTransfer.files, event.target));
document.addEventListener("paste", (event) => give(event.clipboardData.files, document.activeElement));

function give(files, target) {
  if (files.length && !document.querySelector("dialog[open]")) shown?.receive?.([...files], target);
}

window.addEventListener("hashchange", () => show());
document.addEventListener("session", () => show());
await startSession();
show(false);
