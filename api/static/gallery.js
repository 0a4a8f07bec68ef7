// The people of the gallery, a page at a time; their faces are fetched when they come into sight.

import { ask } from "./api.js";
import { announce, complain, count } from "./dom.js";
import { personCard } from "./person.js";

const PAGE = 24;
const section = document.querySelector("[data-view=gallery]");
const list = section.querySelector(".people");
const more = section.querySelector(".more");
const failed = section.querySelector(".failed");
let waiting = [], cursor = null, opened = 0;

async function open() {
  const mine = ++opened;
  complain(failed, "");
  list.ariaBusy = "true";
  section.querySelector(".shown").textContent = "Loading…";
  try {
    const answer = await ask("GET", "/v1/identities");
    if (mine !== opened) return;
    waiting = answer.identities;
    cursor = answer.next_cursor ?? null;
    list.replaceChildren();
    append();
  } catch (problem) {
    complain(failed, problem.message);
    tell();
  } finally {
    list.ariaBusy = null;
  }
}

function append() {
  const cards = waiting.splice(0, PAGE).map((person) => personCard(person, gone));
  list.append(...cards);
  tell();
  return cards;
}

function tell() {
  const shown = list.children.length;
  const rest = waiting.length > 0 || cursor !== null;
  more.hidden = !rest;
  section.querySelector(".empty").hidden = shown > 0 || rest || !failed.hidden;
  section.querySelector(".shown").textContent = shown ? `${count(shown, "person", "people")}${rest ? " so far" : ""}` : "";
}

more.addEventListener("click", async () => {
  if (more.ariaDisabled === "true") return;
  more.ariaDisabled = "true";
  try {
    if (waiting.length < PAGE && cursor !== null) {
      const answer = await ask("GET", `/v1/identities?cursor=${encodeURIComponent(cursor)}`);
      waiting.push(...answer.identities);
      cursor = answer.next_cursor ?? null;
    }
    const [first] = append();
    announce(section.querySelector(".shown").textContent);
    first?.querySelector("a")?.focus();
  } catch (problem) {
    complain(failed, problem.message);
  } finally {
    more.ariaDisabled = null;
  }
});

// A person was removed: the place in the list is given to the next one.
function gone(card, name) {
  const next = card.nextElementSibling ?? card.previousElementSibling;
  card.remove();
  tell();
  announce(`${name} was removed.`);
  (next?.querySelector("a") ?? section.querySelector("h1")).focus();
}

export default { section, open };
