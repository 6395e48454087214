locals {
  stop_seconds  = 120 # the longest that Fargate waits after SIGTERM
  drain_seconds = 110 # the rest is for giving back what is left, and for leaving

  shared = {
    TASKOVERFLOW_DATABASE_URL = var.database.url
    TASKOVERFLOW_BROKER_URL   = var.broker.url
    TASKOVERFLOW_LOG_FORMAT   = "json"
    AWS_REGION                = var.region
  }
  serving = {
    TASKOVERFLOW_HOST            = "0.0.0.0"
    TASKOVERFLOW_PORT            = "6400"
    TASKOVERFLOW_KEEP_ALIVE      = tostring(local.keep_alive_seconds)
    TASKOVERFLOW_PUBLIC_URL      = coalesce(var.address.public_url, "http://${aws_lb.this.dns_name}")
    TASKOVERFLOW_TRUSTED_PROXIES = join(",", var.network.balancer_cidrs)
  }
  working = {
    TASKOVERFLOW_WORKER_THREADS = tostring(var.tasks.worker_threads)
    TASKOVERFLOW_DRAIN_SECONDS  = tostring(local.drain_seconds)
    TASKOVERFLOW_METRICS_HOST   = "0.0.0.0"
    TASKOVERFLOW_METRICS_PORT   = "6401"
  }

  # What a task is told in secret: read when it starts, so that a new password needs a new task.
  secrets = merge(
    { TASKOVERFLOW_DATABASE_PASSWORD = "${var.database.password_secret_arn}:password::" },
    var.broker.with_password ? { TASKOVERFLOW_BROKER_PASSWORD = var.broker.password_secret_arn } : {},
  )

  # For as long as Postgres can be read from, as the worker itself sees it. What it does not see for three
  # minutes, longer than a failover takes, a new task may: one with the new password, for example.
  worker_health = <<-PYTHON
    import sys, urllib.request as web
    page = web.urlopen("http://127.0.0.1:6401/metrics", timeout=8).read().decode()
    sys.exit("taskoverflow_database_up 1.0" not in page.splitlines())
  PYTHON

  definitions = {
    api = {
      command     = ["api"], image = var.images.api, size = var.tasks.api_size, log = "api", role = "api"
      environment = merge(local.shared, local.serving, var.tasks.settings), ports = [6400], health = null
    }
    worker = {
      command     = ["worker"], image = var.images.worker, size = var.tasks.worker_size, log = "worker", role = "worker"
      environment = merge(local.shared, local.working, var.tasks.settings), ports = [6401], health = local.worker_health
    }
    # Run by hand, once: see README.md.
    migrate = {
      command     = ["migrate", "upgrade"], image = var.images.api, size = var.tasks.api_size, log = "once", role = null
      environment = local.shared, ports = [], health = null
    }
    doctor = {
      command     = ["doctor"], image = var.images.worker, size = var.tasks.worker_size, log = "once", role = "worker"
      environment = merge(local.shared, var.tasks.settings), ports = [], health = null
    }
    jobs = {
      command     = ["jobs", "list"], image = var.images.worker, size = var.tasks.worker_size, log = "once", role = "operator"
      environment = merge(local.shared, var.tasks.settings), ports = [], health = null
    }
  }
}

resource "aws_ecs_task_definition" "of" {
  #checkov:skip=CKV_AWS_336:the root file system can be written to only while enable_execute_command asks for it
  for_each                 = local.definitions
  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.size.cpu
  memory                   = each.value.size.memory
  execution_role_arn       = aws_iam_role.of["execution"].arn
  task_role_arn            = each.value.role == null ? null : aws_iam_role.of[each.value.role].arn
  skip_destroy             = true # ECS takes no service back to a revision that is deregistered

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.tasks.architecture
  }
  volume {
    name = "tmp"
  }
  container_definitions = jsonencode([merge(
    {
      name                   = each.key
      image                  = each.value.image
      command                = each.value.command
      essential              = true
      user                   = "10001:10001"
      readonlyRootFilesystem = !var.tasks.enable_execute_command
      stopTimeout            = local.stop_seconds
      environment            = [for name in sort(keys(each.value.environment)) : { name = name, value = each.value.environment[name] }]
      secrets                = [for name in sort(keys(local.secrets)) : { name = name, valueFrom = local.secrets[name] }]
      portMappings           = [for port in each.value.ports : { containerPort = port, hostPort = port, protocol = "tcp" }]
      mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
      volumesFrom            = []
      systemControls         = []
      linuxParameters = {
        capabilities       = { add = [], drop = ["ALL"] }
        initProcessEnabled = true # heeds a SIGTERM even before Python runs
      }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = var.log_groups[each.value.log].name
          awslogs-region        = var.region
          awslogs-stream-prefix = each.key
          mode                  = "non-blocking" # a log that stalls must not stall a job
          max-buffer-size       = "8m"
        }
      }
    },
    each.value.health == null ? {} : {
      healthCheck = {
        command     = ["CMD", "python3", "-c", each.value.health]
        interval    = 30
        timeout     = 10
        retries     = 6
        startPeriod = 60
      }
    },
  )])
}
