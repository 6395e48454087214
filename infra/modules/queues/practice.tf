# For docs/queue-practice.md: the same hundred messages through both show what FIFO adds.
resource "aws_sqs_queue" "practice" {
  count                   = var.practice_queues ? 1 : 0
  name                    = "csse6400_prac"
  sqs_managed_sse_enabled = true
}

resource "aws_sqs_queue" "practice_fifo" {
  count                       = var.practice_queues ? 1 : 0
  name                        = "csse6400_prac.fifo"
  fifo_queue                  = true
  content_based_deduplication = true # the command sends no deduplication ids
  sqs_managed_sse_enabled     = true
}
