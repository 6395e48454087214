# What the provider would answer: only values whose form it checks, or that the tests look at.
mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}
mock_data "aws_partition" {
  defaults = { partition = "aws" }
}
mock_data "aws_availability_zones" {
  defaults = { names = ["eu-north-1a", "eu-north-1b", "eu-north-1c"] }
}
mock_data "aws_iam_policy_document" {
  defaults = { json = "{}" }
}
mock_data "aws_subnet" {
  defaults = { cidr_block = "192.168.7.0/24" }
}
mock_data "aws_secretsmanager_secret_version" {
  defaults = { secret_string = "0123456789abcdef0123456789abcdef" }
}
mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:eu-north-1:123456789012:key/0a1b2c3d" }
}
mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/some" }
}
mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:eu-north-1:123456789012:log-group:/some" }
}
mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:eu-north-1:123456789012:some" }
}
mock_resource "aws_sqs_queue" {
  defaults = {
    arn = "arn:aws:sqs:eu-north-1:123456789012:some"
    id  = "https://sqs.eu-north-1.amazonaws.com/123456789012/some"
  }
}
mock_resource "aws_ecr_repository" {
  defaults = { repository_url = "123456789012.dkr.ecr.eu-north-1.amazonaws.com/some" }
}
mock_resource "aws_db_instance" {
  defaults = {
    endpoint           = "some.eu-north-1.rds.amazonaws.com:5432"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-north-1:123456789012:secret:some" }]
  }
}
mock_resource "aws_elasticache_replication_group" {
  defaults = { primary_endpoint_address = "master.some.eun1.cache.amazonaws.com" }
}
mock_resource "aws_lb" {
  defaults = {
    arn        = "arn:aws:elasticloadbalancing:eu-north-1:123456789012:loadbalancer/app/some/0123456789abcdef"
    arn_suffix = "app/some/0123456789abcdef"
    dns_name   = "some.eu-north-1.elb.amazonaws.com"
  }
}
mock_resource "aws_lb_target_group" {
  defaults = {
    arn        = "arn:aws:elasticloadbalancing:eu-north-1:123456789012:targetgroup/some/0123456789abcdef"
    arn_suffix = "targetgroup/some/0123456789abcdef"
  }
}
mock_resource "aws_lb_listener" {
  defaults = { arn = "arn:aws:elasticloadbalancing:eu-north-1:123456789012:listener/app/some/0123456789abcdef/0123456789abcdef" }
}
mock_resource "aws_ecs_cluster" {
  defaults = { id = "arn:aws:ecs:eu-north-1:123456789012:cluster/some" }
}
mock_resource "aws_ecs_task_definition" {
  defaults = { arn = "arn:aws:ecs:eu-north-1:123456789012:task-definition/some:1" }
}
mock_resource "aws_appautoscaling_policy" {
  defaults = { arn = "arn:aws:autoscaling:eu-north-1:123456789012:scalingPolicy:some" }
}
