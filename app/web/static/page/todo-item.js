// One todo in the list: read, complete, change in place, delete.

import { todos } from "./api.js";
import { announce } from "./announcer.js";
import { describe } from "./deadlines.js";
import { button, element, icon } from "./elements.js";
import { clearProblems, formProblem, showProblem } from "./field-problems.js";
import { todoFields } from "./todo-fields.js";

/** A row that shows a todo, and stands for it while it is changed; `on` has `changed` and `deleted`. */
export function todoItem(todo, on) {
  const item = element("li", { class: "todo", data: { id: String(todo.id) } });

  const read = () => {
    const check = element("input", { type: "checkbox", checked: todo.completed, "aria-label": `Done: ${todo.title}` });
    check.addEventListener("change", () => complete(check));
    const edit = button("Edit", { class: "icon-button", onclick: change, "aria-label": `Edit ${todo.title}` }, icon("edit"));
    const remove = button(
      "Delete",
      { class: "icon-button", onclick: () => on.deleted(todo, item), "aria-label": `Delete ${todo.title}` },
      icon("delete"),
    );
    item.classList.toggle("done", todo.completed);
    item.replaceChildren(
      element("div", { class: "check" }, check),
      element("p", { class: "todo-title" }, todo.title),
      element("div", { class: "row-actions" }, edit, remove),
      element(
        "div",
        { class: "todo-more" },
        todo.description && element("p", { class: "todo-description" }, todo.description),
        todo.deadline_at && deadlineOf(todo),
        element("p", { class: "row-problem", role: "alert" }),
      ),
    );
    return { check, edit };
  };

  const failed = (why) => {
    const place = item.querySelector(".row-problem");
    if (place) place.textContent = why;
  };

  async function complete(check) {
    const completed = check.checked;
    item.classList.toggle("done", completed);
    try {
      todo = await todos.change(todo.id, { completed });
      announce(completed ? `${todo.title} is done.` : `${todo.title} is open again.`);
      item.querySelector(".row-problem").textContent = "";
      on.changed(todo);
    } catch (error) {
      check.checked = !completed;
      item.classList.toggle("done", !completed);
      failed(`Not saved. ${error.message}`);
    }
  }

  function change() {
    const fields = todoFields(todo);
    const save = button("Save", { type: "submit", class: "primary" });
    const close = () => read().edit.focus();
    const form = element(
      "form",
      { class: "edit", "aria-label": `Edit ${todo.title}`, noValidate: true },
      fields.first,
      ...fields.others,
      formProblem(),
      element("div", { class: "actions" }, save, button("Cancel", { class: "quiet", onclick: close })),
    );
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      clearProblems(form);
      save.disabled = true;
      try {
        const changes = fields.changes();
        if (Object.keys(changes).length) {
          todo = await todos.change(todo.id, changes);
          announce(`Saved ${todo.title}.`);
          on.changed(todo);
        }
        close();
      } catch (error) {
        save.disabled = false;
        showProblem(form, error);
      }
    });
    item.classList.remove("done");
    item.replaceChildren(form);
    fields.title.focus();
    fields.title.select();
  }

  read();
  item.failed = failed;
  return item;
}

function deadlineOf(todo) {
  const deadline = describe(todo.deadline_at);
  const late = deadline.passed && !todo.completed;
  return element(
    "p",
    { class: late ? "deadline late" : "deadline" },
    icon(deadline.symbol),
    late && element("strong", {}, "Overdue"),
    element("time", { dateTime: todo.deadline_at }, deadline.when),
    element("span", { class: "kind", title: deadline.explanation }, deadline.kind),
  );
}
