# No workers at night, if asked: nothing is rendered, rescued or removed until the morning.
resource "aws_appautoscaling_scheduled_action" "night" {
  count              = var.scaling.night == null ? 0 : 1
  name               = "${var.name}-night"
  service_namespace  = aws_appautoscaling_target.worker.service_namespace
  scalable_dimension = aws_appautoscaling_target.worker.scalable_dimension
  resource_id        = aws_appautoscaling_target.worker.resource_id
  schedule           = "cron(${var.scaling.night.begins})"
  timezone           = var.scaling.night.timezone

  scalable_target_action {
    min_capacity = 0
    max_capacity = 0 # or the backlog would bring them back
  }
}

resource "aws_appautoscaling_scheduled_action" "morning" {
  count              = var.scaling.night == null ? 0 : 1
  name               = "${var.name}-morning"
  service_namespace  = aws_appautoscaling_target.worker.service_namespace
  scalable_dimension = aws_appautoscaling_target.worker.scalable_dimension
  resource_id        = aws_appautoscaling_target.worker.resource_id
  schedule           = "cron(${var.scaling.night.ends})"
  timezone           = var.scaling.night.timezone

  scalable_target_action {
    min_capacity = var.scaling.worker_tasks.min
    max_capacity = var.scaling.worker_tasks.max
  }
}
