locals {
  made  = var.existing == null
  zones = local.made ? slice(data.aws_availability_zones.open[0].names, 0, var.zones) : []

  vpc_id             = local.made ? aws_vpc.this[0].id : var.existing.vpc_id
  private_subnet_ids = local.made ? aws_subnet.private[*].id : var.existing.private_subnet_ids
  public_subnet_ids  = local.made ? aws_subnet.public[*].id : var.existing.public_subnet_ids
  balancer_subnets   = var.internal ? local.private_subnet_ids : local.public_subnet_ids
}

data "aws_availability_zones" "open" {
  #checkov:skip=CKV_AWS_394:a zone that AWS adds moves nothing: subnets ignore it once they are made
  count = local.made ? 1 : 0
  state = "available"

  filter { # no local zones, which have neither a database nor a load balancer
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

# Whose forwarded headers are believed: asked for, since an existing VPC is known by its ids only.
data "aws_subnet" "balancer" {
  count = local.made ? 0 : length(local.balancer_subnets)
  id    = local.balancer_subnets[count.index]
}

resource "aws_vpc" "this" {
  count                = local.made ? 1 : 0
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # endpoints are found by AWS's own names
  tags                 = { Name = var.name }
}

# What forgets to name a group of its own gets one that lets nothing through.
resource "aws_default_security_group" "closed" {
  count  = local.made ? 1 : 0
  vpc_id = aws_vpc.this[0].id
}

resource "aws_subnet" "private" {
  count             = length(local.zones)
  vpc_id            = aws_vpc.this[0].id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.cidr, 3, count.index)
  tags              = { Name = "${var.name}-private-${local.zones[count.index]}" }

  lifecycle {
    ignore_changes = [availability_zone] # AWS may come to list its zones otherwise
  }
}

resource "aws_subnet" "public" {
  count             = length(local.zones)
  vpc_id            = aws_vpc.this[0].id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.cidr, 3, 4 + count.index)
  tags              = { Name = "${var.name}-public-${local.zones[count.index]}" }

  lifecycle {
    ignore_changes = [availability_zone] # AWS may come to list its zones otherwise
  }
}

resource "aws_internet_gateway" "this" {
  count  = local.made ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = var.name }
}

resource "aws_route_table" "public" {
  count  = local.made ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${var.name}-public" }
}

resource "aws_route" "internet" {
  count                  = local.made ? 1 : 0
  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  count          = length(local.zones)
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_route_table" "private" {
  count  = length(local.zones)
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${var.name}-private-${local.zones[count.index]}" }
}

resource "aws_route_table_association" "private" {
  count          = length(local.zones)
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[count.index].id
}
