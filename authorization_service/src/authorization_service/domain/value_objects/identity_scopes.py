"""Scopes that users grant to clients, beside what these may do in the store (OpenID Connect Core 1.0, section 5.4)."""

OPENID = "openid"
PROFILE = "profile"
EMAIL = "email"
OFFLINE_ACCESS = "offline_access"

ACCOUNT = "account"
"""Allows what users do with their own accounts: names, password, sessions."""

IDENTITY_SCOPES = (OPENID, PROFILE, EMAIL, OFFLINE_ACCESS, ACCOUNT)
