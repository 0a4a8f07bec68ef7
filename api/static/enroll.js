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
let next = null; // the id of a person whose photos were asked for while the form was at work

function atWork() {
  return button.ariaDisabled === "true";
}

function changed() {
  const usable = chosen.usable.length;
  if (!atWork()) button.textContent = usable ? `Enroll with ${count(usable, "photo")}` : "Enroll";
  if (chosen.photos.length && !chosen.pending) {
    const refused = chosen.photos.filter(({ state }) => ["refused", "missed"].includes(state)).length;
    announce(`${count(usable, "photo")} can be enrolled${refused ? `, ${refused} cannot` : ""}.`);
  }
}

function take(files) {
  done.hidden = true;
  complain(photosError, "");
  chosen.add(files);
}

async function enroll() {
  next = null;
  for (const place of [failed, nameError, photosError]) complain(place, "");
  name.removeAttribute("aria-invalid");
  if (!person && !name.value.trim()) return refuseName("No name yet. Type one.");
  chosen.lookAtMissed();
  if (chosen.pending) return refusePhotos("Not every photo has been looked at yet. Wait a moment, then press Enroll again.");
  if (!chosen.usable.length) return refusePhotos("No usable photo yet. Choose one that shows one face.");
  try {
    person ??= await ask("POST", "/v1/identities", { json: { name: name.value }, once });
  } catch (problem) {
    if (["name_taken", "invalid_name"].includes(problem.code)) return refuseName(problem.message, problem.code === "name_taken");
    return complain(failed, problem.message);
  }
  await store(person, [...chosen.photos]);
}

// photos: those there were when Enroll was pressed; what is chosen meanwhile stays for later.
async function store(whom, photos) {
  const stored = [], failures = [];
  for (const photo of photos) {
    if (!chosen.usable.includes(photo)) continue; // refused, stored before, or left out meanwhile
    photo.whom = whom.id;
    chosen.tell(photo, "storing", "Storing…");
    try {
      await ask("POST", `/v1/identities/${whom.id}/faces`, { form: photoForm({ image: photo.file }, largest.checked), once: photo.once });
      chosen.tell(photo, "stored", "Stored");
      stored.push(photo);
    } catch (problem) {
      chosen.tell(photo, problem.passing ? "unstored" : "refused", problem.message);
      failures.push(photo);
    }
  }
  if (stored.length) remember({ good: true, said: `Enrolled: ${whom.name}`, fact: `${count(stored.length, "photo")} stored`, thumbs: [stored[0].row.querySelector(".seen").src] });
  if (!failures.length) return finish(whom, photos);
  showPerson();
  complain(failed, `${count(stored.length, "photo")} of ${stored.length + failures.length} stored for ${whom.name}. The others say why; press Enroll to try them again, or leave them out.`);
}

function finish(whom, photos) {
  const stored = photos.filter(({ state }) => state === "stored"); // those of an earlier attempt too
  const refused = photos.filter(({ state }) => state === "refused");
  const said = `${whom.name} is enrolled with ${count(stored.length, "photo")}`;
  reset([...stored, ...refused]);
  fill(done, { strong: said, ".sentence": refused.length ? `Left out: ${count(refused.length, "photo")} that could not be used.` : "" });
  done.classList.add("matched");
  done.hidden = false;
  done.scrollIntoView({ block: "nearest" });
  announce(`${said}.`);
  if (next) turnTo(next);
}

function refusePhotos(message) {
  complain(photosError, message);
  input.focus();
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

function reset(photos) {
  person = null;
  once = newKey();
  name.value = "";
  for (const place of [failed, nameError, photosError]) complain(place, "");
  chosen.drop(photos);
  showPerson();
}

// With an id: more photos of that person. Photos chosen before stay chosen, unless they were tried for somebody
// else. A form at work turns to that person when everything is stored.
function open(id) {
  if (atWork()) return (next = id);
  const tried = chosen.photos.filter(({ whom }) => whom && whom !== id);
  if (!id && tried.length) return; // they can be tried again
  chosen.drop(tried);
  done.hidden = true;
  turnTo(id);
}

async function turnTo(id) {
  complain(nameError, "");
  complain(failed, "");
  const mine = (person = id && { id, name: "this person" });
  showPerson();
  if (!id) return;
  try {
    Object.assign(mine, await ask("GET", `/v1/identities/${id}`));
  } catch (problem) {
    if (person !== mine) return;
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
for (const again of section.querySelectorAll(".again"))
  again.addEventListener("click", () => {
    if (atWork()) return;
    done.hidden = true;
    reset(chosen.photos.filter(({ whom }) => whom));
    name.focus();
  });

export default { section, open, receive: take };
