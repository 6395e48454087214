// The calendars that were asked for, newest first, and kept as they are while they are looked at.

import { jobs } from "./api.js";
import { isOwn } from "./calendar-file.js";
import { onReturn } from "./connection.js";
import { button, element, fill } from "./elements.js";
import { jobItem } from "./job-item.js";
import { OPEN, watch } from "./watching.js";

const SHOWN = 6;
const PAGE = 100;
const PAGES_AT_ONCE = 5;
// Browsers open no more than six connections to one host, and the page has other uses for them.
const STREAMS = 3;
const LOOK_MILLISECONDS = 5000;

/** The list in its place; returns what shows a new job at its top. */
export function showJobs(place, { subscribe }) {
  const list = element("ul", { class: "jobs", "aria-labelledby": "jobs-title" });
  const state = element("div", { role: "status" });
  const more = button("Show more", { class: "quiet wide", hidden: true, onclick: () => read(true) });
  place.append(element("h3", { id: "jobs-title" }, "Files made before"), state, list, more);
  const on = { subscribe, made: (status) => begin(status) };
  let next = null;
  let kept = [];
  let begun = [];
  const watched = new Map();
  let timer;
  let looking = false;

  async function others(cursor) {
    const page = await jobs.page(cursor, PAGE);
    return { ...page, items: page.items.filter((job) => !isOwn(job)) };
  }

  const itemOf = ({ task_id: id }) => [...list.children].find((item) => item.status.task_id === id);

  async function read(further = false) {
    more.disabled = true;
    if (!further) begun = [];
    try {
      let { items: found, next: cursor } = further ? { items: kept, next } : await others(null);
      // The page's own jobs may fill whole pages of the list.
      for (let pages = 1; cursor && found.length < SHOWN && pages < PAGES_AT_ONCE; pages += 1) {
        const page = await others(cursor);
        found = [...found, ...page.items];
        cursor = page.next;
      }
      const shown = found.slice(0, further ? PAGE : SHOWN);
      kept = found.slice(shown.length);
      next = cursor;
      // What began while the list was fetched may not be in it, and a repeated request may have shown what is.
      const missed = begun.filter((job) => !found.some(({ task_id: id }) => id === job.task_id));
      const listed = further ? shown.filter((job) => !itemOf(job)) : [...missed, ...shown];
      const items = listed.map((status) => jobItem(status, on));
      if (further) list.append(...items);
      else list.replaceChildren(...items);
      if (further) items[0]?.querySelector("a, button, summary")?.focus();
      more.hidden = !kept.length && !next;
      sayNothingThere();
      follow();
    } catch (error) {
      if (!list.children.length) fill(state, problem(error));
    } finally {
      more.disabled = false;
    }
  }

  function problem(error) {
    return element("div", { class: "notice" }, element("p", {}, error.message), button("Try again", { class: "quiet", onclick: () => read() }));
  }

  function sayNothingThere() {
    if (list.children.length) fill(state);
    else fill(state, element("p", { class: "empty small" }, "None yet. The first one that you make appears here."));
  }

  const open = () => [...list.children].filter((each) => OPEN.has(each.status.task_status));

  // The newest ones tell of themselves; the others are looked up in the list, all at once.
  function follow() {
    const items = open();
    const newest = new Set(items.slice(0, STREAMS));
    for (const [item, watching] of watched) {
      if (newest.has(item)) continue;
      watching.stop();
      watched.delete(item);
    }
    for (const item of newest) {
      if (!watched.has(item)) watched.set(item, watch(item.status, (status) => show(item, status)));
    }
    clearTimeout(timer);
    if (items.length > newest.size) timer = setTimeout(lookAtOthers, LOOK_MILLISECONDS);
  }

  function show(item, status) {
    const moved = item.status.task_status !== status.task_status;
    item.show(status);
    if (!OPEN.has(status.task_status)) follow();
    // Where one goes on, others may have too.
    if (moved) lookAtOthers();
  }

  async function lookAtOthers() {
    const items = open().filter((each) => !watched.has(each));
    if (looking || !items.length) return;
    looking = true;
    try {
      const page = await jobs.page(null, PAGE);
      const latest = new Map(page.items.map((job) => [job.task_id, job]));
      for (const item of items) {
        const { task_id: id } = item.status;
        const status = latest.get(id) ?? (await jobs.status(id));
        // What was cancelled or began to be watched meanwhile knows better.
        if (OPEN.has(item.status.task_status) && !watched.has(item)) item.show(status);
      }
    } catch {
      // They are looked at again in a moment.
    } finally {
      looking = false;
      follow();
    }
  }

  function begin(status) {
    const item = jobItem(status, on);
    begun.push(status);
    // The answer to a repeated request is a job that may be in the list already.
    itemOf(status)?.remove();
    list.prepend(item);
    item.classList.add("new");
    fill(state);
    follow();
    item.scrollIntoView({ block: "nearest" });
    return item;
  }

  onReturn(() => read());
  read();
  return begin;
}
