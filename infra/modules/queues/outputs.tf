output "broker_url" {
  description = "What TASKOVERFLOW_BROKER_URL is to be, without a password."
  value = (
    local.with_sqs
    ? "sqs://${split(":", aws_sqs_queue.jobs[0].arn)[3]}/${aws_sqs_queue.jobs[0].name}"
    : "rediss://${aws_elasticache_replication_group.redis[0].primary_endpoint_address}:6379/0"
  )
}

output "broker_password_secret_arn" {
  description = "The secret that holds the broker's password; null where the task's role is what counts."
  value       = local.with_sqs ? null : var.redis.auth_secret_arn
}

output "queue" {
  description = "ARN and name of the SQS queue; null with another broker."
  value       = one([for queue in aws_sqs_queue.jobs : { arn = queue.arn, name = queue.name }])
}

output "dead_letter_queue" {
  description = "ARN and name of the queue for its dead letters; null with another broker."
  value       = one([for queue in aws_sqs_queue.dead_letters : { arn = queue.arn, name = queue.name }])
}

output "practice_queue_urls" {
  description = "The URLs of the two queues to practise with."
  value       = concat(aws_sqs_queue.practice[*].url, aws_sqs_queue.practice_fifo[*].url)
}

output "redis_id" {
  description = "The replication group; null with another broker."
  value       = one(aws_elasticache_replication_group.redis[*].id)
}
