"""A Docker daemon: the machine's own, or where there is none one for as long as it is needed."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.containers.shell import FailedError, run
from tests.containers.traces import Traces
from tests.support.waiting import wait_until

_BRIDGE = "taskoverflow0"
_ADDRESSES = "10.213.0.1/24"
_SPARE_BYTES = 12 * 1024**3
_POOL = "base=10.214.0.0/16,size=24"


def is_there() -> bool:
    """Whether a daemon answers where Docker's client looks for one."""
    asked = subprocess.run(["docker", "version"], capture_output=True, check=False)
    return asked.returncode == 0


@contextmanager
def own_daemon(folder: Path) -> Iterator[None]:
    """Run one for the block, apart from all that others may have, and leave the machine as it was."""
    before = Traces.seen()
    _put_in_memory(folder)
    kept = dict(os.environ)
    os.environ["DOCKER_HOST"] = f"unix://{folder}/socket"
    os.environ["DOCKER_CONFIG"] = str(folder / "client")
    run("ip", "link", "add", _BRIDGE, "type", "bridge")
    run("ip", "address", "add", _ADDRESSES, "dev", _BRIDGE)
    try:
        with _running(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        run("ip", "link", "delete", _BRIDGE)
        _unmount(folder)
        # Rather than Python's own, which takes several times as long for so many files.
        run("rm", "-rf", folder)
        before.restore()
        before.compare()


def _put_in_memory(folder: Path) -> None:
    """Keep what the daemon writes off the disk where there is memory to spare: nothing of it is to last."""
    folder.mkdir(parents=True)
    available = re.search(r"^MemAvailable: +(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    if available is not None and int(available[1]) * 1024 > _SPARE_BYTES:
        run("mount", "-t", "tmpfs", "-o", "size=6g", "taskoverflow", folder)


@contextmanager
def _running(folder: Path) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "dockerd",
                *(
                    "--data-root",
                    folder / "data",
                    "--exec-root",
                    folder / "exec",
                    "--pidfile",
                    folder / "pid",
                ),
                *("--host", f"unix://{folder}/socket", "--group", "root", "--bridge", _BRIDGE),
                *("--default-address-pool", _POOL, "--userland-proxy=true"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C is for this script, which takes the containers down first.
            start_new_session=True,
        )
    try:
        wait_until(lambda: process.poll() is not None or is_there(), "Docker's daemon")
        if process.poll() is not None:
            raise FailedError(f"dockerd ended at once:\n{(folder / 'log').read_text()}")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _unmount(folder: Path) -> None:
    """Let go of what the daemon leaves mounted, the name spaces of networks, and of its folder."""
    for line in reversed(Path("/proc/mounts").read_text().splitlines()):
        target = line.split()[1]
        if f"{target}/".startswith(f"{folder}/"):
            with suppress(FailedError):
                run("umount", "--lazy", target)
