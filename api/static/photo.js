// One place for one photo: choose, drop, paste or take it; its preview, the box of its face, its crop.

import { offerCamera } from "./camera.js";
import { complain, size } from "./dom.js";

const maxBytes = Number(document.body.dataset.maxBytes);

// Why a file is not worth sending, or an empty text.
export function tooLarge(file) {
  if (file.size <= maxBytes) return "";
  return `This photo has ${size(file.size)}; at most ${size(maxBytes)} can be read. Use a smaller one.`;
}

export class Photo {
  // chosen(files): this place, or the camera of it, was given photos
  constructor(section, chosen) {
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
    this.input.addEventListener("change", () => this.input.files.length && chosen([...this.input.files]));
    offerCamera(section.querySelector(".camera"), (file) => chosen([file]));
    showDragging(section, this.drop);
    this.picture.addEventListener("error", () => {
      if (!this.file) return;
      this.preview.hidden = true;
      this.hint.hidden = false;
      this.caption.textContent = `${this.file.name} · this browser cannot show it; the gallery may still read it`;
    });
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

  empty() {
    this.clear();
    this.file = null;
    this.caption.textContent = "";
    this.preview.hidden = true;
    this.hint.hidden = false;
    this.drop.classList.remove("filled");
  }

  // Whether it can be sent; says why not.
  ready() {
    const problem = this.file ? tooLarge(this.file) : "No photo yet. Choose one.";
    if (problem) this.refuse(problem);
    return !problem;
  }

  refuse(message) {
    complain(this.error, message);
    this.section.classList.add("refused");
    this.input.setAttribute("aria-invalid", "true");
    this.section.scrollIntoView({ block: "nearest" });
  }

  clear() {
    complain(this.error, "");
    this.section.classList.remove("refused");
    this.input.removeAttribute("aria-invalid");
    this.overlay.setAttribute("hidden", "");
    this.crop.hidden = true;
    this.crop.querySelector("img").removeAttribute("src");
  }

  // Where the face was found. Not drawn when the browser turned the photo another way than the gallery.
  show({ box, picture, crop_png: crop }) {
    if (!box) return;
    const ratio = this.picture.naturalWidth / this.picture.naturalHeight;
    if (!this.preview.hidden && Math.abs((ratio * picture.height) / picture.width - 1) < 0.02) {
      this.overlay.setAttribute("viewBox", `0 0 ${picture.width} ${picture.height}`);
      const rectangle = this.overlay.querySelector("rect");
      for (const side of ["x", "y", "width", "height"]) rectangle.setAttribute(side, box[side]);
      rectangle.setAttribute("rx", box.width / 16);
      this.overlay.removeAttribute("hidden");
    }
    if (!crop) return;
    this.crop.querySelector("img").src = `data:image/png;base64,${crop}`;
    const told = document.createElement("b");
    told.textContent = "What the network sees";
    const where = `Face ${Math.round(box.width)} px wide in ${picture.width} × ${picture.height}`;
    this.crop.querySelector("figcaption").replaceChildren(told, where);
    this.crop.hidden = false;
  }

  // A small picture of the face for the history: the crop, or what the browser can cut out itself.
  thumbnail(face) {
    if (face?.crop_png) return `data:image/png;base64,${face.crop_png}`;
    if (!face?.box || this.overlay.hasAttribute("hidden")) return null;
    const { x, y, width, height } = face.box;
    const scale = this.picture.naturalWidth / face.picture.width;
    const canvas = Object.assign(document.createElement("canvas"), { width: 47, height: 62 });
    canvas.getContext("2d").drawImage(this.picture, ...[x, y, width, height].map((n) => n * scale), 0, 0, 47, 62);
    return canvas.toDataURL("image/jpeg", 0.8);
  }
}

export function showDragging(section, drop) {
  for (const kind of ["dragenter", "dragover"]) section.addEventListener(kind, () => drop.classList.add("over"));
  for (const kind of ["dragleave", "drop"]) section.addEventListener(kind, () => drop.classList.remove("over"));
}
