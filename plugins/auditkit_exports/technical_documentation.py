"""`technical-documentation.md` and `.docx`: what an audit has for Annex IV of the EU AI Act, and what people must add.

Source: Regulation (EU) 2024/1689, Annex IV, whose nine points are named in words of our own, from notes. The
regulation's text was not read for it, and the form says so.
"""

from __future__ import annotations

from auditkit import AuditResult, MetricCard, Text, exporter
from auditkit_exports.form import Form
from auditkit_exports.lines import lines_of, worst_first
from auditkit_exports.plain import plain
from auditkit_exports.stated import joined, listed, record
from auditkit_exports.told import COLUMNS, group_rows, measured_rows, of_metric, sound, split_rows

_MOST = 60
"""Numbers, rules and metrics of one table; the report has them all."""

_PROVIDER = Text.of("the provider")
_MAKERS = Text.of("the makers of the model")
_DATA = Text.of("whoever answers for the data")
_RISK = Text.of("whoever answers for the risks")

_OUTCOMES = {
    "pass": Text.of("met"),
    "warn": Text.of("missed, with a warning"),
    "fail": Text.of("missed"),
    "waived": Text.of("missed, and waived"),
    "inconclusive": Text.of("undecided"),
    "no_evidence": Text.of("without evidence"),
    "error": Text.of("in error"),
    "not_applicable": Text.of("does not apply"),
}
_READ = {
    "primary": Text.of("from its own text"),
    "secondary": Text.of("from what others write of it; its own text was not read"),
    "from notes": Text.of("from notes; its own text was not read"),
}


@exporter("technical-documentation.md", on_request=True)
def technical_documentation(result: AuditResult) -> bytes:
    """Evidence relevant to Annex IV of the EU AI Act, in Markdown."""
    return _filled(result).markdown()


@exporter("technical-documentation.docx", on_request=True)
def technical_documentation_docx(result: AuditResult) -> bytes:
    """Evidence relevant to Annex IV of the EU AI Act, as a Word document."""
    return _filled(result).docx()


def _filled(result: AuditResult) -> Form:
    form = Form(result)
    for point in (
        _general,
        _made,
        _data,
        _tested,
        _limits,
        _metrics,
        _risks,
        _changes,
        _standards,
        _declaration,
        _watched,
    ):
        point(form)
    head = Form(result)
    head.heading(Text.of("Technical documentation of {name}", name=result.name), 0)
    head.words(
        Text.of(
            "Evidence relevant to the nine points of Annex IV of Regulation (EU) 2024/1689, filled from a signed audit"
            " of {day}. It does not say that any of them is met.",
            day=result.run.created[:10],
        )
    )
    head.words(
        Text.of(
            "The points are named in words of our own, from notes: the regulation's own text was not read for this"
            " form. Hold it against the text in force before you hand it on."
        )
    )
    head.words(Text.of("Places where a person must still write: {count}.", count=form.holes()))
    head.words(Text.of("The number of the audit's result is {digest}.", digest=f"sha256:{result.result_digest}"))
    form.parts[:0] = head.parts
    return form


def _general(form: Form) -> None:
    stated = form.result.stated
    form.heading(Text.of("1. General description of the system"))
    form.facts(
        form.asked(Text.of("its version"), _PROVIDER, joined(stated.model_version)),
        form.asked(Text.of("who supplied it"), _PROVIDER, joined(stated.supplied_by)),
        form.asked(
            Text.of("what it is for"), _PROVIDER, joined(stated.intended_use), form.record("intended-use", "text")
        ),
        form.asked(
            Text.of("what it is not for"),
            _PROVIDER,
            joined(stated.not_intended),
            form.record("intended-use", "not_intended"),
        ),
        form.asked(Text.of("who uses it"), _PROVIDER, form.record("intended-use", "users")),
        form.asked(
            Text.of("about whom it speaks"),
            _PROVIDER,
            joined(stated.affected_people),
            form.record("affected-people", "text"),
        ),
        form.asked(
            Text.of("where and in what form it is used"),
            _PROVIDER,
            joined(stated.deployment),
            form.record("intended-use", "deployment"),
        ),
        form.asked(Text.of("the machines that it runs on, and the programs that it works with"), _PROVIDER),
        form.asked(Text.of("the user interface, and the instructions for use"), _PROVIDER),
    )


def _made(form: Form) -> None:
    result = form.result
    subject, facts = result.subject, result.subject.facts
    kind = ", ".join(map(plain, facts.architectures)) if facts and facts.architectures else plain(subject.adapter)
    bases = ", ".join(map(plain, facts.base_models)) if facts else ""
    size = "" if facts is None or facts.parameters is None else f"{facts.parameters:,}"
    form.heading(Text.of("2. Parts of the system, and how it was made"))
    form.facts(
        (Text.of("kind of model"), kind),
        (Text.of("what it gives out"), plain(", ".join((subject.prediction_type, *subject.classes[:_MOST])))),
        (Text.of("digest of the model"), f"sha256:{subject.digest}"),
        *(((Text.of("parameters"), size),) if size else ()),
        form.asked(
            Text.of("parts that others made, with their licences"),
            _MAKERS,
            listed(result, "third-party-parts", "parts", "name", "version", "licence"),
            bases,
        ),
        form.asked(Text.of("the steps of its making, the choices in the design, and what was optimised"), _MAKERS),
        form.asked(Text.of("how the parts fit together, and what computing its training took"), _MAKERS),
        form.asked(
            Text.of("who looks at its answers before they count"),
            _PROVIDER,
            joined(result.stated.human_review),
            form.record("human-oversight", "text"),
        ),
        form.asked(Text.of("which changes were decided beforehand, and how they stay within bounds"), _PROVIDER),
        form.asked(
            Text.of("how the system and its data are protected against attacks"),
            _PROVIDER,
            listed(result, "protective-measures", "measures", "measure", "text"),
        ),
    )


def _data(form: Form) -> None:
    stated = form.result.stated
    form.heading(Text.of("Data"), 2)
    form.grid((Text.of("split"), Text.of("rows"), Text.of("file"), Text.of("digest of the rows")), split_rows(form))
    form.grid((Text.of("attribute"), Text.of("group"), Text.of("rows of the audit")), group_rows(form, _MOST))
    form.facts(
        form.asked(Text.of("where the data come from"), _DATA, joined(stated.data_source)),
        form.asked(Text.of("when and how they were collected"), _DATA, joined(stated.data_collected)),
        form.asked(Text.of("whom they stand for"), _DATA, joined(stated.data_represents)),
        form.asked(Text.of("who labelled the rows and how, and what was cleaned or left out"), _DATA),
    )


def _tested(form: Form) -> None:
    result = form.result
    form.heading(Text.of("Testing"), 2)
    form.words(
        Text.of(
            "Tested by auditkit {version} on {count} rows; the verdict under the policy is: {verdict}.",
            version=result.provenance.auditkit,
            count=result.data.splits[0].rows,
            verdict=Text(msgid=result.verdict.outcome),
        )
    )
    rows, more = measured_rows(form, _MOST)
    form.grid(COLUMNS, rows)
    if more:
        form.words(Text.of("{count} more are in the report.", count=more))


def _limits(form: Form) -> None:
    result = form.result
    form.heading(Text.of("3. What it can do, where its limits are, and how it is controlled"))
    missed = [line for line in worst_first(lines_of(result)) if line.is_problem]
    if missed:
        form.words(Text.of("Rules that are not met, or that nothing settles:"))
        form.items(f"{line.rule}: {form.say(_OUTCOMES[line.outcome])}" for line in missed[:_MOST])
    else:
        form.words(Text.of("No rule of the policy is missed or undecided."))
    if result.not_looked_at:
        form.words(Text.of("Nobody looked at:"))
        form.items(form.say(one.what) for one in result.not_looked_at[:_MOST])
    form.facts(
        form.asked(
            Text.of("which unwanted outcomes can be foreseen, and where they come from"),
            _RISK,
            form.record("process-answers", "cost-of-errors.answer"),
        ),
        form.asked(Text.of("which inputs it takes, in what form and quality"), _MAKERS),
    )


def _metrics(form: Form) -> None:
    form.heading(Text.of("4. Why these metrics"))
    named = dict.fromkeys(one.metric for _, one in sound(form.result) if one.value is not None)
    cards = [card for name in named if (card := of_metric(form.result, name)) is not None]
    form.grid(
        (Text.of("metric"), Text.of("what it asks"), Text.of("when it misleads")),
        [_card_row(form, card) for card in cards[:_MOST]],
    )
    form.words(form.hole(_RISK, Text.of("why these metrics and bounds fit what the system is for")))


def _card_row(form: Form, card: MetricCard) -> tuple[str, ...]:
    return tuple(
        form.say(Text(msgid=text)) if text else "" for text in (card.title, card.asks or card.formula, card.misleads)
    )


def _risks(form: Form) -> None:
    form.heading(Text.of("5. Risk management"))
    form.grid(
        (Text.of("rule"), Text.of("outcome"), Text.of("because"), Text.of("who answers")),
        [
            (line.rule, form.say(_OUTCOMES[line.outcome]), line.because, line.owner)
            for line in worst_first(lines_of(form.result))[:_MOST]
        ],
    )
    form.facts(
        form.asked(
            Text.of("which risk is left over, and who found it acceptable"),
            _RISK,
            form.record("process-answers", "left-over-risk.answer"),
        ),
        form.asked(Text.of("how risks are found, weighed and treated over the life of the system"), _RISK),
    )


def _changes(form: Form) -> None:
    result = form.result
    form.heading(Text.of("6. Changes over its life"))
    told = listed(result, "change-log", "changes", "version", "date", "what")
    form.items(told.split("; "))
    if result.change is not None:
        day, name = result.change.earlier.created[:10], plain(result.change.earlier.name)
        form.words(Text.of("This audit was held against that of {day}, {name}.", day=day, name=name))
    if not told:
        form.words(form.hole(_PROVIDER, Text.of("what was changed since it was first used, and when")))


def _standards(form: Form) -> None:
    form.heading(Text.of("7. Standards"))
    form.grid(
        (
            Text.of("rules or standard"),
            Text.of("version"),
            Text.of("clauses"),
            Text.of("without evidence"),
            Text.of("read"),
        ),
        [
            (
                plain(f"{one.title}"),
                plain(one.version),
                str(len(one.clauses)),
                str(one.count("nothing")),
                form.say(_READ[one.read]),
            )
            for one in form.result.frameworks
        ],
    )
    form.words(
        form.hole(
            _PROVIDER, Text.of("which harmonised standards are applied in full or in part, and what else is relied on")
        )
    )


def _declaration(form: Form) -> None:
    form.heading(Text.of("8. Declaration of conformity"))
    form.words(form.hole(_PROVIDER, Text.of("a copy of the signed EU declaration of conformity")))


def _watched(form: Form) -> None:
    form.heading(Text.of("9. Monitoring after release"))
    plan = form.record("monitoring-plan", "text")
    found = record(form.result, "monitoring-plan")
    form.words(plan)
    form.items(
        form.say(Text.of("{statement} (evidence: {said})", statement=one.statement, said=one.said))
        for one in (() if found is None else found.evidence)
        if one.statement
    )
    if found is None or not (plan or found.evidence):
        form.words(form.hole(_PROVIDER, Text.of("how it is watched in use, by whom, and what happens on an incident")))
