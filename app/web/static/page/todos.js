// The list of todos: which are shown, page by page, and what is said when there is nothing to show.

import { Away, Refused, todos } from "./api.js";
import { announce } from "./announcer.js";
import { onReturn } from "./connection.js";
import { isPending, offerFor, offerUndo, sendWhenLeft } from "./deletions.js";
import { button, element, fill } from "./elements.js";
import { clearProblems, showProblem } from "./field-problems.js";
import { addForm } from "./todo-add.js";
import { filters } from "./todo-filters.js";
import { todoItem } from "./todo-item.js";

const list = document.getElementById("todo-list");
const state = document.getElementById("todos-state");
const more = document.getElementById("more");
const form = document.getElementById("filters");

let wanted;
let next = null;
let reading = null;
let retry = null;

/** Show the todos; `changed` is called after each change that calendars would show. */
export function showTodos(changed) {
  const touched = () => {
    sayNothingThere();
    changed();
    // What is being read may be from before the change, and would undo it here.
    if (list.hasAttribute("aria-busy")) read();
  };
  const gone = () => {
    touched();
    // With the last row the focus is gone too.
    if (list.children.length || document.activeElement !== document.body) return;
    (state.querySelector("button") ?? document.getElementById("todos")).focus({ preventScroll: true });
  };
  const on = {
    changed: touched,
    deleted: (todo, item) => offerUndo(todo, item, { gone, failed: (row, error) => row.failed(`Not deleted. ${error.message}`) }),
  };
  const row = (todo) => (isPending(todo.id) ? offerFor(todo.id) : todoItem(todo, on));

  async function read({ further = false } = {}) {
    reading?.abort();
    reading = new AbortController();
    const { signal } = reading;
    clearTimeout(retry);
    if (!further && !list.children.length) showLoading();
    list.setAttribute("aria-busy", "true");
    more.disabled = true;
    try {
      const page = await todos.page(wanted.values(), further ? next : null, signal);
      // A todo that was just added is there before its page is read, and what is being written is not thrown away.
      const kept = [...list.children].filter((each) => further || each.querySelector("form"));
      const there = new Set(kept.map((each) => each.dataset.id));
      [...list.children].forEach((each) => there.has(each.dataset.id) || each.remove());
      const rows = page.items.filter((todo) => !there.has(String(todo.id))).map(row);
      list.append(...rows);
      next = page.next;
      more.hidden = !next;
      clearProblems(form);
      sayNothingThere();
      if (further) (rows[0] ?? list.lastElementChild)?.querySelector("input, button")?.focus();
      announce(count());
    } catch (error) {
      if (error.name !== "AbortError") sayWhy(error);
    } finally {
      if (reading.signal === signal) {
        list.removeAttribute("aria-busy");
        more.disabled = false;
      }
    }
  }

  function sayWhy(error) {
    list.querySelectorAll(".skeleton").forEach((each) => each.remove());
    if (error instanceof Refused && error.flaws.length) {
      showProblem(form, error, { focus: false });
      return;
    }
    // While nothing can be reached the page says so at its top, and reads again when it can be.
    if (error instanceof Away && list.children.length) return;
    const wait = error.passing ? (error.retryAfter ?? 5) : null;
    fill(
      state,
      element(
        "div",
        { class: "notice" },
        element("p", {}, element("strong", {}, "The todos can't be shown now.")),
        element("p", {}, wait ? `${error.message} Trying again in ${wait} s.` : error.message),
        button("Try again", { class: "quiet", onclick: () => read() }),
      ),
    );
    if (wait) retry = setTimeout(read, wait * 1000);
  }

  function sayNothingThere() {
    if (list.children.length) fill(state);
    else if (wanted.narrowed()) fill(state, empty("Nothing matches.", "No todo is like what you look for.", wanted.clearButton()));
    else if (wanted.state() === "done") fill(state, empty("Nothing is done yet.", "What you complete is kept here."));
    else fill(state, empty("Nothing to do.", "Add a todo above; with a deadline it is in the calendar too."));
  }

  const added = (todo) => {
    const item = todoItem(todo, on);
    // At its place where that can be seen, else at the top: whoever adds a todo wants to see it.
    if (next) list.prepend(item);
    else list.append(item);
    item.classList.add("new");
    touched();
  };

  wanted = filters(form, () => read());
  document.getElementById("add").append(addForm(added));
  more.addEventListener("click", () => read({ further: true }));
  onReturn(() => read());
  addEventListener("pageshow", (event) => event.persisted && read());
  sendWhenLeft();
  read();
}

function count() {
  const shown = list.querySelectorAll(".todo:not(.gone)").length;
  return `${shown} ${shown === 1 ? "todo" : "todos"}${next ? ", and there are more" : ""}.`;
}

function showLoading() {
  fill(state, element("p", { class: "unseen" }, "Loading the todos."));
  list.replaceChildren(
    ...Array.from({ length: 4 }, () => element("li", { class: "todo skeleton", "aria-hidden": "true" })),
  );
}

function empty(title, text, ...actions) {
  return element("div", { class: "empty" }, element("p", {}, element("strong", {}, title)), element("p", {}, text), ...actions);
}
