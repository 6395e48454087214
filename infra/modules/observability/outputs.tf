output "log_groups" {
  description = "Names and ARNs of the log groups: api, worker, once."
  value       = { for use, group in aws_cloudwatch_log_group.of : use => { name = group.name, arn = group.arn } }
}

output "topic_arn" {
  description = "What to subscribe to for alarms."
  value       = aws_sns_topic.alarms.arn
}

output "alarms" {
  description = "Each alarm and its section of docs/operations.md."
  value = {
    for key, alarm in merge(local.too_high, local.on_reserves, local.reckoned) : "${var.name}-${key}" => alarm.runbook
  }
}
