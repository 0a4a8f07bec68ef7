// One person of the gallery list: the faces, and what can be done.

import { ask, cropOf } from "./api.js";
import { confirmed } from "./confirm.js";
import { announce, complain, count, day, stamp } from "./dom.js";
import { renameForm } from "./rename.js";
import { may } from "./session.js";

const FACES = 4;
const PATIENCE = 15; // seconds, when the server asks for fewer requests and does not say how long
const sight = new IntersectionObserver(
  (seen) => {
    for (const { target, isIntersecting } of seen)
      if (isIntersecting) {
        sight.unobserve(target);
        target.dispatchEvent(new Event("seen"));
      }
  },
  { rootMargin: "200px" },
);

// gone(card, name): called when the person has been removed
export function personCard(person, gone) {
  const card = stamp("person");
  const error = card.querySelector(".error");
  const [fact, add, check, rename, remove] = [".fact", ".add", ".check", ".rename", ".danger"].map((place) => card.querySelector(place));
  let most = FACES;
  add.href = `#enroll/${person.id}`;
  check.href = `#verify/${person.id}`;
  check.hidden = !may("verify");
  rename.hidden = remove.hidden = !may("admin");
  rename.addEventListener("click", () => attempt(renamePerson));
  remove.addEventListener("click", () => removePerson());
  say();

  function say() {
    card.querySelector("h2").textContent = person.name;
    fact.textContent = `${count(person.face_count, "face")} · since ${day(person.created_at)}`;
    add.ariaLabel = `Add photos of ${person.name}`;
    check.ariaLabel = `Check a photo against ${person.name}`;
    rename.ariaLabel = `Rename ${person.name}`;
    remove.ariaLabel = `Remove ${person.name}`;
  }

  async function renamePerson() {
    if (!person.etag) await showFaces(); // only what was shown may be changed
    if (rename.hidden) return; // pressed twice
    const form = renameForm(person, show, () => {
      form.remove();
      rename.hidden = false;
      rename.focus();
    });
    fact.before(form);
    rename.hidden = true;
    form.elements.name.select();
    form.elements.name.focus();
  }

  async function removePerson() {
    const faces = count(person.face_count, "stored face");
    if (!(await confirmed(`Remove ${person.name}?`, `The person and ${faces} are gone for good, and no photo matches them any more.`))) return;
    await attempt(async () => {
      await ask("DELETE", `/v1/identities/${person.id}`);
      gone(card, person.name);
    });
  }

  async function removeFace(face, number) {
    if (!(await confirmed(`Remove face ${number} of ${person.name}?`, "It is gone for good; the person stays."))) return;
    await attempt(async () => {
      await ask("DELETE", `/v1/identities/${person.id}/faces/${face.id}`);
      await showFaces();
      announce(`The face was removed. ${person.name} has ${count(person.face_count, "face")}.`);
      (card.querySelector(".faces button") ?? card.querySelector("a")).focus();
    });
  }

  async function attempt(work) {
    complain(error, "");
    try {
      await work();
    } catch (problem) {
      complain(error, problem.message);
    }
  }

  async function showFaces() {
    show(await ask("GET", `/v1/identities/${person.id}`));
  }

  function show(found) {
    Object.assign(person, found);
    say();
    const { faces } = person;
    const places = card.querySelector(".faces");
    places.replaceChildren(...faces.slice(0, most).map((face, at) => faceItem(person, face, at + 1, removeFace)));
    if (faces.length <= most) return;
    places.append(restItem(faces.length - most, () => attempt(showRest)));
  }

  async function showRest() {
    most = Infinity;
    await showFaces();
    announce(`All ${count(person.face_count, "face")} of ${person.name} are shown.`);
    (may("admin") ? card.querySelectorAll(".faces button")[FACES] : add).focus();
  }

  // Many cards at once may be more than the server takes from one key: then they come a little later.
  async function seen() {
    try {
      await showFaces();
    } catch (problem) {
      if (problem.status !== 429) complain(error, problem.message);
      else if (card.isConnected) setTimeout(seen, 1000 * (problem.seconds || PATIENCE));
    }
  }

  card.addEventListener("seen", seen);
  sight.observe(card);
  return card;
}

function faceItem(person, face, number, remove) {
  const item = stamp("face");
  const picture = item.querySelector("img");
  picture.src = cropOf(person.id, face.id);
  picture.addEventListener("error", () => setTimeout(() => (picture.src = picture.src), 1000 * PATIENCE), { once: true });
  picture.alt = `Face ${number} of ${person.name}`;
  const button = item.querySelector("button");
  button.ariaLabel = `Remove face ${number} of ${person.name}`;
  button.hidden = !may("admin");
  button.addEventListener("click", () => remove(face, number));
  return item;
}

function restItem(hidden, showAll) {
  const item = document.createElement("li");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "rest", textContent: `+${hidden}` });
  button.ariaLabel = `Show ${count(hidden, "more face")}`;
  button.addEventListener("click", showAll);
  item.append(button);
  return item;
}
