"""A release held against the one before it: is it worse, for whom, and who now gets another answer?

`gate` is all of it on one screen; `choosing` finds the baseline, by path, in a folder or in a `ledger`, whose end is
kept by its signed head (`heads`); `releases` puts
two bundles side by side, row by row; `aims` says what the policy asks, `quantities` and `rankings` what each model did
on each row, `estimates` how far the two lie apart (`stored` without rows), `stepwise` decides the family by Holm's
steps, `comparing` makes judgements of it, `churn` counts changed answers, `told` is what is said.
"""

from __future__ import annotations

from auditkit.gating.choosing import Against
from auditkit.gating.gate import Judged, gate_bundle, remember
from auditkit.gating.told import Gated

__all__ = ["Against", "Gated", "Judged", "gate_bundle", "remember"]
