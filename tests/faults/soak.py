"""Random faults under steady load: ``python -m tests.faults.soak --minutes 30 --seed 7 --broker redis``."""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom

import asyncpg

from tests.faults.churn import keep_cancelling, keep_changing_todos
from tests.faults.eye import Eye, open_eye
from tests.faults.injections import Fault, Target, faults_of
from tests.faults.load import Load, load_on
from tests.faults.schedule import Injection, schedule
from tests.faults.servers import KINDS, queues_of, truth
from tests.faults.stack import HURRY, Stack, stack
from tests.faults.table import Line, table
from tests.faults.trial import Trial, report
from tests.faults.verdict import Evidence, Outcome, judge
from tests.support import databases

MAX_ATTEMPTS = 5
SETTINGS = {**HURRY, "TASKOVERFLOW_MAX_ATTEMPTS": str(MAX_ATTEMPTS)}
"""More than in the battery, since one job may live through many faults."""

_ALLOWANCE_SECONDS = 45.0
_PROGRESS_SECONDS = 30.0
_MANY_OPEN = 200
"""So many unfinished jobs are enough to be hit by any fault; more would only measure how fast the machine is."""
_LOOK_SECONDS = 0.5
_COMPONENTS = ("event", "todo", "both")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lasted:
    """A fault that was injected."""

    fault: str
    began: datetime
    ended: datetime

    def hit(self, job: Outcome) -> bool:
        """Whether the job was open while it lasted."""
        return job.created_at < self.ended and (job.finished_at is None or job.finished_at > self.began)


@dataclass
class Soak:
    """One soak of one stack."""

    stack: Stack
    eye: Eye
    seed: int
    say: Say
    lasted: list[Lasted] = field(default_factory=list)
    _active: list[str] = field(default_factory=list)

    async def run(self, seconds: float) -> bool:
        """Inject what the seed says; whether all went well."""
        faults = faults_of(self.stack.kind)
        random = Random(self.seed)
        began = await self.eye.now()
        with load_on(self.stack.url, lambda: _options(random)) as load:
            trial = Trial(self.stack, self.eye, load, began, _ALLOWANCE_SECONDS)
            load.more()
            beside = [
                asyncio.create_task(keep_changing_todos(self.stack.url, random)),
                asyncio.create_task(keep_cancelling(self.stack.url, load.accepted, random)),
                asyncio.create_task(self._tell(load)),
                asyncio.create_task(self._let_workers_catch_up(load)),
            ]
            plan = schedule(self.seed, seconds, sorted(faults))
            await asyncio.gather(*(self._inject(one, faults[one.fault]) for one in plan))
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await trial.over()
            load.more()
        await trial.settled()
        return await self._judge(trial)

    async def _inject(self, planned: Injection, fault: Fault) -> None:
        await asyncio.sleep(planned.at)
        worker = self.stack.workers[planned.worker]
        began = await self._moment()
        self._active.append(planned.fault)
        async with fault(Target(self.stack, self.eye, worker)):
            await asyncio.sleep(planned.seconds)
        self._active.remove(planned.fault)
        self.lasted.append(Lasted(planned.fault, began, await self._moment()))

    async def _let_workers_catch_up(self, load: Load) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if await self._open_jobs() > _MANY_OPEN:
                with load.paused():
                    while await self._open_jobs() > _MANY_OPEN / 2:
                        await asyncio.sleep(_LOOK_SECONDS)

    async def _open_jobs(self) -> int:
        query = "SELECT count(*) AS jobs FROM jobs WHERE state IN ('PENDING', 'STARTED', 'RETRY')"
        try:
            return int((await self.eye.fetch(query))[0]["jobs"])
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return 0  # Postgres is down, and takes no jobs either

    async def _moment(self) -> datetime:
        """By this machine's clock, which is the database's too: it may be down."""
        return datetime.now().astimezone()

    async def _tell(self, load: Load) -> None:
        began = time.monotonic()
        while True:
            await asyncio.sleep(_PROGRESS_SECONDS)
            going_on = ", ".join(self._active) or "none"
            self.say(
                f"{time.monotonic() - began:5.0f} s  {len(load.accepted)} accepted, {load.refused} refused,"
                f" {len(self.lasted)} faults over; now: {going_on}"
            )

    async def _judge(self, trial: Trial) -> bool:
        evidence = await self.eye.evidence(trial.began, trial.load.accepted)
        verdict = await trial.judge(max_attempts=MAX_ATTEMPTS)
        lines = [self._line(fault, evidence) for fault in sorted({one.fault for one in self.lasted})]
        whole = Line.of("all of it", self.stack.kind, verdict, 0.0, [])
        for text in table(
            [*lines, replace(whole, recovery=max((line.recovery for line in lines), default=0))], total=False
        ):
            self.say(text)
        if list(verdict.violations()):
            self.say(f"SEED={self.seed} BROKER={self.stack.kind}\n{await report(self.eye, verdict)}")
            return False
        return True

    def _line(self, fault: str, evidence: Evidence) -> Line:
        """What came of the jobs that were open during one kind of fault."""
        faults = [one for one in self.lasted if one.fault == fault]
        hit = [job for job in evidence.outcomes if any(one.hit(job) for one in faults)]
        ids = {job.id for job in hit}
        part = Evidence(
            ids & set(evidence.accepted),
            hit,
            [event for event in evidence.events if event.job_id in ids],
            [chunk for chunk in evidence.chunks if chunk[0] in ids],
        )
        verdict = judge(part, max_attempts=MAX_ATTEMPTS, ended_at=faults[0].ended)
        verdict.slowest = max(map(self._recovery, hit), default=timedelta())
        seconds = sum((one.ended - one.began).total_seconds() for one in faults)
        return Line.of(f"{fault} ({len(faults)})", self.stack.kind, verdict, seconds, [])

    def _recovery(self, job: Outcome) -> timedelta:
        """From the end of the last fault that the job lived through to its own."""
        ends = [
            one.ended
            for one in self.lasted
            if job.finished_at and one.hit(job) and one.ended < job.finished_at
        ]
        return job.finished_at - max(ends) if job.finished_at and ends else timedelta()


def _options(random: Random) -> dict[str, object]:
    chosen = {
        "component": random.choice(_COMPONENTS),
        "completed": random.choice((True, False, None)),
        "window": random.choice((None, 7, 365)),
        "alarm": random.choice((None, 30)),
    }
    return {name: value for name, value in chosen.items() if value is not None}


async def soak(running: Stack, seed: int, seconds: float, say: Say) -> bool:
    """Inject random faults for so long; whether all went well."""
    async with open_eye(running.database_url) as eye:
        return await Soak(running, eye, seed, say).run(seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    parser.add_argument("--broker", choices=KINDS, default="redis")
    chosen = parser.parse_args(arguments)
    # So that what was started is ended as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    _say(f"SEED={chosen.seed} BROKER={chosen.broker} MINUTES={chosen.minutes:g}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with truth(folder / "postgres") as postgres, queues_of(chosen.broker, folder / "broker") as queues:
            asyncio.run(databases.copy(postgres.server.url, "soak"))
            url = databases.named(postgres.server.url, "soak")
            with stack(chosen.broker, postgres, url, queues(0), folder / "service", **SETTINGS) as running:
                went_well = asyncio.run(soak(running, chosen.seed, 60 * chosen.minutes, _say))
    return 0 if went_well else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
