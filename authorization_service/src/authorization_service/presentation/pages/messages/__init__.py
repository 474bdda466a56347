"""Texts of the pages, in each language by the same keys."""

from collections.abc import Mapping

from authorization_service.presentation.pages.messages.en import MESSAGES as ENGLISH
from authorization_service.presentation.pages.messages.ru import MESSAGES as RUSSIAN

DEFAULT_LANGUAGE = "en"
CATALOGS: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "ru": RUSSIAN}


def choose_language(accepted: str) -> str:
    """Return the language that an Accept-Language field (RFC 9110, section 12.5.4) prefers of those that there are."""
    ranges = [_read_range(part) for part in accepted.split(",")[:20]]
    for language, weight in sorted(ranges, key=lambda one: -one[1]):
        if weight > 0 and language in CATALOGS:
            return language
    return DEFAULT_LANGUAGE


def _read_range(part: str) -> tuple[str, float]:
    tag, _, parameter = part.strip().partition(";")
    name, _, weight = parameter.strip().partition("=")
    language = tag.strip().partition("-")[0].lower()
    try:
        return language, float(weight) if name.strip() == "q" else 1.0
    except ValueError:
        return language, 0.0
