"""storyboard as a library: what `import storyboard` offers to other programs.

`storyboard/__init__.py` exports these names, and imports a module here when one of its
names is first used. What the commands do for people (ask, print, draw a bar) is not
here; guards, locks and the state are those of the commands.
"""
