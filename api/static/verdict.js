// The verdict with all it rests on: distance, threshold, model, and a scale that shows them.

import { fill } from "./dom.js";

// Three decimals, or as many as it takes not to look like the threshold.
export function digits(distance, threshold) {
  const short = distance.toFixed(3);
  return Number(short) === threshold && distance !== threshold ? distance.toPrecision(7) : short;
}

export function relation({ matched, distance, threshold }) {
  const place = matched ? "below" : distance > threshold ? "above" : "at";
  return `${digits(distance, threshold)} is ${place} the threshold ${threshold}`;
}

// Where needle and limit stand on a scale from 0 to `top`.
export function place(root, { distance, threshold }, top) {
  root.style.setProperty("--limit", `${(100 * threshold) / top}%`);
  root.style.setProperty("--distance", `${Math.min(100, (100 * distance) / top)}%`);
}

export function scaleFor(threshold, farthest) {
  return Math.max(1, 2 * threshold, Math.ceil(farthest * 10) / 10);
}

// Shows an answer and gives what to read aloud. A key without scores is told no distance.
export function tellVerdict(result, answer, subject = "The distance") {
  const verdict = answer.matched ? "Matched" : "Not matched";
  const scored = typeof answer.distance === "number";
  const said = scored ? `${subject} ${relation(answer)}.` : "This key is told the verdict, not the distance.";
  result.classList.toggle("matched", answer.matched);
  result.querySelector(".scores").hidden = !scored;
  fill(result, { ".verdict strong": verdict, ".sentence": said });
  if (scored) {
    const top = scaleFor(answer.threshold, answer.distance);
    place(result, answer, top);
    fill(result, {
      ".distance": digits(answer.distance, answer.threshold),
      ".threshold": String(answer.threshold),
      ".model": answer.model_id,
      ".scale .at": `threshold ${answer.threshold}`,
      ".scale .to": String(top),
    });
  }
  result.hidden = false;
  result.scrollIntoView({ block: "nearest" });
  return `${verdict}. ${said}`;
}
