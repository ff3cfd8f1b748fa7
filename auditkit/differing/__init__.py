"""What changed between two bundles, and what of it more than another sample of the same people would.

`diffing` is all of it on one screen: two bundles that verify, side by side as `gating.releases` puts them. `facts`
holds model, data, plugins and machine against each other, `signed` who vouches for each and what people decided of it,
`bars` the policies and their waivers, `turns` says which rule turned and why, `numbers` pairs the measurements and has
`noise` tell changes from chance, `told` is what is said.
"""

from __future__ import annotations

from auditkit.differing.diffing import diff_bundles
from auditkit.differing.told import Diff

__all__ = ["Diff", "diff_bundles"]
