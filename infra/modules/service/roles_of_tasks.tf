# What the code calls, and no more: docs/brokers.md, "Permissions".
data "aws_iam_policy_document" "api" {
  source_policy_documents = local.execute_command

  dynamic "statement" {
    for_each = var.broker.is_sqs ? [1] : []

    content {
      sid       = "Ring"
      actions   = ["sqs:GetQueueUrl", "sqs:SendMessage"]
      resources = [var.broker.queue.arn]
    }
  }
}

data "aws_iam_policy_document" "worker" {
  source_policy_documents = local.execute_command

  # A task that works on a job asks not to be chosen when their number goes down.
  statement {
    sid       = "StayWhileWorking"
    actions   = ["ecs:UpdateTaskProtection"]
    resources = ["${local.here}:task/${aws_ecs_cluster.this.name}/*"]
  }

  dynamic "statement" {
    for_each = var.broker.is_sqs ? [1] : []

    content {
      sid       = "TakeAndRingAgain" # the sweeper, in every worker, sends
      actions   = local.worker_actions
      resources = [var.broker.queue.arn]
    }
  }
  dynamic "statement" {
    for_each = var.broker.is_sqs ? [1] : []

    content {
      sid       = "CountDeadLetters" # for taskoverflow doctor
      actions   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
      resources = [var.broker.dead_letter_queue.arn]
    }
  }
}

data "aws_iam_policy_document" "operator" {
  source_policy_documents = local.execute_command

  dynamic "statement" {
    for_each = var.broker.is_sqs ? [1] : []

    content {
      sid       = "MoveDeadLettersBack" # taskoverflow jobs redrive
      actions   = local.worker_actions
      resources = [var.broker.queue.arn, var.broker.dead_letter_queue.arn]
    }
  }
}

data "aws_iam_policy_document" "execute_command" {
  #checkov:skip=CKV_AWS_356:the channel of execute-command knows no resource; it is granted only when asked for
  statement {
    sid = "ExecuteCommand"
    actions = [
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }
}

locals {
  execute_command = var.tasks.enable_execute_command ? [data.aws_iam_policy_document.execute_command.json] : []

  worker_actions = [
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
  ]
}
