// The fields of a todo, the same where one is added and where one is changed.

import { KINDS, MEANINGS, fromField, kindOf, toField } from "./deadlines.js";
import { element } from "./elements.js";
import { field } from "./field-problems.js";

/** Fields filled with a todo's members, or empty ones. */
export function todoFields(todo = {}) {
  const title = element("input", { type: "text", value: todo.title ?? "", autocomplete: "off", required: true });
  const description = element("textarea", { rows: 1, value: todo.description ?? "" });
  const deadline = element("input", {
    type: "datetime-local",
    max: "9999-12-31T23:59",
    value: toField(todo.deadline_at),
  });
  const kind = element("select", {}, Object.entries(KINDS).map(([value, text]) => element("option", { value }, text)));
  kind.value = kindOf(todo.deadline_at);
  const kindField = field("Time zone", kind, { pointer: "", hint: MEANINGS[kind.value] });
  kind.addEventListener("change", () => (kindField.querySelector(".hint").textContent = MEANINGS[kind.value]));
  const start = { deadline: deadline.value, kind: kind.value };

  return {
    title,
    first: field("Title", title, { pointer: "/title", wide: true }),
    others: [
      field("Deadline", deadline, { pointer: "/deadline_at" }),
      kindField,
      field("Description", description, { pointer: "/description", wide: true }),
    ],

    /** The members that differ from the todo's. */
    changes() {
      const changed = {};
      if (title.value !== (todo.title ?? "")) changed.title = title.value;
      if (description.value !== (todo.description ?? "")) changed.description = description.value || null;
      const sameTime = deadline.value === start.deadline && (kind.value === start.kind || !deadline.value);
      // A browser hands out no value for a date that is only half filled in.
      if (deadline.validity.badInput) changed.deadline_at = "incomplete";
      else if (!sameTime) changed.deadline_at = fromField(deadline.value, kind.value);
      return changed;
    },
  };
}
