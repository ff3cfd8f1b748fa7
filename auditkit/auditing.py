"""The whole audit on one screen: measure, judge, withhold small cells, freeze."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from auditkit.checks.events import Listener
from auditkit.checks.measuring import Measured, measure
from auditkit.checks.summaries import library_versions
from auditkit.clause_states import states_of
from auditkit.deciding import with_growth
from auditkit.disclosure.suppression import find_small_cells, suppress_findings, suppress_judgements, suppress_split
from auditkit.document import Text
from auditkit.errors import AuditError, did_you_mean
from auditkit.frameworks import maps_of
from auditkit.hosting.discovery import distribution_digest
from auditkit.judging import judge
from auditkit.policy import Policy
from auditkit.resolving import resolve_policy
from auditkit.result import WITHOUT_MODEL, AuditResult, JudgedPolicy, NotLookedAt, Provenance, Run
from auditkit.rule_places import places_in_spec
from auditkit.sealing.record import SealRecord, seal_findings
from auditkit.specs.unbuilt import refuse_unbuilt, unused_keys
from auditkit.waiving import models_of, refuse_faults

if TYPE_CHECKING:
    from auditkit.finding import Finding
    from auditkit.host import Host
    from auditkit.plugin import Check
    from auditkit.sealing.statement import Seal
    from auditkit.spec import AuditSpec

AREAS = ("fairness", "privacy", "calibration", "explainability", "robustness", "data-quality", "accountability")
"""What an ethics audit is asked about. An area without a finding is named in the report as not looked at."""

CLAIMS = "claims"
"""The pack that holds a model to what its spec claims."""


def run_audit(spec: AuditSpec, host: Host, *, listen: Listener = lambda _: None, fresh: bool = False) -> AuditResult:
    """Load, predict, check, judge, in this process. Writing and signing come after, and cannot change the result.

    The command line does the same with `measure` under the supervisor, so that a check may hang or die.
    """
    from auditkit.gating.before import earlier_of, with_change
    from auditkit.pipeline import case_of

    began = time.monotonic()
    refuse_unbuilt(spec)
    policy = policy_of(spec, host)
    seal = _seal_beside(spec, policy.policy)
    earlier = earlier_of(spec, now=created())
    measured = measure(spec, host, listen, fresh=fresh)
    seconds = time.monotonic() - began
    result = conclude(spec, host, policy, measured, seconds=seconds, executor="this process", seal=seal)
    return result if earlier is None else with_change(result, earlier, case_of(spec, host, measured))


def _seal_beside(spec: AuditSpec, policy: Policy) -> Seal | None:
    from auditkit.sealing.binding import find_seal, refuse_unsealed

    seal = find_seal(spec, None, now=created())
    refuse_unsealed(spec, policy, seal)
    return seal


def policy_of(spec: AuditSpec, host: Host) -> JudgedPolicy:
    """The spec's policy with its packs; `baseline` when the spec gives no rules."""
    _refuse_unknown_groups(spec)
    policy = resolved_policy(spec, host)
    refuse_faults(policy, created().date(), spec.source, ("policy",))
    is_own = spec.policy is not None and not spec.policy.is_silent_on_rules
    maps_of(spec, host.policies)  # refuses a tally that nobody asks for, before anything is measured
    return JudgedPolicy(
        policy=policy,
        digest=policy.digest,
        source="spec" if is_own else "baseline",
        versions={name: pack.version for name in policy.extends if (pack := host.policies.get(name)) and pack.version},
    )


def resolved_policy(spec: AuditSpec, host: Host) -> Policy:
    """The spec's policy with the rules of its packs, of the files that it extends, and of what the spec claims."""
    return resolve_policy(_with_claims(spec), host.policies, dict(_policy_files(spec, host)))


def _with_claims(spec: AuditSpec) -> Policy | None:
    """The spec's policy, and what the spec claims of the model: a claim is a bar that it sets itself."""
    if spec.model.claimed_epsilon is None or (spec.policy is not None and CLAIMS in spec.policy.extends):
        return spec.policy
    policy = spec.policy or Policy()
    packs = ("baseline",) if policy.is_silent_on_rules else policy.extends
    return policy.model_copy(update={"extends": (*packs, CLAIMS)})


def _refuse_unknown_groups(spec: AuditSpec) -> None:
    """A rule about a group that the data do not name would only ever be without evidence."""
    known = {*spec.data.groups, *spec.data.item_groups}
    for place, rule in enumerate(spec.policy.rules if spec.policy else ()):
        for name in rule.attributes or ():
            if name not in known:
                message = f"names '{name}', which is not one of [data] groups"
                raise spec.source.error(("policy", "rules", place, "group"), message, did_you_mean(name, known))


def _policy_files(spec: AuditSpec, host: Host) -> Iterator[tuple[str, Policy]]:
    from auditkit.spec import read_policy

    for place, name in enumerate(spec.policy.extends if spec.policy else ()):
        if name in host.policies:
            continue
        path = spec.folder / name
        if not path.is_file():
            hint = did_you_mean(name, host.policies, otherwise="a pack's name, or a path to a TOML file of rules")
            raise spec.source.error(("policy", "extends", place), f"no policy named '{name}'", hint)
        yield name, read_policy(path)


def conclude(  # noqa: PLR0913  what a run knows, each by its name
    spec: AuditSpec,
    host: Host,
    policy: JudgedPolicy,
    measured: Measured,
    *,
    seconds: float,
    executor: str,
    troubles: tuple[str, ...] = (),
    seal: Seal | None = None,
) -> AuditResult:
    """Judge, suppress, freeze. The verdict rests on all cells; what is written shows none that is too small."""
    now = created()
    models = models_of(measured.subject)
    sealed = _bound(seal, spec, policy.policy, measured)
    judged = (*measured.findings, *seal_findings(sealed))
    verdict = judge(policy.policy, judged, measured.data.available, now.date(), models)
    sizes = measured.cells
    small = find_small_cells(sizes, measured.findings)
    data = measured.data.model_copy(update={"splits": tuple(suppress_split(s, small) for s in measured.data.splits)})
    findings = suppress_findings(measured.findings, small, sizes)
    told = with_growth(suppress_judgements(verdict.judgements, small, sizes), policy.policy, findings)
    result = AuditResult(
        name=spec.name,
        language=spec.report.language,
        subject=measured.subject,
        data=data,
        findings=findings,
        policy=policy,
        verdict=verdict.model_copy(update={"judgements": told}),
        not_looked_at=tuple(not_looked_at(spec, host, measured)),
        provenance=_provenance(spec, host, measured),
        seal=sealed,
        stated=spec.governance.stated,
        governance=measured.governance,
        run=Run(
            created=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            seconds=round(seconds, 3),
            device=measured.device,
            executor=executor,
            checks=measured.times,
            troubles=troubles,
            places=places_in_spec(spec, policy.policy),
        ),
    )
    frameworks = states_of(result, maps_of(spec, host.policies))
    return result.model_copy(update={"frameworks": frameworks}).sealed()


def _bound(seal: Seal | None, spec: AuditSpec, policy: Policy, measured: Measured) -> SealRecord | None:
    if seal is None:
        return None
    from auditkit.sealing.binding import bind

    return bind(seal, spec, policy, measured)


def created() -> datetime:
    """Now, or what SOURCE_DATE_EPOCH says it is.

    Raises:
        AuditError: it says something that is no time.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC)
    try:
        # int() would take '-1', ' 1' and '1_0' too.
        return datetime.fromtimestamp(int(epoch if epoch.isascii() and epoch.isdigit() else ""), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise AuditError(
            f"SOURCE_DATE_EPOCH is '{epoch[:40]}', which is no time in seconds since 1970",
            hint="e.g. SOURCE_DATE_EPOCH=1700000000, or unset SOURCE_DATE_EPOCH",
        ) from error


def not_looked_at(spec: AuditSpec, host: Host, measured: Measured) -> Iterator[NotLookedAt]:
    """What this audit does not speak about, and why."""
    ran = {finding.check for finding in measured.findings}
    areas = {name.partition(".")[0] for name in ran}
    yield from _areas_left_out(areas, {check.area for check in host.checks.values()})
    kind = measured.subject.prediction_type
    left_out = [one for one in host.checks.values() if one.id not in ran and one.area in areas and _is_about(one, kind)]
    yield from _checks_left_out(left_out)
    about_others = {finding.check.partition(".")[0] for finding in measured.findings if finding.is_for_another_type}
    about_this = {finding.check.partition(".")[0] for finding in measured.findings if not finding.is_for_another_type}
    for area in sorted(about_others - about_this):
        reason = Text.of("none of its checks looks at {given}", given=measured.subject.prediction_type)
        yield NotLookedAt(what=Text(msgid=area.replace("-", " ")), why=reason)
    for finding in measured.findings:
        if finding.reason is not None and not finding.is_for_another_type:
            yield NotLookedAt(what=finding.title, why=_why_silent(finding, finding.reason))
    for key in unused_keys(spec, measured.subject.prediction_type):
        yield NotLookedAt(what=Text.of("the setting {key}", key=key), why=Text.of("this version does not use it"))
    for said in spec.governance.missing:
        yield NotLookedAt(what=Text(msgid=said), why=Text.of("the spec does not state it under [governance]"))
    if measured.subject.remote:
        yield NotLookedAt(
            what=Text.of("which weights answered"),
            why=Text.of("the model ran elsewhere: its name and its answers are all that was seen of it"),
        )
    if measured.subject.adapter in WITHOUT_MODEL:
        yield NotLookedAt(
            what=Text.of("whether the recorded predictions are the model's own"),
            why=Text.of("the model itself was not run; the predictions were taken as they were recorded"),
        )


def _why_silent(finding: Finding, reason: Text) -> Text:
    """In short, where page one says it at length in another place."""
    if finding.crashed:
        return Text.of("the check crashed")
    return reason if finding.controls_passed else Text.of("the check failed its own control")


_NOT_ASKED = "it was not asked for"


def _areas_left_out(ran: set[str], installed: set[str]) -> Iterator[NotLookedAt]:
    for area in AREAS:
        if area not in ran:
            why = _NOT_ASKED if area in installed else "no installed plugin has a check for it"
            yield NotLookedAt(what=Text(msgid=area.replace("-", " ")), why=Text.of(why))


def _is_about(check: Check, kind: str) -> bool:
    """Whether a check takes predictions of this type; one that looks at the data alone takes any."""
    return check.on is None or any(
        kind in {one.__name__, *(sub.__name__ for sub in one.__subclasses__())} for one in check.on
    )


def _checks_left_out(checks: Sequence[Check]) -> Iterator[NotLookedAt]:
    """Checks of areas that were looked at; those that run only when they are named with their columns take one line."""
    by_name = [check.id for check in checks if any(option.required for option in check.options)]
    for check in checks:
        if check.id not in by_name:
            yield NotLookedAt(what=Text(msgid=check.title), why=Text.of(_NOT_ASKED))
    if by_name:
        yield NotLookedAt(
            what=Text.of("what is measured only when a spec names it, with its options"),
            why=Text.listed(by_name),
        )


def _provenance(spec: AuditSpec, host: Host, measured: Measured) -> Provenance:
    import importlib.metadata

    return Provenance(
        auditkit=f"{importlib.metadata.version('auditkit')} sha256:{distribution_digest('auditkit')}",
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        seed=spec.seed,
        level=spec.interval_level,
        spec_digest=spec.digest,
        plugins=host.records(),
        libraries=library_versions(),
        batch_plans=measured.batch_plans,
        computing=measured.computing,
    )
