"""What Jinja and Python say of a template, in words for the people who write storyboards."""

from __future__ import annotations

import re

from jinja2 import TemplateSyntaxError, UndefinedError

from storyboard.language.templates.bounds import Stop, brief, shorten

_KINDS = {
    "BlockReference": "a block",
    "Cycler": "a cycler",
    "Joiner": "a joiner",
    "LoopContext": "the loop",
    "Macro": "a macro",
    "Method": "a function",
    "Namespace": "a namespace",
    "NoneType": "null",
    "TemplateModule": "a namespace of macros",
    "TemplateReference": "a block",
    "bool": "true or false",
    "dict": "a map",
    "float": "a number",
    "int": "a number",
    "list": "a list",
    "range": "a list",
    "str": "text",
    "tuple": "a list",
}

_WORDINGS: tuple[tuple[str, str], ...] = (
    (
        r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'",
        "{2} {1} {3} has no answer",
    ),
    (r"unhashable type: '(\w+)'", "{1} cannot be a key"),
    (r"cannot unpack non-iterable (\w+) object", "{1} cannot be unpacked into several names"),
    (r"too many values to unpack \(expected (\d+).*\)", "there are more values than the {1} names"),
    (r"not enough values to unpack \(expected (\d+), got (\d+)\)", "{1} names for {2} values"),
    (r".*after (\*\*?) must be an? \w+, not (\w+)", "{2} cannot follow {1}"),
    (r"argument of type '(\w+)' is not .*", "there is nothing in {1}"),
    (r"'in <string>' requires string as left operand, not (\w+)", "{1} cannot be in text"),
    (r"slice indices must be .*", "a range is given in whole numbers, as in name[0:3]"),
    (
        r"cannot assign attribute on non-namespace object",
        "only a namespace can be changed: {{% set it = namespace(key=1) %}}",
    ),
    (r"duplicate argument 'l_\d+_(\w+)' in function definition", "the argument {1!r} stands twice"),
    (r"(?:[\w.<>]+\(\) )?(.+)", "{1}"),
)


def plain_words(error: Exception) -> str:
    """The exception's message as a clause, without addresses and names of Python types."""
    message = str(error)
    if isinstance(error, (TemplateSyntaxError, UndefinedError)):
        message = error.message or ""  # without the line, which is said elsewhere
    elif isinstance(error, SyntaxError):
        message = error.msg
    message = re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(message.split())).rstrip(".")
    for pattern, wording in _WORDINGS:
        match = re.fullmatch(pattern, message)
        if match is not None:
            words = [_KINDS.get(word, word) for word in match.groups()]
            message = wording.format(match[0], *words)
            break
    message = re.sub(
        r"'(\w+)' object", lambda match: _KINDS.get(match[1], f"{match[1]!r}"), message
    )
    message = message.replace(". The ", "; the ").replace(". ", "; ")
    is_word = message[:1].isupper() and message[1:2].islower()
    message = message[:1].lower() + message[1:] if is_word else message
    return shorten(message, 300) or "no reason is given"


def as_stop(error: Exception) -> Stop:
    """Any exception of Jinja or Python as a reason to stop."""
    if isinstance(error, Stop):
        return error
    if isinstance(error, TemplateSyntaxError):
        return Stop(
            "template-syntax", plain_words(error), _hint(error.message or ""), line=error.lineno
        )
    if isinstance(error, UndefinedError):
        return Stop("undefined-name", plain_words(error))
    if isinstance(error, (RecursionError, MemoryError)):
        return too_deep(None)
    if isinstance(error, KeyError):
        return Stop("template-error", f"there is no {brief(error.args[0] if error.args else None)}")
    if isinstance(error, UnicodeEncodeError):
        return Stop("not-printable", "half of a character (a surrogate) cannot be sent")
    if isinstance(error, OverflowError) or "integer string conversion" in str(error):
        return Stop("template-too-large", "a number is too large")
    return Stop("template-error", f"the template cannot be rendered: {plain_words(error)}")


def too_deep(line: int | None) -> Stop:
    """The reason for a template with too much inside one another."""
    return Stop(
        "template-too-deep",
        "blocks, brackets or operators stand too deep within one another",
        "name the parts with {% set name = ... %}",
        line=line,
    )


def _hint(message: str) -> str | None:
    if message.startswith("Missing end of comment tag"):
        return "a comment begins with {# and ends with #}; write {{ '{#' }} for the signs alone"
    if message.startswith(("unexpected end of template", "unexpected '}'")):
        return "{{ ends with }} and {% with %}; write {{ '{{' }} for the signs alone"
    return None
