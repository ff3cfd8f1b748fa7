"""Canaries: rows that a coin put into the training data, so that what a model tells of them bounds its epsilon.

`making` makes the rows, `prose` those of them that are texts; `key` holds the coins and a commitment to them, and
`placing` writes the files of `auditkit canaries`. `reading` takes a key for the split `canaries` of an audit.
"""
