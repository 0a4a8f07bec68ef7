// What was asked in this tab, newest first. It lives in sessionStorage and never leaves the browser.

import { announce, fill, stamp } from "./dom.js";

const KEY = "history", MOST = 50;
const section = document.querySelector("[data-view=history]");
const list = section.querySelector(".asked");
const clear = section.querySelector(".clear");
let entries = load();

function load() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
}

function save() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(entries));
  } catch {
    // no storage, or it is full: the list still lives as long as the page
  }
}

// entry: good (drives the colour), said, fact, thumbs (addresses of small pictures, or null)
export function remember(entry) {
  entries = [{ ...entry, at: Date.now() }, ...entries].slice(0, MOST);
  save();
}

export function forgetAll() {
  entries = [];
  save();
  show();
}

function show() {
  section.querySelector(".empty").hidden = entries.length > 0;
  clear.hidden = !entries.length;
  list.replaceChildren(...entries.map(row));
}

function row({ good, said, fact, thumbs, at }) {
  const item = stamp("asked");
  item.classList.toggle("matched", good);
  for (const src of thumbs.filter(Boolean)) {
    const picture = Object.assign(document.createElement("img"), { src, alt: "", width: 47, height: 62 });
    picture.addEventListener("error", () => picture.remove()); // of a person removed since
    item.querySelector(".thumbs").append(picture);
  }
  const time = item.querySelector("time");
  time.dateTime = new Date(at).toISOString();
  fill(item, { ".said": said, ".fact": fact, time: new Date(at).toLocaleTimeString(undefined, { timeStyle: "short" }) });
  return item;
}

clear.addEventListener("click", () => {
  forgetAll();
  announce("The history is forgotten.");
  section.querySelector("h1").focus();
});

export default { section, open: show };
