"""What an adapter wants to keep of single answers, so that none that was paid for is asked for again.

Batches of predictions are kept by the broker. Where each answer costs money or minutes, an adapter that names `kept` in
its signature is given one of these, and puts each answer into it as soon as it is there: a run that is killed at any
moment, and one whose other options have changed, goes on with what is in it. `--fresh` forgets it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from auditkit.abandoned import remove_abandoned
from auditkit.errors import CrashError
from auditkit.evidence import WRITING, EvidenceStore, evidence_key

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = "answers"
"""The folder of the evidence store that holds them."""


@dataclass(frozen=True)
class Kept:
    """Answers by what was asked; several threads may read and write."""

    store: EvidenceStore | None = None
    """None: they are kept in memory, as long as this object lives."""
    _memory: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def beside(cls, store: EvidenceStore | None) -> Kept:
        """Those in the folder of a store."""
        if store is None:
            return cls()
        root = store.root / ANSWERS
        remove_abandoned(root.glob(f"{WRITING}*"), WRITING)
        return cls(EvidenceStore(root, is_durable=store.is_durable))

    def get(self, **asked: Any) -> Any | None:
        """What was put under the same question (JSON values); None: nothing, or its file is damaged."""
        key = evidence_key("answer", **asked)
        if self.store is None:
            return self._memory.get(key)
        try:
            return self.store.get(key)
        except KeyError:
            return None
        except CrashError:
            self.store.forget(key)  # or the one that is asked for now could not take its place
            return None

    def values(self) -> Iterator[Any]:
        """Everything that was put, in no order; what is damaged is left out."""
        if self.store is None:
            yield from list(self._memory.values())
            return
        for tree in self.store.root.glob("*/*/tree.json"):
            with contextlib.suppress(KeyError, CrashError):
                yield self.store.get(tree.parent.name)

    def put(self, answer: Any, **asked: Any) -> None:
        """Keep JSON values under a question.

        Raises:
            CrashError: the disk is full or cannot be written.
        """
        key = evidence_key("answer", **asked)
        if self.store is None:
            self._memory[key] = answer
            return
        self.store.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.store.put(key, answer)


def holds_answers(store: Path) -> bool:
    """Whether an evidence store holds answers that would have to be paid for again."""
    return (store / ANSWERS).is_dir()
