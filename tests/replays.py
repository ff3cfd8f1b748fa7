"""Audits made and replayed in this process."""

from __future__ import annotations

from pathlib import Path

from auditkit.auditing import conclude, policy_of
from auditkit.bundle.key_files import development_signer
from auditkit.checks.measuring import measure
from auditkit.host import Host
from auditkit.pipeline import case_of, write_audited
from auditkit.replay import Replay, replay_bundle
from auditkit.spec import read_spec


def bundle_in(folder: Path) -> Path:
    """The bundle of the spec `audit.toml` in a folder."""
    spec = read_spec(folder / "audit.toml")
    host = Host.installed(spec)
    measured = measure(spec, host, lambda _: None)
    result = conclude(spec, host, policy_of(spec, host), measured, seconds=0.0, executor="a test")
    case = case_of(spec, host, measured)
    return write_audited(result, case, spec, host, out=folder / "bundle", signer=development_signer(), force=False)


def replayed(bundle: Path) -> Replay:
    """What a replay of a bundle that the development key has signed says."""
    return replay_bundle(bundle, key=None, trust=None, allow_dev_key=True)
