variable "broker" {
  description = "Which broker rings for jobs: 'sqs' or 'redis' (ElastiCache)."
  type        = string
  default     = "sqs"

  validation {
    condition     = contains(["sqs", "redis"], var.broker)
    error_message = "broker: expected 'sqs' or 'redis'."
  }
}

variable "queue_name" {
  description = "What the SQS queue is called, without .fifo; a second stack in the same region needs another name."
  type        = string
  default     = "ical"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,71}$", var.queue_name))
    error_message = "queue_name: expected up to 71 letters, digits, '-' and '_'; fifo = true adds .fifo, and dead letters _dlq."
  }
}

variable "fifo" {
  description = "Whether the SQS queue is a FIFO one. It costs more and carries less, and the service does not need its order."
  type        = bool
  default     = false
}

variable "practice_queues" {
  description = "Whether to make the two queues that docs/queue-practice.md compares, csse6400_prac and csse6400_prac.fifo."
  type        = bool
  default     = false
}

variable "redis_node_type" {
  description = "The node type of ElastiCache."
  type        = string
  default     = "cache.t4g.small"

  validation {
    condition     = can(regex("^cache\\.[a-z0-9]+\\.[a-z0-9]+$", var.redis_node_type))
    error_message = "redis_node_type: expected an ElastiCache node type, such as cache.t4g.small."
  }
}

variable "redis_auth_secret_arn" {
  description = "With broker = 'redis': the secret whose value is the AUTH token, 16 to 128 letters and digits."
  type        = string
  default     = null

  validation {
    condition     = var.redis_auth_secret_arn == null || can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.redis_auth_secret_arn))
    error_message = "redis_auth_secret_arn: expected the ARN of a secret."
  }
  validation {
    condition     = (var.redis_auth_secret_arn != null) == (var.broker == "redis")
    error_message = "redis_auth_secret_arn: expected with broker = 'redis', and with no other."
  }
}
