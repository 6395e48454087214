// Asking for a calendar: as a file, or as an address to subscribe to.

import { jobs } from "./api.js";
import { announce } from "./announcer.js";
import { optionFields } from "./calendar-options.js";
import { button, element, icon } from "./elements.js";
import { clearProblems, formProblem, showProblem } from "./field-problems.js";

/** The form; `made` is called with each job's first status, `subscribe` with options. */
export function makeForm({ made, subscribe }) {
  const fields = optionFields();
  const make = button("Make calendar", { type: "submit", class: "primary" });
  const follow = button("Subscribe", { class: "quiet" }, icon("feed"));
  const form = element(
    "form",
    { class: "card make", "aria-labelledby": "make-title", noValidate: true },
    element("h3", { id: "make-title" }, "Make a calendar"),
    ...fields.rows,
    formProblem(),
    element("div", { class: "actions" }, make, follow),
  );
  // The same key until the options are others: a repeated press, or one after a lost answer, makes no second one.
  let key = newKey();
  form.addEventListener("input", () => (key = newKey()));

  const during = async (task) => {
    make.disabled = follow.disabled = true;
    clearProblems(form);
    try {
      await task();
    } catch (error) {
      showProblem(form, error);
    } finally {
      make.disabled = follow.disabled = false;
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (make.disabled) return;
    during(async () => {
      const status = await jobs.make(fields.values(), { key });
      key = newKey();
      announce("The calendar is being made.");
      made(status);
    });
  });
  follow.addEventListener("click", () => during(() => subscribe(fields.values())));
  return form;
}

/** A key that no other request has; `randomUUID` is not lent to pages without TLS. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
