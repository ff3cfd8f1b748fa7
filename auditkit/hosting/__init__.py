"""What the host does with plugins, before any of them does anything.

`discovery` finds them, `from_source` imports them as their digest was taken, `contract` refuses what is no hook, `hooks` calls them, and `choosing` picks by name.
`surroundings` names all code that a number of theirs rests on.
"""
