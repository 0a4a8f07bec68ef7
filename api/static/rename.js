// Another name for a person, typed on the card. Nobody else's change is undone by it.

import { ask } from "./api.js";
import { announce, complain, count, stamp, whileBusy } from "./dom.js";

// person: what the card shows, with its etag. show(found): put what the server told on the card.
export function renameForm(person, show, closed) {
  const form = stamp("rename");
  const { name } = form.elements;
  const error = form.querySelector(".error");
  name.value = person.name;
  error.id = `rename-error-${person.id}`;
  name.setAttribute("aria-describedby", error.id);

  function refuse(message) {
    complain(error, message);
    name.setAttribute("aria-invalid", "true");
    name.focus();
  }

  async function save() {
    const before = person.name;
    complain(error, "");
    name.removeAttribute("aria-invalid");
    if (!name.value.trim()) return refuse("No name yet. Type one.");
    try {
      show(await ask("PATCH", `/v1/identities/${person.id}`, { json: { name: name.value }, etag: person.etag }));
    } catch (problem) {
      return refuse(problem.code === "changed_meanwhile" ? await changed() : problem.message);
    }
    announce(`${before} is now called ${person.name}.`);
    closed();
  }

  // The card shows how it is now; what was typed stays, and saving again is a decision.
  async function changed() {
    const before = person.name;
    try {
      show(await ask("GET", `/v1/identities/${person.id}`));
    } catch (problem) {
      return problem.message;
    }
    const now = person.name === before ? `now with ${count(person.face_count, "face")}` : `the name is now ${person.name}`;
    return `Somebody else changed this person meanwhile: ${now}. Your name is not saved. Press Save to give it all the same, or Cancel.`;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(form.querySelector(".save"), "Saving…", save);
  });
  form.querySelector(".cancel").addEventListener("click", closed);
  form.addEventListener("keydown", ({ key }) => key === "Escape" && closed());
  return form;
}
