output "repository_urls" {
  description = "Where to push each image: api, worker."
  value       = { for image, repository in aws_ecr_repository.image : image => repository.repository_url }
}

output "repository_arns" {
  description = "What may be pulled from."
  value       = [for repository in aws_ecr_repository.image : repository.arn]
}
