"""The event loop of a worker."""

import dramatiq
import pytest
import uvloop
from dramatiq.brokers.stub import StubBroker

from workers.loop import FastLoop, running_loop


def test_jobs_run_in_uvloop() -> None:
    worker = dramatiq.Worker(StubBroker(middleware=[FastLoop()]), worker_threads=1, worker_timeout=10)
    worker.start()
    loop = running_loop().loop
    worker.stop()
    assert isinstance(loop, uvloop.Loop)


def test_there_is_none_without_a_worker() -> None:
    with pytest.raises(RuntimeError, match="does not run"):
        running_loop()
