# How tasks reach AWS: through endpoints inside the VPC, or over the internet by NAT.
locals {
  by_endpoints = local.made && var.egress == "endpoints"
  gateways     = !local.made || local.by_endpoints ? 0 : var.egress == "nat" ? 1 : length(local.zones)
}

resource "aws_vpc_endpoint" "s3" {
  # Images' layers are in S3. This kind costs nothing, so that it is there beside NAT, too.
  count             = local.made ? 1 : 0
  vpc_id            = aws_vpc.this[0].id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = aws_route_table.private[*].id
  tags              = { Name = "${var.name}-s3" }
}

resource "aws_vpc_endpoint" "service" {
  for_each            = local.by_endpoints ? var.endpoint_services : []
  vpc_id              = aws_vpc.this[0].id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = aws_subnet.private[*].id
  security_group_ids  = [aws_security_group.of["endpoints"].id]
  tags                = { Name = "${var.name}-${each.key}" }
}

resource "aws_eip" "nat" {
  count      = local.gateways
  domain     = "vpc"
  tags       = { Name = "${var.name}-nat-${local.zones[count.index]}" }
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  count         = local.gateways
  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id
  tags          = { Name = "${var.name}-${local.zones[count.index]}" }
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_route" "nat" {
  count                  = local.gateways == 0 ? 0 : length(local.zones)
  route_table_id         = aws_route_table.private[count.index].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[count.index % local.gateways].id
}
