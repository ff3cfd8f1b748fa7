"""Looking for a small change of each row that makes a right answer wrong, and whether the looking can be trusted.

`rows` has rows in the range from 0 (black) to 1 (white), and says which are still answered rightly. `gradients` climbs
with captum's FGSM; `searching` tries signs at random, without gradients; `trying` puts a case's rows through all of
them and keeps a number a row. `signs` are those of a masked gradient.
"""
