variable "vpc_cidr" {
  description = "The addresses of the VPC that is made; not used with existing_vpc."
  type        = string
  default     = "10.64.0.0/20"

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && can(regex("^[0-9.]+/(1[6-9]|2[0-4])$", var.vpc_cidr))
    error_message = "vpc_cidr: expected an IPv4 network of /16 to /24, such as 10.64.0.0/20."
  }
}

variable "zones" {
  description = "How many availability zones the VPC that is made spans."
  type        = number
  default     = 2

  validation {
    condition     = contains([2, 3], var.zones)
    error_message = "zones: expected 2 or 3; the load balancer and the database want at least two."
  }
}

variable "existing_vpc" {
  description = "A VPC that is there already, by ids, in place of one that is made. Its private subnets must lead to ECR, S3, CloudWatch Logs, Secrets Manager and SQS; nothing is added to its routes."
  type = object({
    vpc_id             = string
    private_subnet_ids = list(string)
    public_subnet_ids  = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.existing_vpc == null || can(regex("^vpc-[0-9a-f]+$", var.existing_vpc.vpc_id))
    error_message = "existing_vpc.vpc_id: expected the id of a VPC, such as vpc-0a1b2c3d."
  }
  validation {
    condition     = var.existing_vpc == null || try(length(distinct(var.existing_vpc.private_subnet_ids)), 0) >= 2
    error_message = "existing_vpc.private_subnet_ids: expected two subnets or more, in different zones."
  }
  validation {
    condition     = var.existing_vpc == null || var.internal || try(length(distinct(var.existing_vpc.public_subnet_ids)), 0) >= 2
    error_message = "existing_vpc.public_subnet_ids: expected two subnets or more, in different zones, unless internal is true."
  }
}

variable "egress" {
  description = "How tasks reach AWS from the VPC that is made: 'endpoints' (no way to the internet at all), 'nat' (one NAT gateway, the cheapest) or 'nat_per_zone' (one in each zone, so that none depends on another)."
  type        = string
  default     = "endpoints"

  validation {
    condition     = contains(["endpoints", "nat", "nat_per_zone"], var.egress)
    error_message = "egress: expected 'endpoints', 'nat' or 'nat_per_zone'."
  }
}

variable "internal" {
  description = "Whether the load balancer is reached from inside the VPC only."
  type        = bool
  default     = false
}

variable "allowed_cidrs" {
  description = "IPv4 networks from which the load balancer may be reached."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.allowed_cidrs) > 0 && alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs: expected one IPv4 network or more, such as 192.0.2.0/24."
  }
}

variable "monitoring_security_group_id" {
  description = "The security group of a Prometheus or an OpenTelemetry collector: it may scrape the tasks on 6400 and 6401, and they may send it traces on 4317 and 4318."
  type        = string
  default     = null

  validation {
    condition     = var.monitoring_security_group_id == null || can(regex("^sg-[0-9a-f]+$", var.monitoring_security_group_id))
    error_message = "monitoring_security_group_id: expected the id of a security group, such as sg-0a1b2c3d."
  }
}
