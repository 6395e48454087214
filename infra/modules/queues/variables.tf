variable "name" {
  description = "What everything here is called, except the queues."
  type        = string
}

variable "broker" {
  description = "'sqs' or 'redis'."
  type        = string
}

variable "queue_name" {
  description = "The SQS queue's name, without .fifo."
  type        = string
}

variable "fifo" {
  description = "Whether it is a FIFO queue."
  type        = bool
}

variable "practice_queues" {
  description = "Whether there are the two queues to practise with."
  type        = bool
}

variable "redis" {
  description = "Where Redis is, of what kind, and the secret that holds its AUTH token."
  type = object({
    node_type         = string
    auth_secret_arn   = string
    subnet_ids        = list(string)
    security_group_id = string
  })
}

variable "kms_key_arn" {
  description = "What Redis's data is encrypted with."
  type        = string
}
