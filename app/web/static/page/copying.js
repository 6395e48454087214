// Copying a text, also where the browser lends no clipboard to pages without TLS.

import { announce } from "./announcer.js";
import { button, element, icon } from "./elements.js";

/** A button that copies what `text` returns, and says so on itself. */
export function copyButton(label, text, properties = {}) {
  const made = button(label, { class: "quiet", ...properties }, icon("link"));
  const words = made.querySelector("span");
  let timer;
  made.addEventListener("click", async () => {
    const done = await copy(text());
    words.textContent = done ? "Copied" : "Not copied";
    announce(done ? "Copied." : "It could not be copied.");
    clearTimeout(timer);
    timer = setTimeout(() => (words.textContent = label), 2000);
  });
  return made;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const field = element("textarea", { class: "unseen", value: text, readOnly: true });
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus();
  return done;
}
