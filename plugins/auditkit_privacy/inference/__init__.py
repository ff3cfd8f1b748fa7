"""Telling an attribute of a person from what a model says: the attacks, and what they reach without the model.

`known` is what the attacker holds, `guessing` learns to tell from it, `tried_values` asks the model about each value,
`guesses` runs all of it once and keeps a number a row, `reached` measures, `halved` says how sure areas of two halves
are, and `believed` is the gates. The metric cards are in `cards`, the cases whose answer is known in `planted`.
"""
