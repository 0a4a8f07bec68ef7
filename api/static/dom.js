// Small things that every view needs: templates, texts, the line that is read aloud, busy buttons.

const status = document.querySelector("#status");

export function stamp(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

export function fill(root, texts) {
  for (const [place, text] of Object.entries(texts)) root.querySelector(place).textContent = text;
}

// Read aloud by a screen reader; shown to nobody, as it is on the page already.
export function announce(text) {
  status.textContent = text;
}

export function complain(place, text) {
  place.textContent = text;
  place.hidden = !text;
}

// The API's detail as a sentence on its own.
export function sentence(detail) {
  return detail.charAt(0).toUpperCase() + detail.slice(1) + (/[.!?]$/.test(detail) ? "" : ".");
}

export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

export function size(bytes) {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export function day(moment) {
  return new Date(moment).toLocaleDateString(undefined, { dateStyle: "medium" });
}

// Runs the work once however often the button is pressed; the button keeps the focus meanwhile.
export async function whileBusy(button, saying, work) {
  if (button.ariaDisabled === "true") return;
  const label = button.textContent;
  button.ariaDisabled = "true";
  button.textContent = saying;
  announce(saying);
  try {
    await work();
  } finally {
    button.ariaDisabled = null;
    if (button.textContent === saying) button.textContent = label;
  }
}
