"""From answers to changed inputs to what is told of them.

`answers` compares two answers to a row, `asking` asks the model about rows that were changed and keeps a number a row,
`sampling` chooses the rows, `means` puts intervals to them, `groups` holds groups against each other, `telling` makes
measurements and tables of all.
"""
