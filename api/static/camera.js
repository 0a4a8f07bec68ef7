// A photo from the camera, in a dialog. Offered only where the browser lets a page ask for a camera.

import { complain } from "./dom.js";

const dialog = document.querySelector("#camera");
const video = dialog.querySelector("video");
const error = dialog.querySelector(".error");
const shoot = dialog.querySelector(".shoot");
let taken = null; // who waits for the photo
let openings = 0;

export function offerCamera(button, chosen) {
  button.hidden = !navigator.mediaDevices?.getUserMedia;
  button.addEventListener("click", () => open(chosen));
}

async function open(chosen) {
  const mine = ++openings;
  taken = chosen;
  complain(error, "");
  shoot.disabled = true;
  dialog.showModal();
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    if (mine !== openings || !dialog.open) return stop(stream); // closed while the browser was still asking
    video.srcObject = stream;
    await video.play();
    shoot.disabled = false;
    shoot.focus();
  } catch (problem) {
    if (mine === openings && dialog.open) complain(error, why(problem));
  }
}

function why({ name }) {
  if (name === "NotAllowedError") return "The browser was not allowed to use the camera. Allow it beside the address of this page, then try again.";
  if (name === "NotFoundError") return "No camera was found. Connect one, or choose a photo instead.";
  if (name === "NotReadableError") return "The camera is in use by another program. Close that one, then try again.";
  return "The camera did not start. Choose a photo instead.";
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

shoot.addEventListener("click", () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  const chosen = taken;
  canvas.toBlob((blob) => {
    const time = new Date().toLocaleTimeString().replaceAll(":", ".");
    chosen(new File([blob], `camera ${time}.jpg`, { type: "image/jpeg" }));
  }, "image/jpeg", 0.92);
  dialog.close();
});
dialog.querySelector(".cancel").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
  stop(video.srcObject);
  video.srcObject = null;
});
