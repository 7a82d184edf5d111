"""The pages in `docs/reference`, made from what the program itself says.

`format.md` comes from the schema, `commands.md` from the commands and `problems.md` from
the registry of codes. `python -m tests.reference` writes them anew; a test compares.
"""
