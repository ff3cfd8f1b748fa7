"""The worst of many parts of the rows: which there are, how wrong the model is in each, and what of it is no chance.

`losses` says how wrong the model is about each row, `dividing` which parts there are, `halves` deals people out into
one half to search and one to measure on, and `reporting` tells what was found. `auditors` are the models
that say where another is wrong. Cases whose answer is known are in `planted`.
"""
