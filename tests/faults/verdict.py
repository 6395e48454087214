"""What became of jobs: judged by their rows, their timelines and their files, against the five invariants."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.domain.events import EventKind, JobEvent
from app.domain.jobs import JobState

_ENDS = {
    EventKind.SUCCEEDED: JobState.SUCCESS,
    EventKind.FAILED: JobState.FAILURE,
    EventKind.CANCELLED: JobState.REVOKED,
}
"""The events after which there must be none, and the state that goes with each."""

FINAL = frozenset(_ENDS.values())


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job's row, as far as it matters here."""

    id: UUID
    state: str
    attempt: int
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of the jobs of one trial."""

    accepted: Collection[UUID]
    """Those that a client was promised."""
    outcomes: Sequence[Outcome]
    """Every row, of promised jobs and of others."""
    events: Iterable[JobEvent]
    chunks: Collection[tuple[UUID, int]]
    """Which attempts have left bytes that are visible."""


@dataclass(slots=True)
class Verdict:
    """Counts, and the jobs that are to blame for each that is not zero."""

    accepted: int = 0
    final: int = 0
    slowest: timedelta = timedelta()
    """From the end of the last fault to the end of the last job that it may have hit."""
    lost: set[UUID] = field(default_factory=set)
    duplicated: set[UUID] = field(default_factory=set)
    """More than one result, or bytes of another attempt than the one that counts."""
    changed: set[UUID] = field(default_factory=set)
    """Something happened after the end, or row and timeline tell different stories."""
    overrun: set[UUID] = field(default_factory=set)
    """More attempts than the limit."""
    stuck: set[UUID] = field(default_factory=set)
    other: list[str] = field(default_factory=list)
    """What is wrong beyond rows: answers, downloads, and what a single fault asks for."""

    @property
    def blamed(self) -> set[UUID]:
        return self.lost | self.duplicated | self.changed | self.overrun | self.stuck

    def violations(self) -> Iterator[str]:
        """A line for each kind of violation."""
        for name in ("lost", "duplicated", "changed", "overrun", "stuck"):
            if jobs := getattr(self, name):
                yield f"{len(jobs)} {name}: {', '.join(map(str, sorted(jobs)[:5]))}"
        yield from self.other


def judge(evidence: Evidence, *, max_attempts: int, ended_at: datetime) -> Verdict:
    """Hold the invariants against jobs whose time to end has passed."""
    rows = {outcome.id: outcome for outcome in evidence.outcomes}
    timelines: defaultdict[UUID, list[JobEvent]] = defaultdict(list)
    for event in evidence.events:
        timelines[event.job_id].append(event)
    verdict = Verdict(accepted=len(evidence.accepted), lost=set(evidence.accepted) - rows.keys())
    verdict.final = sum(rows[job].is_final for job in evidence.accepted if job in rows)
    verdict.stuck = {row.id for row in rows.values() if not row.is_final}
    for row in rows.values():
        _judge_job(verdict, row, timelines[row.id], max_attempts)
    verdict.duplicated |= {job for job, attempt in evidence.chunks if _is_another(rows.get(job), attempt)}
    verdict.slowest = max(
        (
            row.finished_at - ended_at
            for row in rows.values()
            if row.finished_at and row.created_at < ended_at
        ),
        default=timedelta(),
    )
    verdict.slowest = max(verdict.slowest, timedelta())
    return verdict


def _judge_job(verdict: Verdict, row: Outcome, timeline: list[JobEvent], max_attempts: int) -> None:
    kinds = [event.kind for event in timeline]
    count = Counter(kinds)
    claims = [event.attempt for event in timeline if event.kind == EventKind.CLAIMED]
    if count[EventKind.SUCCEEDED] > 1:
        verdict.duplicated.add(row.id)
    ends = [number for number, kind in enumerate(kinds) if kind in _ENDS]
    if ends and ends[0] != len(kinds) - 1:
        verdict.changed.add(row.id)
    told = _ENDS.get(EventKind(kinds[-1])) if kinds else None
    if (row.is_final or told) and row.state != told:
        verdict.changed.add(row.id)
    if claims != list(range(1, row.attempt + 1)):  # a number twice would be two holders of one lease
        verdict.changed.add(row.id)
    if row.attempt > max_attempts:
        verdict.overrun.add(row.id)


def _is_another(row: Outcome | None, attempt: int) -> bool:
    return row is None or row.state != JobState.SUCCESS or row.attempt != attempt
