"""Worker tasks and the jobs that wait for them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.scaling.agenda import Agenda
from benchmarks.scaling.levels import Level


@dataclass(frozen=True, slots=True)
class Wait:
    """One job: when it was asked for, and for how long no task took it."""

    arrived: float
    waited: float


@dataclass(slots=True)
class Fleet:
    """Tasks that each work on one job at a time, and take the one that has waited longest.

    A task's threads share its CPU, so that to the queue they are one server, as fast as that CPU.
    """

    agenda: Agenda
    job_seconds: Callable[[], float]
    """Draws how long a task takes for the next job."""
    start_seconds: float
    """From the wish for a task until it takes its first job."""
    desired: int = 0
    arrived: int = 0
    done: int = 0
    waiting: Level = field(default_factory=Level)
    busy: Level = field(default_factory=Level)
    running: Level = field(default_factory=Level)
    starting: Level = field(default_factory=Level)
    waits: list[Wait] = field(default_factory=list)
    _queue: deque[float] = field(default_factory=deque)
    _leaving: int = 0
    """How many busy tasks stop when their job is done."""
    _unwanted: int = 0
    """How many tasks that still start are to stop at once."""
    _missing: int = 0
    """How many tasks are wanted while there are none to be had."""
    _none_left: bool = False

    @property
    def oldest(self) -> float:
        """For how long the job has waited that has waited longest."""
        return self.agenda.now - self._queue[0] if self._queue else 0.0

    def begin_with(self, tasks: int) -> None:
        """Have so many tasks that run already."""
        self.desired = tasks
        self.running.change(tasks, self.agenda.now)

    def ask(self) -> None:
        """Let a job arrive now."""
        self.arrived += 1
        self._queue.append(self.agenda.now)
        self.waiting.change(+1, self.agenda.now)
        self._take_jobs()

    def want(self, tasks: int) -> None:
        """Have so many tasks: start some, or stop those that still start, idle, or end their job first."""
        change, self.desired = tasks - self.desired, tasks
        if change > 0:
            self._start(change)
        else:
            self._stop(-change)

    def lose(self, tasks: int, *, none_for: float) -> None:
        """Let so many running tasks drain and go, as Spot does; others start once there are any again."""
        tasks = min(tasks, self.running.now - self._leaving)
        self._none_left = True
        self._missing += tasks
        self._drain(tasks)
        self.agenda.after(none_for, self._replace)

    def _replace(self) -> None:
        missing, self._missing, self._none_left = self._missing, 0, False
        self._start(missing)

    def _start(self, tasks: int) -> None:
        if self._none_left:
            self._missing += tasks
            return
        self.starting.change(tasks, self.agenda.now)
        for _ in range(tasks):
            self.agenda.after(self.start_seconds, self._started)

    def _started(self) -> None:
        if self._unwanted:
            self._unwanted -= 1
            return
        self.starting.change(-1, self.agenda.now)
        self.running.change(+1, self.agenda.now)
        self._take_jobs()

    def _stop(self, tasks: int) -> None:
        missing = min(tasks, self._missing)
        unstarted = min(tasks - missing, self.starting.now)
        self._missing -= missing
        self._unwanted += unstarted
        self.starting.change(-unstarted, self.agenda.now)
        self._drain(tasks - missing - unstarted)

    def _drain(self, tasks: int) -> None:
        idle = min(
            tasks, self.running.now - self.busy.now
        )  # these hold no job, and so none of them leaves already
        self.running.change(-idle, self.agenda.now)
        self._leaving += tasks - idle

    def _take_jobs(self) -> None:
        while self._queue and self.busy.now < self.running.now:
            arrived = self._queue.popleft()
            self.waits.append(Wait(arrived, self.agenda.now - arrived))
            self.waiting.change(-1, self.agenda.now)
            self.busy.change(+1, self.agenda.now)
            self.agenda.after(self.job_seconds(), self._finish)

    def _finish(self) -> None:
        self.done += 1
        self.busy.change(-1, self.agenda.now)
        if self._leaving:
            self._leaving -= 1
            self.running.change(-1, self.agenda.now)
        self._take_jobs()
