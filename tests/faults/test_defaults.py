"""What is promised by the settings that a service has when nobody sets any."""

from pathlib import Path

from tests.faults.battery import on
from tests.faults.stack import stack
from tests.faults.trial import Lab
from tests.support import databases

PROMISE_SECONDS = 15
PATIENCE_SECONDS = 30.0


@on()
async def test_the_job_of_a_killed_worker_runs_again_within_fifteen_seconds(lab: Lab, tmp_path: Path) -> None:
    server = lab.stack.postgres.server.url
    database = f"defaults_{lab.stack.kind.replace('-', '_')}"
    await databases.copy(server, database)
    url = databases.named(server, database)
    with stack(lab.stack.kind, lab.stack.postgres, url, lab.queues(1), tmp_path / "service") as by_default:
        a_lab = Lab(by_default, lab.queues, lab.lines)
        async with a_lab.trial("SIGKILL, default settings", patience=PATIENCE_SECONDS) as trial:
            async with trial.held() as (_, worker):
                worker.kill()
            await trial.over()
    assert lab.lines[-1].recovery < PROMISE_SECONDS
