"""The seal: what an audit will judge, and by what, signed before it is run. See docs/sealing.md.

`record` is what the result says of it, `judged` gathers what a spec and its data will be judged by, `statement` is what
is signed, `making` signs it, `binding` ties a run to it, and `bundle.sealed` verifies all of this in a bundle.
"""

from __future__ import annotations
