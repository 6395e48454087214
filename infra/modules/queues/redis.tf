# ElastiCache as the broker, in place of SQS: one shard, since Dramatiq's scripts touch keys of more than one slot.
locals {
  with_redis = var.broker == "redis"
}

# The provider has no write-only argument for the token, so that the state holds it: see README.md, "Secrets".
data "aws_secretsmanager_secret_version" "redis_auth" {
  count     = local.with_redis ? 1 : 0
  secret_id = var.redis.auth_secret_arn
}

resource "aws_elasticache_subnet_group" "redis" {
  count      = local.with_redis ? 1 : 0
  name       = var.name
  subnet_ids = var.redis.subnet_ids
}

resource "aws_elasticache_parameter_group" "redis" {
  count       = local.with_redis ? 1 : 0
  name        = "${var.name}-valkey8"
  family      = "valkey8"
  description = "A broker forgets no message to make room for another"

  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

resource "aws_elasticache_replication_group" "redis" {
  count                      = local.with_redis ? 1 : 0
  replication_group_id       = var.name
  description                = "The broker of ${var.name}"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = var.redis.node_type
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = aws_elasticache_parameter_group.redis[0].name
  subnet_group_name          = aws_elasticache_subnet_group.redis[0].name
  security_group_ids         = [var.redis.security_group_id]
  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  auth_token                 = data.aws_secretsmanager_secret_version.redis_auth[0].secret_string
  auth_token_update_strategy = "ROTATE" # the old token stays good until the next one
  auto_minor_version_upgrade = true
  apply_immediately          = true
}
