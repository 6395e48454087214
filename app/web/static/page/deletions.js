// Deletions that can still be undone: nothing is sent before their time is over, or the page is left.

import { todos } from "./api.js";
import { announce } from "./announcer.js";
import { button, element } from "./elements.js";

const UNDO_MILLISECONDS = 8000;

const pending = new Map();

/** Leave no deletion unsent when the page goes; a browser sends these even then. */
export function sendWhenLeft() {
  addEventListener("pagehide", () => {
    for (const [id, { timer }] of pending) {
      clearTimeout(timer);
      todos.remove(id, { keepalive: true }).catch(() => {});
    }
    pending.clear();
  });
}

/** Whether a todo is about to be deleted, so that a list that is read meanwhile shows it no more. */
export const isPending = (id) => pending.has(id);

/** Put the offer to undo in a row's place; `on` has `gone`, called once it is deleted, and `failed`. */
export function offerUndo(todo, item, on) {
  const undo = button("Undo", { class: "quiet", "aria-label": `Undo: keep ${todo.title}` });
  const offer = element(
    "li",
    { class: "todo gone", data: { id: String(todo.id) } },
    element("p", {}, "Deleted ", element("q", {}, todo.title)),
    undo,
  );
  const timer = setTimeout(send, UNDO_MILLISECONDS);
  pending.set(todo.id, { timer, offer });
  undo.addEventListener("click", () => {
    clearTimeout(timer);
    pending.delete(todo.id);
    offer.replaceWith(item);
    item.querySelector(".row-actions button:last-child")?.focus();
    announce(`${todo.title} was not deleted.`);
  });
  item.replaceWith(offer);
  undo.focus();
  announce(`Deleted ${todo.title}. Undo is possible for a few seconds.`);

  async function send() {
    undo.disabled = true;
    try {
      await todos.remove(todo.id);
      leave();
      on.gone(todo);
    } catch (error) {
      offer.replaceWith(item);
      on.failed(item, error);
    } finally {
      pending.delete(todo.id);
    }
  }

  function leave() {
    const next = offer.nextElementSibling ?? offer.previousElementSibling;
    // A disabled button has lost the focus already, to nothing.
    const focused = offer.contains(document.activeElement) || document.activeElement === document.body;
    offer.remove();
    if (focused && next) next.querySelector("input, button")?.focus({ preventScroll: true });
  }
}

/** The offer that stands for a todo, to be laid in a list that was read anew. */
export const offerFor = (id) => pending.get(id)?.offer;
