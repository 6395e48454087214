"""What a daemon and its containers could leave on a machine."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.containers.shell import FailedError, run

_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_TABLES = ("iptables", "ip6tables")


@dataclass(frozen=True)
class Traces:
    """Whatever of it is there at one moment."""

    rules: dict[str, str]
    """Of each family of addresses, as its ``-save`` writes them."""
    forwarding: str
    links: frozenset[str]
    processes: frozenset[str]
    mounts: frozenset[str]
    groups: frozenset[str]

    @classmethod
    def seen(cls) -> Self:
        return cls(
            {family: run(f"{family}-save") for family in _TABLES},
            _FORWARDING.read_text(),
            frozenset(re.findall(r"^\d+: ([^:@]+)", run("ip", "-oneline", "link"), re.MULTILINE)),
            _processes(),
            frozenset(line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()),
            frozenset(str(path) for path in Path("/sys/fs/cgroup").glob("**/docker*")),
        )

    def restore(self) -> None:
        """Undo what a daemon does to the whole machine and never takes back: rules and forwarding."""
        for family, rules in self.rules.items():
            for table in ("nat", "filter"):
                if f"*{table}" not in rules:
                    run(family, "--table", table, "--flush")
                    run(family, "--table", table, "--delete-chain")
                    if table == "filter":
                        run(family, "--policy", "FORWARD", "ACCEPT")
            run(f"{family}-restore", stdin=rules.encode())
        _FORWARDING.write_text(self.forwarding)
        for group in {str(path) for path in Path("/sys/fs/cgroup").glob("**/docker*")} - self.groups:
            _remove_groups(Path(group))

    def compare(self) -> None:
        """Fail if anything is there that was not."""
        now = self.seen()
        left = {
            "links": now.links - self.links,
            "processes": now.processes - self.processes,
            "mounts": now.mounts - self.mounts,
            "control groups": now.groups - self.groups,
            "rules": {
                line for family in _TABLES for line in _bare(now.rules[family]) - _bare(self.rules[family])
            },
        }
        found = {what: sorted(names) for what, names in left.items() if names}
        if found:
            raise FailedError(f"left behind: {found}")


def _processes() -> frozenset[str]:
    """Docker's, by number and name."""
    names = ("dockerd", "containerd", "docker-proxy", "runc")
    found = set()
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            name = path.read_text().strip()
        except OSError:  # it has ended
            continue
        if name.startswith(names):
            found.add(f"{path.parent.name} {name}")
    return frozenset(found)


def _bare(rules: str) -> set[str]:
    """Rules, chains and policies, without comments, counters, and what every machine has."""
    lines = (line.split(" [")[0] for line in rules.splitlines() if line.startswith(("-A", ":")))
    return {line for line in lines if not line.endswith(" ACCEPT") or line.startswith("-A")}


def _remove_groups(folder: Path) -> None:
    for path in sorted((each for each in folder.glob("**/*") if each.is_dir()), reverse=True):
        path.rmdir()
    folder.rmdir()
