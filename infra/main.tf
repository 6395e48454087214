locals {
  with_sqs = var.broker == "sqs"

  # What tasks talk to, each by an endpoint in the VPC where there is no NAT.
  endpoint_services = setunion(
    ["ecr.api", "ecr.dkr", "logs", "secretsmanager"],
    local.with_sqs ? ["sqs"] : [],
    var.enable_execute_command ? ["ssmmessages"] : [],
  )
}

module "network" {
  source                       = "./modules/network"
  name                         = var.name
  region                       = var.region
  cidr                         = var.vpc_cidr
  zones                        = var.zones
  existing                     = var.existing_vpc
  egress                       = var.egress
  endpoint_services            = local.endpoint_services
  internal                     = var.internal
  allowed_cidrs                = var.allowed_cidrs
  listener_ports               = var.plain_http ? [80] : [80, 443]
  with_redis                   = !local.with_sqs
  monitoring_security_group_id = var.monitoring_security_group_id
  log_retention_days           = var.log_retention_days
  kms_key_arn                  = aws_kms_key.this.arn
}

module "registry" {
  source      = "./modules/registry"
  name        = var.name
  kept_images = var.kept_images
  kms_key_arn = aws_kms_key.this.arn
  disposable  = !var.deletion_protection
}

module "queues" {
  source          = "./modules/queues"
  name            = var.name
  broker          = var.broker
  queue_name      = var.queue_name
  fifo            = var.fifo
  practice_queues = var.practice_queues
  kms_key_arn     = aws_kms_key.this.arn

  redis = {
    node_type         = var.redis_node_type
    auth_secret_arn   = var.redis_auth_secret_arn
    subnet_ids        = module.network.private_subnet_ids
    security_group_id = lookup(module.network.security_group_ids, "redis", null)
  }
}

module "database" {
  source              = "./modules/database"
  name                = var.name
  instance_class      = var.database_class
  engine_version      = var.database_version
  storage             = var.database_storage
  multi_az            = var.database_multi_az
  backup_days         = var.database_backup_days
  max_connections     = var.database_max_connections
  password_rotation   = var.database_password_rotation
  root_certificate    = var.database_root_certificate
  deletion_protection = var.deletion_protection
  log_retention_days  = var.log_retention_days
  subnet_ids          = module.network.private_subnet_ids
  security_group_id   = module.network.security_group_ids["database"]
  kms_key_arn         = aws_kms_key.this.arn
}

module "service" {
  source      = "./modules/service"
  name        = var.name
  region      = var.region
  network     = module.network
  database    = module.database
  log_groups  = module.observability.log_groups
  kms_key_arn = aws_kms_key.this.arn

  address = {
    certificate_arn     = var.certificate_arn
    public_url          = var.public_url
    internal            = var.internal
    web_acl_arn         = var.web_acl_arn
    access_log_bucket   = var.access_log_bucket
    deletion_protection = var.deletion_protection
  }
  broker = {
    url                 = module.queues.broker_url
    password_secret_arn = module.queues.broker_password_secret_arn
    with_password       = !local.with_sqs
    queue               = module.queues.queue
    dead_letter_queue   = module.queues.dead_letter_queue
    is_sqs              = local.with_sqs
  }
  images = {
    api             = "${module.registry.repository_urls["api"]}:${var.image_tag}"
    worker          = "${module.registry.repository_urls["worker"]}:${var.image_tag}"
    repository_arns = module.registry.repository_arns
  }
  tasks = {
    architecture           = var.architecture
    api_size               = var.api_size
    worker_size            = var.worker_size
    worker_threads         = var.worker_threads
    worker_spot            = var.worker_spot
    enable_execute_command = var.enable_execute_command
    settings               = var.settings
  }
  scaling = {
    api_tasks           = var.api_tasks
    api_cpu_target      = var.api_cpu_target
    api_requests_target = var.api_requests_target
    worker_tasks        = var.worker_tasks
    worker_cpu_target   = var.worker_cpu_target
    messages_per_task   = var.job_latency_seconds / var.job_seconds
    late_after_seconds  = max(60, var.alarm_queue_age_seconds / 5)
    night               = var.worker_night
  }
}

module "observability" {
  source             = "./modules/observability"
  name               = var.name
  emails             = var.alarm_emails
  log_retention_days = var.log_retention_days
  kms_key_arn        = aws_kms_key.this.arn
  service            = module.service.metric_names
  with_sqs           = local.with_sqs
  redis_id           = module.queues.redis_id

  database = {
    id              = module.database.id
    class           = var.database_class
    max_connections = var.database_max_connections
    storage         = var.database_storage.initial
  }
  queues = {
    jobs         = try(module.queues.queue.name, null)
    dead_letters = try(module.queues.dead_letter_queue.name, null)
  }
  thresholds = {
    queue_age_seconds = var.alarm_queue_age_seconds
    error_percent     = var.alarm_error_percent
  }
}
