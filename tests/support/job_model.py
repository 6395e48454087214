"""What the life of a job should be, in plain Python: no database, no clock, no code of the product."""

from dataclasses import dataclass, field
from uuid import UUID

MAX_ATTEMPTS = 3

WAITS = {"PENDING", "RETRY"}
FINAL = {"SUCCESS", "FAILURE", "REVOKED"}


@dataclass
class ModelJob:
    """One job as it should be by now."""

    id: UUID
    state: str = "PENDING"
    attempt: int = 0
    due: bool = True
    """Its wait is over: it may be claimed."""
    rung: bool = True
    """Its message was sent, and is not yet to be sent again."""
    lease_ended: bool = False
    file_of: int | None = None
    """The attempt whose file can be read."""
    story: list[tuple[int, str]] = field(default_factory=list)
    """The attempt and the kind of each event."""

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    def holds(self, attempt: int) -> bool:
        return self.state == "STARTED" and self.attempt == attempt

    def claim(self) -> bool:
        if self.state not in WAITS or not self.due:
            return False
        self.attempt += 1
        self.lease_ended = False
        return self._becomes("STARTED", "claimed")

    def beat(self, attempt: int) -> bool:
        if not self.holds(attempt):
            return False
        self.lease_ended = False
        return True

    def succeed(self, attempt: int) -> bool:
        if not self.holds(attempt):
            return False
        self.file_of = attempt
        return self._becomes("SUCCESS", "succeeded")

    def fail(self, attempt: int) -> bool:
        """An attempt ends with an error."""
        if not self.holds(attempt):
            return False
        if attempt >= MAX_ATTEMPTS:
            return self._becomes("FAILURE", "failed")
        self.due = self.rung = False
        # Its message is due when the wait is over, and not before.
        return self._becomes("RETRY", "retry")

    def give_back(self, attempt: int) -> bool:
        """An attempt is stopped with its worker."""
        if not self.holds(attempt):
            return False
        if attempt >= MAX_ATTEMPTS:
            return self._becomes("FAILURE", "failed")
        self.due, self.rung = True, False
        return self._becomes("RETRY", "given_back")

    def rescue(self) -> bool:
        if self.state != "STARTED" or not self.lease_ended:
            return False
        if self.attempt >= MAX_ATTEMPTS:
            return self._becomes("FAILURE", "failed")
        # The first rescue runs at once; whoever kills its worker again waits.
        self.due, self.rung = self.attempt == 1, False
        return self._becomes("RETRY", "lease_ended")

    def cancel(self) -> bool:
        return not self.is_final and self._becomes("REVOKED", "cancelled")

    def run_now(self) -> bool:
        if self.state != "RETRY":
            return False
        self.due, self.rung = True, False
        self.story.append((self.attempt, "run_now"))
        return True

    def ring(self) -> bool:
        """Whether its message is sent again now."""
        if self.state not in WAITS or not self.due or self.rung:
            return False
        self.rung = True
        return True

    def _becomes(self, state: str, kind: str) -> bool:
        self.state = state
        self.story.append((self.attempt, kind))
        return True
