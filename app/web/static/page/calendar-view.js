// The deadlines as a month and as a list, drawn by FullCalendar from the .ics file that the service made.

import { Away, here } from "./api.js";
import { makeFile } from "./calendar-file.js";
import { onReturn } from "./connection.js";
import { LOCALE } from "./deadlines.js";
import { button, element, fill, icon } from "./elements.js";

const QUIET_MILLISECONDS = 1200;
const VIEWS = { dayGridMonth: "Month", listMonth: "List" };

const place = document.getElementById("calendar");
const state = document.getElementById("calendar-state");
const skipped = document.getElementById("calendar-skipped");
const toolbar = document.getElementById("calendar-toolbar");

let calendar;
let timer;
let drawn = false;

/** Show the calendar, and return what is to be called after each change of a todo. */
export function showCalendar() {
  const narrow = matchMedia("(max-width: 40rem)");
  const first = narrow.matches ? "listMonth" : "dayGridMonth";
  const title = element("h3", { class: "calendar-title", "aria-live": "polite" });
  const choice = views(first);
  calendar = new globalThis.FullCalendar.Calendar(place, {
    initialView: first,
    headerToolbar: false,
    height: "auto",
    locale: LOCALE,
    firstDay: new Intl.Locale(LOCALE).getWeekInfo?.().firstDay % 7 || 0,
    fixedWeekCount: false,
    dayMaxEvents: 3,
    moreLinkClick: () => {
      // The link goes away with its view, so the focus goes to what says which view there is now.
      choice.querySelector("[value=listMonth]").focus();
      return "listMonth";
    },
    moreLinkContent: ({ text, shortText }) => (narrow.matches ? shortText : text),
    moreLinkDidMount: ({ el }) => {
      // FullCalendar draws a link to nowhere, which says that it unfolds something.
      el.setAttribute("role", "button");
      el.removeAttribute("aria-controls");
      el.removeAttribute("aria-expanded");
    },
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", meridiem: false },
    eventDisplay: "block",
    displayEventEnd: false,
    noEventsText: "No deadlines in this month.",
    datesSet: ({ view }) => {
      title.textContent = view.title;
      choice.querySelectorAll("input").forEach((each) => (each.checked = each.value === view.type));
    },
    eventDidMount: ({ el, event }) => {
      const { description } = event.extendedProps;
      el.title = description ? `${event.title}\n${description}` : event.title;
    },
    eventSourceSuccess: () => {
      // Before that nobody knows whether a month has deadlines.
      place.classList.add("drawn");
    },
    eventSourceFailure: () => say("The calendar file can't be read.", true),
  });
  toolbar.append(
    button("Earlier", { class: "icon-button", "aria-label": "Month before", onclick: () => calendar.prev() }, icon("left")),
    button("Later", { class: "icon-button", "aria-label": "Month after", onclick: () => calendar.next() }, icon("right")),
    title,
    button("Today", { class: "quiet", onclick: () => calendar.today() }),
    choice,
  );
  calendar.render();
  onReturn(refresh);
  refresh();
  return () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, QUIET_MILLISECONDS);
  };
}

function views(first) {
  return element(
    "fieldset",
    { class: "choice" },
    element("legend", { class: "unseen" }, "View"),
    Object.entries(VIEWS).map(([view, text]) =>
      element(
        "label",
        {},
        element("input", {
          type: "radio",
          name: "view",
          value: view,
          checked: view === first,
          onchange: () => calendar.changeView(view),
        }),
        element("span", {}, text),
      ),
    ),
  );
}

async function refresh() {
  clearTimeout(timer);
  place.setAttribute("aria-busy", "true");
  if (!drawn) say("The calendar is being made…");
  try {
    await makeFile(show);
  } catch (error) {
    place.removeAttribute("aria-busy");
    // The page says at its top that nothing can be reached, and this is done again when it can be.
    if (error instanceof Away) say(drawn ? "" : "The calendar is made once the service can be reached.");
    else say(error.message, true);
  }
}

const WAITING = {
  PENDING: "Waiting for a worker to make the calendar.",
  STARTED: "The calendar is being made…",
  RETRY: "Making the calendar failed; it will be tried again.",
};

function show(status) {
  if (status.task_status in WAITING) {
    say(WAITING[status.task_status] + (drawn ? " This is how it was before." : ""));
    return;
  }
  place.removeAttribute("aria-busy");
  if (status.task_status !== "SUCCESS") {
    say(`The calendar could not be made: ${status.error ?? "it was cancelled"}.`, true);
    return;
  }
  calendar.getEventSources().forEach((each) => each.remove());
  calendar.addEventSource({ url: here(status.result_url), format: "ics" });
  drawn = true;
  say("");
  skipped.textContent = withoutDeadline(status.skipped ?? 0);
}

function withoutDeadline(count) {
  if (!count) return "";
  return count === 1
    ? "1 todo has no deadline, and is not in the calendar."
    : `${count} todos have no deadline, and are not in the calendar.`;
}

function say(text, again = false) {
  if (!text) fill(state);
  else
    fill(
      state,
      element("div", { class: again ? "notice" : "notice calm" }, element("p", {}, text), again && button("Try again", { class: "quiet", onclick: refresh })),
    );
}
