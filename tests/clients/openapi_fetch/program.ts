// What a user of openapi-fetch with the generated types may write.
import createClient from "openapi-fetch";
import type { components, paths } from "./client/schema";

type Task = components["schemas"]["Task"];

const client = createClient<paths>({ baseUrl: process.env.API_URL });

const added = await client.POST("/api/v1/todos", {
  body: { title: "Buy milk", completed: true, deadline_at: "2026-12-24T16:00:00" },
});
if (added.error) throw new Error(added.error.detail);
const changed = await client.PATCH("/api/v1/todos/{todo_id}", {
  params: { path: { todo_id: added.data.id } },
  body: { title: "Buy oat milk" },
});
if (changed.error) throw new Error(changed.error.detail);
const todo = changed.data;
console.log(`todo: ${todo.title}, due ${todo.deadline_at}, ${todo.completed ? "done" : "open"}`);

const accepted = await client.POST("/api/v1/todos/ical", {
  body: { component: "both", timezone: "Europe/Oslo", alarm: 30 },
});
if (accepted.error) throw new Error(accepted.error.detail);
const params = { path: { task_id: accepted.data.task_id } };

let task: Task;
do {
  const { data, error } = await client.GET("/api/v1/todos/ical/{task_id}/status", {
    params: { ...params, query: { wait: 20 } },
  });
  if (error) throw new Error(error.detail);
  task = data;
} while (["PENDING", "STARTED", "RETRY"].includes(task.task_status));
console.log(`task: ${task.task_status}, ${task.options.component}, ${task.options.timezone}`);

const file = await client.GET("/api/v1/todos/ical/{task_id}/result", { params, parseAs: "text" });
if (file.error) throw new Error(file.error.detail);
console.log("file:", ...file.data.split("\r\n").filter((line) => /^(BEGIN:V(EVENT|TODO)|SUMMARY)/.test(line)));

const tasks = await client.GET("/api/v1/todos/ical", { params: { query: { state: ["SUCCESS"] } } });
console.log(`list: ${tasks.data?.[0]?.task_id === task.task_id}`);

const { error: refused } = await client.POST("/api/v1/todos", { body: { title: " " } });
const pointers = refused?.errors?.map((flaw) => flaw.pointer);
console.log(`problem: ${refused?.status} ${refused?.title}, ${pointers}`);

const { error: ended } = await client.DELETE("/api/v1/todos/ical/{task_id}", { params });
console.log(`problem: ${ended?.status} ${ended?.title}`);

const { error: unknown } = await client.GET("/api/v1/todos/ical/{task_id}/status", {
  params: { path: { task_id: "00000000-0000-0000-0000-000000000000" } },
});
console.log(`problem: ${unknown?.status} ${unknown?.title}`);

const { data: deleted } = await client.DELETE("/api/v1/todos/{todo_id}", {
  params: { path: { todo_id: todo.id } },
});
if (!deleted || !("title" in deleted)) throw new Error("there was none");
console.log(`deleted: ${deleted.title}`);
