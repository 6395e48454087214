// Fetches a calendar as ical.js and node-ical see it; prints the components of each as JSON.
import ICAL from "ical.js";
import nodeIcal from "node-ical";

const url = process.argv[2];

const file = await fetch(url);
if (!file.ok) throw new Error(`${file.status} for the calendar`);
const calendar = new ICAL.Component(ICAL.parse(await file.text()));
const parts = [...calendar.getAllSubcomponents("vevent"), ...calendar.getAllSubcomponents("vtodo")];
const byIcalJs = parts.map((part) => ({
  kind: part.name.toUpperCase(),
  uid: part.getFirstPropertyValue("uid"),
  summary: part.getFirstPropertyValue("summary"),
  status: part.getFirstPropertyValue("status"),
  sequence: part.getFirstPropertyValue("sequence"),
  when: (part.getFirstPropertyValue("dtstart") ?? part.getFirstPropertyValue("due")).toJSDate().toISOString(),
}));

const found = Object.values(await nodeIcal.async.fromURL(url));
const byNodeIcal = found.filter((part) => ["VEVENT", "VTODO"].includes(part.type)).map((part) => ({
  kind: part.type,
  uid: part.uid,
  summary: part.summary,
  status: part.status,
  sequence: Number(part.sequence),
  when: new Date(part.start ?? part.due).toISOString(),
}));

console.log(JSON.stringify({ "ical.js": byIcalJs, "node-ical": byNodeIcal }));
