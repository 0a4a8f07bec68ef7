// A question before something is gone for good.

const dialog = document.querySelector("#confirm");

// Whether the person said yes; Escape and Keep are a no.
export function confirmed(question, consequence) {
  dialog.querySelector("h2").textContent = question;
  dialog.querySelector("p").textContent = consequence;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true }));
}
