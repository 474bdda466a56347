"""Text that cannot harm a terminal, whoever wrote it."""

import re
import unicodedata

# Control characters move the cursor, change colours, or type commands. Bidirectional formatting shows text in another order
# than it has (CVE-2021-42574). Separators of lines and paragraphs break lines that belong together.
_JOINERS = "\u200c\u200d"  # Persian and emoji need them
_DANGEROUS = ("Cc", "Cf", "Cs", "Zl", "Zp")
_ANY = re.compile(r"[^\x20-\x7e]")


def make_harmless(text: str, *, keep: str = "") -> str:
    r"""Return the text with dangerous characters as JSON escapes them (`\u001b`), except those in `keep`."""
    if text.isascii() and text.isprintable():
        return text
    return _ANY.sub(lambda match: _escape(match[0], keep), text)


def _escape(character: str, keep: str) -> str:
    if character in keep or character in _JOINERS or unicodedata.category(character) not in _DANGEROUS:
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[index]:02x}{units[index + 1]:02x}" for index in range(0, len(units), 2))
