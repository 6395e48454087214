variable "alarm_emails" {
  description = "Who gets the alarms by mail; each must confirm once. Anything else may subscribe to the topic by itself."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "alarm_emails: expected mail addresses."
  }
}

variable "alarm_queue_age_seconds" {
  description = "For how long the oldest message may wait before somebody is woken; a fifth of it makes more workers start."
  type        = number
  default     = 300

  validation {
    condition     = var.alarm_queue_age_seconds >= 60 && var.alarm_queue_age_seconds <= 86400
    error_message = "alarm_queue_age_seconds: expected 60 to 86400."
  }
}

variable "alarm_error_percent" {
  description = "How many of a hundred requests may be answered 5xx."
  type        = number
  default     = 5

  validation {
    condition     = var.alarm_error_percent > 0 && var.alarm_error_percent <= 100
    error_message = "alarm_error_percent: expected more than 0, up to 100."
  }
}
