variable "name" {
  description = "What everything is called, and named by in the bill: one for each stack, such as taskoverflow-staging."
  type        = string
  default     = "taskoverflow"

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])+$", var.name)) && length(var.name) <= 22
    error_message = "name: expected 2 to 22 lower-case letters and digits, with single hyphens between them, beginning with a letter; a load balancer's name has no room for more."
  }
}

variable "region" {
  description = "The AWS region that everything is in."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region: expected the name of an AWS region, such as eu-north-1."
  }
}

variable "tags" {
  description = "Tags for everything, besides Project and ManagedBy."
  type        = map(string)
  default     = {}
}

variable "image_tag" {
  description = "The tag of both images, which cannot be pushed twice: a version, or a commit."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.image_tag)) && var.image_tag != "latest"
    error_message = "image_tag: expected up to 128 letters, digits, '_', '.' and '-', and not 'latest', which says nothing of what runs."
  }
}

variable "deletion_protection" {
  description = "Whether the database and the load balancer refuse to be destroyed, and the database leaves a last snapshot."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long logs are kept, in days."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days: expected a number of days that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "kept_images" {
  description = "How many images of each kind the registry keeps, the newest: how far a release can be taken back."
  type        = number
  default     = 20

  validation {
    condition     = var.kept_images >= 2 && var.kept_images <= 1000 && floor(var.kept_images) == var.kept_images
    error_message = "kept_images: expected a whole number from 2 to 1000; with fewer than two there is no way back."
  }
}
