# Who may talk to whom. Each line of `flows` opens one port at both ends; `listeners` and `to_aws` are what
# crosses the VPC's border, and `monitoring_…` what somebody asked for. Nothing else is open.
locals {
  groups = setunion(
    ["balancer", "api", "worker", "database"],
    var.with_redis ? ["redis"] : [],
    local.by_endpoints ? ["endpoints"] : [],
  )
  tasks = ["api", "worker"]

  flows = merge(
    { "balancer-api" = { from = "balancer", to = "api", port = 6400 } },
    { for task in local.tasks : "${task}-database" => { from = task, to = "database", port = 5432 } },
    { for task in local.tasks : "${task}-redis" => { from = task, to = "redis", port = 6379 } if var.with_redis },
    { for task in local.tasks : "${task}-endpoints" => { from = task, to = "endpoints", port = 443 } if local.by_endpoints },
  )

  listeners = {
    for pair in setproduct(var.listener_ports, var.allowed_cidrs) :
    "${pair[0]} from ${pair[1]}" => { port = pair[0], cidr = pair[1] }
  }

  monitored = var.monitoring_security_group_id == null ? {} : { api = 6400, worker = 6401 }
}

resource "aws_security_group" "of" {
  #checkov:skip=CKV2_AWS_5:they are attached to what other modules make, by the output security_group_ids
  for_each    = local.groups
  name        = "${var.name}-${each.key}"
  description = "The ${each.key} of ${var.name}"
  vpc_id      = local.vpc_id
  tags        = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpc_security_group_egress_rule" "flow" {
  for_each                     = local.flows
  security_group_id            = aws_security_group.of[each.value.from].id
  referenced_security_group_id = aws_security_group.of[each.value.to].id
  description                  = "${each.value.from} to ${each.value.to}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "flow" {
  for_each                     = local.flows
  security_group_id            = aws_security_group.of[each.value.to].id
  referenced_security_group_id = aws_security_group.of[each.value.from].id
  description                  = "${each.value.from} to ${each.value.to}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "listener" {
  #checkov:skip=CKV_AWS_260:port 80 only redirects to 443, unless plain_http asks for it
  for_each          = local.listeners
  security_group_id = aws_security_group.of["balancer"].id
  description       = "Clients"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

# Images' layers come from S3 by its gateway, which has no group of its own to name.
resource "aws_vpc_security_group_egress_rule" "to_s3" {
  for_each          = local.by_endpoints ? toset(local.tasks) : []
  security_group_id = aws_security_group.of[each.key].id
  description       = "Images' layers"
  prefix_list_id    = aws_vpc_endpoint.s3[0].prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Through NAT, or however an existing VPC does it, AWS is reached at addresses that it does not promise.
resource "aws_vpc_security_group_egress_rule" "to_aws" {
  for_each          = local.by_endpoints ? [] : toset(local.tasks)
  security_group_id = aws_security_group.of[each.key].id
  description       = "AWS itself"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "monitoring_scrapes" {
  for_each                     = local.monitored
  security_group_id            = aws_security_group.of[each.key].id
  referenced_security_group_id = var.monitoring_security_group_id
  description                  = "Scrapes of metrics"
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_egress_rule" "monitoring_traces" {
  for_each                     = local.monitored
  security_group_id            = aws_security_group.of[each.key].id
  referenced_security_group_id = var.monitoring_security_group_id
  description                  = "Traces"
  ip_protocol                  = "tcp"
  from_port                    = 4317
  to_port                      = 4318
}
