locals {
  tls = var.root_certificate == null ? "sslmode=require" : "sslmode=verify-full&sslrootcert=${var.root_certificate}"
}

output "url" {
  description = "What TASKOVERFLOW_DATABASE_URL is to be, without a password."
  value       = "postgresql://${aws_db_instance.this.username}@${aws_db_instance.this.endpoint}/${aws_db_instance.this.db_name}?${local.tls}"
}

output "password_secret_arn" {
  description = "The secret that holds user and password, as JSON."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "id" {
  description = "The instance, as CloudWatch's metrics name it."
  value       = aws_db_instance.this.identifier
}
