output "url" {
  description = "Where the service is, once its name leads to the load balancer."
  value       = coalesce(var.public_url, "http://${module.service.balancer_dns_name}")
}

output "balancer" {
  description = "What the service's name is to be an alias of, and the zone that Route 53 wants for it."
  value       = { dns_name = module.service.balancer_dns_name, zone_id = module.service.balancer_zone_id }
}

output "repositories" {
  description = "Where to push the images: api, worker."
  value       = module.registry.repository_urls
}

output "run_once" {
  description = "Commands that run a task once: migrate before a rollout, doctor after it, jobs as an example of taskoverflow jobs."
  value       = module.service.run_once
}

output "cluster" {
  description = "The ECS cluster, whose services are api and worker."
  value       = module.service.metric_names.cluster
}

output "log_groups" {
  description = "Where logs are: api, worker, and once for what is run by hand."
  value       = { for use, group in module.observability.log_groups : use => group.name }
}

output "queue" {
  description = "The queue's name; null where the broker is Redis."
  value       = try(module.queues.queue.name, null)
}

output "practice_queue_urls" {
  description = "The URLs of the queues to practise with."
  value       = module.queues.practice_queue_urls
}

output "database_password_secret_arn" {
  description = "The secret that AWS keeps the database's password in."
  value       = module.database.password_secret_arn
}

output "alarm_topic_arn" {
  description = "What to subscribe to for alarms."
  value       = module.observability.topic_arn
}

output "alarms" {
  description = "Each alarm and its section of docs/operations.md."
  value       = module.observability.alarms
}

output "role_arns" {
  description = "The roles: execution, api, worker, operator."
  value       = module.service.role_arns
}
