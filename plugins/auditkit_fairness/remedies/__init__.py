"""What `fairness.remedies` is made of: decisions made again, tried on rows that the remedy never saw.

`rows` chooses the rows and deals them into folds; `thresholds` has the rules that move a threshold for each group,
`optimised` those of fairlearn that also draw lots, and `retrained` trains the model anew. `telling` measures what each
would bring and cost. The metric cards are in `cards.remedies`, the cases whose answer is known in `planted`.
"""
