"""Models beside the audited one, which attacks on privacy hold it against.

`reference` is one of the same kind that lies beside it, `states` are earlier ones of itself. `retraining` trains
shadow models by its adapter, `own_training` by a function of the user's, and `private_training` one with a budget of
privacy.
"""
