// Adding a todo.

import { todos } from "./api.js";
import { announce } from "./announcer.js";
import { button, element } from "./elements.js";
import { clearProblems, formProblem, showProblem } from "./field-problems.js";
import { todoFields } from "./todo-fields.js";

/** The form that adds; `added` is called with each new todo. */
export function addForm(added) {
  let fields = todoFields();
  const submit = button("Add todo", { type: "submit", class: "primary" });
  const form = element("form", { class: "card add", "aria-label": "Add a todo", noValidate: true });
  const lay = () => form.replaceChildren(fields.first, extras(fields.others), formProblem(), element("div", { class: "actions" }, submit));

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    clearProblems(form);
    try {
      // An empty title is sent too: what is wrong with it is the service's to say.
      const todo = await todos.add({ title: "", ...fields.changes() });
      fields = todoFields();
      lay();
      announce(`Added ${todo.title}.`);
      added(todo);
      fields.title.focus();
    } catch (error) {
      showProblem(form, error);
    } finally {
      submit.disabled = false;
    }
  });
  lay();
  return form;
}

// On a phone the list is not pushed out of sight by fields that are often left empty.
function extras(fields) {
  const narrow = matchMedia("(max-width: 40rem)");
  const made = element(
    "details",
    { class: "extras", open: !narrow.matches },
    element("summary", {}, "Deadline and description"),
    element("div", { class: "fields" }, ...fields),
  );
  narrow.addEventListener("change", () => (made.open ||= !narrow.matches));
  return made;
}
