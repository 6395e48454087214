# One for each service, and one for what is run once: migrations, doctor, jobs.
resource "aws_cloudwatch_log_group" "of" {
  for_each          = toset(["api", "worker", "once"])
  name              = "/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
