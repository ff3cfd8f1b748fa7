"""`datasheet.md`: a datasheet for the data of an audit, filled from the result, with holes for what only people know.

Source: Gebru and others, "Datasheets for Datasets", Communications of the ACM 64(12), 2021, pages 86-92, section 3: its
seven groups of questions, in words of our own.
"""

from __future__ import annotations

from auditkit import AuditResult, Table, Text, exporter
from auditkit_exports.form import Form
from auditkit_exports.measured import number
from auditkit_exports.plain import plain
from auditkit_exports.stated import joined
from auditkit_exports.told import COLUMNS, group_rows, measured_rows, split_rows

_MOST = 60
_AREA = "data-quality"
_PROVENANCE = "data-quality.provenance"
_OWNER = Text.of("whoever answers for the data")


@exporter("datasheet.md", on_request=True)
def datasheet(result: AuditResult) -> bytes:
    """A datasheet for the data, by the questions of Gebru and others (2021)."""
    form = Form(result)
    form.heading(Text.of("Datasheet for the data of {name}", name=result.name), 0)
    form.words(
        Text.of(
            "By the questions of Gebru and others (2021), filled from a signed audit of {day}. It describes the rows"
            " that were audited, and those of other splits as far as they were read.",
            day=result.run.created[:10],
        )
    )
    form.words(Text.of("The number of the audit's result is {digest}.", digest=f"sha256:{result.result_digest}"))
    for part in (_motivation, _composition, _collection, _preprocessing, _uses, _distribution, _maintenance):
        part(form)
    return form.markdown()


def _motivation(form: Form) -> None:
    form.heading(Text.of("Motivation"))
    form.facts(
        form.asked(Text.of("why the data were gathered, and for which task"), _OWNER),
        form.asked(Text.of("who gathered them, and who paid for it"), _OWNER),
    )


def _composition(form: Form) -> None:
    result, audit = form.result, form.result.data.splits[0]
    form.heading(Text.of("Composition"))
    form.grid((Text.of("split"), Text.of("rows"), Text.of("file"), Text.of("digest of the rows")), split_rows(form))
    form.grid((Text.of("attribute"), Text.of("group"), Text.of("rows of the audit")), group_rows(form, _MOST))
    form.facts(
        *(((Text.of("target"), plain(result.data.target)),) if result.data.target else ()),
        *(((Text.of("class"), plain(", ".join(audit.target_classes[:_MOST]))),) if audit.target_classes else ()),
        form.asked(Text.of("what one row is, and what its columns mean"), _OWNER),
        form.asked(Text.of("whom they stand for"), _OWNER, joined(result.stated.data_represents)),
        form.asked(Text.of("what in them is confidential, or could hurt or identify somebody"), _OWNER),
    )
    rows, more = measured_rows(form, _MOST, _AREA)
    if rows:
        form.words(Text.of("What was measured of missing, impossible, double and unrepresentative rows:"))
        form.grid(COLUMNS, rows)
        if more:
            form.words(Text.of("{count} more are in the report.", count=more))
    else:
        form.words(Text.of("No check of data quality was run, so that nothing is known of missing or double rows."))


def _collection(form: Form) -> None:
    stated = form.result.stated
    form.heading(Text.of("Collection"))
    form.facts(
        form.asked(Text.of("where the data come from"), _OWNER, joined(stated.data_source)),
        form.asked(Text.of("when and how they were collected"), _OWNER, joined(stated.data_collected)),
        form.asked(
            Text.of("whether those whom they are about know of it and agreed, and who looked at its ethics"), _OWNER
        ),
    )
    for table in _provenance(form.result):
        form.words(table.title)
        form.grid(table.columns, [tuple(_cell(form, one) for one in row) for row in table.rows])


def _provenance(result: AuditResult) -> list[Table]:
    """What the check of provenance tells: of files by a Croissant file, its licence, and what nobody states."""
    found = [one for one in result.findings if one.check == _PROVENANCE and one.controls_passed]
    return [one for finding in found for one in finding.evidence if isinstance(one, Table)]


def _licence(form: Form) -> str:
    """The licence that the Croissant file names; empty: it names none, or there is no such file."""
    rows = [row for table in _provenance(form.result) for row in table.rows]
    return next((_cell(form, row[1]) for row in rows if len(row) > 1 and str(row[0]) == "its licence"), "")


def _cell(form: Form, cell: object) -> str:
    if isinstance(cell, Text):
        return form.say(cell)
    if isinstance(cell, float):
        return number(cell)
    return "" if cell is None else plain(str(cell))


def _preprocessing(form: Form) -> None:
    form.heading(Text.of("Preprocessing, cleaning and labelling"))
    form.facts(form.asked(Text.of("who labelled the rows and how, and what was cleaned or left out"), _OWNER))


def _uses(form: Form) -> None:
    result = form.result
    form.heading(Text.of("Uses"))
    form.facts(
        (
            Text.of("used here"),
            form.say(Text.of("to audit the model {digest}", digest=f"sha256:{result.subject.digest}")),
        ),
        form.asked(Text.of("what else they were used for, and what they must not be used for"), _OWNER),
    )


def _distribution(form: Form) -> None:
    form.heading(Text.of("Distribution"))
    form.facts(
        form.asked(
            Text.of("who may have them, and under which licence"),
            _OWNER,
            _licence(form),
        )
    )


def _maintenance(form: Form) -> None:
    form.heading(Text.of("Maintenance"))
    form.facts(form.asked(Text.of("who keeps them, corrects mistakes in them, and can be asked about them"), _OWNER))
