"""How many look the same, and what one learns of them.

`classes` are rows that look alike, `diversity` what each tells of a sensitive attribute, `cards` what the numbers
are, `saying` which of them are read first.
"""
