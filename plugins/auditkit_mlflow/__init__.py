"""A watcher that logs a finished audit to MLflow where the environment asks for it, and never unasked.

`settings` reads what the environment says, `naming` makes names that MLflow takes, `recording` writes. MLflow itself is
imported when an audit is over and is to be logged.
"""

from pathlib import Path

from auditkit import AuditResult, hookimpl
from auditkit_mlflow.settings import Settings

# A tracking server, or the files of a local one.
AUDITKIT_NEEDS = ("network", "files")


@hookimpl
def auditkit_audit_started() -> None:
    """Say at once what would keep the audit from being logged; the audit goes on."""
    settings = Settings.said()
    if settings is not None:
        settings.refuse_unusable()


@hookimpl
def auditkit_audit_finished(result: AuditResult, bundle: Path | None) -> None:
    """Log the result, where the environment asks for it."""
    settings = Settings.said()
    if settings is None:
        return
    from auditkit_mlflow.recording import record

    settings.refuse_unusable()
    record(result, bundle if settings.with_bundle else None, settings)
