// One person of the gallery list: the faces, and what can be done.

import { ask, cropOf } from "./api.js";
import { confirmed } from "./confirm.js";
import { announce, complain, count, day, stamp } from "./dom.js";
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
  const say = () => (card.querySelector(".fact").textContent = `${count(person.face_count, "face")} · since ${day(person.created_at)}`);
  card.querySelector("h2").textContent = person.name;
  say();
  for (const [link, view, label] of [["add", "enroll", "Add photos of"], ["check", "verify", "Check a photo against"]]) {
    const place = card.querySelector(`.${link}`);
    place.href = `#${view}/${person.id}`;
    place.ariaLabel = `${label} ${person.name}`;
  }
  card.querySelector(".check").hidden = !may("verify");
  const remove = card.querySelector(".danger");
  remove.ariaLabel = `Remove ${person.name}`;
  remove.hidden = !may("admin");
  remove.addEventListener("click", () => removePerson());

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

  async function showFaces(most = FACES) {
    const { faces } = await ask("GET", `/v1/identities/${person.id}`);
    person.face_count = faces.length;
    say();
    const shown = faces.slice(0, most).map((face, at) => faceItem(person, face, at + 1, removeFace));
    const places = card.querySelector(".faces");
    places.replaceChildren(...shown);
    if (faces.length > most) places.append(restItem(faces.length - most, () => attempt(() => showFaces(faces.length))));
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
