"""The current time."""

from collections.abc import Callable
from datetime import datetime

Now = Callable[[], datetime]
"""Returns the current time, in UTC."""
