// How a job is followed to its end: by the service's event stream, or by asking again where there is none.

import { Away, Refused, jobs } from "./api.js";

export const OPEN = new Set(["PENDING", "STARTED", "RETRY"]);

const WAIT_SECONDS = 20;
const PAUSE_MILLISECONDS = 1000;
const SILENCE_MILLISECONDS = 10_000;

/** Call `seen` with each status of a job until it has ended or `stop` of what is returned is called. */
export function watch(status, seen) {
  const stopped = new AbortController();
  const tell = (latest) => {
    if (stopped.signal.aborted) return;
    if (!OPEN.has(latest.task_status)) stopped.abort();
    seen(latest);
  };
  if (OPEN.has(status.task_status)) listen(status.task_id, tell, stopped);
  return { stop: () => stopped.abort() };
}

function listen(id, tell, stopped) {
  const source = jobs.events(id);
  let silence;
  const fallBack = () => {
    clearTimeout(silence);
    source.close();
    if (!stopped.signal.aborted) askAgain(id, tell, stopped);
  };
  stopped.signal.addEventListener("abort", () => {
    clearTimeout(silence);
    source.close();
  });
  source.addEventListener("open", () => (silence = clearTimeout(silence)));
  source.addEventListener("status", (event) => tell(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    // A browser tries again by itself, unless what it found was no stream.
    if (source.readyState === EventSource.CLOSED) fallBack();
    else silence ??= setTimeout(fallBack, SILENCE_MILLISECONDS);
  });
}

async function askAgain(id, tell, stopped) {
  const { signal } = stopped;
  while (!signal.aborted) {
    const before = performance.now();
    try {
      tell(await jobs.status(id, { wait: WAIT_SECONDS, signal }));
    } catch (error) {
      if (error instanceof Refused && !error.passing) return;
      if (!(error instanceof Away || error instanceof Refused)) return;
    }
    // An answer that came at once was no wait: the service doesn't know how, or is away.
    const spent = performance.now() - before;
    if (spent < PAUSE_MILLISECONDS) await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS - spent));
  }
}
