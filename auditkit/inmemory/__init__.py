"""The Python way in: data, models and predictions that are in memory already, audited as the command line does it.

`entry` is `auditkit.audit`; `tables` makes rows of what was given as data, `given` columns of what was given as
predictions, and `models` finds out what else can be asked for them; `identity` says how such a model is identified.
"""
