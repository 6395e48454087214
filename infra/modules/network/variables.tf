variable "name" {
  description = "What everything here is called."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "cidr" {
  description = "The addresses of the VPC that is made."
  type        = string
}

variable "zones" {
  description = "How many availability zones it spans."
  type        = number
}

variable "existing" {
  description = "Ids of a VPC and its subnets, in place of one that is made."
  type        = object({ vpc_id = string, private_subnet_ids = list(string), public_subnet_ids = list(string) })
}

variable "egress" {
  description = "'endpoints', 'nat' or 'nat_per_zone'."
  type        = string
}

variable "endpoint_services" {
  description = "The AWS services that tasks talk to, by the last part of their endpoints' names; S3 besides."
  type        = set(string)
}

variable "internal" {
  description = "Whether the load balancer is in the private subnets."
  type        = bool
}

variable "allowed_cidrs" {
  description = "Networks that may reach the load balancer."
  type        = list(string)
}

variable "listener_ports" {
  description = "Ports that the load balancer listens on."
  type        = set(number)
}

variable "with_redis" {
  description = "Whether there is a Redis to be reached."
  type        = bool
}

variable "monitoring_security_group_id" {
  description = "Whose scrapes are let in, and who is sent traces; null for nobody."
  type        = string
}

variable "log_retention_days" {
  description = "How long the VPC's flow log is kept."
  type        = number
}

variable "kms_key_arn" {
  description = "What the flow log is encrypted with."
  type        = string
}
