// A form of photos and one answer: ask once, forget what is out of date, tell refusals where they belong.

import { announce, complain, whileBusy } from "./dom.js";
import { Photo } from "./photo.js";

const OF_THE_PHOTO = [400, 413, 415, 422]; // unreadable, too large, no photo, no usable face

export class Question {
  // ask(signal): sends the photos; tell(answer): shows the answer and gives what is read aloud
  constructor(section, busyWord, ask, tell) {
    Object.assign(this, { section, busyWord, ask, tell, asking: null });
    this.form = section.querySelector("form");
    this.button = this.form.querySelector("[type=submit]");
    this.result = section.querySelector(".result");
    this.failed = section.querySelector(".failed");
    this.photos = [...section.querySelectorAll(".photo")].map((place, at) => new Photo(place, (files) => this.choose(at, files)));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      whileBusy(this.button, this.busyWord, () => this.run());
    });
    this.form.elements.largest.addEventListener("change", () => this.forget());
  }

  get largest() {
    return this.form.elements.largest.checked;
  }

  // The first file goes to that place, the next ones to the places after it.
  choose(at, files) {
    this.forget();
    files.slice(0, this.photos.length).forEach((file, n) => this.photos[(at + n) % this.photos.length].take(file));
  }

  receive(files, target) {
    const hit = this.photos.findIndex((photo) => photo.section.contains(target));
    const free = this.photos.findIndex((photo) => !photo.file);
    this.choose(hit >= 0 ? hit : free >= 0 ? free : this.photos.length - 1, files);
  }

  forget() {
    this.asking?.abort();
    this.result.hidden = true;
    announce("");
    complain(this.failed, "");
    this.photos.forEach((photo) => photo.clear());
  }

  empty() {
    this.forget();
    this.photos.forEach((photo) => photo.empty());
  }

  async run() {
    this.forget();
    announce(this.busyWord);
    const unready = this.photos.filter((photo) => !photo.ready());
    if (unready.length) return unready[0].input.focus();
    const mine = (this.asking = new AbortController());
    try {
      const answer = await this.ask(mine.signal);
      if (!mine.signal.aborted) announce(this.tell(answer));
    } catch (problem) {
      if (mine.signal.aborted) return;
      announce("");
      const only = this.photos.length === 1 && OF_THE_PHOTO.includes(problem.status) && this.photos[0];
      const photo = only || this.photos.find((one) => one.field === problem.field);
      if (photo) photo.refuse(problem.message);
      else complain(this.failed, problem.message);
    }
  }
}
