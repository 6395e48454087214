"""How little each container may do, seen from inside."""

from pathlib import Path

from tests.containers.stack import Stack

_SERVICES = {"api": "10001", "worker": "10001", "db": "999", "broker": "999"}


def see_hardening(stack: Stack) -> None:
    """Processes are nobody in particular, may do nothing in particular, and can write to no program."""
    for service, uid in _SERVICES.items():
        status = dict(
            line.split(":\t", 1)
            for line in stack.exec(service, "cat", "/proc/1/status").splitlines()
            if ":\t" in line
        )
        assert status["Uid"].split()[0] == uid, f"{service} runs as {status['Uid']}"
        assert int(status["CapBnd"], 16) == 0, f"{service} may get capabilities: {status['CapBnd']}"
        assert status["NoNewPrivs"] == "1", f"{service} may get privileges"
        assert "ro" in _options_of_root(stack.exec(service, "cat", "/proc/1/mounts")), (
            f"{service}'s root is writable"
        )
    for service in ("api", "worker"):
        command = stack.exec(service, "cat", "/proc/1/cmdline").split("\0")
        assert Path(command[0]).name.startswith("python"), f"process 1 of {service} is {command}"
    password = stack.exec("api", "cat", "/run/secrets/database/password")
    assert len(password) >= 32, "the database's password is none"
    for container in (found for service in _SERVICES for found in stack.containers(service)):
        assert password not in str(container), "Docker shows the database's password"


def see_that_files_of_calendars_need_a_worker(stack: Stack) -> None:
    """Reading one is not in the API's image, which says so."""
    said = stack.exec(
        "api",
        *(
            "sh",
            "-c",
            "echo BEGIN:VCALENDAR > /tmp/x.ics; taskoverflow todos import /tmp/x.ics 2>&1 || echo refused",
        ),
    )
    assert "needs the extra `worker`" in said, said
    assert said.endswith("refused\n"), said


def _options_of_root(mounts: str) -> list[str]:
    (options,) = (line.split()[3] for line in mounts.splitlines() if line.split()[1] == "/")
    return options.split(",")
