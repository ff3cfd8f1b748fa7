"""Before a run: what it would do, what it could find, and how long it takes.

`forecast` is what `auditkit plan` says, from `foreseen` (what the rows could show), `foreseen_gate` (what a gate on
them could see of a later release), `timing` (a sample that is timed) and `training` (a model that is trained again).
"""
