"""A folder with a spec and its data, and what the host reads from it."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditkit.case import Case
from auditkit.checks.measuring import open_case, predict_once
from auditkit.compute import Broker
from auditkit.data.reader import read_dataset
from auditkit.dataset import AuditDataset
from auditkit.errors import AuditError
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.spec import read_spec

HEAD = 'name = "t"\n[model]\nadapter = "recorded"\n{model}\n[data]\naudit = "{audit}"\n{data}\n'
PLAIN = 'target = "y"\npredicted = "p"\ngroups = ["g"]'


class Desk:
    """A folder with a spec and its data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: str | bytes) -> None:
        raw = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(raw)

    def spec(self, data: str = PLAIN, *, audit: str = "a.csv", model: str = "") -> Any:
        self.write("spec.toml", HEAD.format(audit=audit, data=data, model=model))
        return read_spec(self.folder / "spec.toml")

    def read(self, *args: Any, **fields: Any) -> AuditDataset:
        spec = self.spec(*args, **fields)
        return read_dataset(spec, Host.installed(spec))

    def case(self, *args: Any, **fields: Any) -> Case[Any]:
        spec = self.spec(*args, **fields)
        broker = Broker(spec, Host.installed(spec))
        case, _ = open_case(spec, broker, EvidenceStore.open(self.folder))
        predict_once(case)
        return case

    def refused(self, *args: Any, **fields: Any) -> str:
        with pytest.raises(AuditError) as caught:
            self.case(*args, **fields)
        assert caught.value.hint
        assert "\n" not in caught.value.message
        return caught.value.message


def jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def parquet(**columns: list[Any]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())
