# The roles of member-role in every account below these units, and in each that joins them later: a StackSet, because Terraform
# would need a provider for each account. The management account is left out by AWS: give it the module member-role.

resource "aws_cloudformation_stack_set" "member" {
  name             = var.name
  description      = "The roles in which keyward works"
  permission_model = "SERVICE_MANAGED"
  call_as          = var.call_as
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  template_body    = file("${path.module}/../../../cloudformation/member.yaml")
  parameters       = var.parameters

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  operation_preferences {
    max_concurrent_percentage    = 25
    failure_tolerance_percentage = 10
  }

  lifecycle {
    # AWS sets it of itself.
    ignore_changes = [administration_role_arn]
  }
}

# One region: IAM is global, and a second would find its roles made.
resource "aws_cloudformation_stack_set_instance" "member" {
  stack_set_name            = aws_cloudformation_stack_set.member.name
  call_as                   = var.call_as
  stack_set_instance_region = var.region

  deployment_targets {
    organizational_unit_ids = var.organizational_unit_ids
  }
}
