"""The page: templates, the content security policy, and the data that ride in it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from auditkit.document import fill
from auditkit.report.catalogues import translator
from auditkit.report.compiled import Compiled
from auditkit.report.compose import compose
from auditkit.report.context import ReportContext
from auditkit.report.room import LEAST_OCTETS, MARGIN, MOST_OCTETS, MOST_PAGES, PAGE, fitted
from auditkit.report.seals import read_seal
from auditkit.report.sources import template_dir
from auditkit.report.wording import Wording
from auditkit.result import AuditResult
from auditkit.shown import Squares

if TYPE_CHECKING:
    from auditkit.bundle.countersigning import Disposition

# Everything outside the characters of XML 1.0, section 2.2.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"
_LONGEST_WORD = 36
_LONGEST_NUMBER = 30
_WIDE = "\u2e80"
"""From here on letters take the room of two."""


@dataclass(frozen=True)
class SummaryOf:
    """The bundle that a summary is made from."""

    attestation: bytes | None
    """Its DSSE envelope, which says who signed; None: nobody did."""


MOST_TRIES = 4
"""To draw a page that is short enough."""
_ESCAPES = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def render_page(  # noqa: PLR0913  one keyword for each thing that a page is made of
    result: AuditResult,
    attestation: bytes | None,
    *,
    template_dirs: Sequence[Path] = (),
    language: str | None = None,
    paper: bool = False,
    lacking: str = "",
    signoffs: Sequence[Disposition] = (),
    full: bool = False,
    summary: SummaryOf | None = None,
    raw: bytes | None = None,
) -> bytes:
    """The whole page as UTF-8; nothing but the arguments and the templates has a part in it.

    `paper`: the page that the PDF is made of. What a screen folds is open or left out, and no document rides in it.
    `language`: the result's own unless said.
    `lacking`: the characters, by their code points, that the PDF cannot show.
    `signoffs`: what others decided of the bundle, in an unsigned rendering.
    `full`: with everything, however long it is; else what no rule is about gives way to keep it short.
    `summary`: two pages that stand alone, in place of the report.
    `raw`: the bytes of `result.to_json()`, where they are at hand.
    """
    language = language or result.language
    translate = translator(language, template_dirs)
    environment = _environment(template_dirs, translate, language)
    environment.globals |= {"paper": paper, "lacking": lacking, "sections": sections_in(template_dirs)}
    style = "\n".join(
        _source(environment, name) for name in (("report.css", "paper.css") if paper else ("report.css",))
    )
    wording = Wording.of(result, translate, language)
    raw = result.to_json() if raw is None else raw
    composed = compose(result, attestation, wording, paper=paper, signoffs=signoffs, raw=raw)
    if summary is not None:
        from auditkit.report.brief import brief

        signed = read_seal(summary.attestation, wording, file="report.html")
        told = {"report": composed, "brief": brief(composed, signed, result, wording)}
        return _filled(environment, "summary.html.j2", style, pictures=False, **told)
    documents = {
        "result_data": Markup() if paper else data_block(raw),
        "attestation_data": Markup() if paper or attestation is None else data_block(attestation),
    }

    def drawn(report: ReportContext) -> bytes:
        pictures = _shows_pictures(result)
        return _filled(environment, "report.html.j2", style, pictures=pictures, report=report, **documents)

    if full:
        return drawn(composed)
    if paper:
        return drawn(fitted(composed, wording, paper=True, most=MARGIN * MOST_PAGES * PAGE))
    riding = sum(len(one.encode()) for one in documents.values())
    most = max(MOST_OCTETS, riding + LEAST_OCTETS)
    return _short_enough(drawn, lambda most: fitted(composed, wording, paper=False, most=most, riding=riding), most)


def render_other(
    template: str, page: object, language: str, template_dirs: Sequence[Path] = (), *, style: str = "report.css"
) -> bytes:
    """A page beside the report, in its look and under its content policy: `page` is what the template is given."""
    environment = _environment(template_dirs, translator(language, template_dirs), language)
    environment.globals |= {"paper": False}
    return _filled(environment, template, _source(environment, style), pictures=False, page=page)


def _filled(environment: Environment, name: str, style: str, *, pictures: bool, **told: object) -> bytes:
    """A template with its style sheet and the content security policy that lets that one apply."""
    sheet = Markup(style)  # noqa: S704  our own style sheet, or one of a folder that the user chose
    policy = content_policy(style, pictures=pictures)
    return environment.get_template(name).render(style=sheet, policy=policy, **told).encode()


def _short_enough(
    drawn: Callable[[ReportContext], bytes], fit: Callable[[float], ReportContext], longest: int
) -> bytes:
    """The page, drawn again with less in it where it came out longer than was foreseen."""
    most, before = float(longest), None
    for _ in range(MOST_TRIES):
        if (report := fit(most)) == before:  # there is nothing left that could give way
            break
        page, before = drawn(report), report
        if len(page) <= longest:
            break
        most -= 1.2 * (len(page) - longest)
    return page


def sections_in(template_dirs: Sequence[Path]) -> tuple[str, ...]:
    """The sections that plugins add to the report, in the order of their names."""
    found = {path.name for folder in template_dirs for path in (folder / "sections").glob("*.html.j2")}
    return tuple(f"sections/{name}" for name in sorted(found))


def _source(environment: Environment, name: str) -> str:
    source, _, _ = environment.loader.get_source(environment, name) if environment.loader else ("", None, None)
    return source.replace("\r\n", "\n")


def picture(drawing: str) -> str:
    """An SVG element as a data: address; what XML cannot hold, which a parser of HTML lets pass, is replaced."""
    return f"data:image/svg+xml;base64,{base64.b64encode(_NOT_XML.sub(_REPLACEMENT, drawing).encode()).decode()}"


def unbroken(text: str) -> bool:
    """Whether a word is so long that it would push a table over the edge of the paper: its line may end anywhere."""
    return any(len(word) > _LONGEST_WORD for word in text.split())


def wordy(text: str) -> bool:
    """Whether a cell among numbers says why there is none: on one line it would push a table over the paper's edge."""
    return sum(2 if one >= _WIDE else 1 for one in text) > _LONGEST_NUMBER


def content_policy(style: str, *, pictures: bool = False) -> str:
    """Nothing may load, run, post or frame: only the one style sheet, known by its hash, applies.

    `pictures`: the page holds some in itself, which a spec released; none comes from elsewhere.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    images = " img-src data:;" if pictures else ""
    return f"default-src 'none'; style-src 'sha256-{digest}';{images} base-uri 'none'; form-action 'none'"


def _shows_pictures(result: AuditResult) -> bool:
    evidence = (one for finding in result.findings for one in finding.evidence)
    return any(isinstance(one, Squares) and one.picture is not None for one in evidence)


def data_block(raw: bytes) -> Markup:
    """JSON that cannot end the element that it stands in: markup characters become escapes, which mean the same."""
    text = raw.decode("utf-8")
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return Markup(text)  # noqa: S704  no character that HTML reads as markup is left


def _environment(template_dirs: Sequence[Path], translate: Callable[[str], str], language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([*template_dirs, template_dir()]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=Compiled(),
    )
    environment.globals["_"] = translate
    environment.globals["report_language"] = language
    # Between a term and what it is, and after a sentence, where markup stands between them.
    environment.globals["colon"] = fill(translate("{one}: {other}"), {"one": "", "other": ""})
    environment.globals["gap"] = fill(translate("{one} {other}"), {"one": "", "other": ""})
    environment.globals["stop"] = fill(translate("{sentence}."), {"sentence": ""})
    environment.filters["picture"] = picture
    environment.tests["unbroken"] = unbroken
    environment.tests["wordy"] = wordy
    return environment
