// One calendar that was asked for: its state, what can be done with it, and what happened to it.

import { here, jobs } from "./api.js";
import { announce } from "./announcer.js";
import { inWords } from "./calendar-options.js";
import { confirmed } from "./confirm.js";
import { copyButton } from "./copying.js";
import { moment, precisely } from "./deadlines.js";
import { button, element, icon } from "./elements.js";
import { newKey } from "./make-calendar.js";
import { OPEN } from "./watching.js";

const STATES = {
  PENDING: ["Waiting", "It waits for a worker, and begins as soon as one is free."],
  STARTED: ["Being made", ""],
  RETRY: ["Waiting to try again", ""],
  SUCCESS: ["Ready", ""],
  FAILURE: ["Failed", ""],
  REVOKED: ["Cancelled", ""],
};

/** A row for a job; `on` has `subscribe` and `made`, for a retry. `item.show` gives it another status. */
export function jobItem(first, on) {
  const item = element("li", { class: "job", data: { id: first.task_id } });
  const head = element("div", { class: "job-head" });
  const body = element("div", { class: "job-body" });
  const timeline = element("details", { class: "timeline" }, element("summary", {}, "What happened"));
  const events = element("ol", {});
  timeline.append(events);
  timeline.addEventListener("toggle", () => timeline.open && look());
  item.append(head, body, timeline);
  item.status = first;

  async function look() {
    try {
      const { timeline: told } = await jobs.look(item.status.task_id);
      events.replaceChildren(...told.map(eventLine));
    } catch (error) {
      events.replaceChildren(element("li", {}, error.message));
    }
  }

  item.show = (status) => {
    const ended = OPEN.has(item.status.task_status) && !OPEN.has(status.task_status);
    const focused = body.contains(document.activeElement);
    item.status = status;
    const [word] = stateOf(status);
    item.dataset.state = word.toLowerCase().replaceAll(" ", "-");
    head.replaceChildren(
      element("h4", {}, status.options.name),
      element("span", { class: "badge" }, word),
      element("time", { dateTime: status.created_at, title: status.created_at }, moment(status.created_at)),
      element("p", { class: "hint" }, inWords(status.options)),
    );
    // A button that someone is about to press must not be replaced for the sake of a little more progress,
    // nor for an end that is told twice: by the event stream, and by the answer to a cancellation.
    const bar = body.querySelector("progress");
    const same = item.shown === word + status.error;
    if (!same) body.replaceChildren(...bodyOf(item, status, on));
    else if (bar) advance(bar, status);
    item.shown = word + status.error;
    if (timeline.open) look();
    if (ended) announce(`${status.options.name}: ${word}.`);
    if (ended && focused) body.querySelector("a, button")?.focus();
  };
  item.show(first);
  return item;
}

function stateOf(status) {
  return status.removed_at ? ["Expired", ""] : (STATES[status.task_status] ?? [status.task_status, ""]);
}

function bodyOf(item, status, on) {
  const { name } = status.options;
  const actions = (...children) => element("div", { class: "actions" }, ...children);
  const again = (label) => button(label, { class: "quiet", "aria-label": `${label}: ${name}`, onclick: () => retry(item, on) });
  if (OPEN.has(status.task_status)) {
    const [word, hint] = stateOf(status);
    return [
      progress(status, word),
      (hint || status.error) && element("p", { class: "hint" }, status.error ?? hint),
      actions(button("Cancel", { class: "quiet", "aria-label": `Cancel ${name}`, onclick: () => cancel(item) })),
    ].filter(Boolean);
  }
  if (status.removed_at) {
    return [element("p", { class: "hint" }, "Its file was removed after its time."), actions(again("Make it again"))];
  }
  if (status.task_status === "FAILURE") {
    return [element("p", { class: "why" }, `Why: ${status.error ?? "nobody knows"}.`), actions(again("Retry"))];
  }
  if (status.task_status === "REVOKED") return [actions(again("Make it again"))];
  return [
    element("p", { class: "hint" }, contents(status)),
    actions(
      element(
        "a",
        { class: "button primary", href: here(status.result_url), download: "", "aria-label": `Download ${name}` },
        icon("download"),
        element("span", {}, "Download"),
      ),
      copyButton("Copy link", () => status.result_url, { "aria-label": `Copy link of ${name}` }),
      button("Subscribe", { class: "quiet", "aria-label": `Subscribe to ${name}`, onclick: () => act(item, () => on.subscribe(status.options)) }, icon("feed")),
    ),
  ];
}

function progress(status, word) {
  const bar = element("progress", { max: 1, "aria-label": `${status.options.name}: ${word}` });
  advance(bar, status);
  return bar;
}

function advance(bar, { task_status: state, progress: part = 0 }) {
  // Without a value it says that something goes on, and not how far it is.
  if (state === "STARTED" && !part) bar.removeAttribute("value");
  else bar.value = part;
}

function contents(status) {
  const words = [`${status.todos} ${status.todos === 1 ? "todo" : "todos"}`, size(status.bytes)];
  if (status.skipped) words.push(`${status.skipped} left out, for want of a deadline`);
  return words.join(" · ");
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const KINDS = {
  accepted: "Accepted",
  claimed: "A worker began",
  succeeded: "Made",
  retry: "An attempt failed",
  failed: "Failed for good",
  given_back: "Given back by a worker that was stopped",
  lease_ended: "Its worker died or stalled",
  cancelled: "Cancelled",
  run_now: "Told to run now",
  copied: "Run again by an operator",
};

function eventLine({ at, attempt, kind, detail }) {
  return element(
    "li",
    {},
    element("time", { dateTime: at }, precisely(at)),
    element("span", {}, KINDS[kind] ?? kind, attempt ? element("span", { class: "attempt" }, `attempt ${attempt}`) : null, detail && element("small", {}, detail)),
  );
}

async function cancel(item) {
  const { task_id: id, options } = item.status;
  if (!(await confirmed(`Cancel “${options.name}”?`, "It will not be made. You can ask for it again.", "Cancel it"))) return;
  await act(item, async () => item.show(await jobs.cancel(id)));
}

async function retry(item, on) {
  await act(item, async () => on.made(await jobs.make(item.status.options, { key: newKey() })));
}

async function act(item, task) {
  item.querySelector(".action-problem")?.remove();
  try {
    await task();
  } catch (error) {
    item.querySelector(".job-body").append(element("p", { class: "action-problem", role: "alert" }, error.message));
  }
}
