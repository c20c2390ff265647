# Ways from a private network to the services that keyward calls, without the internet: an interface endpoint for each, with a
# policy that admits keyward's calls by identities of the organization and nothing else, and two security groups that know
# only each other.
#
# IAM, Organizations and Account Management are reached in the home region of their partition (us-east-1): put keyward's
# network there, or give the client's security group a way out of your own.

locals {
  service = "com.amazonaws.${data.aws_region.current.region}"
  # Whether it is made, its service, its policy.
  endpoints = {
    sts                = { made = true, service = "${local.service}.sts", policy = local.sts_policy }
    secrets-manager    = { made = true, service = "${local.service}.secretsmanager", policy = local.secrets_manager_policy }
    logs               = { made = local.has_log, service = "${local.service}.logs", policy = local.logs_policy }
    images             = { made = local.has_image_registry, service = "${local.service}.ecr.dkr", policy = local.images_policy }
    image-registry     = { made = local.has_image_registry, service = "${local.service}.ecr.api", policy = local.image_registry_policy }
    metrics            = { made = local.has_metrics, service = "${local.service}.monitoring", policy = local.metrics_policy }
    mail-by-api        = { made = local.has_mail_by_api, service = "${local.service}.email", policy = local.mail_by_api_policy }
    mail-by-smtp       = { made = local.has_mail_by_smtp, service = "${local.service}.email-smtp", policy = null }
    topics             = { made = local.has_topics, service = "${local.service}.sns", policy = local.topics_policy }
    channel-parameters = { made = local.has_channel_parameters, service = "${local.service}.ssm", policy = local.channel_parameters_policy }
    security-hub       = { made = local.has_security_hub, service = "${local.service}.securityhub", policy = local.security_hub_policy }
    iam                = { made = local.has_home_services, service = "com.amazonaws.iam", policy = local.iam_policy }
    organizations      = { made = local.has_home_services, service = "com.amazonaws.us-east-1.organizations", policy = local.organizations_policy }
    account            = { made = local.has_account, service = "com.amazonaws.us-east-1.account", policy = local.account_policy }
  }
}

# Terraform takes away the rule that lets out everything.
resource "aws_security_group" "client" {
  name_prefix = "${var.name}-"
  description = "keyward"
  vpc_id      = var.vpc_id
}

resource "aws_security_group" "endpoints" {
  name_prefix = "${var.name}-endpoints-"
  description = "The ways from keyward to the services of AWS"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "client" {
  for_each                     = toset(local.has_mail_by_smtp ? ["443", "587"] : ["443"])
  security_group_id            = aws_security_group.client.id
  description                  = "The services of AWS"
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value)
  to_port                      = tonumber(each.value)
  referenced_security_group_id = aws_security_group.endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  for_each                     = toset(local.has_mail_by_smtp ? ["443", "587"] : ["443"])
  security_group_id            = aws_security_group.endpoints.id
  description                  = "keyward"
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value)
  to_port                      = tonumber(each.value)
  referenced_security_group_id = aws_security_group.client.id
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  count             = local.reaches_s3 ? 1 : 0
  security_group_id = aws_security_group.client.id
  description       = "S3"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = var.s3_prefix_list
}

resource "aws_vpc_endpoint" "s3" {
  count             = local.has_s3 ? 1 : 0
  vpc_endpoint_type = "Gateway"
  vpc_id            = var.vpc_id
  service_name      = "${local.service}.s3"
  route_table_ids   = var.route_table_ids
  policy            = local.s3_policy
}

resource "aws_vpc_endpoint" "services" {
  for_each            = { for name, endpoint in local.endpoints : name => endpoint if endpoint.made }
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  vpc_id              = var.vpc_id
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.endpoints.id]
  service_name        = each.value.service
  # Mail that is submitted by SMTP knows no policy of an endpoint.
  policy = each.value.policy
}
