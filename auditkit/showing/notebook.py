"""A result in a notebook: the verdict, the rules and the worst findings, in one piece of HTML without a script."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from auditkit.report.frontpage import subject_name
from auditkit.report.judgements import rule_rows, worst_findings
from auditkit.report.wording import VERDICTS, Wording

if TYPE_CHECKING:
    from jinja2 import Template

    from auditkit.result import AuditResult

_MOST_RULES = 12

# Styles stand at each element: notebooks keep these where they drop style sheets. Colours are those of the notebook,
# light or dark, but for the verdict's own; each outcome is said in words.
_TEMPLATE = """\
{% set cell = "padding:.25em .75em .25em 0;text-align:left;vertical-align:top;white-space:normal" -%}
<div style="max-width:60em;line-height:1.45">
<p style="margin:.25em 0"><span style="display:inline-block;padding:.1em .6em;border-radius:.25em;font-weight:bold;\
color:#fff;background:{{ colour }}">{{ verdict }}</span> <strong>{{ name }}</strong><br>
<small>{{ subject }}; {{ rows }} rows; {{ measured }}; sha256:{{ digest }}</small></p>
{% if rules -%}
<table style="border-collapse:collapse;margin:.5em 0">
<thead><tr>{% for title in ("Rule", "Outcome", "About", "Value", "Interval", "n") %}\
<th scope="col" style="{{ cell }}">{{ title }}</th>{% endfor %}</tr></thead>
<tbody>
{% for rule in rules -%}
<tr><th scope="row" style="{{ cell }};font-weight:normal" title="{{ rule.because }}">{{ rule.requirement }}</th>\
<td style="{{ cell }};font-weight:bold">{{ rule.word }}</td><td style="{{ cell }}">{{ rule.about }}</td>\
<td style="{{ cell }}">{{ rule.value }}</td><td style="{{ cell }}">{{ rule.interval }}</td>\
<td style="{{ cell }}">{{ rule.n }}</td></tr>
{% endfor -%}
</tbody></table>
{% endif -%}
{% if more %}<p style="margin:.25em 0">{{ more }}</p>
{% endif -%}
{% if worst -%}
<p style="margin:.5em 0 0"><strong>The worst findings</strong></p>
<ul style="margin:0">
{% for one in worst -%}
<li><strong>{{ one.word }}</strong>: {{ one.title }}. {{ one.sentence }}
{% if one.hint %}What to do: {{ one.hint }}{% endif %}</li>
{% endfor -%}
</ul>
{% endif -%}
</div>
"""

# White on each of them has a contrast of at least 4.5 to 1.
_COLOURS = {"pass": "#1b6e3c", "fail": "#a3262a", "error": "#6b2a7a", "inconclusive": "#7a5200"}


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    return Environment(autoescape=True, undefined=StrictUndefined).from_string(_TEMPLATE)


def html_of(result: AuditResult) -> str:
    """The HTML; everything in it that came from data or a plugin is escaped."""
    wording = Wording.of(result)
    rows = rule_rows(result, wording)
    more = wording.say("and {count} more rules", count=len(rows) - _MOST_RULES) if len(rows) > _MOST_RULES else ""
    measured = sum(finding.status == "measured" for finding in result.findings)
    audited = next((split.rows for split in result.data.splits if split.name == "audit"), 0)
    return _template().render(
        verdict=wording.translate(VERDICTS[result.verdict.outcome]),
        colour=_COLOURS[result.verdict.outcome],
        name=wording.label(result.name),
        subject=subject_name(result.subject, wording),
        rows=f"{audited:,}",
        measured=wording.say("{measured} of {count} checks measured", measured=measured, count=len(result.findings)),
        digest=result.result_digest[:12],
        rules=rows[:_MOST_RULES],
        more=more,
        worst=worst_findings(result, wording),
    )
