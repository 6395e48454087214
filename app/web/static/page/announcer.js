// What a screen reader is told that eyes see anyway.

const region = document.getElementById("announcer");

/** Say something once, after whatever is being said. */
export function announce(text) {
  // The same text twice would be no change, and not be said.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
