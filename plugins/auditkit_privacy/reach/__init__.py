"""How far attacks reach: `trying` all of them, `choosing` the strongest on one half to judge it on the other.

Scores are `ranked` once; `rates` is what is found at few false alarms, and `exposure` who is exposed most.
"""
