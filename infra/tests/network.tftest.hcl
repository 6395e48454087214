# What is reached from where, and how AWS is.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                         = "taskoverflow"
  region                       = "eu-north-1"
  cidr                         = "10.64.0.0/20"
  zones                        = 3
  existing                     = null
  egress                       = "endpoints"
  endpoint_services            = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sqs"]
  internal                     = false
  allowed_cidrs                = ["0.0.0.0/0"]
  listener_ports               = [80, 443]
  with_redis                   = false
  monitoring_security_group_id = null
  log_retention_days           = 30
  kms_key_arn                  = "arn:aws:kms:eu-north-1:123456789012:key/0a1b2c3d"
}

run "by_endpoints" {
  module {
    source = "./modules/network"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.nat) == 0
    error_message = "No task has a way to the internet."
  }
  assert {
    condition     = toset(keys(aws_vpc_endpoint.service)) == toset(["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sqs"])
    error_message = "There is an endpoint for each service that tasks talk to."
  }
  assert {
    condition     = length(aws_vpc_security_group_egress_rule.to_aws) == 0
    error_message = "No group lets tasks talk to any address."
  }
  assert {
    condition = toset(data.aws_iam_policy_document.flow[0].statement[0].actions) == toset([
      "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents",
    ])
    error_message = "The flow log may do what AWS asks for, except to make groups."
  }
  assert {
    condition = toset([for flow in values(aws_vpc_security_group_ingress_rule.flow) : "${flow.description} ${flow.to_port}"]) == toset([
      "balancer to api 6400", "api to database 5432", "worker to database 5432", "api to endpoints 443", "worker to endpoints 443",
    ])
    error_message = "Five ports are open between groups, and no other."
  }
  assert {
    condition     = length(aws_subnet.private) == 3 && alltrue([for subnet in aws_subnet.private : subnet.map_public_ip_on_launch != true])
    error_message = "There is a private subnet in each zone."
  }
  assert {
    condition     = output.balancer_cidrs == tolist(["10.64.8.0/23", "10.64.10.0/23", "10.64.12.0/23"])
    error_message = "The forwarded headers that are believed come from the public subnets."
  }
}

run "one_nat_gateway" {
  module {
    source = "./modules/network"
  }
  variables {
    egress     = "nat"
    with_redis = true
    internal   = true
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 3 && length(aws_vpc_endpoint.service) == 0
    error_message = "All zones go out through one gateway."
  }
  assert {
    condition     = contains([for flow in values(aws_vpc_security_group_ingress_rule.flow) : "${flow.description} ${flow.to_port}"], "worker to redis 6379")
    error_message = "Redis can be reached."
  }
  assert {
    condition     = output.balancer_subnet_ids == output.private_subnet_ids && output.balancer_cidrs[0] == "10.64.0.0/23"
    error_message = "The load balancer is inside."
  }
}

run "a_nat_gateway_in_each_zone" {
  module {
    source = "./modules/network"
  }
  variables {
    egress                       = "nat_per_zone"
    monitoring_security_group_id = "sg-0a1b"
    listener_ports               = [80]
    allowed_cidrs                = ["192.0.2.0/24"]
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3
    error_message = "No zone depends on another."
  }
  assert {
    condition     = { for task, rule in aws_vpc_security_group_ingress_rule.monitoring_scrapes : task => rule.to_port } == { api = 6400, worker = 6401 }
    error_message = "Metrics can be scraped by whom it was said."
  }
  assert {
    condition     = [for rule in values(aws_vpc_security_group_ingress_rule.listener) : "${rule.cidr_ipv4} ${rule.to_port}"] == ["192.0.2.0/24 80"]
    error_message = "Only port 80 is open, and only to those."
  }
}

run "an_existing_vpc" {
  module {
    source = "./modules/network"
  }
  variables {
    existing = { vpc_id = "vpc-0a1b", private_subnet_ids = ["subnet-1", "subnet-2"], public_subnet_ids = ["subnet-3", "subnet-4"] }
  }

  assert {
    condition     = length(aws_vpc.this) + length(aws_subnet.private) + length(aws_vpc_endpoint.service) + length(aws_route.internet) == 0
    error_message = "Nothing of the VPC is made."
  }
  assert {
    condition     = output.vpc_id == "vpc-0a1b" && output.balancer_cidrs == tolist(["192.168.7.0/24", "192.168.7.0/24"])
    error_message = "The addresses of its load balancer's subnets are asked for."
  }
}
