"""How far single rows lie from those that a model is at home with, and what that says of its errors.

`distances` measures vectors; `scoring` gives every row its scores, once; `beyond` holds them against the known rows.
"""
