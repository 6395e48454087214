# Who may do what. ECS itself starts tasks with `execution`; the processes in them have the role of their task.
# `migrate` has none: it talks to Postgres alone.
locals {
  roles = {
    execution = "ECS, to start tasks: pulls images, reads secrets, writes logs"
    api       = "The API, which rings for jobs"
    worker    = "The workers, which take them"
    operator  = "taskoverflow jobs, run by hand as a task"
  }
  account = data.aws_caller_identity.this.account_id
  here    = "arn:${data.aws_partition.this.partition}:ecs:${var.region}:${local.account}"

  policies = merge(
    { execution = data.aws_iam_policy_document.execution.json },
    { worker = data.aws_iam_policy_document.worker.json },
    var.broker.is_sqs || var.tasks.enable_execute_command ? {
      api      = data.aws_iam_policy_document.api.json
      operator = data.aws_iam_policy_document.operator.json
    } : {},
  )
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    # Tasks of this account and region alone, whoever else could make ECS ask.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.here}:*"]
    }
  }
}

resource "aws_iam_role" "of" {
  for_each           = local.roles
  name               = "${var.name}-${each.key}"
  description        = each.value
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "of" {
  for_each = local.policies
  name     = "needs"
  role     = aws_iam_role.of[each.key].id
  policy   = each.value
}

data "aws_iam_policy_document" "execution" {
  #checkov:skip=CKV_AWS_356:ecr:GetAuthorizationToken knows no resource; AWS allows no other than *
  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    sid       = "Pull"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = var.images.repository_arns
  }
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for group in var.log_groups : "${group.arn}:log-stream:*"]
  }
  statement {
    sid       = "ReadSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = concat([var.database.password_secret_arn], var.broker.with_password ? [var.broker.password_secret_arn] : [])
  }
  statement {
    sid       = "DecryptSecrets"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }
}
