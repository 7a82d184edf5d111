"""`SKILL.md`: how a coding agent works with storyboards, in the format of agentskills.io."""

from __future__ import annotations

from pathlib import Path

from storyboard.cli import COMMANDS
from storyboard.errors import ExitCode

_TEMPLATE = Path(__file__).with_name("skill_template.md")


def skill_page() -> str:
    """The template with the exit codes and the commands of this version."""
    exit_codes = ["| code | meaning |", "|---|---|"]
    exit_codes += [f"| {code.value} | {code.meaning} |" for code in ExitCode]
    commands = [f"- `storyboard {name}`: {words}" for name, words in COMMANDS.items()]
    filled = _TEMPLATE.read_text("utf-8").replace("{exit_codes}", "\n".join(exit_codes))
    return filled.replace("{commands}", "\n".join(commands))
