// Enroll a person: a name, and photos that are looked at before anything is stored.

import { ask, newKey, photoForm } from "./api.js";
import { offerCamera } from "./camera.js";
import { Chosen } from "./chosen.js";
import { announce, complain, count, fill, whileBusy } from "./dom.js";
import { remember } from "./history.js";
import { showDragging } from "./photo.js";

const section = document.querySelector("[data-view=enroll]");
const form = section.querySelector("form");
const button = form.querySelector("[type=submit]");
const { name, photos: input, largest } = form.elements;
const failed = form.querySelector(".failed");
const nameError = form.querySelector("#enroll-name-error");
const photosError = form.querySelector("#enroll-photos-error");
const adding = form.querySelector(".adding");
const done = section.querySelector(".done");
const chosen = new Chosen(form.querySelector(".chosen"), () => largest.checked, changed);
let person = null; // {id, name} of somebody who is in the gallery already
let once = newKey(); // stands for the creation of the person of this form

function changed() {
  const usable = chosen.usable.length;
  if (button.ariaDisabled !== "true") button.textContent = usable ? `Enroll with ${count(usable, "photo")}` : "Enroll";
  if (chosen.photos.length && !chosen.pending) {
    const refused = chosen.photos.filter(({ state }) => state === "refused").length;
    announce(`${count(usable, "photo")} can be enrolled${refused ? `, ${refused} cannot` : ""}.`);
  }
}

function take(files) {
  done.hidden = true;
  complain(photosError, "");
  chosen.add(files);
}

async function enroll() {
  for (const place of [failed, nameError, photosError]) complain(place, "");
  name.removeAttribute("aria-invalid");
  if (!person && !name.value.trim()) return refuseName("No name yet. Type one.");
  if (!chosen.usable.length) {
    complain(photosError, chosen.pending ? "The photos are still being looked at. Wait a moment." : "No usable photo yet. Choose one that shows one face.");
    return input.focus();
  }
  try {
    person ??= await ask("POST", "/v1/identities", { json: { name: name.value }, once });
  } catch (problem) {
    if (["name_taken", "invalid_name"].includes(problem.code)) return refuseName(problem.message, problem.code === "name_taken");
    return complain(failed, problem.message);
  }
  await store(chosen.usable);
}

async function store(photos) {
  let stored = 0;
  for (const photo of photos) {
    chosen.tell(photo, "looking", "Storing…");
    try {
      await ask("POST", `/v1/identities/${person.id}/faces`, { form: photoForm({ image: photo.file }, largest.checked), once: photo.once });
      chosen.tell(photo, "stored", "Stored");
      stored += 1;
    } catch (problem) {
      chosen.tell(photo, problem.status === 0 || problem.status >= 429 ? "good" : "refused", problem.message);
    }
  }
  const all = chosen.photos.filter(({ state }) => state === "stored").length; // those of an earlier attempt too
  const said = `${person.name} is enrolled with ${count(all, "photo")}`;
  if (stored) remember({ good: true, said: `Enrolled: ${person.name}`, fact: `${count(stored, "photo")} stored`, thumbs: [photos.find(({ state }) => state === "stored").row.querySelector(".seen").src] });
  if (stored < photos.length) {
    showPerson();
    return complain(failed, `${count(stored, "photo")} of ${photos.length} stored for ${person.name}. The others say why; press Enroll to try them again, or leave them out.`);
  }
  const left = chosen.photos.filter(({ state }) => state === "refused").length;
  reset();
  fill(done, { strong: said, ".sentence": left ? `Left out: ${count(left, "photo")} that could not be used.` : "" });
  done.classList.add("matched");
  done.hidden = false;
  done.scrollIntoView({ block: "nearest" });
  announce(`${said}.`);
}

function refuseName(message, taken = false) {
  complain(nameError, message);
  if (taken) {
    const link = Object.assign(document.createElement("a"), { href: "#gallery", textContent: "Find the person in the gallery" });
    nameError.append(" To add these photos to that person: ", link, " and press Add photos.");
  }
  name.setAttribute("aria-invalid", "true");
  name.focus();
}

function showPerson() {
  form.querySelector(".naming").hidden = Boolean(person);
  adding.hidden = !person;
  adding.querySelector("b").textContent = person?.name ?? "";
}

function reset() {
  person = null;
  once = newKey();
  name.value = "";
  for (const place of [failed, nameError, photosError]) complain(place, "");
  chosen.clear();
  showPerson();
  changed();
}

// With an id: more photos of that person. Photos chosen before stay chosen.
async function open(id) {
  done.hidden = true;
  complain(nameError, "");
  complain(failed, "");
  person = id && { id, name: "this person" };
  showPerson();
  if (!id) return;
  try {
    const found = await ask("GET", `/v1/identities/${id}`);
    if (person?.id === id) person = found;
  } catch (problem) {
    person = null;
    complain(failed, problem.message);
  }
  showPerson();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  whileBusy(button, "Enrolling…", enroll).then(changed);
});
name.addEventListener("input", () => {
  once = newKey();
  done.hidden = true;
  complain(nameError, "");
});
largest.addEventListener("change", () => chosen.lookAgain());
input.addEventListener("change", () => {
  take([...input.files]);
  input.value = "";
});
offerCamera(form.querySelector(".camera"), (file) => take([file]));
showDragging(form.querySelector(".fields"), form.querySelector(".drop"));
done.querySelector(".again").addEventListener("click", () => {
  done.hidden = true;
  name.focus();
});

export default { section, open, receive: take };
