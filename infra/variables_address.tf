variable "certificate_arn" {
  description = "The ACM certificate of the service's name, in the same region."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$", var.certificate_arn))
    error_message = "certificate_arn: expected the ARN of an ACM certificate, such as arn:aws:acm:eu-north-1:123456789012:certificate/…."
  }
  validation {
    condition     = var.certificate_arn == null || try(split(":", var.certificate_arn)[3] == var.region, true)
    error_message = "certificate_arn: expected a certificate of the same region; a load balancer knows no other."
  }
  validation {
    condition     = (var.certificate_arn == null) == var.plain_http
    error_message = "certificate_arn: expected a certificate, or plain_http = true and no certificate."
  }
}

variable "plain_http" {
  description = "Serve HTTP on port 80 without encryption: for a trial, or behind something that encrypts."
  type        = bool
  default     = false
}

variable "public_url" {
  description = "What URLs in answers start with, such as https://todo.example.org. With plain_http it may be left out: then it is the load balancer's own name."
  type        = string
  default     = null

  validation {
    condition     = var.public_url == null || can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]+)?/?$", var.public_url))
    error_message = "public_url: expected a URL without a path, such as https://todo.example.org."
  }
  validation {
    condition     = var.public_url != null || var.plain_http
    error_message = "public_url: expected the service's own URL, such as https://todo.example.org; without it a client could have other addresses put into answers."
  }
}

variable "web_acl_arn" {
  description = "An AWS WAF web ACL to put before the load balancer."
  type        = string
  default     = null

  validation {
    condition     = var.web_acl_arn == null || can(regex("^arn:aws[a-z-]*:wafv2:[a-z0-9-]+:[0-9]{12}:regional/webacl/.+$", var.web_acl_arn))
    error_message = "web_acl_arn: expected the ARN of a regional web ACL."
  }
}

variable "access_log_bucket" {
  description = "An S3 bucket for the load balancer's access log; it must let the load balancer write."
  type        = string
  default     = null

  validation {
    condition     = var.access_log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "access_log_bucket: expected the name of an S3 bucket."
  }
}
