"""Whether what an attack reaches may be believed.

`gates` are all that must hold: the `blind` baseline, the `negative` control, what `chance` alone makes, and rows
enough. `caution` is what is told once they are known, `levels` how strong the attacker was, and `effort` what more
shadow models add.
"""
