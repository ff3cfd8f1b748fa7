"""What is wrong with a policy before it judges anything, or will be within a month: `auditkit policy check`."""

from __future__ import annotations

from auditkit.linting.checking import remarks_on
from auditkit.linting.remarks import Remark

__all__ = ["Remark", "remarks_on"]
