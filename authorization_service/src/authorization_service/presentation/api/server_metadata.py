"""Metadata of the authorization server (RFC 8414) and OpenID provider (OpenID Connect Discovery 1.0)."""

import orjson

from authorization_service.application.authorize.authorization_request import CREATE, PROMPTS
from authorization_service.domain.value_objects.authentication import ContextClass
from authorization_service.domain.value_objects.identity_scopes import IDENTITY_SCOPES
from authorization_service.domain.value_objects.pkce import METHOD
from authorization_service.presentation.api.oauth import DEVICE_CODE, Issuer
from authorization_service.presentation.pages.messages import CATALOGS
from shared_kernel.presentation.http.routing.forwarded import PublicUrl

_CLIENT_SECRET_METHODS = ("client_secret_basic", "client_secret_post")
_CLAIMS = (
    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid",
    "name", "given_name", "family_name", "preferred_username", "email", "email_verified",
)  # fmt: skip


def describe_server(issuer: Issuer, url: PublicUrl, *, is_registration_open: bool) -> bytes:
    """Return the metadata of a server whose endpoints are below its public URL or, if its origin is not known, below the
    issuer's address.
    """
    prompts = [prompt for prompt in PROMPTS if prompt != CREATE or is_registration_open]
    base = str(url) if url.origin else issuer.rstrip("/")
    return orjson.dumps(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{base}/authorize",
            "device_authorization_endpoint": f"{base}/device_authorization",
            "pushed_authorization_request_endpoint": f"{base}/par",
            "require_pushed_authorization_requests": False,
            "token_endpoint": f"{base}/token",
            "userinfo_endpoint": f"{base}/userinfo",
            "end_session_endpoint": f"{base}/end-session",
            "revocation_endpoint": f"{base}/revoke",
            "introspection_endpoint": f"{base}/introspect",
            "jwks_uri": f"{base}/.well-known/jwks.json",
            "scopes_supported": IDENTITY_SCOPES,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token", DEVICE_CODE, "password", "client_credentials"],
            "code_challenge_methods_supported": [METHOD],
            "token_endpoint_auth_methods_supported": [*_CLIENT_SECRET_METHODS, "none"],
            "revocation_endpoint_auth_methods_supported": [*_CLIENT_SECRET_METHODS, "none"],
            "introspection_endpoint_auth_methods_supported": _CLIENT_SECRET_METHODS,
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "acr_values_supported": list(ContextClass),
            "prompt_values_supported": prompts,
            "claims_supported": _CLAIMS,
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "ui_locales_supported": list(CATALOGS),
        }
    )
