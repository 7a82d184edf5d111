"""Writes the generated files:  python -m tests.reference"""

from __future__ import annotations

from tests.reference.pages import TOP, pages

if __name__ == "__main__":
    for name, text in pages().items():
        path = TOP / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)  # noqa: T201 (a tool for a terminal)
