// The compare page: two photos in, one verdict out. Nothing is said before the server answered.

const form = document.querySelector("#compare");
const button = form.querySelector("button");
const status = document.querySelector("#status");
const result = document.querySelector("#result");
const maxBytes = Number(form.dataset.maxBytes);
let asking = null; // the AbortController of the request under way

class Photo {
  constructor(section) {
    this.section = section;
    this.field = section.dataset.field;
    this.file = null;
    this.name = section.querySelector("h2").textContent;
    this.drop = section.querySelector(".drop");
    this.input = section.querySelector("input");
    this.hint = section.querySelector(".hint");
    this.preview = section.querySelector(".preview");
    this.picture = this.preview.querySelector("img");
    this.overlay = section.querySelector(".overlay");
    this.caption = section.querySelector(".file");
    this.error = section.querySelector(".error");
    this.crop = section.querySelector(".crop");
    this.input.addEventListener("change", () => this.input.files[0] && choose(this, this.input.files));
    this.picture.addEventListener("error", () => {
      if (!this.file) return;
      this.preview.hidden = true;
      this.hint.hidden = false;
      this.caption.textContent = `${this.file.name} · this browser cannot show it; it can be compared`;
    });
    for (const kind of ["dragenter", "dragover"])
      this.section.addEventListener(kind, () => this.drop.classList.add("over"));
    for (const kind of ["dragleave", "drop"])
      this.section.addEventListener(kind, () => this.drop.classList.remove("over"));
  }

  take(file) {
    this.file = file;
    this.input.value = "";
    if (this.picture.src) URL.revokeObjectURL(this.picture.src);
    this.picture.src = URL.createObjectURL(file);
    this.picture.alt = `${this.name}: ${file.name}`;
    this.caption.textContent = `${file.name} · ${size(file.size)}`;
    this.hint.hidden = true;
    this.preview.hidden = false;
    this.drop.classList.add("filled");
  }

  refuse(message) {
    this.error.textContent = message;
    this.error.hidden = false;
    this.section.classList.add("refused");
    this.input.setAttribute("aria-invalid", "true");
    this.section.scrollIntoView({ block: "nearest" });
  }

  clear() {
    this.error.hidden = true;
    this.error.textContent = "";
    this.section.classList.remove("refused");
    this.input.removeAttribute("aria-invalid");
    this.overlay.setAttribute("hidden", "");
    this.crop.hidden = true;
    this.crop.querySelector("img").removeAttribute("src");
  }

  show(face) {
    const { box, picture } = face;
    const ratio = this.picture.naturalWidth / this.picture.naturalHeight;
    if (!this.preview.hidden && Math.abs(ratio * picture.height / picture.width - 1) < 0.02) {
      this.overlay.setAttribute("viewBox", `0 0 ${picture.width} ${picture.height}`);
      const rectangle = this.overlay.querySelector("rect");
      for (const side of ["x", "y", "width", "height"]) rectangle.setAttribute(side, box[side]);
      rectangle.setAttribute("rx", box.width / 16);
      this.overlay.removeAttribute("hidden");
    }
    this.crop.querySelector("img").src = `data:image/png;base64,${face.crop_png}`;
    const told = document.createElement("b");
    told.textContent = "What the network sees";
    const size = `Face ${Math.round(box.width)} px wide in ${picture.width} × ${picture.height}`;
    this.crop.querySelector("figcaption").replaceChildren(told, size);
    this.crop.hidden = false;
  }
}

const photos = [...document.querySelectorAll(".photo")].map((section) => new Photo(section));

function choose(photo, files) {
  const other = photos.find((one) => one !== photo);
  forget();
  photo.take(files[0]);
  if (files.length > 1) other.take(files[1]);
}

function forget() {
  asking?.abort();
  result.hidden = true;
  say("");
  photos.forEach((photo) => photo.clear());
}

function say(message, kind = "") {
  status.className = kind;
  status.textContent = message;
}

function size(bytes) {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

// Three decimals, or as many as it takes not to look like the threshold.
function digits(distance, threshold) {
  const short = distance.toFixed(3);
  return Number(short) === threshold && distance !== threshold ? distance.toPrecision(7) : short;
}

function refusals() {
  for (const photo of photos) {
    if (!photo.file) photo.refuse("No photo yet. Choose one.");
    else if (photo.file.size > maxBytes)
      photo.refuse(`This photo has ${size(photo.file.size)}; at most ${size(maxBytes)} can be read. Use a smaller one.`);
  }
  return photos.filter((photo) => !photo.error.hidden);
}

async function compare() {
  forget();
  const [refused] = refusals();
  if (refused) return refused.input.focus();
  const mine = (asking = new AbortController());
  button.disabled = true;
  say("Comparing…");
  try {
    const body = new FormData();
    for (const photo of photos) body.append(photo.field, photo.file);
    body.append("faces", form.elements.largest.checked ? "largest" : "only");
    const response = await fetch("/v1/compare", { method: "POST", body, signal: mine.signal });
    const answer = await response.json();
    if (mine.signal.aborted) return;
    if (response.ok) tell(answer);
    else complain(answer);
  } catch (error) {
    if (!mine.signal.aborted) say("The gallery does not answer, or the photo changed on disk. Try again.", "failed");
  } finally {
    if (asking === mine) {
      asking = null;
      button.disabled = false;
      button.focus({ preventScroll: true });
    }
  }
}

function complain(problem) {
  const message = problem.detail.replace(/^(first|second) photo: /, "");
  const sentence = message.charAt(0).toUpperCase() + message.slice(1) + (message.endsWith(".") ? "" : ".");
  const photo = photos.find((one) => one.field === problem.field);
  say("", "");
  if (photo) photo.refuse(sentence);
  else say(sentence, "failed");
}

function tell(answer) {
  const verdict = answer.matched ? "Matched" : "Not matched";
  const distance = digits(answer.distance, answer.threshold);
  const threshold = String(answer.threshold);
  const relation = answer.matched ? "below" : answer.distance > answer.threshold ? "above" : "at";
  const sentence = `The distance ${distance} is ${relation} the threshold ${threshold}.`;
  photos.forEach((photo, at) => photo.show(answer.faces[at]));
  const top = Math.max(1, 2 * answer.threshold, Math.ceil(answer.distance * 10) / 10);
  result.classList.toggle("matched", answer.matched);
  result.style.setProperty("--limit", `${(100 * answer.threshold) / top}%`);
  result.style.setProperty("--distance", `${(100 * answer.distance) / top}%`);
  const texts = {
    ".verdict strong": verdict, ".sentence": sentence, ".distance": distance, ".threshold": threshold,
    ".model": answer.model_id, ".scale .at": `threshold ${threshold}`, ".scale .to": String(top),
  };
  for (const [place, text] of Object.entries(texts)) result.querySelector(place).textContent = text;
  result.hidden = false;
  say(`${verdict}. ${sentence}`, "said");
  result.scrollIntoView({ block: "nearest" });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!button.disabled) compare();
});
form.elements.largest.addEventListener("change", forget);

for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  const files = event.dataTransfer.files;
  const target = photos.find((photo) => photo.section.contains(event.target)) ?? firstFree();
  if (files.length) choose(target, files);
});
document.addEventListener("paste", (event) => {
  const files = event.clipboardData.files;
  const target = photos.find((photo) => photo.section.contains(document.activeElement)) ?? firstFree();
  if (files.length) choose(target, files);
});

function firstFree() {
  return photos.find((photo) => !photo.file) ?? photos[1];
}
