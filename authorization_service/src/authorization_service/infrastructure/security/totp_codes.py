"""One-time passwords of authenticator apps (RFC 6238), with pyotp."""

import hmac
import re
from datetime import datetime

from pyotp import TOTP

from authorization_service.domain.value_objects.totp_secret import TotpSecret

# RFC 6238, section 5.2: at most one step for the delay; one more for clocks of devices, which are ahead or behind.
ACCEPTED_STEPS = (0, -1, 1)

_CODE = re.compile(r"[0-9]{6}")
_IGNORED = re.compile(r"\s")  # apps show two groups of digits


class PyotpTotpVerifier:
    """Implements TotpVerifier."""

    def find_step(self, secret: TotpSecret, code: str, now: datetime) -> int | None:
        """Return the time step of a code: a code of 30 seconds ago and the next one are right, too."""
        digits = _IGNORED.sub("", code)
        if not _CODE.fullmatch(digits):
            return None
        totp = TOTP(secret.value)
        current = totp.timecode(now)
        found = [step for step in ACCEPTED_STEPS if hmac.compare_digest(totp.generate_otp(current + step), digits)]
        return current + found[0] if found else None
