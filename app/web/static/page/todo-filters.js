// Which todos are listed; kept in the page's address, so that it can be reloaded and passed on.

import { button, element, icon } from "./elements.js";
import { field } from "./field-problems.js";

const STATES = { open: "Open", done: "Done", all: "All" };
const COMPLETED = { open: "false", done: "true", all: undefined };
const TYPING_MILLISECONDS = 250;

/** Fill the filters' form; `changed` is called with the API's parameters whenever they are others. */
export function filters(form, changed) {
  const given = new URLSearchParams(location.search);
  const chosen = given.get("show") in STATES ? given.get("show") : "open";
  const states = element(
    "fieldset",
    { class: "choice" },
    element("legend", { class: "unseen" }, "Show"),
    Object.entries(STATES).map(([value, text]) =>
      element(
        "label",
        {},
        element("input", { type: "radio", name: "show", value, checked: value === chosen }),
        element("span", {}, text),
      ),
    ),
  );
  const search = element("input", { type: "search", value: given.get("q") ?? "", placeholder: "any text" });
  const days = element("input", { type: "number", min: 0, max: 36500, inputMode: "numeric", value: given.get("due") ?? "", placeholder: "any" });
  const searchField = field("Search", search, { pointer: "/q" });
  searchField.classList.add("search");
  searchField.append(icon("search"));
  form.append(states, searchField, field("Due within (days)", days, { pointer: "/window" }));

  // Keyboards of phones put a space after each word.
  const sought = () => search.value.trim();
  const state = () => form.querySelector("[name=show]:checked").value;
  const values = () => ({
    completed: COMPLETED[state()],
    q: sought(),
    // What is no number has no value in such a field; sent as it is, it is refused with the reason.
    window: days.validity.badInput ? "not a number" : days.value,
  });
  const tell = () => {
    const url = new URL(location.href);
    for (const [name, value] of Object.entries({ show: state() === "open" ? "" : state(), q: sought(), due: days.value })) {
      if (value) url.searchParams.set(name, value);
      else url.searchParams.delete(name);
    }
    history.replaceState(null, "", url);
    changed(values());
  };
  let timer;
  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(tell, event.target.type === "radio" ? 0 : TYPING_MILLISECONDS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    tell();
  });

  return {
    values,
    state,
    narrowed: () => Boolean(sought() || days.value),
    clearButton: () =>
      button("Clear the filters", {
        class: "quiet",
        onclick: () => {
          search.value = days.value = "";
          form.querySelector("[value=all]").checked = true;
          tell();
          search.focus();
        },
      }),
  };
}
