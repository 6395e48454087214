variable "name" {
  description = "What everything here is called."
  type        = string
}

variable "instance_class" {
  description = "The instance class of Postgres."
  type        = string
}

variable "engine_version" {
  description = "The version of Postgres, 17 or newer."
  type        = string
}

variable "storage" {
  description = "The disk in GiB, to begin with and at most."
  type        = object({ initial = number, maximum = number })
}

variable "multi_az" {
  description = "Whether there is a standby in another zone."
  type        = bool
}

variable "backup_days" {
  description = "For how many days back it can be restored."
  type        = number
}

variable "max_connections" {
  description = "How many connections it takes."
  type        = number
}

variable "password_rotation" {
  description = "When it gets a new password: an expression of Secrets Manager's."
  type        = string
}

variable "root_certificate" {
  description = "The path, in the images, of Amazon's root certificates; null not to check the server's name."
  type        = string
}

variable "deletion_protection" {
  description = "Whether it refuses to be destroyed, and leaves a last snapshot."
  type        = bool
}

variable "subnet_ids" {
  description = "The private subnets that it is in."
  type        = list(string)
}

variable "security_group_id" {
  description = "The security group that says who may reach it."
  type        = string
}

variable "log_retention_days" {
  description = "How long its logs are kept."
  type        = number
}

variable "kms_key_arn" {
  description = "What its disk, its password, its logs and its statistics are encrypted with."
  type        = string
}
