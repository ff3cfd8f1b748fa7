"""The formats that other programs read: of CI systems, of supply chains, of compliance and of model hubs.

`lines` says what was decided of each rule, `measured` words a number, `stated` finds what people said, `plain` makes
any text fit for a file and `markdown` for a page; each format has a module. None of them judges: what the verdict says
is all that they know.

`junit`, `sarif`, `summary`, `annotations` and `gitlab` are for CI; `statements` are signed for those who admit a model
to a place; `oscal` and `cyclonedx` are for compliance, `model_card` for hubs, `applied_model_card` for hospitals,
`patient_notice` for those whom the model speaks about, `datasheet` for those who use the data,
and `technical_documentation` for authorities: a `form` that is
filled with what is `told`.
"""

from auditkit import hookimpl
from auditkit_exports.annotations import github
from auditkit_exports.applied_model_card import applied_model_card
from auditkit_exports.cyclonedx import cyclonedx
from auditkit_exports.datasheet import datasheet
from auditkit_exports.gitlab import gitlab
from auditkit_exports.junit import junit
from auditkit_exports.model_card import model_card
from auditkit_exports.oscal import oscal
from auditkit_exports.patient_notice import patient_notice
from auditkit_exports.sarif import sarif
from auditkit_exports.statements import svr, test_result
from auditkit_exports.summary import summary
from auditkit_exports.technical_documentation import technical_documentation, technical_documentation_docx

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_exporters() -> list[object]:
    """Offer the formats, each written only where it is named."""
    return [
        applied_model_card, cyclonedx, datasheet, github, gitlab, junit, model_card, oscal, patient_notice, sarif,
        summary, svr, technical_documentation, technical_documentation_docx, test_result,
    ]  # fmt: skip
