# No queue is spoken to without TLS, whatever its client may otherwise do.
locals {
  queues = merge(
    local.with_sqs ? { jobs = aws_sqs_queue.jobs[0], dead_letters = aws_sqs_queue.dead_letters[0] } : {},
    var.practice_queues ? { practice = aws_sqs_queue.practice[0], practice_fifo = aws_sqs_queue.practice_fifo[0] } : {},
  )
}

data "aws_iam_policy_document" "encrypted_only" {
  for_each = local.queues

  statement {
    sid       = "EncryptedOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "encrypted_only" {
  for_each  = local.queues
  queue_url = each.value.id
  policy    = data.aws_iam_policy_document.encrypted_only[each.key].json
}
