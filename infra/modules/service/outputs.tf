output "balancer_dns_name" {
  description = "What the service's name is to be an alias of."
  value       = aws_lb.this.dns_name
}

output "balancer_zone_id" {
  description = "The zone that Route 53 wants for such an alias."
  value       = aws_lb.this.zone_id
}

output "metric_names" {
  description = "What CloudWatch's metrics call the parts."
  value = {
    balancer = aws_lb.this.arn_suffix
    target   = aws_lb_target_group.api.arn_suffix
    cluster  = aws_ecs_cluster.this.name
    api      = aws_ecs_service.api.name
    worker   = aws_ecs_service.worker.name
  }
}

output "run_once" {
  description = "Commands that run a task once: migrate, doctor, jobs. Each prints the task's ARN."
  value = {
    for name in ["migrate", "doctor", "jobs"] : name => join(" ", [
      "aws ecs run-task --region ${var.region} --cluster ${aws_ecs_cluster.this.name} --capacity-provider-strategy capacityProvider=FARGATE,weight=1",
      "--task-definition ${aws_ecs_task_definition.of[name].family}", # the newest revision of it
      "--network-configuration 'awsvpcConfiguration={subnets=[${join(",", var.network.private_subnet_ids)}],securityGroups=[${var.network.security_group_ids[name == "migrate" ? "api" : "worker"]}]}'",
      "--query 'tasks[0].taskArn' --output text",
    ])
  }
}

output "role_arns" {
  description = "The roles: execution, api, worker, operator."
  value       = { for purpose, role in aws_iam_role.of : purpose => role.arn }
}
