# The central store of access keys (store.target: central): the key that encrypts the secrets, and the role that writes them.
# For replicas the same module with a provider of each of their regions and make_role = "no".

resource "aws_kms_key" "store" {
  description             = "Encrypts the access keys in keyward's central store"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = local.key_policy

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "store" {
  name          = var.key_alias
  target_key_id = aws_kms_key.store.key_id
}

resource "aws_iam_role" "store" {
  count                = local.makes_role ? 1 : 0
  name                 = var.role_name
  description          = "keyward writes the central store of access keys with this role"
  max_session_duration = 3600
  assume_role_policy   = local.store_role_trust
}

resource "aws_iam_role_policy" "store" {
  count  = local.makes_role ? 1 : 0
  name   = "keyward"
  role   = aws_iam_role.store[0].id
  policy = local.store_role_policy
}
