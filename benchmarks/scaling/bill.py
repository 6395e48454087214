"""What a million jobs cost on AWS."""

from dataclasses import dataclass

from benchmarks.scaling.figures import Aws, Costs

JOBS = 1_000_000
STATUS_READS = 2
"""Of each job; one of them waits for its end."""
USE = 0.5
"""How much of what is paid for is used: tasks for a peak are there before and after it."""
RESULT_DAYS = 7
"""TASKOVERFLOW_RESULT_TTL."""
JOB_DAYS = 30
"""TASKOVERFLOW_JOB_TTL."""
SQS_REQUESTS = 3
"""Of each job: sent, received, deleted; fewer where these are batched."""


@dataclass(frozen=True, slots=True)
class Bill:
    """Dollars for a million jobs, each of so many todos and downloaded once."""

    costs: Costs
    aws: Aws
    todos: int

    def lines(self) -> dict[str, float]:
        """What is paid for, by name."""
        return {
            "API tasks": self._fargate(self.api_seconds),
            "worker tasks": self._fargate(self.costs.worker(self.todos)),
            "Postgres, its CPU": self._database(),
            "Postgres, the files' disk": self._kept(self.stored_bytes, RESULT_DAYS, self.aws.disk_gb_month),
            "Postgres, the jobs' disk": self._kept(
                self.costs.row_bytes_per_job, JOB_DAYS, self.aws.disk_gb_month
            ),
            "SQS": SQS_REQUESTS * JOBS / 1e6 * self.aws.sqs_million,
            "logs": JOBS * self.costs.log_bytes_per_job / 1e9 * self.aws.log_gb,
            "to clients": JOBS * self.stored_bytes / 1e9 * self.aws.out_gb,
        }

    def files_in_s3(self) -> float:
        """What the files' disk becomes with S3: each is put once, and kept for as long."""
        puts = JOBS / 1e6 * self.aws.s3_million_puts
        return puts + self._kept(self.stored_bytes, RESULT_DAYS, self.aws.s3_gb_month)

    @property
    def stored_bytes(self) -> float:
        """What a file takes, compressed."""
        return self.costs.stored_bytes_per_todo * self.todos

    @property
    def api_seconds(self) -> float:
        """The API's CPU for one job: it is asked for, looked at, downloaded."""
        costs = self.costs
        megabytes = costs.result_bytes_per_todo * self.todos / 1e6
        return costs.api_per_post + STATUS_READS * costs.api_per_status + megabytes * costs.api_per_megabyte

    def _fargate(self, seconds: float) -> float:
        hour = self.aws.vcpu_hour + self.aws.gb_per_vcpu * self.aws.gb_hour
        return JOBS * seconds / (self.aws.core_per_vcpu * USE) / 3600 * hour

    def _database(self) -> float:
        hour = self.aws.database_hour / self.aws.database_vcpus
        return JOBS * self.costs.database(self.todos) / (self.aws.core_per_vcpu * USE) / 3600 * hour

    def _kept(self, size: float, days: int, gb_month: float) -> float:
        return JOBS * size / 1e9 * days / 30 * gb_month


def bytes_worth_s3(aws: Aws) -> float:
    """From what size on a file is cheaper in S3: there the put is paid back by the days on a dearer disk."""
    saved_by_a_byte = (aws.disk_gb_month - aws.s3_gb_month) / 1e9 * RESULT_DAYS / 30
    return aws.s3_million_puts / 1e6 / saved_by_a_byte
