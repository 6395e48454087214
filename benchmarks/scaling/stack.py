"""What infra/ makes unless it is told otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stack:
    """The variables of infra/ that the model knows, by their names and with their defaults."""

    worker_tasks: tuple[int, int] = (1, 6)
    worker_vcpu: float = 0.5
    worker_threads: int = 4
    worker_cpu_target: float = 50
    job_latency_seconds: float = 60
    job_seconds: float = 1
    alarm_queue_age_seconds: float = 300
    api_tasks: tuple[int, int] = (2, 4)
    api_vcpu: float = 0.5
    api_cpu_target: float = 60
    api_requests_target: float = 3000
    database_max_connections: int = 200
    database_storage_gib: int = 100

    @property
    def messages_per_task(self) -> float:
        """What workers are added to keep below: as in infra/main.tf."""
        return self.job_latency_seconds / self.job_seconds

    @property
    def late_after_seconds(self) -> float:
        """From when on each minute brings another worker: as in infra/main.tf."""
        return max(60.0, self.alarm_queue_age_seconds / 5)

    def connections(self, workers: int) -> int:
        """What so many workers and all API tasks take from Postgres: as in infra/variables_database.tf."""
        return 23 * self.api_tasks[1] + (3 * self.worker_threads + 3) * workers + 10
