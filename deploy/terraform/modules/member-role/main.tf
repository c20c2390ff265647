# The roles in which keyward works in an account: one that reads, one that rotates. For every account of an organization take
# the module member-stackset.

resource "aws_iam_role" "audit" {
  name                 = var.audit_role_name
  description          = "keyward reads the access keys of this account with this role"
  max_session_duration = 3600
  assume_role_policy   = local.audit_role_trust
}

resource "aws_iam_role_policy" "audit" {
  name   = "keyward"
  role   = aws_iam_role.audit.id
  policy = local.audit_role_policy
}

# iam:CreateAccessKey on every user means being able to become any of them: nobody but keyward's role assumes this one.
resource "aws_iam_role" "rotate" {
  name                 = var.rotate_role_name
  description          = "keyward rotates the access keys of this account with this role"
  max_session_duration = 3600
  assume_role_policy   = local.rotate_role_trust
}

resource "aws_iam_role_policy" "rotate" {
  name   = "keyward"
  role   = aws_iam_role.rotate.id
  policy = local.rotate_role_policy
}
