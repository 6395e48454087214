# MiB that Fargate gives to so many units of CPU.
locals {
  fargate_memory = tomap({
    256   = [512, 1024, 2048]
    512   = range(1024, 4096 + 1, 1024)
    1024  = range(2048, 8192 + 1, 1024)
    2048  = range(4096, 16384 + 1, 1024)
    4096  = range(8192, 30720 + 1, 1024)
    8192  = range(16384, 61440 + 1, 4096)
    16384 = range(32768, 122880 + 1, 8192)
  })
  fargate_offers = join("; ", [
    "cpu 256 with memory 512, 1024 or 2048",
    "cpu 512, 1024, 2048 or 4096 with 2 to 8 times as much in whole GiB, up to 30720",
    "cpu 8192 with 16384 to 61440 in steps of 4096",
    "cpu 16384 with 32768 to 122880 in steps of 8192.",
  ])
}

variable "architecture" {
  description = "What the images were built for: 'ARM64' costs a fifth less than 'X86_64'."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["ARM64", "X86_64"], var.architecture)
    error_message = "architecture: expected 'ARM64' or 'X86_64'."
  }
}

variable "api_size" {
  description = "What an API task has: CPU in units of 1/1024, memory in MiB."
  type        = object({ cpu = number, memory = number })
  default     = { cpu = 512, memory = 1024 }

  validation {
    condition     = contains(lookup(local.fargate_memory, var.api_size.cpu, []), var.api_size.memory)
    error_message = "api_size: expected what Fargate offers: ${local.fargate_offers}"
  }
}

variable "worker_size" {
  description = "What a worker task has: CPU in units of 1/1024, memory in MiB."
  type        = object({ cpu = number, memory = number })
  default     = { cpu = 512, memory = 1024 }

  validation {
    condition     = contains(lookup(local.fargate_memory, var.worker_size.cpu, []), var.worker_size.memory)
    error_message = "worker_size: expected what Fargate offers: ${local.fargate_offers}"
  }
}

variable "worker_threads" {
  description = "How many jobs a worker task runs at once."
  type        = number
  default     = 4

  validation {
    condition     = var.worker_threads >= 1 && var.worker_threads <= 64 && floor(var.worker_threads) == var.worker_threads
    error_message = "worker_threads: expected a whole number from 1 to 64."
  }
}

variable "worker_spot" {
  description = "Whether workers beyond the first run on Spot: about 70% cheaper, and given two minutes to drain when AWS wants them back. The first stays, for the sweeper's sake."
  type        = bool
  default     = false
}

variable "enable_execute_command" {
  description = "Whether 'aws ecs execute-command' may open a shell in tasks. AWS needs a root file system that can be written to for it, so it is for looking into a fault, and then off again."
  type        = bool
  default     = false
}

variable "settings" {
  description = "Further settings for API and workers by their names in the README, such as { TASKOVERFLOW_RESULT_TTL = \"86400\" }; and those of OpenTelemetry."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^(TASKOVERFLOW|OTEL)_[A-Z0-9_]+$", name))])
    error_message = "settings: expected names that begin with TASKOVERFLOW_ or OTEL_."
  }
  validation {
    condition     = alltrue([for name in keys(var.settings) : !can(regex("PASSWORD|_FILE$|^TASKOVERFLOW_(DATABASE_URL|BROKER_URL|HOST|PORT|METRICS_HOST|METRICS_PORT|PUBLIC_URL|TRUSTED_PROXIES|DRAIN_SECONDS|KEEP_ALIVE|LOG_FORMAT|WORKER_THREADS|CREATE_QUEUES)$", name))])
    error_message = "settings: expected no passwords, which belong in Secrets Manager, and nothing that follows from other variables: addresses, ports, TASKOVERFLOW_DRAIN_SECONDS, _KEEP_ALIVE, _LOG_FORMAT, _WORKER_THREADS, _CREATE_QUEUES."
  }
}
