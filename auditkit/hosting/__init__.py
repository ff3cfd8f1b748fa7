"""What the host does with plugins, before any of them does anything.

`discovery` finds them, `from_source` imports what their digest was taken of, `contract` refuses what is no hook,
`hooks` calls them, and `choosing` picks by name. `surroundings` names all code that a number of theirs rests on.
"""
