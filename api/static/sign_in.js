// The sign-in form, shown when the gallery has keys and nobody is signed in.

import { complain, whileBusy } from "./dom.js";
import { signIn } from "./session.js";

const section = document.querySelector("[data-view=sign-in]");
const form = section.querySelector("form");
const { key } = form.elements;
const error = form.querySelector(".error");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  whileBusy(form.querySelector("button"), "Signing in…", async () => {
    complain(error, "");
    key.removeAttribute("aria-invalid");
    if (!key.value.trim()) return refuse("No key yet. Type it, or paste it.");
    try {
      await signIn(key.value.trim());
      key.value = "";
    } catch (problem) {
      refuse(problem.message);
    }
  });
});

function refuse(message) {
  complain(error, message);
  key.setAttribute("aria-invalid", "true");
  key.focus();
  key.select();
}

export default { section, open: () => key.focus() };
