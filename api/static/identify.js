// Who is this? One photo against everybody; the nearest people, nearest first.

import { ask, cropOf, photoForm } from "./api.js";
import { fill, stamp } from "./dom.js";
import { remember } from "./history.js";
import { Question } from "./question.js";
import { place, relation, scaleFor } from "./verdict.js";

const section = document.querySelector("[data-view=identify]");

const question = new Question(
  section,
  "Identifying…",
  (signal) => ask("POST", "/v1/identify", { form: photoForm({ image: question.photos[0].file }, question.largest), signal }),
  (answer) => {
    const { result, photos: [photo] } = question;
    const { candidates, identified } = answer;
    photo.show(answer.face ?? {});
    const said = identified ? candidates[0].identity.name : "Unknown";
    const why = reason(answer);
    result.classList.toggle("matched", identified);
    fill(result, { ".verdict strong": said, ".sentence": why, h2: identified ? "Nearest people" : "Nearest people, none of them near enough" });
    result.querySelector("h2").hidden = !candidates.length;
    const scored = candidates.filter((one) => typeof one.distance === "number");
    const top = scaleFor(answer.threshold ?? 0.5, Math.max(0, ...scored.map((one) => one.distance)));
    result.querySelector("ol").replaceChildren(...candidates.map((one) => item(one, top)));
    fill(result, { ".risk": risk(answer.strangers_named) });
    result.hidden = false;
    result.scrollIntoView({ block: "nearest" });
    const nearest = candidates[0];
    remember({
      good: identified,
      said: identified ? `Identified: ${said}` : said,
      fact: why.replace(/\.$/, ""),
      thumbs: [photo.thumbnail(answer.face), nearest && identified ? cropOf(nearest.identity.id, nearest.face_id) : null],
    });
    return `${said}. ${why}`;
  },
);

// How often the answer names somebody who is not in the gallery at all.
function risk(strangers) {
  if (!strangers) return "";
  const { faces, rate, at_least } = strangers;
  const share = Number((100 * rate).toPrecision(2));
  const about = at_least ? "at least" : "about";
  return `In a gallery of ${faces.toLocaleString("en")} face${faces === 1 ? "" : "s"}, ${about} ${share}\u00a0% of strangers are given a name.`;
}

function reason({ identified, candidates: [nearest] }) {
  if (!nearest) return "The gallery has no faces yet; enroll somebody first.";
  if (typeof nearest.distance !== "number") return identified ? "The nearest person matches." : "Nobody in the gallery matches.";
  const subject = identified ? "The distance" : `Nobody matches: the nearest is ${nearest.identity.name}, whose distance`;
  return `${subject} ${relation(nearest)}.`;
}

function item(candidate, top) {
  const row = stamp("candidate");
  const scored = typeof candidate.distance === "number";
  row.classList.toggle("matched", candidate.matched);
  row.querySelector("img").src = cropOf(candidate.identity.id, candidate.face_id);
  row.querySelector("img").alt = `The nearest stored face of ${candidate.identity.name}`;
  row.querySelector(".track").hidden = !scored;
  if (scored) place(row, candidate, top);
  const verdict = candidate.matched ? "Matches" : "Does not match";
  fill(row, { ".name": candidate.identity.name, ".fact": scored ? `${verdict}: ${relation(candidate)}` : verdict });
  return row;
}

export default { section, receive: (files, target) => question.receive(files, target) };
