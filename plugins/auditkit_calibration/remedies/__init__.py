"""What would make probabilities truer: maps fitted to some people's rows and tried on the others'.

`rows` deals the rows into folds, `maps` are fitted to some and tried on the rest, and `worth` compares what the
probabilities are worth before and after. The metric cards are in `cards`, the cases whose answer is known in `planted`.
"""
