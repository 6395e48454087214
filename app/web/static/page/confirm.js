// Asking before something that can't be undone.

import { button, element } from "./elements.js";

const dialog = document.getElementById("confirm");

/** Whether the user agrees; Escape means no. */
export function confirmed(title, text, action) {
  const yes = button(action, { class: "danger", onclick: () => dialog.close("yes") });
  const no = button("Keep it as it is", { class: "quiet", onclick: () => dialog.close("no") });
  dialog.replaceChildren(
    element("h2", { id: "confirm-title" }, title),
    element("p", { id: "confirm-text" }, text),
    element("div", { class: "actions" }, yes, no),
  );
  dialog.returnValue = "no";
  dialog.showModal();
  no.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
