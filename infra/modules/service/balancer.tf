locals {
  with_tls = var.address.certificate_arn != null

  # A request may wait for 60 s (app/api/waiting.py). A task keeps its connections for longer than the load
  # balancer does, or it would close one just as a request is sent on it: 502 for that client.
  idle_seconds       = 75
  keep_alive_seconds = 90

  # What clients ask for; anything else, /metrics above all, is not passed on.
  paths = ["/", "/api/*", "/docs", "/redoc", "/openapi.json", "/static/*", "/healthz", "/readyz"]
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:access_log_bucket turns the access log on; requests are in the API's own log as well
  #checkov:skip=CKV_AWS_150:deletion_protection is true unless somebody says otherwise
  #checkov:skip=CKV2_AWS_28:web_acl_arn puts a WAF before it, which costs by the request
  #checkov:skip=CKV2_AWS_20:HTTP redirects to HTTPS, unless plain_http asks for it
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = var.address.internal
  subnets                    = var.network.balancer_subnet_ids
  security_groups            = [var.network.security_group_ids["balancer"]]
  idle_timeout               = local.idle_seconds
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"
  enable_deletion_protection = var.address.deletion_protection

  dynamic "access_logs" {
    for_each = var.address.access_log_bucket[*]

    content {
      bucket  = access_logs.value
      prefix  = var.name
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "api" {
  #checkov:skip=CKV_AWS_378:TLS ends at the load balancer; from there it is the VPC's private subnets
  name                 = "${var.name}-api"
  vpc_id               = var.network.vpc_id
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = 6400
  deregistration_delay = local.idle_seconds # requests that wait are answered before their task is stopped

  health_check {
    path                = "/readyz" # 503 without Postgres, 200 without a broker
    matcher             = "200"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "https" {
  count             = local.with_tls ? 1 : 0
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTPS"
  port              = 443
  certificate_arn   = var.address.certificate_arn
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "Not found"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener" "http" {
  #checkov:skip=CKV_AWS_2:it redirects to HTTPS, unless plain_http asks for it
  #checkov:skip=CKV_AWS_103:there is no TLS on it whose version could be old
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTP"
  port              = 80

  default_action {
    type = local.with_tls ? "redirect" : "fixed-response"

    dynamic "redirect" {
      for_each = local.with_tls ? [1] : []

      content {
        protocol    = "HTTPS"
        port        = "443"
        status_code = "HTTP_301"
      }
    }
    dynamic "fixed_response" {
      for_each = local.with_tls ? [] : [1]

      content {
        content_type = "text/plain"
        message_body = "Not found"
        status_code  = "404"
      }
    }
  }
}

resource "aws_lb_listener_rule" "api" {
  for_each     = { for number, paths in chunklist(local.paths, 5) : tostring(number + 1) => paths } # five are allowed in a rule
  listener_arn = local.with_tls ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
  priority     = tonumber(each.key)

  condition {
    path_pattern {
      values = each.value
    }
  }
  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count        = var.address.web_acl_arn == null ? 0 : 1
  resource_arn = aws_lb.this.arn
  web_acl_arn  = var.address.web_acl_arn
}
