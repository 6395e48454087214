# The queues and the database by themselves.
mock_provider "aws" {
  source = "./tests/mocks"
}

run "queues" {
  module {
    source = "./modules/queues"
  }
  variables {
    name            = "taskoverflow"
    broker          = "sqs"
    queue_name      = "ical"
    fifo            = false
    practice_queues = false
    kms_key_arn     = "arn:aws:kms:eu-north-1:123456789012:key/0a1b2c3d"
    redis           = { node_type = "cache.t4g.small", auth_secret_arn = null, subnet_ids = [], security_group_id = null }
  }

  assert {
    condition     = aws_sqs_queue.jobs[0].name == "ical" && aws_sqs_queue.dead_letters[0].name == "ical_dlq"
    error_message = "The queues are called ical and ical_dlq."
  }
  assert {
    condition     = aws_sqs_queue.jobs[0].fifo_queue == null && aws_sqs_queue.jobs[0].sqs_managed_sse_enabled
    error_message = "The queue is a standard one, and encrypted."
  }
  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.jobs[0].redrive_policy).maxReceiveCount == 5
    error_message = "A message is a dead letter after five receives."
  }
  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letters[0].redrive_allow_policy).redrivePermission == "byQueue"
    error_message = "No other queue sends its dead letters there."
  }
  assert {
    condition     = aws_sqs_queue.dead_letters[0].message_retention_seconds > aws_sqs_queue.jobs[0].message_retention_seconds
    error_message = "Dead letters are kept for longer than messages."
  }
  assert {
    condition     = toset(keys(aws_sqs_queue_policy.encrypted_only)) == toset(["jobs", "dead_letters"])
    error_message = "Both queues refuse what is not encrypted."
  }
  assert {
    condition     = output.broker_url == "sqs://eu-north-1/ical" && output.broker_password_secret_arn == null
    error_message = "The broker's URL names region and queue, and there is no password."
  }
  assert {
    condition     = length(aws_sqs_queue.practice) == 0 && length(aws_elasticache_replication_group.redis) == 0
    error_message = "There is nothing that was not asked for."
  }
}

run "fifo_and_practice" {
  module {
    source = "./modules/queues"
  }
  variables {
    name            = "taskoverflow"
    broker          = "sqs"
    queue_name      = "ical"
    fifo            = true
    practice_queues = true
    kms_key_arn     = "arn:aws:kms:eu-north-1:123456789012:key/0a1b2c3d"
    redis           = { node_type = "cache.t4g.small", auth_secret_arn = null, subnet_ids = [], security_group_id = null }
  }

  assert {
    condition     = aws_sqs_queue.jobs[0].name == "ical.fifo" && aws_sqs_queue.dead_letters[0].name == "ical_dlq.fifo"
    error_message = "FIFO queues' names end in .fifo, those of dead letters as well."
  }
  assert {
    condition     = aws_sqs_queue.jobs[0].fifo_queue && aws_sqs_queue.dead_letters[0].fifo_queue
    error_message = "Both are FIFO."
  }
  assert {
    condition     = output.broker_url == "sqs://eu-north-1/ical.fifo"
    error_message = "The broker's URL names the FIFO queue."
  }
  assert {
    condition     = aws_sqs_queue.practice[0].name == "csse6400_prac" && aws_sqs_queue.practice_fifo[0].name == "csse6400_prac.fifo"
    error_message = "The practice queues are called csse6400_prac and csse6400_prac.fifo."
  }
  assert {
    condition     = aws_sqs_queue.practice_fifo[0].fifo_queue && aws_sqs_queue.practice_fifo[0].content_based_deduplication
    error_message = "The second one is FIFO and deduplicates by content."
  }
  assert {
    condition     = length(aws_sqs_queue_policy.encrypted_only) == 4
    error_message = "All four refuse what is not encrypted."
  }
}

run "database" {
  module {
    source = "./modules/database"
  }
  variables {
    name                = "taskoverflow"
    instance_class      = "db.t4g.small"
    engine_version      = "17"
    storage             = { initial = 20, maximum = 100 }
    multi_az            = true
    backup_days         = 14
    max_connections     = 200
    password_rotation   = "cron(0 3 1 1/3 ? *)"
    root_certificate    = null
    deletion_protection = true
    log_retention_days  = 30
    subnet_ids          = ["subnet-1", "subnet-2"]
    security_group_id   = "sg-0a1b"
    kms_key_arn         = "arn:aws:kms:eu-north-1:123456789012:key/0a1b2c3d"
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible && aws_db_instance.this.manage_master_user_password
    error_message = "It is encrypted and private, and AWS keeps its password."
  }
  assert {
    condition     = anytrue([for one in aws_db_parameter_group.this.parameter : one.name == "rds.force_ssl" && one.value == "1"])
    error_message = "It refuses connections without TLS."
  }
  assert {
    condition     = anytrue([for one in aws_db_parameter_group.this.parameter : one.name == "log_error_verbosity" && one.value == "terse"])
    error_message = "Its log has slow statements and no values of theirs."
  }
  assert {
    condition = { for group in values(aws_cloudwatch_log_group.of) : group.name => group.retention_in_days } == {
      for log in aws_db_instance.this.enabled_cloudwatch_logs_exports : "/aws/rds/instance/taskoverflow/${log}" => 30
    }
    error_message = "Its logs are not kept for ever."
  }
  assert {
    condition     = output.url == "postgresql://taskoverflow@some.eu-north-1.rds.amazonaws.com:5432/taskoverflow?sslmode=require"
    error_message = "Its URL asks for TLS and has no password."
  }
  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot
    error_message = "It is not lost by one command."
  }
}
