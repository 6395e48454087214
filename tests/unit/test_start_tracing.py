"""When traces are sent, and what that costs where they are not."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest
from opentelemetry.sdk.trace import SpanProcessor
from structlog.testing import capture_logs

from app.tracing.export import spans_to
from app.tracing.start import start_tracing
from app.tracing.tracing import OFF
from tests.support.waiting import wait_until

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://somebody:secret@127.0.0.1:1"}

WITHOUT_THE_EXTRA = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter")):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
import app.main, workers.main
from app.tracing.start import start_tracing
print(start_tracing("a", {environment!r}).__class__.__name__)
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))])
"""


def without_the_extra(environment: dict[str, str]) -> list[str]:
    code = WITHOUT_THE_EXTRA.format(environment=environment)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        ENDPOINT | {"OTEL_SDK_DISABLED": "true"},
        ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_nothing_is_traced_unless_it_is_asked_for(environment: dict[str, str]) -> None:
    assert start_tracing("a", environment) is OFF


@pytest.mark.parametrize("variable", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
def test_an_endpoint_asks_for_it(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "http://somebody:secret@127.0.0.1:1")
    with capture_logs() as lines:
        tracing = start_tracing("a")
        tracing.close()
    assert tracing is not OFF
    assert lines == [{"event": "traced", "to": "127.0.0.1", "log_level": "info"}]


def test_a_protocol_that_is_not_spoken_is_told_of() -> None:
    with capture_logs() as lines:
        assert start_tracing("a", ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}) is OFF
    assert [line["reason"] for line in lines] == ["grpc is not spoken here: expected http/protobuf"]


@pytest.mark.parametrize("endpoint", ["collector:4318", "http://[::1", "grpc://collector:4317"])
def test_an_endpoint_that_is_no_url_is_told_of(endpoint: str) -> None:
    with capture_logs() as lines:
        assert start_tracing("a", {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}) is OFF
    assert [line["reason"] for line in lines] == ["the endpoint is no URL: expected http://host:port"]


def test_a_value_that_the_library_does_not_take_keeps_nobody_from_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "9999")
    with capture_logs() as lines:
        assert start_tracing("a", ENDPOINT) is OFF
    assert "max_export_batch_size" in lines[0]["reason"]


def test_without_the_extra_all_works_and_nothing_of_it_is_loaded() -> None:
    assert without_the_extra({}) == ["Tracing", "[]"]


def test_who_asks_for_traces_without_the_extra_is_told_so() -> None:
    *said, kind, loaded = without_the_extra(ENDPOINT)
    assert (kind, loaded) == ("Tracing", "[]")
    assert "taskoverflow[otel]" in "".join(said)


@dataclass
class Stalled(SpanProcessor):
    """Waits for a collector that says nothing."""

    answered: Event = field(default_factory=Event)

    def shutdown(self) -> None:
        self.answered.wait()


SECRETIVE = """
from app.logs import configure_logs
from app.tracing.start import start_tracing
configure_logs("json", "debug")
start_tracing("a").close()
"""


def test_a_header_with_a_key_that_makes_no_sense_is_not_logged() -> None:
    environment = ENDPOINT | {"OTEL_EXPORTER_OTLP_HEADERS": "Authorization: Bearer marked-key"}
    command = [sys.executable, "-c", SECRETIVE]
    done = subprocess.run(
        command, env=dict(os.environ) | environment, capture_output=True, text=True, check=True
    )
    assert '"event":"traced"' in done.stderr
    assert "marked-key" not in done.stderr


def test_a_collector_that_stalls_holds_up_no_end() -> None:
    collector = Stalled()
    closing = Thread(target=spans_to(collector, "a").close)
    with capture_logs() as lines:
        closing.start()
        try:
            wait_until(lambda: not closing.is_alive(), "the end of tracing")
        finally:
            collector.answered.set()
            closing.join()
    assert [line["event"] for line in lines] == ["traces_not_sent"]
