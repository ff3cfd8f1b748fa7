"""What stands behind the results: subject, policy, data, provenance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from auditkit.disclosure.few import THRESHOLD
from auditkit.document import Text
from auditkit.finding import Finding
from auditkit.numerals import bound_number, number
from auditkit.policy import Basis, Policy
from auditkit.report.areas import status_word
from auditkit.report.context import Fact, SilentCheck, SplitSection
from auditkit.report.figures import Column, Grid
from auditkit.report.sealed import seal_sentence
from auditkit.report.wording import LABEL_LIMIT, Wording
from auditkit.result import (
    WITHOUT_MODEL,
    Attribute,
    AuditResult,
    CheckTime,
    Computing,
    FileDigest,
    ModelFacts,
    ModelSignature,
    ReferenceModel,
    SplitSummary,
)

MOST_ROWS = 40
MOST_NAMES = 12
MOST_TIMES = 12
MOST_MEASURES = 4
"""Of what a check without numbers would have measured."""


def folded(
    caption: str, columns: Sequence[Column], rows: Sequence[tuple[str, ...]], wording: Wording, *, most: int = MOST_ROWS
) -> Grid:
    """A table of the first rows, which says how many there are."""
    note = ""
    if len(rows) > most:
        note = wording.say(
            "The first {shown} of {count} rows are shown; all stand in the embedded result.",
            shown=most,
            count=len(rows),
        )
    return Grid(caption, tuple(columns), tuple(rows[:most]), folded=note, count=len(rows))


def names(labels: Sequence[str], wording: Wording, *, most: int = MOST_NAMES, limit: int = 60) -> str:
    """The first labels of a vocabulary, each of up to `limit` characters, and how many more there are."""
    shown = wording.listed(wording.label(label, limit=limit) for label in labels[:most])
    more = len(labels) - most
    return wording.say("{labels}, and {count} more", labels=shown, count=more) if more > 0 else shown


def subject_facts(result: AuditResult, wording: Wording) -> tuple[Fact, ...]:
    """What was audited."""
    subject = result.subject
    nowhere = wording.say("none: it ran elsewhere") if subject.remote else wording.say("no model file was named")
    path = wording.label(subject.path) if subject.path else nowhere
    facts = [
        Fact(wording.say("Name"), wording.label(result.name)),
        Fact(wording.say("Adapter"), wording.label(subject.adapter), machine=True),
        Fact(wording.say("Path"), path, machine=bool(subject.path)),
        Fact(wording.say("Digest"), f"sha256:{wording.label(subject.digest)}", machine=True),
        Fact(wording.say("Predictions"), wording.label(subject.prediction_type)),
    ]
    if subject.class_name:
        facts.insert(2, Fact(wording.say("Class"), wording.label(subject.class_name), machine=True))
    named = [(wording.label(term).capitalize(), wording.label(one)) for term, one in subject.remote.items()]
    facts[2:2] = [Fact(term, one, machine=True) for term, one in named]
    if subject.classes:
        facts.append(Fact(wording.say("Classes"), names(subject.classes, wording)))
    facts += [*_told(subject.facts, wording), *_signed(subject.signature, wording)]
    facts += [Fact(wording.say("Run on trust"), wording.sentence(one)) for one in subject.trusted]
    facts += _beside(subject.reference_model, wording)
    return (*facts, *(Fact(wording.say("Note"), wording.sentence(note)) for note in subject.notes))


def _beside(reference: ReferenceModel | None, wording: Wording) -> Iterator[Fact]:
    """What was the model held against."""
    if reference is None:
        return
    yield Fact(wording.say("Reference model"), wording.label(reference.path), machine=True)
    yield Fact(wording.say("Its digest"), f"sha256:{wording.label(reference.digest)}", machine=True)
    said = "that it was trained on other people, on no training and no audit row, is the word of who wrote the spec"
    yield Fact(wording.say("Its training"), wording.say(said))
    for one in reference.trusted:
        yield Fact(wording.say("Run on trust, of the reference model"), wording.sentence(one))


def _told(told: ModelFacts | None, wording: Wording) -> Iterator[Fact]:
    """What the model's files say of it, and its card."""
    if told is None:
        return
    if told.architectures:
        yield Fact(wording.say("Architecture"), names(told.architectures, wording))
    if told.parameters:
        yield Fact(wording.say("Parameters"), f"{told.parameters:,}")
    if told.stored:
        counts = [f"{wording.label(name)} ({count:,})" for name, count in told.stored.items()]
        yield Fact(wording.say("Stored as"), wording.listed(counts))
    by_card = (
        (wording.say("Made from"), told.base_models),
        (wording.say("Licence"), (told.licence,) if told.licence else ()),
        (wording.say("Trained on"), told.datasets),
    )
    for term, values in by_card:
        if values:
            yield Fact(term, wording.say("{named}, by its model card", named=names(values, wording)))


def _signed(signature: ModelSignature | None, wording: Wording) -> Iterator[Fact]:
    """Whose signature lies with the model, and whether it holds."""
    if signature is None:
        return
    file = wording.label(signature.file)
    if signature.verified:
        said = wording.say("{file} holds, by the key sha256:{key}", file=file, key=wording.label(signature.key or ""))
    else:
        said = wording.say("signed, not verified: {file}, and the spec names no signature_key", file=file)
    yield Fact(wording.say("Model signature"), said)
    if signature.unsigned:
        yield Fact(wording.say("Not covered by it"), names(signature.unsigned, wording))


def subject_files(result: AuditResult, wording: Wording) -> Grid:
    """Every file of the model with its digest."""
    columns = (Column(wording.say("File")), Column(wording.say("Bytes"), numeric=True), Column("SHA-256", machine=True))
    return folded(wording.say("Files of the subject"), columns, _files(result.subject.files, wording), wording)


def no_subject_files(result: AuditResult, wording: Wording) -> str:
    """What stands for a model of which no file was read: itself, in memory, or its predictions."""
    if result.subject.files:
        return ""
    if result.subject.remote:
        return wording.say("No file of the model was read: it ran elsewhere, and its weights were not seen.")
    if result.subject.adapter in WITHOUT_MODEL:
        return wording.say("No file of the model was read: its predictions stand for it.")
    return wording.say("No file of the model was read.")


def _files(files: Iterable[FileDigest], wording: Wording) -> list[tuple[str, ...]]:
    return [(wording.label(one.name), f"{one.size:,}", wording.label(one.sha256)) for one in files]


def silent_note(result: AuditResult, wording: Wording) -> str:
    """Says how many checks without numbers were left out, when the list was folded; and those for other predictions."""
    said = []
    silent = len(_silent(result))
    if silent > MOST_ROWS:
        said.append(
            wording.say(
                "The first {shown} of {count} rows are shown; all stand in the embedded result.",
                shown=MOST_ROWS,
                count=silent,
            )
        )
    others = sorted(finding.check for finding in result.findings if finding.is_for_another_type)
    if others:
        said.append(
            wording.say(
                "Not listed, since they look at other predictions than {given}: {checks}.",
                given=wording.label(result.subject.prediction_type),
                checks=names(others, wording),
            )
        )
    return wording.prose(said)


def _silent(result: AuditResult) -> list[Finding]:
    """What is listed, crashes first."""
    silent = [one for one in result.findings if one.status != "measured" and not one.is_for_another_type]
    return sorted(silent, key=lambda finding: (finding.status != "error", finding.check))


def silent_checks(result: AuditResult, wording: Wording) -> tuple[SilentCheck, ...]:
    """The checks that crashed or failed a control, then those that do not apply, each with its reason."""
    return tuple(
        SilentCheck(
            status=finding.status,
            word=wording.say(status_word(finding)),
            check=wording.label(finding.check),
            title=wording.text(finding.title),
            measures=names(
                [wording.metric(metric) for metric in finding.measures], wording, most=MOST_MEASURES, limit=LABEL_LIMIT
            ),
            reason=wording.reason(finding.reason or Text.of("no reason was given")),
            hint=wording.hint(finding.hint),
        )
        for finding in _silent(result)[:MOST_ROWS]
    )


_SOURCES = {"baseline": "the pack 'baseline', since no rules were given"}


def policy_facts(result: AuditResult, wording: Wording) -> tuple[Fact, ...]:
    """The criteria, and where they come from."""
    policy = result.policy.policy
    small = {
        "inconclusive": wording.say("a rule about a smaller group is inconclusive"),
        "list": wording.say("smaller groups are listed on page one and not judged"),
    }
    return (
        Fact(wording.say("Source"), wording.say(_SOURCES.get(result.policy.source, "given with the audit"))),
        Fact(wording.say("Extends"), _extended(result, wording) or wording.say("nothing")),
        Fact(wording.say("Digest"), f"sha256:{wording.label(result.policy.digest)}", machine=True),
        Fact(wording.say("Smallest group"), wording.pair(f"{policy.min_group_size:,}", small[policy.small_groups])),
        Fact(wording.say("Where bounds come from"), _bases(policy, wording)),
        Fact(wording.say("Locked before the run"), _locked(result, wording)),
    )


def _extended(result: AuditResult, wording: Wording) -> str:
    """The packs, with their versions where they have one."""
    versions = result.policy.versions
    return wording.listed(
        wording.bracketed(wording.label(name), wording.label(versions[name]))
        if name in versions
        else wording.label(name)
        for name in result.policy.policy.extends
    )


_BASES: dict[Basis | None, str] = {
    "law": "from a law: {count}",
    "standard": "from a standard: {count}",
    "study": "from a study: {count}",
    "decision": "by a decision of the house: {count}",
    None: "not stated beyond the reason of the rule: {count}",
}


def _bases(policy: Policy, wording: Wording) -> str:
    """How many rules have their bound from where, as the policy says; each gives its reason besides."""
    counts = Counter(rule.basis for rule in policy.rules)
    said = [wording.say(text, count=counts[basis]) for basis, text in _BASES.items() if counts[basis]]
    return wording.clauses(said) or wording.say("there are none")


def _locked(result: AuditResult, wording: Wording) -> str:
    if result.seal is not None:
        return seal_sentence(result.seal, wording)
    return wording.say("No: nothing was sealed, so this report cannot say that no bound was moved for its numbers.")


def data_facts(result: AuditResult, wording: Wording) -> tuple[Fact, ...]:
    """How the data were read."""
    data = result.data
    facts = [
        Fact(wording.say("Loader"), wording.label(data.loader), machine=True),
        Fact(wording.say("Target"), wording.label(data.target) if data.target else wording.say("none")),
    ]
    if result.subject.prediction_type in {"ClassScores", "LabelScores"}:
        positive = names(data.positive, wording) or wording.say("each class in turn")
        facts.append(Fact(wording.say("Positive class"), positive))
    if data.threshold is not None:
        facts.append(Fact(wording.say("Threshold"), bound_number(data.threshold)))
    weights = wording.label(data.weights) if data.weights else wording.say("none: every row weighs the same")
    facts.append(Fact(wording.say("Weights"), weights))
    facts.append(Fact(wording.say("Available"), names(data.available, wording) or wording.say("nothing")))
    return (*facts, *(Fact(wording.say("Warning"), wording.reason(note)) for note in data.notes))


def split_sections(result: AuditResult, wording: Wording) -> tuple[SplitSection, ...]:
    """Every split: rows, digests, what is missing, and how large the groups are."""
    return tuple(
        SplitSection(
            title=wording.say("The {split} rows", split=split.name),
            facts=_split_facts(split, wording),
            groups=tuple(_groups(attribute, wording) for attribute in split.attributes),
        )
        for split in result.data.splits
    )


def _file_facts(file: FileDigest | None, wording: Wording) -> tuple[Fact, ...]:
    if file is None:
        return (Fact(wording.say("File"), wording.say("none: the rows were given in memory")),)
    return (
        Fact(wording.say("File"), wording.label(file.name), machine=True),
        Fact(wording.say("File digest"), f"sha256:{wording.label(file.sha256)}", machine=True),
    )


def _split_facts(split: SplitSummary, wording: Wording) -> tuple[Fact, ...]:
    keyed = wording.say("keyed with the salt file") if split.keyed else wording.say("not keyed: no salt file was given")
    facts = [
        *_file_facts(split.file, wording),
        Fact(wording.say("Rows"), f"{split.rows:,}"),
        Fact(wording.say("Rows digest"), f"sha256:{wording.label(split.digest)}", machine=True),
        Fact(wording.say("Row digests"), keyed),
        Fact(wording.say("Rows without a target"), f"{split.missing_targets:,}"),
    ]
    if split.target_classes:
        facts.append(Fact(wording.say("Classes in the target"), names(split.target_classes, wording)))
    if split.weight_sum is not None:
        facts.append(Fact(wording.say("Sum of the weights"), number(split.weight_sum)))
    units = wording.say("each row is its own unit") if split.units is None else f"{split.units:,}"
    return (*facts, Fact(wording.say("Units"), units))


def _groups(attribute: Attribute, wording: Wording) -> Grid:
    columns = (Column(wording.say("Group")), Column(wording.say("Rows"), numeric=True))
    few = wording.say("withheld: fewer than {limit}, or beside so few", limit=THRESHOLD)
    rows = [(wording.label(one.label), few if one.rows is None else f"{one.rows:,}") for one in attribute.groups]
    rows.append((wording.say("(no value)"), f"{attribute.missing:,}"))
    caption = wording.say("Groups of {attribute}", attribute=wording.label(attribute.name))
    return folded(caption, columns, rows, wording)


def provenance_facts(result: AuditResult, wording: Wording) -> tuple[Fact, ...]:
    """What the numbers came from."""
    origin, run = result.provenance, result.run
    return (
        Fact(wording.say("Result digest"), f"sha256:{wording.label(result.result_digest)}", machine=True),
        Fact(wording.say("Spec digest"), f"sha256:{wording.label(origin.spec_digest)}", machine=True),
        Fact(wording.say("auditkit"), wording.label(origin.auditkit)),
        Fact(wording.say("Python"), wording.label(origin.python)),
        Fact(wording.say("Platform"), wording.label(origin.platform)),
        Fact(wording.say("Seed"), str(origin.seed)),
        Fact(wording.say("Run at"), wording.moment(run.created)),
        Fact(wording.say("Took"), wording.say("{seconds} seconds", seconds=f"{run.seconds:,.1f}")),
        Fact(wording.say("Device, executor"), f"{wording.label(run.device)}, {wording.label(run.executor)}"),
        *_computed(origin.computing, wording),
        *_apart(run.checks, wording),
        Fact(wording.say("Result format"), str(result.schema_version)),
    )


def _apart(times: Iterable[CheckTime], wording: Wording) -> Iterator[Fact]:
    """Which checks had a worker of their own, and what that was without."""
    found: dict[str, list[str]] = {}
    for one in times:
        if one.apart:
            found.setdefault(wording.prose(wording.sentence(text) for text in one.apart), []).append(one.check)
    for said, checks in found.items():
        yield Fact(wording.say("Measured apart"), wording.pair(said, names(checks, wording)))


def _computed(computing: Computing | None, wording: Wording) -> Iterator[Fact]:
    """How torch ran the model."""
    if computing is None:
        return
    say = wording.say
    yield Fact(say("Model ran on"), wording.listed(map(wording.label, computing.devices)))
    if computing.threads is not None:
        yield Fact(say("Threads"), str(computing.threads))
    yield Fact(say("Precision"), wording.label(computing.precision))
    same = say("same bits twice, where torch can") if computing.deterministic else say("not asked to repeat itself")
    yield Fact(say("Algorithms"), wording.clauses([same, say("TF32 on") if computing.tf32 else say("TF32 off")]))


def provenance_tables(result: AuditResult, wording: Wording) -> tuple[Grid, ...]:
    """Plugins, libraries, batch plans and how long each check took."""
    origin, say = result.provenance, wording.say
    plugins = [
        tuple(map(wording.label, (one.name, one.distribution, one.version, one.digest))) for one in origin.plugins
    ]
    libraries = [(wording.label(name), wording.label(version)) for name, version in sorted(origin.libraries.items())]
    plans = [
        (wording.label(one.split), f"{one.rows:,}", f"{one.batch_size:,}", say(one.order), wording.label(one.digest))
        for one in origin.batch_plans
    ]
    number = Column(say("Rows"), numeric=True), Column(say("Batch size"), numeric=True)
    tables = (
        folded(
            say("Plugins: nothing else had a part in the numbers"),
            [
                Column(say("Plugin")),
                Column(say("Distribution")),
                Column(say("Version")),
                Column("SHA-256", machine=True),
            ],
            plugins,
            wording,
        ),
        folded(say("Libraries"), [Column(say("Library")), Column(say("Version"))], libraries, wording),
        folded(
            say("Batch plans"),
            [Column(say("Split")), *number, Column(say("Order")), Column("SHA-256", machine=True)],
            plans,
            wording,
        ),
        _times(result, wording),
    )
    return tuple(table for table in tables if table.rows)


def _times(result: AuditResult, wording: Wording) -> Grid:
    columns = (Column(wording.say("Check")), Column(wording.say("Seconds"), numeric=True), Column(wording.say("From")))
    stored, now = wording.say("the evidence store"), wording.say("this run")
    slowest = sorted(result.run.checks, key=lambda one: (-one.seconds, one.check))
    rows = [(wording.label(one.check), f"{one.seconds:.2f}", stored if one.resumed else now) for one in slowest]
    return folded(wording.say("Time of each check, the slowest first"), columns, rows, wording, most=MOST_TIMES)
