variable "name" {
  description = "What everything here is called."
  type        = string
}

variable "emails" {
  description = "Who gets the alarms by mail."
  type        = list(string)
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "kms_key_arn" {
  description = "What logs and alarms are encrypted with."
  type        = string
}

variable "service" {
  description = "What CloudWatch's metrics call the parts: balancer, target, cluster, api, worker."
  type        = map(string)
}

variable "database" {
  description = "The instance, its class, how many connections it takes, and its disk in GiB at first."
  type        = object({ id = string, class = string, max_connections = number, storage = number })
}

variable "with_sqs" {
  description = "Whether the broker is SQS; else it is Redis."
  type        = bool
}

variable "queues" {
  description = "The names of the SQS queue and of the one for its dead letters."
  type        = object({ jobs = string, dead_letters = string })
}

variable "redis_id" {
  description = "The replication group, where the broker is Redis."
  type        = string
}

variable "thresholds" {
  description = "From when on somebody is woken."
  type        = object({ queue_age_seconds = number, error_percent = number })
}
