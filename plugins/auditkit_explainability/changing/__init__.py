"""How little would have to be different for another decision: in a table so many columns, in a text so many words.

`space` has rows as numbers, with what may change and what a change costs; `searching` looks for the smallest change by
asking the model alone, and `cutting` for the fewest words. `asking` puts a case's rows through either, and `medians` an
interval to a median.
"""
