# What was refused, in the VPC that is made: the first thing to read when one part can't reach another.
resource "aws_cloudwatch_log_group" "flow" {
  count             = local.made ? 1 : 0
  name              = "/${var.name}/flow"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_flow_log" "refused" {
  count                = local.made ? 1 : 0
  vpc_id               = aws_vpc.this[0].id
  traffic_type         = "REJECT"
  log_destination_type = "cloud-watch-logs"
  log_destination      = aws_cloudwatch_log_group.flow[0].arn
  iam_role_arn         = aws_iam_role.flow[0].arn
  tags                 = { Name = var.name }
}

resource "aws_iam_role" "flow" {
  count              = local.made ? 1 : 0
  name               = "${var.name}-flow"
  description        = "The flow log of the VPC"
  assume_role_policy = data.aws_iam_policy_document.flow_trust[0].json
}

resource "aws_iam_role_policy" "flow" {
  count  = local.made ? 1 : 0
  name   = "write"
  role   = aws_iam_role.flow[0].id
  policy = data.aws_iam_policy_document.flow[0].json
}

data "aws_caller_identity" "this" {}

data "aws_iam_policy_document" "flow_trust" {
  count = local.made ? 1 : 0

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

data "aws_iam_policy_document" "flow" {
  count = local.made ? 1 : 0

  statement {
    actions   = ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.flow[0].arn}:*"]
  }
}
