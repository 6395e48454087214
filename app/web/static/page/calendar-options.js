// How a calendar is to be made: the form's fields, and the options in words.

import { ZONE } from "./deadlines.js";
import { element } from "./elements.js";
import { field } from "./field-problems.js";

const COMPONENTS = { event: "Events, for every calendar app", todo: "Tasks, for apps that keep tasks", both: "Both" };
const COMPLETED = { "": "All", false: "Open only", true: "Done only" };

/** The fields of all options, and what was chosen in them as the API takes it. */
export function optionFields() {
  const name = element("input", { type: "text", value: "Todos", autocomplete: "off" });
  const component = select(COMPONENTS);
  const completed = select(COMPLETED);
  const window = element("input", { type: "number", min: 0, inputMode: "numeric", placeholder: "any" });
  const alarm = element("input", { type: "number", min: 0, inputMode: "numeric", placeholder: "none" });
  const zones = element("datalist", { id: "zones" }, zoneNames().map((value) => element("option", { value })));
  const timezone = element("input", { type: "text", placeholder: "as each todo says", autocomplete: "off" });
  timezone.setAttribute("list", zones.id);

  return {
    rows: [
      field("Name", name, { pointer: "/name", wide: true }),
      field("Todos", completed, { pointer: "/completed" }),
      field("Due within (days)", window, { pointer: "/window" }),
      field("As", component, { pointer: "/component", wide: true }),
      field("Time zone", timezone, { pointer: "/timezone", hint: `For example ${ZONE}; empty leaves local times local.`, wide: true }),
      field("Remind before (minutes)", alarm, { pointer: "/alarm", wide: true }),
      zones,
    ],
    values() {
      const chosen = { component: component.value, name: name.value };
      if (completed.value) chosen.completed = completed.value === "true";
      for (const [member, control] of Object.entries({ window, alarm })) {
        if (control.validity.badInput) chosen[member] = "not a number";
        else if (control.value) chosen[member] = Number(control.value);
      }
      if (timezone.value.trim()) chosen.timezone = timezone.value.trim();
      return chosen;
    },
  };
}

function select(choices) {
  return element("select", {}, Object.entries(choices).map(([value, text]) => element("option", { value }, text)));
}

function zoneNames() {
  return Intl.supportedValuesOf?.("timeZone") ?? [ZONE];
}

/** Options as a short line, without those that were left open. */
export function inWords(options) {
  const words = [{ event: "events", todo: "tasks", both: "events and tasks" }[options.component]];
  if (options.completed != null) words.push(options.completed ? "done only" : "open only");
  if (options.window != null) words.push(`due within ${options.window} ${options.window === 1 ? "day" : "days"}`);
  if (options.timezone) words.push(options.timezone);
  if (options.alarm != null) words.push(`reminder ${options.alarm} min before`);
  return words.join(" · ");
}
