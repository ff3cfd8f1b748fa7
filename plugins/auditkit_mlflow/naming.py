"""Names that MLflow takes: letters, digits, `_`, `-`, `.`, blanks, `:` and `/`, at most 250 characters."""

from __future__ import annotations

import hashlib
import re

from auditkit import Measurement

_LONGEST = 230
_UNFIT = re.compile(r"[^A-Za-z0-9_\-. ]")
_GAP = "_gap"


def name_of(measurement: Measurement) -> str:
    """The metric, then the group, the class and the conditions, e.g. `selection_rate/sex/F`; of a gap `.../sex/_gap`.

    Measurements that are different keep different names: one in which characters had to give way ends in digits of the
    digest of what it was.
    """
    parts = [measurement.metric]
    for name, label in measurement.group.items():
        parts += [name, _GAP if label == "*" else label]
    if measurement.label is not None:
        parts += ["class", measurement.label]
    for word, said in (("where", measurement.conditions), ("against", measurement.versus or {})):
        for name, value in sorted(said.items()):
            parts += [word, name, value]
    shown = "/".join(_UNFIT.sub("_", part).strip() or "_" for part in parts)
    labels = {*measurement.group.values(), measurement.label}
    if shown == "/".join(parts) and len(shown) <= _LONGEST and _GAP not in labels:
        return shown
    # Lengths, so that no two lists of parts read the same.
    whole = "".join(f"{len(part)}:{part}" for part in [*parts, *sorted(filter(None, labels))])
    return f"{shown[:_LONGEST]}-{hashlib.sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
