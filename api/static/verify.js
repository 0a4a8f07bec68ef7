// Is this photo that person? One photo against the stored faces of one person of the gallery.

import { ask, cropOf, photoForm } from "./api.js";
import { complain } from "./dom.js";
import { remember } from "./history.js";
import { Question } from "./question.js";
import { may } from "./session.js";
import { relation, tellVerdict } from "./verdict.js";

const section = document.querySelector("[data-view=verify]");
const failed = section.querySelector(".failed");
const UNNAMED = "the right person";
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
  if (id !== person?.id) turnTo(id, UNNAMED);
  complain(failed, "");
  try {
    const { name } = await ask("GET", `/v1/identities/${id}`);
    if (id === person.id) turnTo(id, name);
  } catch (problem) {
    if (id !== person.id) return;
    if (problem.status === 404) turnTo(id, UNNAMED);
    if (problem.status !== 403) complain(failed, problem.message); // may check, not see
  }
}

// Photo and answer stay while it is the same person, by the same name or by one that is told only now.
function turnTo(id, name) {
  if (id !== person?.id || ![name, UNNAMED].includes(person.name)) question.empty();
  person = { id, name };
  section.querySelector(".whom").textContent = name;
  if (!section.hidden) document.title = `Is this ${name}? · Face gallery`;
}

export default { section, open, receive: (files, target) => question.receive(files, target) };
