variable "api_tasks" {
  description = "How few and how many API tasks run."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 4 }

  validation {
    condition     = var.api_tasks.min >= 1 && var.api_tasks.max >= var.api_tasks.min && floor(var.api_tasks.min) == var.api_tasks.min && floor(var.api_tasks.max) == var.api_tasks.max
    error_message = "api_tasks: expected whole numbers, 1 <= min <= max."
  }
}

variable "api_cpu_target" {
  description = "The CPU use, in percent, that API tasks are added to keep below."
  type        = number
  default     = 60

  validation {
    condition     = var.api_cpu_target >= 10 && var.api_cpu_target <= 90
    error_message = "api_cpu_target: expected 10 to 90."
  }
}

variable "api_requests_target" {
  description = "How many requests a minute one API task is to have at most."
  type        = number
  default     = 3000

  validation {
    condition     = var.api_requests_target >= 1
    error_message = "api_requests_target: expected 1 or more."
  }
}

variable "worker_tasks" {
  description = "How few and how many worker tasks run. Without any there is no sweeper, so that the fewest is one; at night there may be none."
  type        = object({ min = number, max = number })
  default     = { min = 1, max = 6 }

  validation {
    condition     = var.worker_tasks.min >= 1 && var.worker_tasks.max >= var.worker_tasks.min && floor(var.worker_tasks.min) == var.worker_tasks.min && floor(var.worker_tasks.max) == var.worker_tasks.max
    error_message = "worker_tasks: expected whole numbers, 1 <= min <= max; worker_night is what ends all of them for a while."
  }
}

variable "job_latency_seconds" {
  description = "How long a job may wait, in seconds. Divided by job_seconds it is how many messages may wait for each worker task."
  type        = number
  default     = 60

  validation {
    condition     = var.job_latency_seconds >= 1 && var.job_latency_seconds <= 3600
    error_message = "job_latency_seconds: expected 1 to 3600."
  }
}

variable "job_seconds" {
  description = "How long one worker task takes for a job on average: the mean of taskoverflow_attempt_duration_seconds, divided by worker_threads if these run side by side."
  type        = number
  default     = 1

  validation {
    condition     = var.job_seconds > 0 && var.job_seconds <= var.job_latency_seconds
    error_message = "job_seconds: expected more than 0, and no more than job_latency_seconds."
  }
}

variable "worker_cpu_target" {
  description = "With broker = 'redis', which tells CloudWatch of no queue: the CPU use, in percent, that workers are added to keep below."
  type        = number
  default     = 50

  validation {
    condition     = var.worker_cpu_target >= 10 && var.worker_cpu_target <= 90
    error_message = "worker_cpu_target: expected 10 to 90."
  }
}

variable "worker_night" {
  description = "When no workers run at all: jobs are accepted and wait for the morning. Six fields of EventBridge's cron, without the word."
  type        = object({ begins = string, ends = string, timezone = string })
  default     = null

  validation {
    condition     = var.worker_night == null || alltrue([for at in [try(var.worker_night.begins, ""), try(var.worker_night.ends, "")] : can(regex("^[^ ()]+( [^ ()]+){5}$", at))])
    error_message = "worker_night: expected six fields for begins and ends, such as \"0 22 * * ? *\" and \"0 6 * * ? *\"."
  }
  validation {
    condition     = var.worker_night == null || can(regex("^(UTC|[A-Z][A-Za-z_]+/[A-Za-z_/+-]+[0-9]*)$", var.worker_night.timezone))
    error_message = "worker_night.timezone: expected the name of a time zone, such as Europe/Oslo."
  }
}
