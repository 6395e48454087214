"""What the schema's own formats mean, for those who make requests from it."""

from datetime import UTC
from zoneinfo import available_timezones

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format(
    "iso8601", st.datetimes(timezones=st.none() | st.just(UTC)).map(lambda when: when.isoformat())
)
schemathesis.openapi.format(
    "iana-timezone", st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
)
