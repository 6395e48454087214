variable "name" {
  description = "What the repositories' names begin with."
  type        = string
}

variable "kept_images" {
  description = "How many images each keeps."
  type        = number
}

variable "kms_key_arn" {
  description = "What images are encrypted with."
  type        = string
}

variable "disposable" {
  description = "Whether they may be destroyed with images in them."
  type        = bool
}
