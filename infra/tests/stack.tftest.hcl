# The whole stack with one thing after another said otherwise.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  region          = "eu-north-1"
  image_tag       = "1.4.2"
  certificate_arn = "arn:aws:acm:eu-north-1:123456789012:certificate/0a1b2c3d"
  public_url      = "https://todo.example.org"
}

run "by_default" {
  assert {
    condition     = output.url == "https://todo.example.org" && output.queue == "ical" && length(output.practice_queue_urls) == 0
    error_message = "HTTPS, a standard queue, and none to practise with."
  }
  assert {
    condition     = alltrue([for command in values(output.run_once) : strcontains(command, "aws ecs run-task --region eu-north-1 --cluster taskoverflow")])
    error_message = "The commands that run a task once name region and cluster."
  }
  assert {
    condition = toset(keys(output.alarms)) == toset([
      for alarm in [
        "api-gone", "database-connections", "database-cpu", "database-credits", "database-memory",
        "database-storage", "dead-letters", "errors", "jobs-wait", "unhealthy-hosts", "worker-gone",
      ] : "taskoverflow-${alarm}"
    ])
    error_message = "There are eleven alarms."
  }
}

run "redis_over_plain_http_in_an_existing_vpc" {
  variables {
    name                  = "trial"
    certificate_arn       = null
    public_url            = null
    plain_http            = true
    broker                = "redis"
    redis_auth_secret_arn = "arn:aws:secretsmanager:eu-north-1:123456789012:secret:redis"
    database_class        = "db.m7g.large"
    existing_vpc = {
      vpc_id             = "vpc-0a1b2c3d"
      private_subnet_ids = ["subnet-1", "subnet-2"]
      public_subnet_ids  = ["subnet-3", "subnet-4"]
    }
  }

  assert {
    condition     = output.url == "http://some.eu-north-1.elb.amazonaws.com" && output.queue == null
    error_message = "The load balancer's own name is the URL, and there is no SQS queue."
  }
  assert {
    condition     = alltrue([for command in values(output.run_once) : strcontains(command, "subnets=[subnet-1,subnet-2]")])
    error_message = "Tasks are in the private subnets that were named."
  }
  assert {
    condition     = contains(keys(output.alarms), "trial-redis-memory-001") && !contains(keys(output.alarms), "trial-dead-letters")
    error_message = "Redis has alarms, and SQS none."
  }
  assert {
    condition     = !contains(keys(output.alarms), "trial-database-credits")
    error_message = "Only burstable classes have credits to run out of."
  }
}
