"""What the model does as a whole: how its score goes with each column, and how far a few rules speak for it.

`local` asks the model what each column does to the score, `shuffled` what its loss costs, `curves` puts intervals to
it, and `telling` tells it. The tree of rules is grown in `rules`. `driven` takes one piece of a row out after the
other, and `tellable` says which words may be told. Columns, edges that tell of nobody, and words that are kept as
numbers are had from `auditkit.segments`.
"""
