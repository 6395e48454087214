// The page: each of its parts in its place.

import { showCalendar } from "./calendar-view.js";
import { watchConnection } from "./connection.js";
import { showFeeds } from "./feeds.js";
import { showJobs } from "./jobs.js";
import { makeForm } from "./make-calendar.js";
import { showTodos } from "./todos.js";

watchConnection();
showTodos(showCalendar());

const subscribe = showFeeds(document.getElementById("feeds"));
const made = showJobs(document.getElementById("jobs"), { subscribe });
document.getElementById("make").append(makeForm({ made, subscribe }));
