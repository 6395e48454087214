resource "aws_ecs_service" "api" {
  name                              = "api"
  cluster                           = aws_ecs_cluster.this.id
  task_definition                   = aws_ecs_task_definition.of["api"].arn
  desired_count                     = var.scaling.api_tasks.min
  health_check_grace_period_seconds = 60
  enable_execute_command            = var.tasks.enable_execute_command
  propagate_tags                    = "SERVICE"
  enable_ecs_managed_tags           = true

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }
  network_configuration {
    subnets         = var.network.private_subnet_ids
    security_groups = [var.network.security_group_ids["api"]]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.api.arn
    container_name   = "api"
    container_port   = 6400
  }
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  lifecycle {
    ignore_changes = [desired_count] # the scaling's to say
  }
  depends_on = [aws_lb_listener_rule.api, aws_iam_role_policy.of, aws_ecs_cluster_capacity_providers.this]
}

resource "aws_ecs_service" "worker" {
  name                    = "worker"
  cluster                 = aws_ecs_cluster.this.id
  task_definition         = aws_ecs_task_definition.of["worker"].arn
  desired_count           = var.scaling.worker_tasks.min
  enable_execute_command  = var.tasks.enable_execute_command
  force_new_deployment    = true # AWS wants it where the capacity providers change
  propagate_tags          = "SERVICE"
  enable_ecs_managed_tags = true

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = 1 # the sweeper's: Spot may be gone for a while
    weight            = var.tasks.worker_spot ? 0 : 1
  }
  dynamic "capacity_provider_strategy" {
    for_each = var.tasks.worker_spot ? [1] : []

    content {
      capacity_provider = "FARGATE_SPOT"
      weight            = 1
    }
  }
  network_configuration {
    subnets         = var.network.private_subnet_ids
    security_groups = [var.network.security_group_ids["worker"]]
  }
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  lifecycle {
    ignore_changes = [desired_count]
  }
  depends_on = [aws_iam_role_policy.of, aws_ecs_cluster_capacity_providers.this]
}
