"""The spec as a file: from TOML or YAML to plain values that know their lines, and mistakes in words.

`source` finds the file, `reading` reads it by `toml` or `yaml`, `values` are the types its keys have, `data` is the
section of the tables, `mistakes` are what several keys make together, `wording` says what is wrong with the file, the
line and the key in front, and `unbuilt` refuses what no plugin does yet.
"""
