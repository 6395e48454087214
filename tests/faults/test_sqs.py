"""What SQS does now and then: errors, throttling, and messages that come again in mid-job."""

from itertools import cycle

import pytest

from app.domain.jobs import JobState
from tests.faults.battery import on
from tests.faults.sqs_trouble import EXTEND, TROUBLE
from tests.faults.trial import Lab
from tests.support.aws_gate import Gate
from tests.support.brokers import SqsUnderTest
from tests.support.waiting import wait_until


def gate_of(lab: Lab) -> Gate:
    assert isinstance(lab.stack.broker, SqsUnderTest)
    return lab.stack.broker.gate


@on("sqs", "sqs-fifo", short=("sqs",))
@pytest.mark.parametrize(
    ("what", "action"), [("receive", "ReceiveMessage"), ("delete", "DeleteMessage"), ("extend", EXTEND)]
)
async def test_errors_and_throttling(lab: Lab, what: str, action: str) -> None:
    async with lab.trial(f"SQS: errors on {what}") as trial:
        gate, errors = gate_of(lab), cycle(TROUBLE)
        async with trial.held():
            already = len(gate.calls[action])
            gate.faults[action] = lambda _: next(errors)
            if action != "DeleteMessage":
                wait_until(lambda: len(gate.calls[action]) >= already + 6, f"six errors on {what}")
        if action == "DeleteMessage":
            wait_until(lambda: len(gate.calls[action]) >= already + 6, f"six errors on {what}")
        del gate.faults[action]
        await trial.over()


@on("sqs", "sqs-fifo", short=("sqs",))
async def test_visibility_that_ends_in_mid_job(lab: Lab) -> None:
    async with lab.trial("SQS: visibility ends in mid-job") as trial:
        gate = gate_of(lab)
        async with trial.held(alone=True) as (job, _):
            gate.faults[EXTEND] = lambda _: TROUBLE[0]

            def came_again() -> bool:
                lines = (line for worker in lab.stack.workers for line in worker.logs.splitlines())
                return any("nothing_to_do" in line and str(job) in line for line in lines)

            wait_until(came_again, "the message again")
            del gate.faults[EXTEND]
        await trial.eye.until_state(job, JobState.SUCCESS)
        await trial.over()
