"""How long devices wait for their users (RFC 8628, section 3.2)."""

from datetime import timedelta

LIFETIME = timedelta(minutes=10)
"""Of a device's codes."""
INTERVAL = timedelta(seconds=5)
"""Between two requests of a device for tokens."""
