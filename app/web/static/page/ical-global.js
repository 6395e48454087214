// FullCalendar's iCalendar plugin looks for its parser where scripts that are no modules leave theirs.
import ICAL from "../vendor/ical.js/ical.min.js";

globalThis.ICAL = ICAL;
