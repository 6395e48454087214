variable "name" {
  description = "What everything here is called."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "network" {
  description = "Where everything is, and who may talk to whom: the outputs of the network module."
  type = object({
    vpc_id              = string
    private_subnet_ids  = list(string)
    balancer_subnet_ids = list(string)
    balancer_cidrs      = list(string)
    security_group_ids  = map(string)
  })
}

variable "address" {
  description = "How the service is reached: the certificate (null for plain HTTP), the public URL, and what is before and behind the load balancer."
  type = object({
    certificate_arn     = string
    public_url          = string
    internal            = bool
    web_acl_arn         = string
    access_log_bucket   = string
    deletion_protection = bool
  })
}

variable "database" {
  description = "The database's URL without a password, and the secret that has it under the key 'password'."
  type        = object({ url = string, password_secret_arn = string })
}

variable "broker" {
  description = "The broker's URL without a password, the secret that has that (null: none), and the queues, where it is SQS."
  type = object({
    url                 = string
    password_secret_arn = string
    with_password       = bool
    queue               = object({ arn = string, name = string })
    dead_letter_queue   = object({ arn = string, name = string })
    is_sqs              = bool
  })
}

variable "images" {
  description = "The images of API and worker with their tag, and the ARNs of their repositories."
  type        = object({ api = string, worker = string, repository_arns = list(string) })
}

variable "tasks" {
  description = "How large tasks are, and how they run."
  type = object({
    architecture           = string
    api_size               = object({ cpu = number, memory = number })
    worker_size            = object({ cpu = number, memory = number })
    worker_threads         = number
    worker_spot            = bool
    enable_execute_command = bool
    settings               = map(string)
  })
}

variable "scaling" {
  description = "How many tasks run, and what makes them more or fewer."
  type = object({
    api_tasks           = object({ min = number, max = number })
    api_cpu_target      = number
    api_requests_target = number
    worker_tasks        = object({ min = number, max = number })
    worker_cpu_target   = number
    messages_per_task   = number
    late_after_seconds  = number
    night               = object({ begins = string, ends = string, timezone = string })
  })
}

variable "log_groups" {
  description = "Names and ARNs of the log groups: api, worker, once."
  type        = map(object({ name = string, arn = string }))
}

variable "kms_key_arn" {
  description = "What the secrets are encrypted with."
  type        = string
}
