// Where a refusal is shown: beside the field that it names, else in the form's own place for it.

import { element } from "./elements.js";

let numbers = 0;

/** A labelled field that problems with its member of the request are shown beside. */
export function field(label, control, { pointer, hint, wide = false } = {}) {
  const id = `field-${(numbers += 1)}`;
  control.id = id;
  if (pointer) control.dataset.pointer = pointer;
  const about = hint && element("small", { id: `${id}-hint`, class: "hint" }, hint);
  const error = element("small", { id: `${id}-error`, class: "field-error" });
  control.dataset.describedby = about ? about.id : "";
  if (about) control.setAttribute("aria-describedby", about.id);
  control.addEventListener("input", () => clear(control));
  return element(
    "div",
    { class: wide ? "field wide" : "field" },
    element("label", { for: id }, label),
    control,
    about,
    error,
  );
}

function clear(control) {
  control.removeAttribute("aria-invalid");
  if (control.dataset.describedby) control.setAttribute("aria-describedby", control.dataset.describedby);
  else control.removeAttribute("aria-describedby");
  document.getElementById(`${control.id}-error`).textContent = "";
}

/** Take all problems of a form away. */
export function clearProblems(form) {
  form.querySelectorAll("[aria-invalid]").forEach(clear);
  form.querySelector(".form-problem")?.replaceChildren();
}

/** Show why a request that a form made failed, and lead to the first field that is to be mended. */
export function showProblem(form, error, { focus = true } = {}) {
  clearProblems(form);
  const unplaced = [];
  let first = null;
  for (const flaw of error.flaws ?? []) {
    const control = form.querySelector(`[data-pointer="${CSS.escape(flaw.pointer)}"]`);
    if (!control) {
      unplaced.push(`${flaw.pointer.slice(1)}: ${flaw.detail}`);
      continue;
    }
    control.setAttribute("aria-invalid", "true");
    const about = `${control.id}-error ${control.dataset.describedby}`.trim();
    control.setAttribute("aria-describedby", about);
    document.getElementById(`${control.id}-error`).textContent = sentence(flaw.detail);
    control.closest("details")?.setAttribute("open", "");
    first ??= control;
  }
  if (!error.flaws?.length) unplaced.push(error.message);
  form.querySelector(".form-problem")?.replaceChildren(unplaced.map(sentence).join(" "));
  if (focus) first?.focus();
}

/** The place in a form for what belongs to no field. */
export function formProblem() {
  return element("p", { class: "form-problem", role: "alert" });
}

function sentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
