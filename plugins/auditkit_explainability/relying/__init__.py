"""Who a person is, taken out of what a model is given, beside neutral edits of the same size: what its answers rest on.

The words by which texts say who somebody is, and edits of them, are the host's: `auditkit.perturbation`. `regions`
masks parts of pictures. `pairing` sets an effect beside its control's. `words` and `patches` search for shortcuts,
on one half of the people and then on the other (`halves`); `searching` says what was found. `mass` says how much of
the attributions falls on what is protected, to illustrate. `given` tells pictures from texts.
"""
