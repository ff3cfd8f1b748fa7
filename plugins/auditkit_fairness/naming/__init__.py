"""Names of persons swapped for others, and whether a model still finds them.

`names.toml` holds lists of names, which `lists` reads, as it reads files of the user's, TOML or CSV. `renaming` puts
names into texts; `matching` holds what a model finds against what is there; `asking` has it answer, and keeps two
numbers a row. `crossed` puts all answers together, by text and by name; `families` makes shares of each kind of names.
`planted` is a model that overlooks names of one group.
"""
