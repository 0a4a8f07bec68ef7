// Same person? Two photos in, one verdict out. Nothing is said before the server answered.

import { ask, photoForm } from "./api.js";
import { remember } from "./history.js";
import { Question } from "./question.js";
import { relation, tellVerdict } from "./verdict.js";

const section = document.querySelector("[data-view=compare]");

const question = new Question(
  section,
  "Comparing…",
  (signal) => {
    const files = Object.fromEntries(question.photos.map((photo) => [photo.field, photo.file]));
    return ask("POST", "/v1/compare", { form: photoForm(files, question.largest), signal });
  },
  (answer) => {
    question.photos.forEach((photo, at) => photo.show(answer.faces?.[at] ?? {}));
    remember({
      good: answer.matched,
      said: answer.matched ? "Matched" : "Not matched",
      fact: typeof answer.distance === "number" ? `The distance ${relation(answer)}` : "Two photos compared",
      thumbs: question.photos.map((photo, at) => photo.thumbnail(answer.faces?.[at])),
    });
    return tellVerdict(question.result, answer);
  },
);

export default { section, receive: (files, target) => question.receive(files, target) };
