"""What became of the messages that a process had for the broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from prometheus_client import CollectorRegistry, Counter


@dataclass(frozen=True, slots=True)
class SendMetrics:
    """Messages, and not calls: a sweeper sends many in one."""

    sent: Counter
    failed: Counter

    @classmethod
    def on(cls, registry: CollectorRegistry) -> Self:
        """Make the counters on a registry."""
        return cls(
            Counter("taskoverflow_messages_sent_total", "Messages that the broker took", registry=registry),
            Counter(
                "taskoverflow_message_send_failures_total",
                "Messages that the broker did not take, or of which it did not say so in time",
                registry=registry,
            ),
        )

    @classmethod
    def unobserved(cls) -> Self:
        """For a command, which ends before anybody could scrape it."""
        return cls.on(CollectorRegistry())

    @contextmanager
    def counting(self, messages: int) -> Iterator[None]:
        """Count the messages that the block sends; as failed if it raises."""
        try:
            yield
        except BaseException:
            self.failed.inc(messages)
            raise
        self.sent.inc(messages)
