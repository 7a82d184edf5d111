"""Finds text in a rendered prompt that was hardly meant to be sent. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_PLACEHOLDER = re.compile(r"\$?\{([A-Za-z_]\w{0,40})\}")
_QUOTES = {"\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019", "\u00ab": "\u00bb"}


class OddPrompt(NamedTuple):
    """What is odd, as a code, the end of a sentence and a hint."""

    code: str
    message: str
    hint: str


def odd_in_prompt(prompt: str) -> OddPrompt | None:
    """Find another template language's placeholder, or quotes around the whole; else None."""
    if "{" in prompt and (found := _PLACEHOLDER.search(prompt)):
        message = f"the prompt contains {found[0]}, which is sent as it is"
        hint = f"a template is written {{{{ {found[1]} }}}}"
        return OddPrompt("placeholder-in-prompt", message, hint)
    closing = _QUOTES.get(prompt[:1])
    if closing and prompt.endswith(closing) and prompt.count(prompt[0]) == 1:
        message = f"the quotes {prompt[0]}{closing} around the prompt are sent with it"
        return OddPrompt("quotes-in-prompt", message, "write straight quotes, or none")
    return None
