"""Files that are generated from what the program itself says.

In `docs/reference`, `format.md` comes from the schema, `commands.md` from the commands and
`problems.md` from the registry of codes. `llms.txt` indexes the pages, and `SKILL.md` tells
coding agents how to work safely. `python -m tests.reference` writes them; a test compares.
"""
