// Whether the service can be reached, and when it can be again.

import { health, onContact } from "./api.js";
import { element, fill } from "./elements.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;

const place = document.getElementById("connection");
const returns = new Set();
let away = false;
let wait = FIRST_WAIT;
let timer = null;
let said = "";

/** Be called each time the service has come back. */
export function onReturn(listener) {
  returns.add(listener);
}

/** Watch the connection, and say so while there is none. */
export function watchConnection() {
  onContact((answered) => (answered ? found() : lost()));
  addEventListener("offline", lost);
  addEventListener("online", look);
  if (!navigator.onLine) lost();
}

function lost() {
  const why = navigator.onLine ? "The service can't be reached." : "You are offline.";
  if (why !== said) {
    said = why;
    fill(
      place,
      element("p", {}, element("strong", {}, why), " What you see may be old; this page goes on by itself."),
      element("button", { type: "button", class: "quiet", onclick: look }, "Try now"),
    );
  }
  if (away) return;
  away = true;
  document.body.classList.add("away");
  wait = FIRST_WAIT;
  timer = setTimeout(look, wait);
}

async function look() {
  clearTimeout(timer);
  if (!away) return;
  await health().catch(() => {
    wait = Math.min(wait * 1.5, LONGEST_WAIT);
    timer = setTimeout(look, wait);
  });
}

function found() {
  if (!away) return;
  away = false;
  clearTimeout(timer);
  document.body.classList.remove("away");
  said = "";
  fill(place);
  returns.forEach((listener) => listener());
}
