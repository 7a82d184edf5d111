"""storyboard: render storyboards in bulk through a text-to-video API.

Read `records.py` first: it holds the values that travel from stage to stage.
"""

__version__ = "0.1.0"
