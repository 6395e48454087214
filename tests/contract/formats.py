"""What the schema says in its own formats or in prose, for those who make requests from it."""

from datetime import UTC
from typing import Any
from zoneinfo import available_timezones

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format(
    "iso8601", st.datetimes(timezones=st.none() | st.just(UTC)).map(lambda when: when.isoformat())
)
schemathesis.openapi.format(
    "iana-timezone", st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
)

_EVENT = {
    "type": "object",
    "properties": {
        "event": {"enum": ["timeline", "status"]},
        "id": {"type": "string"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "anyOf": [{"$ref": "#/components/schemas/TaskEvent"}, {"$ref": "#/components/schemas/Task"}]
            },
        },
    },
    "required": ["event", "data"],
}


@schemathesis.hook
def before_load_schema(_context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Say what each event is as OpenAPI 3.2 does; our schema's 3.1 can only say that the stream is text."""
    answers = raw_schema["paths"]["/api/v1/todos/ical/{task_id}/events"]["get"]["responses"]
    answers["200"]["content"]["text/event-stream"] = {"itemSchema": _EVENT}
