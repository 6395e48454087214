output "vpc_id" {
  description = "The VPC."
  value       = local.vpc_id
}

output "private_subnet_ids" {
  description = "Where tasks, database and Redis are."
  value       = local.private_subnet_ids
}

output "balancer_subnet_ids" {
  description = "Where the load balancer is."
  value       = local.balancer_subnets
}

output "balancer_cidrs" {
  description = "The addresses that the load balancer's requests come from."
  value = (
    !local.made ? data.aws_subnet.balancer[*].cidr_block :
    var.internal ? aws_subnet.private[*].cidr_block : aws_subnet.public[*].cidr_block
  )
}

output "security_group_ids" {
  description = "By what they are for: balancer, api, worker, database, redis, endpoints."
  value       = { for purpose, group in aws_security_group.of : purpose => group.id }
}
