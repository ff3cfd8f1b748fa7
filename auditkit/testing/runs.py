"""With what, when and how long: the parts of a small finished result that say how it was made."""

from __future__ import annotations

from auditkit.result import BatchPlan, CheckTime, PluginRecord, Provenance, Run


def made_up_digest(seed: str) -> str:
    """64 hexadecimal digits."""
    return (seed * 64)[:64]


def toy_provenance() -> Provenance:
    """What the finished result of `toy_result` was made with."""

    def plugin(name: str) -> PluginRecord:
        hooks = (f"auditkit_register_{name}",)
        return PluginRecord(
            name=name, distribution="auditkit", version="0.1.0", digest=made_up_digest("5ad3"), hooks=hooks
        )

    return Provenance(
        auditkit="0.1.0",
        python="3.11.2",
        platform="Linux-6.1-x86_64",
        seed=20261121,
        level=0.95,
        spec_digest=made_up_digest("e4c8"),
        plugins=tuple(plugin(name) for name in ("adapters", "checks", "policies")),
        libraries={"numpy": "2.4.6", "scikit-learn": "1.9.1", "scipy": "1.17.1"},
        batch_plans=(BatchPlan(split="audit", rows=330, batch_size=128, digest=made_up_digest("91f0")),),
    )


def toy_run() -> Run:
    """When it was made, and how long that took."""
    seconds = {"data-quality.duplicates": 0.02, "fairness.group-rates": 0.41, "performance.overall": 0.18}
    times = tuple(CheckTime(check=check, seconds=taken) for check, taken in seconds.items())
    return Run(created="2026-11-21T10:05:00Z", seconds=1.42, device="cpu", executor="local", checks=times)
