# The daily job of keyward as a task on AWS Fargate, started by a schedule, with its state on a file system of its own.

locals {
  role_name = split("/", var.role_arn)[1]
}

resource "aws_efs_file_system" "state" {
  encrypted  = true
  kms_key_id = var.key_arn
  tags       = { Name = var.name }

  lifecycle_policy {
    transition_to_ia = "AFTER_30_DAYS"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_efs_backup_policy" "state" {
  file_system_id = aws_efs_file_system.state.id

  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_file_system_policy" "state" {
  file_system_id = aws_efs_file_system.state.id
  policy         = local.state_files_policy
}

resource "aws_efs_replication_configuration" "state" {
  count                 = local.copies_state ? 1 : 0
  source_file_system_id = aws_efs_file_system.state.id

  destination {
    region = var.state_copy_region
  }
}

resource "aws_efs_access_point" "state" {
  file_system_id = aws_efs_file_system.state.id

  posix_user {
    uid = 65532
    gid = 65532
  }

  root_directory {
    path = "/keyward"

    creation_info {
      owner_uid   = 65532
      owner_gid   = 65532
      permissions = "0700"
    }
  }
}

# Terraform takes away the rule that lets out everything.
resource "aws_security_group" "state" {
  name_prefix = "${var.name}-state-"
  description = "The state of keyward"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "state" {
  security_group_id            = aws_security_group.state.id
  description                  = "keyward"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  referenced_security_group_id = var.security_group
}

resource "aws_vpc_security_group_egress_rule" "client_to_state" {
  security_group_id            = var.security_group
  description                  = "The state of keyward"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  referenced_security_group_id = aws_security_group.state.id
}

resource "aws_efs_mount_target" "state" {
  for_each        = { a = var.subnet_a, b = var.subnet_b }
  file_system_id  = aws_efs_file_system.state.id
  subnet_id       = each.value
  security_groups = [aws_security_group.state.id]
}

resource "aws_iam_role_policy" "state" {
  name   = "keyward-state-${data.aws_region.current.region}"
  role   = local.role_name
  policy = local.state_rights_policy
}

resource "aws_ecs_cluster" "cluster" {
  name = var.name
}

resource "aws_iam_role" "task_start" {
  name_prefix        = "${var.name}-"
  description        = "Amazon ECS fetches keyward's image and writes its log with this role"
  assume_role_policy = local.task_start_role_trust
}

resource "aws_iam_role_policy" "task_start" {
  name   = "start"
  role   = aws_iam_role.task_start.id
  policy = local.task_start_role_policy
}

resource "aws_ecs_task_definition" "task" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.task_start.arn
  task_role_arn            = var.role_arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = local.is_arm ? "ARM64" : "X86_64"
  }

  volume {
    name = "state"

    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.state.id
      transit_encryption = "ENABLED"

      authorization_config {
        iam             = "ENABLED"
        access_point_id = aws_efs_access_point.state.id
      }
    }
  }

  container_definitions = jsonencode([
    {
      name                   = "keyward"
      image                  = var.image_uri
      essential              = true
      user                   = "65532:65532"
      readonlyRootFilesystem = true
      linuxParameters        = { capabilities = { drop = ["ALL"] } }
      command                = ["--log-format", "json", "run"]
      # The most that Fargate waits for a run to finish what it began.
      stopTimeout = 120
      environment = [
        { name = "KEYWARD_EXTERNAL_ID", value = var.external_id },
        { name = "DryRunFlag", value = var.dry_run },
      ]
      mountPoints = [{ sourceVolume = "state", containerPath = "/var/lib/keyward" }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = var.log_group
          awslogs-region        = data.aws_region.current.region
          awslogs-stream-prefix = "run"
        }
      }
    },
  ])
}

resource "aws_iam_role" "schedule" {
  name_prefix        = "${var.name}-"
  description        = "Amazon EventBridge Scheduler starts keyward with this role"
  assume_role_policy = local.schedule_role_trust
}

resource "aws_iam_role_policy" "schedule" {
  name   = "start"
  role   = aws_iam_role.schedule.id
  policy = local.schedule_role_policy
}

resource "aws_scheduler_schedule" "daily" {
  name                         = var.name
  description                  = "The daily job of keyward"
  schedule_expression          = var.schedule_expression
  schedule_expression_timezone = var.time_zone
  state                        = var.schedule_state

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = var.flexible_minutes
  }

  target {
    arn      = aws_ecs_cluster.cluster.arn
    role_arn = aws_iam_role.schedule.arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.task.arn
      launch_type         = "FARGATE"
      task_count          = 1

      network_configuration {
        assign_public_ip = false
        subnets          = [var.subnet_a, var.subnet_b]
        security_groups  = [var.security_group]
      }
    }

    # Of the start, when AWS did not take it; a run right after another does nothing twice.
    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 3600
    }

    dead_letter_config {
      arn = var.dead_letter_queue_arn
    }
  }
}
