"""Which model was audited: its files in the manifest form of OpenSSF model signing, and what they say of it.

`files` digests them, names included; `weights` and `card` read what the headers of its weights, its config and its
model card tell, without loading it; `signature` verifies a `model.sig` that lies with it; `identity` is all of this.
"""

from __future__ import annotations

from auditkit.subject.files import manifest_digest, model_files, root_digest
from auditkit.subject.identity import Identified, facts_at, facts_of_merged, identify
from auditkit.subject.signature import check_signature

__all__ = [
    "Identified",
    "check_signature",
    "facts_at",
    "facts_of_merged",
    "identify",
    "manifest_digest",
    "model_files",
    "root_digest",
]
