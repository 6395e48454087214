resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.name}-postgres${split(".", var.engine_version)[0]}"
  family      = "postgres${split(".", var.engine_version)[0]}"
  description = "TLS for all, connections for all tasks, and slow statements in the log"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  parameter {
    name         = "max_connections"
    value        = tostring(var.max_connections)
    apply_method = "pending-reboot"
  }
  parameter {
    name  = "log_min_duration_statement"
    value = "1000" # ms
  }
  parameter {
    name  = "log_error_verbosity"
    value = "terse" # its details are the values in statements, and these are what somebody wrote
  }
  lifecycle {
    create_before_destroy = true # a new major version's group is there before the old one goes
  }
}

# RDS would make these by itself, and keep what is in them for ever.
resource "aws_cloudwatch_log_group" "of" {
  for_each          = toset(["postgresql", "upgrade"])
  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_161:the app logs in with the password that AWS keeps and rotates; it has no IAM tokens
  #checkov:skip=CKV_AWS_118:CloudWatch's own metrics feed the alarms; Database Insights has the rest
  #checkov:skip=CKV_AWS_157:database_multi_az is true unless somebody says otherwise
  #checkov:skip=CKV_AWS_293:deletion_protection is true unless somebody says otherwise
  identifier                   = var.name
  engine                       = "postgres"
  engine_version               = var.engine_version
  instance_class               = var.instance_class
  allocated_storage            = var.storage.initial
  max_allocated_storage        = var.storage.maximum
  storage_type                 = "gp3"
  storage_encrypted            = true
  kms_key_id                   = var.kms_key_arn
  db_name                      = "taskoverflow"
  username                     = "taskoverflow"
  port                         = 5432
  multi_az                     = var.multi_az
  publicly_accessible          = false
  db_subnet_group_name         = aws_db_subnet_group.this.name
  vpc_security_group_ids       = [var.security_group_id]
  parameter_group_name         = aws_db_parameter_group.this.name
  auto_minor_version_upgrade   = true
  backup_retention_period      = var.backup_days
  copy_tags_to_snapshot        = true
  deletion_protection          = var.deletion_protection
  skip_final_snapshot          = !var.deletion_protection
  final_snapshot_identifier    = "${var.name}-last"
  performance_insights_enabled = true

  performance_insights_kms_key_id = var.kms_key_arn
  enabled_cloudwatch_logs_exports = keys(aws_cloudwatch_log_group.of)

  # AWS makes the password, keeps it in Secrets Manager and rotates it: the state never holds it.
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.kms_key_arn
}

# Without this AWS rotates it every seven days, at any hour.
resource "aws_secretsmanager_secret_rotation" "password" {
  secret_id          = aws_db_instance.this.master_user_secret[0].secret_arn
  rotate_immediately = false

  rotation_rules {
    schedule_expression = var.password_rotation
    duration            = "1h"
  }
}
