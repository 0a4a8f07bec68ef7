// The photos chosen for an enrollment: each is looked at by the server at once, two at a time.

import { ask, newKey, photoForm } from "./api.js";
import { stamp } from "./dom.js";
import { tooLarge } from "./photo.js";

const WORDS = { small: "small", dark: "dark", bright: "very bright", flat: "in flat light", blurred: "blurred" };
const AT_ONCE = 2;
const PATIENCE = 15; // seconds, when the server asks for fewer requests and does not say how long
// A photo is: looking, then good or weak, refused for what it is, or missed by a failure that may pass;
// once it is to be stored: storing, then stored or unstored.
const USABLE = ["good", "weak", "unstored"];

export class Chosen {
  // changed(): a photo was added, removed or looked at
  constructor(list, isLargest, changed) {
    Object.assign(this, { list, isLargest, changed, photos: [], queue: [], working: 0 });
  }

  get usable() {
    return this.photos.filter(({ state }) => USABLE.includes(state));
  }

  get pending() {
    return this.photos.filter(({ state }) => state === "looking").length;
  }

  add(files) {
    for (const file of files) {
      const known = this.photos.find((one) => one.file.name === file.name && one.file.size === file.size && one.file.lastModified === file.lastModified);
      if (!known) this.photos.push(this.#row(file));
      else if (["refused", "missed"].includes(known.state)) this.#look(known);
    }
    this.changed();
  }

  drop(photos) {
    for (const photo of photos) this.#drop(photo);
    this.changed();
  }

  // Those that were refused may be taken under another choice of face, and the other way round.
  lookAgain() {
    for (const photo of this.photos) if (!["storing", "stored"].includes(photo.state)) this.#look(photo);
    this.changed();
  }

  lookAtMissed() {
    for (const photo of this.photos) if (photo.state === "missed") this.#look(photo);
  }

  tell(photo, state, text) {
    photo.state = state;
    photo.row.dataset.state = state;
    photo.row.querySelector(".state").textContent = text;
  }

  #row(file) {
    const row = stamp("chosen");
    const photo = { file, row, state: "", once: newKey() };
    const picture = row.querySelector(".thumb img");
    picture.addEventListener("error", () => (picture.hidden = true)); // the browser cannot show it
    picture.src = URL.createObjectURL(file);
    row.querySelector(".name").textContent = file.name;
    const remove = row.querySelector(".remove");
    remove.ariaLabel = `Leave out ${file.name}`;
    remove.addEventListener("click", () => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      this.#drop(photo);
      (next?.querySelector(".remove") ?? document.querySelector("[name=photos]")).focus();
      this.changed();
    });
    this.list.append(row);
    this.#look(photo);
    return photo;
  }

  #drop(photo) {
    photo.asking?.abort();
    URL.revokeObjectURL(photo.row.querySelector(".thumb img").src);
    photo.row.remove();
    this.photos = this.photos.filter((one) => one !== photo);
  }

  #look(photo) {
    const problem = tooLarge(photo.file);
    if (problem) return this.tell(photo, "refused", problem);
    photo.asking?.abort();
    photo.asking = new AbortController();
    this.tell(photo, "looking", "Looking at it…");
    this.queue.push([photo, photo.asking.signal]);
    this.#work();
  }

  async #work() {
    if (this.working >= AT_ONCE || !this.queue.length) return;
    this.working += 1;
    const [photo, signal] = this.queue.shift();
    try {
      if (!signal.aborted) this.#show(photo, await ask("POST", "/v1/inspect", { form: photoForm({ image: photo.file }, this.isLargest()), signal }));
    } catch (problem) {
      if (!signal.aborted) this.#refuse(photo, problem, signal);
    } finally {
      this.working -= 1;
      if (!signal.aborted) this.changed();
      this.#work();
    }
  }

  #show(photo, { face, weaknesses }) {
    const seen = photo.row.querySelector(".seen");
    seen.src = `data:image/png;base64,${face.crop_png}`;
    seen.alt = `The face found in ${photo.file.name}`;
    seen.hidden = false;
    const width = `${Math.round(face.box.width)} px wide`;
    if (!weaknesses.length) return this.tell(photo, "good", `Good: face ${width}, sharp and well lit`);
    const words = new Intl.ListFormat("en").format(weaknesses.map((one) => WORDS[one] ?? one));
    this.tell(photo, "weak", `Usable, but the face is ${words} (${width}). A better photo makes fewer mistakes`);
  }

  #refuse(photo, problem, signal) {
    photo.row.querySelector(".seen").hidden = true;
    this.tell(photo, problem.passing ? "missed" : "refused", problem.message);
    if (problem.status === 429) setTimeout(() => signal.aborted || this.#look(photo), 1000 * (problem.seconds || PATIENCE));
  }
}
