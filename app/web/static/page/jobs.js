// The calendars that were asked for, newest first, and kept as they are while they are looked at.

import { jobs } from "./api.js";
import { OWN_NAME } from "./calendar-file.js";
import { onReturn } from "./connection.js";
import { button, element, fill } from "./elements.js";
import { jobItem } from "./job-item.js";
import { OPEN, watch } from "./watching.js";

const SHOWN = 6;
const PAGE = 100;
const PAGES_AT_ONCE = 5;

/** The list in its place; returns what shows a new job at its top. */
export function showJobs(place, { subscribe }) {
  const list = element("ul", { class: "jobs", "aria-labelledby": "jobs-title" });
  const state = element("div", { role: "status" });
  const more = button("Show more", { class: "quiet wide", hidden: true, onclick: () => read(true) });
  place.append(element("h3", { id: "jobs-title" }, "Files made before"), state, list, more);
  const on = { subscribe, made: (status) => begin(status) };
  let next = null;
  let kept = [];
  let watched = null;

  async function others(cursor) {
    const page = await jobs.page(cursor, PAGE);
    return { ...page, items: page.items.filter((job) => job.options.name !== OWN_NAME) };
  }

  async function read(further = false) {
    more.disabled = true;
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
      const items = shown.map((status) => jobItem(status, on));
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

  // One stream at a time: browsers open no more than a few connections to one host.
  function follow() {
    watched?.stop();
    const item = [...list.children].find((each) => OPEN.has(each.status.task_status));
    watched = item && watch(item.status, (status) => show(item, status));
  }

  function show(item, status) {
    item.show(status);
    if (!OPEN.has(status.task_status)) follow();
  }

  function begin(status) {
    const item = jobItem(status, on);
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
