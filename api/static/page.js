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
const aboutEverybody = ["compare", "identify", "gallery"]; // a key of one person cannot use them
let shown = null;

function allowed(name) {
  return Object.hasOwn(views, name) && (!scopes[name] || may(scopes[name])) && !(session.person && aboutEverybody.includes(name));
}

// A check is of somebody.
function opens(name, id) {
  return allowed(name) && (name !== "verify" || Boolean(id));
}

// The name of a view, and whom it is about: always the key's own person, where it has one.
function read(hash) {
  const [name, id] = hash.slice(1).split("/");
  return [name, session.person ?? id];
}

// Only links that lead somewhere are shown. A key of one person enrolls nobody else.
function showLinks() {
  for (const link of document.querySelectorAll("nav a, main a[href^='#']"))
    link.hidden = !opens(...read(link.hash)) || Boolean(session.person && link.matches(".again"));
}

function show(moveFocus = true) {
  const [name, id] = read(location.hash);
  const view = session.locked ? signIn : views[opens(name, id) ? name : Object.keys(views).find(allowed)];
  nav.hidden = session.locked;
  showLinks();
  for (const link of nav.querySelectorAll("a")) {
    const target = link.hash.slice(1);
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

// The form of a key of one person goes on with that person.
document.addEventListener("submit", () => session.person && shown === enroll && enroll.open(session.person));

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
