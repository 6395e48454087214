# Each run sets many variables wrong, and fails unless each of them is complained of. What looks at other
# variables as well is complained of only where those are right: hence more than one run.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  region          = "eu-north-1"
  image_tag       = "1.4.2"
  certificate_arn = "arn:aws:acm:eu-north-1:123456789012:certificate/0a1b2c3d"
  public_url      = "https://todo.example.org"
}

run "refuses_what_is_malformed" {
  command = plan

  variables {
    name                         = "Task_Overflow"
    image_tag                    = "latest"
    log_retention_days           = 8
    kept_images                  = 1
    vpc_cidr                     = "10.0.0.0/8"
    zones                        = 1
    egress                       = "proxy"
    allowed_cidrs                = ["192.0.2.7"]
    monitoring_security_group_id = "prometheus"
    certificate_arn              = "todo.example.org"
    public_url                   = "https://todo.example.org/app"
    web_acl_arn                  = "my-acl"
    access_log_bucket            = "My_Bucket"
    database_class               = "t4g.small"
    database_version             = "16"
    database_storage             = { initial = 20, maximum = 20 }
    database_backup_days         = 0
    database_password_rotation   = "monthly"
    database_root_certificate    = "rds.pem"
    broker                       = "rabbitmq"
    queue_name                   = "ical.fifo"
    redis_node_type              = "t4g.small"
    architecture                 = "arm"
    api_size                     = { cpu = 512, memory = 512 }
    worker_size                  = { cpu = 500, memory = 1024 }
    worker_threads               = 0
    settings                     = { RESULT_TTL = "60" }
    api_tasks                    = { min = 3, max = 2 }
    api_cpu_target               = 100
    api_requests_target          = 0
    worker_tasks                 = { min = 0, max = 2 }
    job_latency_seconds          = 0
    worker_cpu_target            = 0
    worker_night                 = { begins = "22:00", ends = "06:00", timezone = "CET!" }
    alarm_emails                 = ["operator"]
    alarm_queue_age_seconds      = 5
    alarm_error_percent          = 0
  }

  expect_failures = [
    var.name, var.image_tag, var.log_retention_days, var.kept_images, var.vpc_cidr, var.zones,
    var.egress, var.allowed_cidrs, var.monitoring_security_group_id, var.certificate_arn, var.public_url,
    var.web_acl_arn, var.access_log_bucket, var.database_class, var.database_version, var.database_storage,
    var.database_backup_days, var.database_password_rotation,
    var.database_root_certificate, var.broker, var.queue_name, var.redis_node_type, var.architecture,
    var.api_size, var.worker_size, var.worker_threads, var.settings, var.api_tasks, var.api_cpu_target,
    var.api_requests_target, var.worker_tasks, var.job_latency_seconds, var.worker_cpu_target,
    var.worker_night, var.alarm_emails, var.alarm_queue_age_seconds, var.alarm_error_percent,
  ]
}

run "refuses_what_contradicts_itself" {
  command = plan

  variables {
    name                     = "a-b-c-d-e-f-g-h-i-j-k-l"                                              # 23 characters
    existing_vpc             = { vpc_id = "vpc-0a1b", private_subnet_ids = ["subnet-1", "subnet-2"] } # no public ones
    certificate_arn          = null                                                                   # and plain HTTP not asked for
    public_url               = null
    database_max_connections = 100 # fewer than all tasks take
    redis_auth_secret_arn    = "arn:aws:secretsmanager:eu-north-1:123456789012:secret:redis"
    settings                 = { TASKOVERFLOW_DATABASE_PASSWORD = "secret" }
    job_seconds              = 90
    api_size                 = { cpu = 256, memory = 1536 } # between what is offered
    worker_size              = { cpu = 8192, memory = 65536 }
  }

  expect_failures = [
    var.name, var.existing_vpc, var.certificate_arn, var.public_url, var.database_max_connections,
    var.redis_auth_secret_arn, var.settings, var.job_seconds, var.api_size, var.worker_size,
  ]
}

run "refuses_other_contradictions" {
  command = plan

  variables {
    existing_vpc = { vpc_id = "my-vpc", private_subnet_ids = ["subnet-1"], public_subnet_ids = ["subnet-3", "subnet-4"] }
    plain_http   = true # beside a certificate
    broker       = "redis"
    settings     = { TASKOVERFLOW_DRAIN_SECONDS = "25" }
    job_seconds  = 0

    database_max_connections = 200.5
  }

  expect_failures = [
    var.existing_vpc, var.certificate_arn, var.redis_auth_secret_arn, var.settings, var.job_seconds,
    var.database_max_connections,
  ]
}

run "refuses_a_certificate_of_another_region" {
  command = plan

  variables {
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d" # where CloudFront's are
  }

  expect_failures = [var.certificate_arn]
}

run "refuses_what_is_no_region" {
  command = plan

  variables {
    region = "Stockholm"
  }

  expect_failures = [var.region]
}
