// Calendars to subscribe to: addresses that stay the same while what they show follows the todos.

import { Refused, feeds } from "./api.js";
import { announce } from "./announcer.js";
import { inWords } from "./calendar-options.js";
import { confirmed } from "./confirm.js";
import { onReturn } from "./connection.js";
import { copyButton } from "./copying.js";
import { moment } from "./deadlines.js";
import { button, element, fill, icon } from "./elements.js";

/** The list in its place; returns what makes a new one of given options. */
export function showFeeds(place) {
  const list = element("ul", { class: "feeds", "aria-labelledby": "feeds-title" });
  const state = element("div", { role: "status" });
  const more = button("Show more", { class: "quiet wide", hidden: true, onclick: () => read(true) });
  place.append(element("h3", { id: "feeds-title", tabIndex: -1 }, "Subscriptions"), state, list, more);
  let next = null;

  async function read(further = false) {
    try {
      const page = await feeds.page(further ? next : null);
      // An address that was just shown stays to be seen: it can't be shown again.
      const shown = new Set([...list.children].filter((each) => further || each.querySelector(".address")).map((each) => each.dataset.id));
      if (!further) [...list.children].forEach((each) => shown.has(each.dataset.id) || each.remove());
      list.append(...page.items.filter((feed) => !shown.has(feed.calendar_id)).map(feedItem));
      next = page.next;
      more.hidden = !next;
      sayNothingThere();
    } catch (error) {
      if (!list.children.length) fill(state, problem(error));
    }
  }

  function problem(error) {
    if (error instanceof Refused && [404, 405].includes(error.status)) {
      return element("p", { class: "empty small" }, "This service has no subscriptions.");
    }
    return element("div", { class: "notice" }, element("p", {}, error.message), button("Try again", { class: "quiet", onclick: () => read() }));
  }

  function sayNothingThere() {
    if (list.children.length) fill(state);
    else fill(state, element("p", { class: "empty small" }, "None yet. Subscribe, and your calendar app follows your todos."));
  }

  function feedItem(feed) {
    const item = element("li", { class: "feed", data: { id: feed.calendar_id } });
    const { name } = feed;
    const fetched = feed.fetched_at ? `fetched ${moment(feed.fetched_at)}` : "not fetched yet";
    const act = async (task) => {
      item.querySelector(".action-problem")?.remove();
      try {
        await task();
      } catch (error) {
        item.append(element("p", { class: "action-problem", role: "alert" }, error.message));
      }
    };
    const rotate = () =>
      act(async () => {
        if (!(await confirmed(`New address for “${name}”?`, "The address it has now stops working at once, in every app that follows it.", "Give it a new one"))) return;
        const renewed = feedItem(await feeds.rotate(feed.calendar_id));
        item.replaceWith(renewed);
        renewed.querySelector(".address input").focus();
        announce(`${name} has a new address.`);
      });
    const revoke = () =>
      act(async () => {
        if (!(await confirmed(`Revoke “${name}”?`, "Its address stops working at once, and for good.", "Revoke it"))) return;
        await feeds.revoke(feed.calendar_id);
        const neighbour = item.nextElementSibling ?? item.previousElementSibling;
        item.remove();
        sayNothingThere();
        (neighbour?.querySelector("button") ?? place.querySelector("h3")).focus();
        announce(`${name} is revoked.`);
      });
    item.append(
      element("h4", {}, name),
      element("p", { class: "hint" }, `${inWords(feed.options)} · ${fetched}`),
      ...(feed.error ? [element("p", { class: "why" }, `It could not be made anew. Why: ${feed.error}.`)] : []),
      ...(feed.url ? [address(feed)] : []),
      element(
        "div",
        { class: "actions" },
        button("New address", { class: "quiet", "aria-label": `New address for ${name}`, onclick: rotate }),
        button("Revoke", { class: "quiet", "aria-label": `Revoke ${name}`, onclick: revoke }),
      ),
    );
    return item;
  }

  onReturn(() => read());
  read();
  return async (options) => {
    const item = feedItem(await feeds.add(options));
    list.prepend(item);
    item.classList.add("new");
    fill(state);
    item.querySelector(".address input").focus();
    announce(`Subscription made. Copy its address now: it is not shown again.`);
  };
}

function address({ name, url, webcal_url: webcal }) {
  const shown = element("input", { type: "text", readOnly: true, value: url, "aria-label": `Address of ${name}` });
  shown.addEventListener("focus", () => shown.select());
  return element(
    "div",
    { class: "address" },
    element("p", {}, element("strong", {}, "Copy this address now; it is not shown again."), " Whoever has it can read the calendar."),
    shown,
    element(
      "div",
      { class: "actions" },
      element("a", { class: "button primary", href: webcal }, icon("feed"), element("span", {}, "Open in calendar app")),
      copyButton("Copy address", () => url),
      copyButton("Copy webcal link", () => webcal),
    ),
  );
}
