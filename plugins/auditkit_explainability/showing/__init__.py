"""Rows as examples, of which none gives anybody away.

`choosing` draws them, `made_up` reads those of the spec's author, `trusting` says which explanation is the best and
whether it may be relied on, and `laying_out` takes personal data out and puts beside each word, column or square what
it adds to the answer.
"""
