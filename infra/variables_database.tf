variable "database_class" {
  description = "The instance class of Postgres."
  type        = string
  default     = "db.t4g.small"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database_class))
    error_message = "database_class: expected an RDS instance class, such as db.t4g.small."
  }
}

variable "database_version" {
  description = "The version of Postgres: a major one, whose newest minor one is taken, or an exact one."
  type        = string
  default     = "17"

  validation {
    condition     = can(regex("^(1[7-9]|[2-9][0-9])(\\.[0-9]+)?$", var.database_version))
    error_message = "database_version: expected 17 or newer."
  }
}

variable "database_storage" {
  description = "The database's disk in GiB: what it begins with, and up to what it grows by itself."
  type        = object({ initial = number, maximum = number })
  default     = { initial = 20, maximum = 100 }

  validation {
    condition     = var.database_storage.initial >= 20 && var.database_storage.maximum >= var.database_storage.initial * 1.1
    error_message = "database_storage: expected an initial size of 20 GiB or more, and a maximum at least a tenth above it."
  }
}

variable "database_multi_az" {
  description = "Whether a standby in another zone takes over when the database's zone fails; it doubles the price."
  type        = bool
  default     = true
}

variable "database_backup_days" {
  description = "For how many days back the database can be restored to any moment."
  type        = number
  default     = 14

  validation {
    condition     = var.database_backup_days >= 1 && var.database_backup_days <= 35 && floor(var.database_backup_days) == var.database_backup_days
    error_message = "database_backup_days: expected a whole number from 1 to 35."
  }
}

variable "database_max_connections" {
  description = "How many connections Postgres takes. An API task takes up to 23, a worker task 3 for each thread and 3 more."
  type        = number
  default     = 200

  validation {
    condition     = var.database_max_connections <= 5000 && floor(var.database_max_connections) == var.database_max_connections
    error_message = "database_max_connections: expected a whole number up to 5000."
  }
  validation {
    condition     = var.database_max_connections >= 23 * var.api_tasks.max + (3 * var.worker_threads + 3) * var.worker_tasks.max + 10
    error_message = "database_max_connections: expected 23 * api_tasks.max + (3 * worker_threads + 3) * worker_tasks.max + 10 or more: all tasks, and some for people and AWS itself."
  }
}

variable "database_password_rotation" {
  description = "When AWS gives the database a new password, within the hour after: an expression of Secrets Manager's, in UTC. Choose a quiet hour, for tasks are replaced then."
  type        = string
  default     = "cron(0 3 1 1/3 ? *)"

  validation {
    condition     = can(regex("^(cron\\(0 .+ \\*\\)|rate\\([0-9]+ (hours|days)\\))$", var.database_password_rotation))
    error_message = "database_password_rotation: expected Secrets Manager's cron(0 hour day month weekday *) or rate(number days), such as cron(0 3 1 1/3 ? *)."
  }
}

variable "database_root_certificate" {
  description = "The path, in the images, of a file with Amazon's root certificates. With it the server's name is checked as well (sslmode=verify-full); without it the connection is encrypted only (sslmode=require)."
  type        = string
  default     = null

  validation {
    condition     = var.database_root_certificate == null || can(regex("^/[A-Za-z0-9_./-]+$", var.database_root_certificate))
    error_message = "database_root_certificate: expected an absolute path, such as /etc/ssl/certs/rds.pem."
  }
}
