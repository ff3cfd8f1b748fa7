"""What templates are given: everything sorted, worded and rounded. Contract: docs/templates.md lists every field.

Templates show; they do not compute. A field here is a string that can be shown as it is, a flag, or a tuple of parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from auditkit.policy import Outcome
from auditkit.report.figures import Code, Curve, Explained, Forest, Grid, Heat
from auditkit.report.recorded import RecordRow

Shown = Outcome | Literal["unjudged"]
"""How a check came out, as a reader may choose it."""


@dataclass(frozen=True)
class Fact:
    """A term and what it is."""

    term: str
    value: str
    machine: bool = False
    """Set in a fixed-width face: digests, names that a machine made."""
    english: bool = False
    """Stays English in every language, and says so to what reads it out: who defined a metric, and where."""


@dataclass(frozen=True)
class Count:
    """How many there are of something."""

    kind: str
    """An outcome, a status, or `plain`: chooses shape and colour."""
    word: str
    number: str


@dataclass(frozen=True)
class Seal:
    """Who signed, as far as the page itself can say."""

    state: Literal["unsigned", "development", "signed"]
    banner: str
    """A warning that stands above everything; empty when a real key signed."""
    facts: tuple[Fact, ...]
    command: str
    """What a reader types to check it."""


@dataclass(frozen=True)
class Headline:
    """The verdict."""

    outcome: str
    word: str
    sentence: str
    """What it means for deployment."""
    besides: tuple[str, ...]
    """What a reader must know together with the verdict: crashes, waivers, what is not judged."""


@dataclass(frozen=True)
class WorstFinding:
    """One of the findings that page one tells about."""

    outcome: str
    word: str
    title: str
    sentence: str
    hint: str
    """What to do where nothing could be judged, or decided; empty: there is nothing to say of it."""
    check: str
    """The id of the check that decided it; empty: none did."""
    meaning: str
    because: str
    anchor: str


@dataclass(frozen=True)
class FrontPage:
    """Page one, for a reader who is no specialist."""

    facts: tuple[Fact, ...]
    scope: str
    missing: str
    """Rows without a target or an attribute; empty when every row has all."""
    checks: tuple[Count, ...]
    rules: tuple[Count, ...]
    severities: tuple[Count, ...]
    """How many findings of the register are how severe; empty: there is none."""
    worst: tuple[WorstFinding, ...]
    trusted: tuple[str, ...]
    """What the spec let run on the auditor's machine; empty: nothing."""
    crashed: tuple[Fact, ...]
    controls_failed: tuple[Fact, ...]
    controls_hint: str
    """What to do about a check that failed its control; empty when none did."""
    small_groups: tuple[str, ...]
    waivers: tuple[str, ...]
    """In force, and some rule's outcome rests on it."""
    waivers_unused: tuple[str, ...]
    """Not run out, but no rule's outcome rests on it."""
    not_looked_at: tuple[Fact, ...]


@dataclass(frozen=True)
class ControlRow:
    """How the check did on a case whose answer is known."""

    outcome: str
    word: str
    kind: str
    title: str
    expected: str
    observed: str


@dataclass(frozen=True)
class RuleLine:
    """What a rule says about a check, in one line."""

    outcome: str
    word: str
    text: str


@dataclass(frozen=True)
class CardLink:
    """A metric of a check, and where it is explained."""

    name: str
    anchor: str


@dataclass(frozen=True)
class CheckSection:
    """A check and what it found."""

    anchor: str
    check: str
    title: str
    asks: str
    status: str
    word: str
    outcome: Shown
    """How the worst rule about it came out; `error` where it crashed or failed a control; `unjudged`: no rule is."""
    reason: str
    hint: str
    options: str
    controls: tuple[ControlRow, ...]
    """Those that failed first."""
    more_controls: tuple[ControlRow, ...]
    """The rest, to be folded away."""
    controls_note: str
    """How many there are, and how many did as they should."""
    rules: tuple[RuleLine, ...]
    overall: tuple[Grid, ...]
    """The numbers over all rows; at most one table."""
    forests: tuple[Forest, ...]
    heats: tuple[Heat, ...]
    """Maps of where two attributes cross."""
    more_forests: tuple[Forest, ...]
    """Those that no rule is about, where attributes cross or many were drawn before: folded away, and not on paper."""
    more_note: str
    """How many they are, in words, and on paper where they are drawn; empty when there are none."""
    withheld: str
    """Which plots are not drawn because the values of all their groups are withheld; empty when there are none."""
    folded: str
    """How many plots were left out, in words; empty when none was."""
    curves: tuple[Curve, ...]
    examples: tuple[Explained, ...]
    """Rows that the spec releases, or that its author made up."""
    tables: tuple[Grid, ...]
    notes: tuple[str, ...]
    left_out: str = ""
    """What is not shown, to keep the report short, and where it is; empty: all is."""
    cards: tuple[CardLink, ...] = ()
    """The metrics that it measured and the glossary explains."""


@dataclass(frozen=True)
class Area:
    """The checks of one area, e.g. fairness."""

    anchor: str
    title: str
    outcome: Shown
    """That of the check that came out worst."""
    word: str
    """The same in a word; empty: no rule is about any of them."""
    checks: tuple[CheckSection, ...]
    note: str
    """How many checks were left out, in words; empty when none was."""


@dataclass(frozen=True)
class RuleRow:
    """A rule, what decided it, and why it stands."""

    anchor: str
    outcome: str
    word: str
    requirement: str
    id: str
    about: str
    value: str
    interval: str
    n: str
    reason: str
    needed: str
    """How many more rows would decide it; empty: it is decided, or nothing is known."""
    because: str
    terms: str
    """Whether it is required, what it judges by, what happens when it is missed."""
    waiver: str
    """Who has waived it, until when and why; or why a waiver covers it no more; empty: there is none."""
    check: str
    leads: str
    """The anchor of that check's section; empty: it has none."""


@dataclass(frozen=True)
class RegisteredFinding:
    """A rule that is missed, waived or undecided, as a finding is written down."""

    anchor: str
    number: str
    """Its place in the register."""
    outcome: str
    word: str
    severity: str
    title: str
    parts: tuple[Fact, ...]
    """Condition, criterion, cause, consequence, recommendation, owner."""
    check: str
    """The id of the check that decided it; empty: none did."""
    leads: str
    """The anchor of that check's section; empty: it has none."""


@dataclass(frozen=True)
class WaiverRow:
    """A waiver of the policy."""

    state: str
    about: str
    owner: str
    approved_by: str
    """Empty: the bundle is of before anybody had to approve it."""
    reason: str
    expires: str
    terms: str
    """What else ends it: another model, a worse value; empty: nothing does."""


@dataclass(frozen=True)
class SilentCheck:
    """A check that gave no numbers, and why."""

    status: str
    word: str
    check: str
    title: str
    measures: str
    reason: str
    hint: str


@dataclass(frozen=True)
class SplitSection:
    """One split of the data."""

    title: str
    facts: tuple[Fact, ...]
    groups: tuple[Grid, ...]


@dataclass(frozen=True)
class GlossaryEntry:
    """A metric, explained."""

    anchor: str
    metric: str
    name: str
    facts: tuple[Fact, ...]
    judged: bool = True
    """Whether a rule names it."""


@dataclass(frozen=True)
class PlainAnswer:
    """A question that a patient may ask, and what the audit measured of it."""

    question: str
    sentences: tuple[str, ...]
    """Each from one measured number, with its interval; empty: nothing was measured."""
    unmeasured: str
    """That nothing was measured, and why; else empty."""
    how: str
    """In a sentence, what was done; empty: nothing was measured."""
    anchor: str
    """Of the section with the numbers; empty: there is none."""


@dataclass(frozen=True)
class Since:
    """What changed since the audit before."""

    sentence: str
    """That there is none; or what the tables are."""
    facts: tuple[Fact, ...]
    """Which audit it is; empty: there is none."""
    tables: tuple[Grid, ...]
    """Each comparison with its test, then who now gets another answer; empty: nothing is compared."""


@dataclass(frozen=True)
class FrameworkSection:
    """A rule map: the clauses of a law or standard, and what there is of each."""

    anchor: str
    title: str
    facts: tuple[Fact, ...]
    """Which text was mapped, when, by whom it was read, and how many clauses are in which state."""
    clauses: Grid
    """Gaps first; on paper those alone."""


@dataclass(frozen=True)
class ReportContext:
    """The whole report."""

    language: str
    """A BCP 47 tag for `lang`."""
    title: str
    """The audit's name."""
    subtitle: str
    """What kind of document this is."""
    seal: Seal
    """Who signed."""
    verdict: Headline
    front: FrontPage
    """Page one."""
    signoffs: tuple[Fact, ...]
    """What others decided of the bundle; only a rendering that was made afterwards has any."""
    plain: tuple[PlainAnswer, ...]
    """What the answers rest on, in plain words."""
    subject: tuple[Fact, ...]
    """What was audited."""
    use: tuple[Fact, ...]
    """What it is for, whom it affects, who reviews it: by the word of the spec."""
    subject_files: Grid
    """The model's files with digests; no rows when none was read."""
    no_subject_files: str
    """Says what stands for the model when no file of it was read; else empty."""
    policy: tuple[Fact, ...]
    """The criteria and where they come from."""
    rules: tuple[RuleRow, ...]
    """Every rule, the worst first."""
    rules_note: str
    """What was left out of `rules`."""
    register: tuple[RegisteredFinding, ...]
    """Findings, the most severe first."""
    register_note: str
    """What was left out of `register`."""
    code: Code
    """The digest of result.json, to be read off the page."""
    areas: tuple[Area, ...]
    """The results."""
    choices: tuple[Count, ...]
    """How many checks came out how, the worst first: what a reader may choose to see; empty: all came out alike."""
    silent: tuple[SilentCheck, ...]
    """Checks that crashed, then those that do not apply."""
    silent_note: str
    """What was left out of `silent`."""
    waivers: tuple[WaiverRow, ...]
    """Every waiver of the policy, in force or not."""
    since: Since
    """What changed since the audit before."""
    data: tuple[Fact, ...]
    """How the data were read."""
    splits: tuple[SplitSection, ...]
    """What was in them."""
    method: tuple[Fact, ...]
    """How numbers and verdicts are made."""
    limits: tuple[str, ...]
    """What the audit cannot show."""
    frameworks: tuple[FrameworkSection, ...]
    """Of each rule map that the policy extends, what there is evidence for; empty: it extends none."""
    frameworks_notes: tuple[str, ...]
    """What those tables are, and are not; what their words mean."""
    provisions: Grid
    """What of laws and standards the measured areas are evidence for; no rows when nothing was measured."""
    provisions_notes: tuple[str, ...]
    """What that table is, and is not."""
    records: tuple[RecordRow, ...]
    """The governance records, those with something wrong first; none: the spec names none."""
    records_note: str
    named_people: Grid
    """Who is named in them; no rows: nobody is."""
    responsibilities: tuple[Fact, ...]
    """Who answers for what, as far as anybody is named."""
    provenance: tuple[Fact, ...]
    """What the numbers came from."""
    provenance_tables: tuple[Grid, ...]
    """Plugins, libraries, batch plans, times."""
    glossary: tuple[GlossaryEntry, ...]
    """The metrics that were measured or are named by a rule, as their checks explain them."""
    glossary_note: str
    """What was left out of `glossary`."""
    disclaimer: str
