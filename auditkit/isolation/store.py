"""What an isolated plugin keeps: in a store of its own, over the audit's, which it can read and not change."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditkit.evidence import EvidenceStore


@dataclass(frozen=True)
class StoreApart(EvidenceStore):
    """Reads what stands in `under`, else its own; writes its own alone.

    What a plugin computes can thus never be taken for what another check, or the model, said.
    """

    under: EvidenceStore = field(default=EvidenceStore(Path()))

    @classmethod
    def over(cls, under: EvidenceStore, name: str) -> StoreApart:
        """The store of one plugin, which is made where it is not there yet."""
        root = under.root / "isolated" / name
        for folder in (root, root / "tmp"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(root, under.is_durable, under)

    @property
    def writable(self) -> Path:
        """The one folder that the plugin may write in."""
        return self.root

    @property
    def temporary(self) -> Path:
        """Where libraries put their temporary files."""
        return self.root / "tmp"

    def __contains__(self, key: str) -> bool:
        """Whether either has a value under this key."""
        return key in self.under or super().__contains__(key)

    def get(self, key: str) -> Any:
        """The value under a key: the audit's where it has one."""
        return self.under.get(key) if key in self.under else super().get(key)
