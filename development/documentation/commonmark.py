"""What Python-Markdown reads otherwise than CommonMark, which the pages are written in, is put as it reads it."""

import re

_FENCE = re.compile(r" *(```|~~~)")
_ITEM = re.compile(r"( *)(?:[-*]|\d+\.) +(?=\S)")
_CODE = re.compile(r"`[^`]+`")
_STEP = 4  # spaces by which Python-Markdown wants the content of a list item indented


def adapt(text: str) -> str:
    """Return a page with a blank line before each list, and with the content of list items indented by four spaces."""
    adapted: list[str] = []
    open_items: list[int] = []  # where the content of each item begins that the line is in: columns
    fence, is_paragraph = "", False
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        if not fence and line.strip():
            was_blank = not adapted or not adapted[-1].strip()
            while open_items and indent < open_items[-1] and (was_blank or _ITEM.match(line)):
                open_items.pop()
        depth = len(open_items)
        item = None if fence else _ITEM.match(line)
        if item and indent >= (open_items[-1] if open_items else 0):
            if not depth and is_paragraph:
                adapted.append("")
            open_items.append(item.end())
        width = open_items[depth - 1] if depth else 0
        if not fence and line.startswith("|"):
            # In a table's code it takes a bar for a bar, and the backslash that CommonMark needs before it for a backslash.
            line = _CODE.sub(lambda code: code[0].replace(r"\|", "|"), line)  # noqa: PLW2901 - it is the same line
        adapted.append(" " * (_STEP * depth) + (line[width:] if indent >= width else line.lstrip(" ")) if line.strip() else line)
        found = _FENCE.match(line)
        if found and (not fence or found[1] == fence):
            fence = "" if fence else found[1]
        is_paragraph = bool(line.strip()) and not item and not fence and not open_items
    return "\n".join(adapted)
