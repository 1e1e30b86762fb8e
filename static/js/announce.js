// Say something to screen readers without moving the focus.
export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region || !text) return;
  region.textContent = "";
  // The same words twice are only read again when the region was empty in between.
  setTimeout(() => { region.textContent = text; }, 50);
}
