# The role with which keyward lists the organization: in the management account, or better in an account that is a delegated
# administrator of AWS Organizations.

resource "aws_iam_role" "inventory" {
  name                 = var.role_name
  description          = "keyward lists the organization with this role"
  max_session_duration = 3600
  assume_role_policy   = local.inventory_role_trust
}

resource "aws_iam_role_policy" "inventory" {
  name   = "keyward"
  role   = aws_iam_role.inventory.id
  policy = local.inventory_role_policy
}
