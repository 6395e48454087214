// How the service is asked, and which kinds of answers there are. No other module knows a path of the API.

const BASE = new URL("api/v1/", document.baseURI);

/** The service answered that it will not do it: a problem of RFC 9457. */
export class Refused extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail || problem.title || `The service answered ${status}.`);
    this.status = status;
    this.flaws = problem.errors ?? [];
    this.retryAfter = retryAfter;
  }

  /** It may well do it a little later. */
  get passing() {
    return [502, 503, 504].includes(this.status);
  }
}

/** No answer came: the network or the service is away. */
export class Away extends Error {
  constructor() {
    super("The service can't be reached.");
  }
}

const listeners = new Set();

/** Be told after each request whether an answer came. */
export function onContact(listener) {
  listeners.add(listener);
}

async function ask(method, path, { body, query, headers = {}, signal, keepalive } = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  const json = body === undefined ? {} : { "Content-Type": "application/json" };
  let response;
  try {
    response = await fetch(url, {
      method,
      headers: { ...json, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      keepalive,
      cache: "no-store",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    listeners.forEach((listener) => listener(false));
    throw new Away();
  }
  listeners.forEach((listener) => listener(true));
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  return new Refused(response.status, problem, Number(response.headers.get("Retry-After")) || null);
}

async function json(...request) {
  return (await ask(...request)).json();
}

/** A page of a list, and the cursor of the next one. */
async function page(path, query, signal) {
  const response = await ask("GET", path, { query, signal });
  const next = /<([^>]*)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "");
  // Only the cursor is taken: the address may name the service as others see it.
  const cursor = next && new URL(next[1], BASE).searchParams.get("cursor");
  return { items: await response.json(), next: cursor };
}

/** The part of an address of ours that is the same however the service is reached. */
export function here(url) {
  const { pathname } = new URL(url, BASE);
  return new URL(pathname.slice(pathname.indexOf("/api/v1/") + "/api/v1/".length), BASE).href;
}

export const health = () => json("GET", "health");

export const todos = {
  page: (filters, cursor, signal) => page("todos", { ...filters, cursor, limit: 50 }, signal),
  add: (todo) => json("POST", "todos", { body: todo }),
  change: (id, changes) => json("PATCH", `todos/${id}`, { body: changes }),
  remove: (id, { keepalive = false } = {}) => json("DELETE", `todos/${id}`, { keepalive }),
};

export const jobs = {
  page: (cursor, limit) => page("todos/ical", { cursor, limit }),
  look: (id) => json("GET", `todos/ical/${id}`),
  cancel: (id) => json("DELETE", `todos/ical/${id}`),
  status: (id, { wait, signal } = {}) => json("GET", `todos/ical/${id}/status`, { query: { wait }, signal }),
  events: (id) => new EventSource(new URL(`todos/ical/${id}/events`, BASE)),

  /** Ask for a calendar: its status, whether it is made already or not. */
  async make(options, { wait, key } = {}) {
    const headers = {
      ...(wait ? { Prefer: `wait=${wait}` } : {}),
      ...(key ? { "Idempotency-Key": key } : {}),
    };
    const answer = await json("POST", "todos/ical", { body: options, headers });
    return answer.task_status ? answer : jobs.status(answer.task_id);
  },
};

export const feeds = {
  page: (cursor) => page("calendars", { cursor, limit: 50 }),
  add: (options) => json("POST", "calendars", { body: options }),
  rotate: (id) => json("POST", `calendars/${id}/rotate`),
  revoke: (id) => json("DELETE", `calendars/${id}`),
};
