"""The tables of docs/scaling.md."""

from collections.abc import Callable, Sequence

from benchmarks.scaling.advice import advice
from benchmarks.scaling.bill import RESULT_DAYS, Bill, bytes_worth_s3
from benchmarks.scaling.bursts import FOLD, TODOS, USUAL_USE, Burst, bursts, job_seconds
from benchmarks.scaling.figures import Aws, Costs
from benchmarks.scaling.limits import limits, measures
from benchmarks.scaling.stack import Stack
from benchmarks.scaling.tables import number, table

SIZES = (10, 1000, 10_000, 100_000)
MINUTES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30)

_HEAD = [f"{todos:,} todos" for todos in SIZES]


def tables(costs: Costs, aws: Aws) -> dict[str, str]:
    """Each by the name of its place on the page."""
    seen = bursts(costs, aws)
    return {
        "jobs": _jobs(costs, aws),
        "waits": _waits(seen),
        "tasks": _tasks(seen),
        "advice": _advice(costs, aws),
        "bill": _bill(costs, aws),
        "limits": _limits(costs, aws),
        "measures": _measures(costs, aws),
    }


def _of_sizes(name: str, value: Callable[[int], float]) -> list[str]:
    return [name, *(number(value(todos)) for todos in SIZES)]


def _jobs(costs: Costs, aws: Aws) -> str:
    def seconds(todos: int) -> float:
        return job_seconds(costs, aws, Stack(), todos)

    rows = [
        _of_sizes("seconds of one task for a job (`job_seconds`)", seconds),
        _of_sizes("jobs/s of one task", lambda todos: 1 / seconds(todos)),
        _of_sizes("jobs/s usually", lambda todos: USUAL_USE / seconds(todos)),
        _of_sizes("jobs/s in the burst", lambda todos: USUAL_USE * FOLD / seconds(todos)),
    ]
    return table(["", *_HEAD], rows)


def _waits(seen: Sequence[Burst]) -> str:
    head = ["", "p50 wait, s", "p99, s", "longest, s", "most tasks", "minutes to drain", "task-hours"]
    return table(head, [_of_burst(burst) for burst in seen])


def _of_burst(burst: Burst) -> list[str]:
    waits = [f"{burst.waited(part):,.0f}" for part in (0.5, 0.99, 1)]
    drained = burst.minutes_to_drain
    return [
        burst.setting.name,
        *waits,
        str(burst.most_tasks),
        "—" if drained is None else f"{drained:.0f}",
        f"{burst.task_hours:.1f}",
    ]


def _tasks(seen: Sequence[Burst]) -> str:
    rows = [[burst.setting.name, *(str(burst.tasks_after(minutes)) for minutes in MINUTES)] for burst in seen]
    return table(["minutes after it began", *map(str, MINUTES)], rows)


def _advice(costs: Costs, aws: Aws) -> str:
    rows = [
        [item.variable, item.default, item.better, item.why] for item in advice(costs, aws, Stack(), TODOS)
    ]
    return table(["variable", "default", "for this burst", "why"], rows)


def _bill(costs: Costs, aws: Aws) -> str:
    bills = [Bill(costs, aws, todos) for todos in SIZES]
    rows = [[name, *(_dollars(bill.lines()[name]) for bill in bills)] for name in bills[0].lines()]
    rows.append(["**sum**", *(f"**{_dollars(sum(bill.lines().values()))}**" for bill in bills)])
    rows.append(
        ["files in S3 in place of the files' disk", *(_dollars(bill.files_in_s3()) for bill in bills)]
    )
    same = f"{bytes_worth_s3(aws) / 1000:,.0f} KB, kept for {RESULT_DAYS} days, costs the same in both"
    return table(["dollars", *_HEAD], rows) + f"\n\nA file of {same}; a larger one is cheaper in S3."


def _limits(costs: Costs, aws: Aws) -> str:
    columns = [list(limits(costs, aws, Stack(), todos)) for todos in SIZES]
    rows = [
        [limit.part, limit.because, *(number(column[row].jobs) for column in columns)]
        for row, limit in enumerate(columns[0])
    ]
    return table(["limit", "because of", *_HEAD], rows)


def _measures(costs: Costs, aws: Aws) -> str:
    columns = [list(measures(costs, aws, Stack(), todos)) for todos in SIZES]
    rows = [
        [measure.name, *(number(column[row].jobs) for column in columns)]
        for row, measure in enumerate(columns[0])
    ]
    return table(["needed from, jobs/s", *_HEAD], rows)


def _dollars(value: float) -> str:
    return f"{value:,.2f}"
