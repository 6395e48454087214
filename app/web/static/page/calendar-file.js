// The file that the page's own calendar is drawn from: a job like any other, made anew after changes.

import { jobs } from "./api.js";
import { ZONE } from "./deadlines.js";
import { OPEN, watch } from "./watching.js";

const WAIT_SECONDS = 5;

// A name that nobody else is likely to give a calendar.
const OPTIONS = { component: "event", timezone: ZONE, name: "Deadlines on the page" };

let turns = 0;
let watched = null;
let latest = null;

/** Ask for the file; `seen` is called with each status, the last of which is final. */
export async function makeFile(seen) {
  const turn = (turns += 1);
  watched?.stop();
  withdraw(latest);
  latest = null;
  const status = await jobs.make(OPTIONS, { wait: WAIT_SECONDS });
  if (turn !== turns) {
    withdraw(status);
    return;
  }
  const tell = (now) => {
    latest = now;
    seen(now);
  };
  tell(status);
  watched = watch(status, tell);
}

/** Whether a job was asked for by the page itself, here or in another zone: it has these options, and no others. */
export function isOwn({ options }) {
  const same = (name) => name === "timezone" || (options[name] ?? null) === (OPTIONS[name] ?? null);
  return Object.keys({ ...OPTIONS, ...options }).every(same);
}

/** Nobody waits for a file that later changes have made old. */
function withdraw(status) {
  if (status && OPEN.has(status.task_status)) jobs.cancel(status.task_id).catch(() => {});
}
