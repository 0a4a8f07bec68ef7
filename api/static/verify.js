// Is this photo that person? One photo against the stored faces of one person of the gallery.

import { ask, cropOf, photoForm } from "./api.js";
import { complain } from "./dom.js";
import { remember } from "./history.js";
import { Question } from "./question.js";
import { may } from "./session.js";
import { relation, tellVerdict } from "./verdict.js";

const section = document.querySelector("[data-view=verify]");
let person = null; // {id, name}

const question = new Question(
  section,
  "Checking…",
  (signal) => {
    const form = photoForm({ image: question.photos[0].file }, question.largest);
    return ask("POST", `/v1/identities/${person.id}/verify`, { form, signal });
  },
  (answer) => {
    const [photo] = question.photos;
    photo.show(answer.face ?? {});
    const scored = typeof answer.distance === "number";
    remember({
      good: answer.matched,
      said: answer.matched ? `Matched: ${person.name}` : `Not matched: ${person.name}`,
      fact: scored ? `The distance ${relation(answer)}` : "One photo checked",
      thumbs: [photo.thumbnail(answer.face), answer.face_id && cropOf(person.id, answer.face_id)],
    });
    return tellVerdict(question.result, answer, `To the nearest photo of ${person.name}, the distance`);
  },
);

async function open(id) {
  section.querySelector(".back").hidden = !may("enroll");
  if (id === person?.id) return;
  question.empty();
  person = { id, name: "the right person" };
  section.querySelector(".whom").textContent = person.name;
  try {
    const { name } = await ask("GET", `/v1/identities/${id}`);
    if (person.id !== id) return;
    person.name = name;
    section.querySelector(".whom").textContent = name;
    document.title = `Is this ${name}? · Face gallery`;
  } catch (problem) {
    if (problem.status !== 403) complain(section.querySelector(".failed"), problem.message); // may check, not see
  }
}

export default { section, open, receive: (files, target) => question.receive(files, target) };
