# Tasks, services and what makes them more or fewer.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name        = "taskoverflow"
  region      = "eu-north-1"
  kms_key_arn = "arn:aws:kms:eu-north-1:123456789012:key/0a1b2c3d"
  network = {
    vpc_id              = "vpc-0a1b"
    private_subnet_ids  = ["subnet-1", "subnet-2"]
    balancer_subnet_ids = ["subnet-3", "subnet-4"]
    balancer_cidrs      = ["10.64.8.0/23", "10.64.10.0/23"]
    security_group_ids  = { balancer = "sg-1", api = "sg-2", worker = "sg-3" }
  }
  address = {
    certificate_arn     = "arn:aws:acm:eu-north-1:123456789012:certificate/0a1b2c3d"
    public_url          = "https://todo.example.org"
    internal            = false
    web_acl_arn         = null
    access_log_bucket   = null
    deletion_protection = true
  }
  database = {
    url                 = "postgresql://taskoverflow@db:5432/taskoverflow?sslmode=require"
    password_secret_arn = "arn:aws:secretsmanager:eu-north-1:123456789012:secret:db"
  }
  broker = {
    url                 = "sqs://eu-north-1/ical"
    password_secret_arn = null
    with_password       = false
    queue               = { arn = "arn:aws:sqs:eu-north-1:123456789012:ical", name = "ical" }
    dead_letter_queue   = { arn = "arn:aws:sqs:eu-north-1:123456789012:ical_dlq", name = "ical_dlq" }
    is_sqs              = true
  }
  images = { api = "registry/api:1.4.2", worker = "registry/worker:1.4.2", repository_arns = ["arn:aws:ecr:eu-north-1:123456789012:repository/api"] }
  tasks = {
    architecture           = "ARM64"
    api_size               = { cpu = 512, memory = 1024 }
    worker_size            = { cpu = 1024, memory = 2048 }
    worker_threads         = 4
    worker_spot            = false
    enable_execute_command = false
    settings               = { TASKOVERFLOW_RESULT_TTL = "86400" }
  }
  scaling = {
    api_tasks           = { min = 2, max = 4 }
    api_cpu_target      = 60
    api_requests_target = 3000
    worker_tasks        = { min = 1, max = 6 }
    worker_cpu_target   = 50
    messages_per_task   = 60
    late_after_seconds  = 60
    night               = null
  }
  log_groups = {
    api    = { name = "/taskoverflow/api", arn = "arn:aws:logs:eu-north-1:123456789012:log-group:/taskoverflow/api" }
    worker = { name = "/taskoverflow/worker", arn = "arn:aws:logs:eu-north-1:123456789012:log-group:/taskoverflow/worker" }
    once   = { name = "/taskoverflow/once", arn = "arn:aws:logs:eu-north-1:123456789012:log-group:/taskoverflow/once" }
  }
}

run "by_default" {
  module {
    source = "./modules/service"
  }

  assert {
    condition = alltrue([
      for definition in values(aws_ecs_task_definition.of) : (
        jsondecode(definition.container_definitions)[0].readonlyRootFilesystem &&
        jsondecode(definition.container_definitions)[0].user == "10001:10001" &&
        jsondecode(definition.container_definitions)[0].stopTimeout == 120 &&
        jsondecode(definition.container_definitions)[0].linuxParameters.capabilities.drop[0] == "ALL" &&
        jsondecode(definition.container_definitions)[0].mountPoints[0].containerPath == "/tmp"
      )
    ])
    error_message = "Every task is unprivileged, can write to /tmp only, and has two minutes to stop."
  }
  assert {
    condition     = { for name, definition in aws_ecs_task_definition.of : name => join(" ", jsondecode(definition.container_definitions)[0].command) } == { api = "api", worker = "worker", migrate = "migrate upgrade", doctor = "doctor", jobs = "jobs list" }
    error_message = "Each task runs one command of taskoverflow."
  }
  assert {
    condition = { for one in jsondecode(aws_ecs_task_definition.of["worker"].container_definitions)[0].environment : one.name => one.value } == {
      AWS_REGION                  = "eu-north-1"
      TASKOVERFLOW_BROKER_URL     = "sqs://eu-north-1/ical"
      TASKOVERFLOW_DATABASE_URL   = "postgresql://taskoverflow@db:5432/taskoverflow?sslmode=require"
      TASKOVERFLOW_DRAIN_SECONDS  = "110"
      TASKOVERFLOW_LOG_FORMAT     = "json"
      TASKOVERFLOW_METRICS_HOST   = "0.0.0.0"
      TASKOVERFLOW_METRICS_PORT   = "6401"
      TASKOVERFLOW_RESULT_TTL     = "86400"
      TASKOVERFLOW_WORKER_THREADS = "4"
    }
    error_message = "A worker is told these settings, and drains before it is killed."
  }
  assert {
    condition = jsondecode(aws_ecs_task_definition.of["api"].container_definitions)[0].secrets == [
      { name = "TASKOVERFLOW_DATABASE_PASSWORD", valueFrom = "arn:aws:secretsmanager:eu-north-1:123456789012:secret:db:password::" },
    ]
    error_message = "The password comes from Secrets Manager."
  }
  assert {
    condition     = [for one in jsondecode(aws_ecs_task_definition.of["api"].container_definitions)[0].environment : one.value if one.name == "TASKOVERFLOW_TRUSTED_PROXIES"] == ["10.64.8.0/23,10.64.10.0/23"]
    error_message = "Forwarded headers are believed from the load balancer's subnets alone."
  }
  assert {
    condition     = length(aws_lb_listener.https) == 1 && aws_lb_listener.http.default_action[0].type == "redirect"
    error_message = "HTTP leads to HTTPS."
  }
  assert {
    condition     = !anytrue(flatten([for rule in values(aws_lb_listener_rule.api) : [for one in rule.condition : [for pattern in one.path_pattern : contains(pattern.values, "/metrics") || contains(pattern.values, "/*")]]]))
    error_message = "Metrics are not passed on to the world."
  }
  assert {
    condition     = aws_ecs_service.worker.deployment_circuit_breaker[0].rollback && aws_ecs_service.api.deployment_circuit_breaker[0].rollback
    error_message = "A rollout that fails is taken back."
  }
  assert {
    condition     = alltrue([for definition in values(aws_ecs_task_definition.of) : definition.skip_destroy])
    error_message = "There is a revision to take it back to."
  }
  assert {
    condition     = tonumber(aws_lb_target_group.api.deregistration_delay) > 60
    error_message = "A request that waits for a minute is answered by a task that goes."
  }
  assert {
    condition     = aws_appautoscaling_policy.worker_backlog[0].target_tracking_scaling_policy_configuration[0].target_value == 60
    error_message = "As many messages may wait for a worker as it makes in the time that they may wait."
  }
  assert {
    condition     = length(aws_appautoscaling_scheduled_action.night) == 0 && length(aws_appautoscaling_policy.worker_cpu) == 0
    error_message = "Workers work at night, and follow the queue."
  }
  assert {
    condition     = [for one in aws_ecs_service.worker.capacity_provider_strategy : one.capacity_provider] == ["FARGATE"]
    error_message = "No worker is on Spot."
  }
}

run "spot_night_and_redis_over_plain_http" {
  module {
    source = "./modules/service"
  }
  variables {
    address = {
      certificate_arn     = null
      public_url          = null
      internal            = false
      web_acl_arn         = "arn:aws:wafv2:eu-north-1:123456789012:regional/webacl/mine/0a1b"
      access_log_bucket   = "logs.example.org"
      deletion_protection = true
    }
    broker = {
      url                 = "rediss://master.some.eun1.cache.amazonaws.com:6379/0"
      password_secret_arn = "arn:aws:secretsmanager:eu-north-1:123456789012:secret:redis"
      with_password       = true
      queue               = null
      dead_letter_queue   = null
      is_sqs              = false
    }
    tasks = {
      architecture           = "X86_64"
      api_size               = { cpu = 512, memory = 1024 }
      worker_size            = { cpu = 1024, memory = 2048 }
      worker_threads         = 8
      worker_spot            = true
      enable_execute_command = true
      settings               = {}
    }
    scaling = {
      api_tasks           = { min = 2, max = 4 }
      api_cpu_target      = 60
      api_requests_target = 3000
      worker_tasks        = { min = 2, max = 6 }
      worker_cpu_target   = 50
      messages_per_task   = 60
      late_after_seconds  = 60
      night               = { begins = "0 22 * * ? *", ends = "0 6 * * ? *", timezone = "Europe/Oslo" }
    }
  }

  assert {
    condition     = jsonencode({ for one in aws_ecs_service.worker.capacity_provider_strategy : one.capacity_provider => [one.base, one.weight] }) == jsonencode({ FARGATE = [1, 0], FARGATE_SPOT = [null, 1] })
    error_message = "The first worker is not on Spot, and all others are."
  }
  assert {
    condition     = aws_appautoscaling_scheduled_action.night[0].scalable_target_action[0].max_capacity == "0" && aws_appautoscaling_scheduled_action.morning[0].scalable_target_action[0].min_capacity == "2"
    error_message = "At night there is no worker, and in the morning as many as before."
  }
  assert {
    condition     = aws_appautoscaling_scheduled_action.night[0].schedule == "cron(0 22 * * ? *)" && aws_appautoscaling_scheduled_action.night[0].timezone == "Europe/Oslo"
    error_message = "The night begins when it was said, by that place's clock."
  }
  assert {
    condition     = length(aws_appautoscaling_policy.worker_backlog) + length(aws_appautoscaling_policy.worker_late) == 0 && length(aws_appautoscaling_policy.worker_cpu) == 1
    error_message = "With Redis workers follow their CPU use."
  }
  assert {
    condition     = length(aws_lb_listener.https) == 0 && aws_lb_listener.http.default_action[0].type == "fixed-response"
    error_message = "Plain HTTP is served, not redirected."
  }
  assert {
    condition     = [for one in jsondecode(aws_ecs_task_definition.of["api"].container_definitions)[0].environment : one.value if one.name == "TASKOVERFLOW_PUBLIC_URL"] == ["http://some.eu-north-1.elb.amazonaws.com"]
    error_message = "Answers name the load balancer."
  }
  assert {
    condition     = [for one in jsondecode(aws_ecs_task_definition.of["worker"].container_definitions)[0].secrets : one.name] == ["TASKOVERFLOW_BROKER_PASSWORD", "TASKOVERFLOW_DATABASE_PASSWORD"]
    error_message = "The AUTH token comes from Secrets Manager, too."
  }
  assert {
    condition     = contains(keys(aws_iam_role_policy.of), "api") && length(data.aws_iam_policy_document.api.source_policy_documents) == 1 && length(data.aws_iam_policy_document.api.statement) == 0
    error_message = "execute-command reaches the API without SQS as well, and there is nothing else that it may do."
  }
  assert {
    condition     = !jsondecode(aws_ecs_task_definition.of["api"].container_definitions)[0].readonlyRootFilesystem && aws_ecs_service.api.enable_execute_command
    error_message = "execute-command can write where it must."
  }
  assert {
    condition     = length(aws_wafv2_web_acl_association.this) == 1 && aws_lb.this.access_logs[0].bucket == "logs.example.org"
    error_message = "The WAF is before it, and it logs who asks."
  }
}
