# The queue and its dead letters, as app/queue/sqs/findings.py wants them: `taskoverflow doctor` agrees.
locals {
  with_sqs = var.broker == "sqs"
  suffix   = var.fifo ? ".fifo" : ""
}

resource "aws_sqs_queue" "jobs" {
  count                      = local.with_sqs ? 1 : 0
  name                       = "${var.queue_name}${local.suffix}"
  fifo_queue                 = var.fifo ? true : null # SQS refuses false
  visibility_timeout_seconds = 60
  message_retention_seconds  = 4 * 86400
  # Messages hold the ids of jobs and nothing else: SQS's own keys do, and ask no permission of anybody.
  sqs_managed_sse_enabled = true
}

resource "aws_sqs_queue" "dead_letters" {
  count                     = local.with_sqs ? 1 : 0
  name                      = "${var.queue_name}_dlq${local.suffix}"
  fifo_queue                = var.fifo ? true : null
  message_retention_seconds = 14 * 86400 # a dead letter keeps the date of its first sending
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_redrive_policy" "jobs" {
  count     = local.with_sqs ? 1 : 0
  queue_url = aws_sqs_queue.jobs[0].id
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters[0].arn
    maxReceiveCount     = 5 # a short outage should not make dead letters
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  count     = local.with_sqs ? 1 : 0
  queue_url = aws_sqs_queue.dead_letters[0].id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.jobs[0].arn]
  })
}
