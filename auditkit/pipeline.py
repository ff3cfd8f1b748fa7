"""From a spec file to a bundle: the audit under the supervisor, then rendering, signing and writing."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from auditkit.auditing import conclude, created, policy_of
from auditkit.checks.events import CheckFinished, CheckStarted, Event, Listener, Stage
from auditkit.checks.measuring import Measured
from auditkit.compute import Broker
from auditkit.errors import AuditError, IntegrityError
from auditkit.evidence import FOLDER, EvidenceStore
from auditkit.gating.before import earlier_of, with_change
from auditkit.host import Host
from auditkit.kept import holds_answers
from auditkit.looking_over import looks_over
from auditkit.offers import ENVELOPE
from auditkit.report.catalogues import refuse_language
from auditkit.rows import evidence_files
from auditkit.sealing.binding import find_seal, refuse_unsealed
from auditkit.signers.choosing import signer_for
from auditkit.spec import read_spec
from auditkit.specs.unbuilt import refuse_unbuilt
from auditkit.supervisor import measure_supervised

if TYPE_CHECKING:
    from auditkit.bundle.keys import Signer
    from auditkit.bundle.long_term import LongTerm
    from auditkit.bundle.time_service import TimeService
    from auditkit.bundle.write import Beside, Render
    from auditkit.case import Case
    from auditkit.dataset import AuditDataset
    from auditkit.result import AuditResult
    from auditkit.spec import AuditSpec


Pdf = Literal["none", "short", "full"]
"""Of a bundle that is to have one: left out, kept to what is read, or with everything."""


def audit_and_write(  # noqa: PLR0913  one keyword for each thing that is up to the caller
    path: Path,
    *,
    out: Path,
    force: bool,
    fresh: bool,
    listen: Listener,
    pdf: Pdf = "short",
    seal: Path | None = None,
    tsa: str | None = None,
    long_term: Sequence[str] = (),
) -> tuple[AuditResult, Path]:
    """Audit what a spec file says and write the signed bundle; `pdf` "none" leaves out the PDF that it asks for.

    `seal` is the file of a seal; the one beside the spec unless said. `tsa` is the address of a time-stamping
    authority, in place of the spec's; `long_term` what the PDF is to carry, in the place of the spec's.

    Everything that can be refused is refused before the model is touched: the folder, the key, the policy, the options.
    """
    began = time.monotonic()
    now = created()  # a time that cannot be is told of now
    spec = read_spec(path)
    refuse_unbuilt(spec)
    host = Host.installed(spec)
    refuse_place(out, force=force)
    policy = policy_of(spec, host)
    sealed = find_seal(spec, seal, now=now)
    refuse_unsealed(spec, policy.policy, sealed)
    earlier = earlier_of(spec, now=now)
    host.adapter_for(spec)
    plan = host.plan(spec)
    host.exports_of(spec)
    signer, clock = signer_for(spec, host), clock_for(spec, tsa)
    lasting = None if pdf == "none" else long_term_for(spec, signer, clock, long_term)
    refuse_language(spec, host.template_dirs())
    if pdf != "none":
        refuse_pdf(spec, signer)
    troubles = host.watch("auditkit_audit_started", spec=spec, plan=tuple(item.check.id for item in plan))
    with _no_store_when_refused(spec.folder / FOLDER):
        measured = measure_supervised(spec, host, watched(host, listen, troubles), fresh=fresh)
    result = conclude(
        spec,
        host,
        policy,
        measured,
        seconds=time.monotonic() - began,
        executor="local, one worker",
        troubles=tuple(troubles),
        seal=sealed,
    )
    case = case_of(spec, host, measured)
    if earlier is not None:
        result = with_change(result, earlier, case)
    bundle = write_audited(
        result,
        case,
        spec,
        host,
        out=out,
        signer=signer,
        clock=clock,
        long_term=lasting,
        force=force,
        pdf=pdf,
        listen=listen,
    )
    return result, bundle


def write_audited(  # noqa: PLR0913  one keyword for each thing that is up to the caller
    result: AuditResult,
    case: Case[Any],
    spec: AuditSpec,
    host: Host,
    *,
    out: Path,
    signer: Signer,
    force: bool,
    clock: TimeService | None = None,
    long_term: LongTerm | None = None,
    pdf: Pdf = "short",
    listen: Listener = lambda _: None,
) -> Path:
    """Write the signed bundle of a result into the folder `out`, as the spec's `[report]` and `[signing]` say.

    Args:
        result: sealed.
        case: what was measured, for the evidence; its store holds the predictions.
        spec: of the audit.
        host: its plugins: templates and exporters.
        out: the folder to make.
        signer: signs it.
        force: replace the bundle that is there.
        clock: stamps the manifest and the PDF.
        long_term: gives what the PDF carries, to be checked later.
        pdf: "none" leaves out the PDF that the spec asks for, "full" leaves nothing out of it, however long it is.
        listen: is told when the PDF is begun, and when it lacks a glyph.
    """
    from auditkit.bundle.layout import CARD
    from auditkit.bundle.write import Reports, Terms, write_bundle
    from auditkit.report import render_html, templates_digest

    folders = host.template_dirs()
    beside = _beside(result, case, spec, host)
    pages: list[bytes] = []
    bundle = write_bundle(
        result,
        out=out,
        signer=signer,
        reports=Reports(
            render=lambda found, attestation: render_html(found, attestation, template_dirs=folders),
            templates_digest=templates_digest(folders),
            render_pdf=_printer(folders, listen, pages, full=pdf == "full", card=beside.exports.get(CARD))
            if pdf != "none" and _asks_for_pdf(spec)
            else None,
            look_over=looks_over(result, case, spec, host, pages),
        ),
        beside=beside,
        terms=Terms(spec.signing.sequence, spec.signing.valid_days, spec.signing.assurance),
        force=force,
        clock=clock,
        long_term=long_term,
    )
    for trouble in host.watch("auditkit_audit_finished", result=result, bundle=bundle):
        listen(Stage(f"a watcher failed, and the bundle is written all the same: {trouble}; --debug says more"))
    return bundle


def _beside(result: AuditResult, case: Case[Any], spec: AuditSpec, host: Host) -> Beside:
    from auditkit.bundle.write import Beside

    written = host.export(result, host.exports_of(spec))
    statements = {name: content for name, content in written.items() if host.exporters[name].statement}
    return Beside(
        evidence=evidence_files(case, spec.report.evidence),
        exports={name: content for name, content in written.items() if name not in statements},
        other_statements={name.removesuffix(ENVELOPE): json.loads(content) for name, content in statements.items()},
    )


def refuse_pdf(spec: AuditSpec, signer: Signer) -> None:
    """Raise the AuditError that the PDF would end in on this machine, or with this key, before any work is done."""
    from auditkit.bundle.pades_signing import check_certificate
    from auditkit.report.fonts import require_letters
    from auditkit.report.pdf import require_pdf

    if _asks_for_pdf(spec):
        check_certificate(signer, moment=created())
        require_pdf()
        require_letters(spec.report.language)


def _asks_for_pdf(spec: AuditSpec) -> bool:
    return "pdf" in spec.report.formats


def _printer(
    folders: Sequence[Path], listen: Listener, pages: list[bytes], *, full: bool, card: bytes | None
) -> Render:
    """What makes the unsigned PDF; the page that it is made of is added to `pages`."""
    from auditkit.report.pdf import render_pdf

    def printed(result: AuditResult, attestation: bytes) -> bytes:
        listen(Stage("making the PDF"))
        paper = render_pdf(result, attestation, template_dirs=folders, full=full, card=card)
        pages.append(paper.page)
        if paper.without_glyph:
            listen(Stage(f"the PDF shows boxes for '{paper.without_glyph}': no font has them; see auditkit doctor"))
        return paper.pdf

    return printed


def refuse_place(out: Path, *, force: bool) -> None:
    """Raise the AuditError that writing a bundle to `out` would end in, before any work is done."""
    from auditkit.bundle.placing import refuse_to_overwrite, refuse_unwritable
    from auditkit.bundle.write import check_is_only_a_bundle

    refuse_to_overwrite(out, check_is_only_a_bundle if force else None)
    refuse_unwritable(out)


@contextlib.contextmanager
def _no_store_when_refused(store: Path) -> Iterator[None]:
    """Take away the evidence store that a run has made, when its data or its model turn out to be wrong."""
    was_there = store.exists()
    try:
        yield
    except AuditError as error:
        is_refused = error.exit_code in {AuditError.exit_code, IntegrityError.exit_code}
        if is_refused and not was_there and not holds_answers(store):
            shutil.rmtree(store, ignore_errors=True)
        raise


def clock_for(spec: AuditSpec, tsa: str | None = None) -> TimeService | None:
    """The time-stamping authority at `tsa`, or else the one of `[signing]`, which has answered once."""
    from auditkit.bundle.time_service import TimeService

    address = tsa if tsa is not None else spec.signing.tsa
    if address is None:
        return None
    clock = TimeService.at(address)
    clock.try_out()
    return clock


def long_term_for(
    spec: AuditSpec, signer: Signer, clock: TimeService | None, sources: Sequence[str] = ()
) -> LongTerm | None:
    """What the PDF is to carry (PAdES B-LT), or None: by `sources`, or else by `[signing]`; all of it is there now.

    `sources` are relative to the present folder, those of the spec to the spec's.
    """
    from auditkit.bundle.long_term import LongTerm

    named = tuple(sources) or spec.signing.long_term
    if not named:
        return None
    if not _asks_for_pdf(spec):
        raise AuditError(
            "certificates and revocation lists are carried by the PDF, and none is asked for",
            hint='[report] formats = ["html", "pdf"]',
        )
    if clock is None:
        raise AuditError(
            "a PDF that can be checked for long needs a time stamp (PAdES B-LT), and no authority is named",
            hint='--tsa https://tsa.example/tsr, or [signing] tsa = "..."',
        )
    found = LongTerm(named, Path() if sources else spec.folder)
    found.covering(signer, clock.try_out())
    return found


def case_of(
    spec: AuditSpec,
    host: Host,
    measured: Measured,
    store: EvidenceStore | None = None,
    dataset: AuditDataset | None = None,
) -> Case[Any]:
    """The case that was measured, on the same store; its predictions are read, never computed.

    `dataset`: the rows; absent, they are read again where they are needed.
    """
    from auditkit.case import Case
    from auditkit.checks.measuring import case_settings, with_records
    from auditkit.columns import coded

    names: dict[Any, tuple[str, str]] = dict(measured.keys)
    held = store or EvidenceStore.open(spec.folder)
    period = coded(held.get(names["audit"][0]).get("period")) if spec.data.period else None
    items = held.get(names["audit"][0]).get("item_groups", ()) if spec.data.item_groups else ()
    case: Case[Any] = Case(case_settings(spec, host, period, items), held, names, Broker(spec, host, dataset))
    return with_records(case, measured.governance)


def watched(host: Host, listen: Listener, troubles: list[str]) -> Listener:
    """A listener that tells plugins' watchers too, and notes in `troubles` which of them failed."""

    def tell(event: Event) -> None:
        nonlocal troubles
        listen(event)
        if isinstance(event, CheckStarted):
            troubles += host.watch("auditkit_check_started", check=event.check)
        elif isinstance(event, CheckFinished):
            troubles += host.watch("auditkit_check_finished", finding=event.finding)

    return tell
