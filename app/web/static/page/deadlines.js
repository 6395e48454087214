// What a deadline means: a floating one is the same time on every clock, an instant is one moment everywhere.

const LOCALE = navigator.languages.find((language) => /^en\b/.test(language)) ?? "en-GB";
const HAS_OFFSET = /(Z|[+-]\d\d:\d\d)$/;

/** The browser's own time zone, by its IANA name. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
export { LOCALE };

/** The kinds that a user chooses from, in the words of the page. */
export const KINDS = { floating: "Local time anywhere", instant: `${zoneName()} time` };

/** What each of them means. */
export const MEANINGS = {
  floating: "The same time on every clock, wherever you are.",
  instant: `One moment for all, told here in ${zoneName()} time.`,
};

function zoneName() {
  return ZONE.replaceAll("_", " ");
}

export function kindOf(deadline) {
  return deadline && HAS_OFFSET.test(deadline) ? "instant" : "floating";
}

/** What `datetime-local` is given: the time on a clock here. */
export function toField(deadline) {
  if (!deadline) return "";
  // Such a field knows no more than thousandths of a second.
  if (kindOf(deadline) === "floating") return deadline.replace(/(\.\d{3})\d+$/, "$1").replace(/(T\d\d:\d\d):00$/, "$1");
  const moment = new Date(deadline);
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, -1).replace(/\.000$/, "").replace(/(T\d\d:\d\d):00$/, "$1");
}

/** What the API is sent for a field's value; null for none. */
export function fromField(value, kind) {
  if (!value) return null;
  if (kind === "floating") return value;
  const moment = new Date(value);
  // What can't be understood here is sent as it is: the service says what is wrong with it.
  return Number.isNaN(moment.getTime()) ? value : moment.toISOString().replace(/\.000Z$/, "Z");
}

const DAY = { weekday: "short", day: "numeric", month: "short" };
const TIME = { hour: "2-digit", minute: "2-digit" };

/** A deadline in words: when, of which kind, and whether it has passed. */
export function describe(deadline, now = new Date()) {
  // Without an offset a date-time is read as local time: what a floating deadline means here.
  const date = new Date(deadline);
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
  const kind = kindOf(deadline);
  return {
    when: new Intl.DateTimeFormat(LOCALE, { ...DAY, ...year, ...TIME }).format(date),
    kind: kind === "floating" ? "local time" : `${zoneName()} time`,
    explanation: MEANINGS[kind],
    symbol: kind === "floating" ? "clock" : "globe",
    passed: date < now,
  };
}

/** When something happened, as short as it can be understood. */
export function moment(text, now = new Date()) {
  const date = new Date(text);
  const today = date.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(LOCALE, today ? TIME : { day: "numeric", month: "short", ...TIME }).format(date);
}

/** A time to the second, as a timeline needs it. */
export function precisely(text) {
  return new Intl.DateTimeFormat(LOCALE, { ...TIME, second: "2-digit" }).format(new Date(text));
}
