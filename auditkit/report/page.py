"""The page: templates, the content security policy, and the data that ride in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from auditkit.report.compose import compose
from auditkit.report.sources import template_dir
from auditkit.report.wording import Wording
from auditkit.result import AuditResult

_ESCAPES = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def render_page(
    result: AuditResult,
    attestation: bytes | None,
    *,
    template_dirs: Sequence[Path] = (),
    translate: Callable[[str], str] = str,
) -> bytes:
    """The whole page as UTF-8; nothing but the arguments and the templates has a part in it."""
    environment = _environment(template_dirs, translate)
    source, _, _ = environment.loader.get_source(environment, "report.css") if environment.loader else ("", None, None)
    style = source.replace("\r\n", "\n")
    page = environment.get_template("report.html.j2").render(
        report=compose(result, attestation, Wording.of(result, translate)),
        style=Markup(style),  # noqa: S704  our own style sheet, or one of a template folder that the user chose
        policy=content_policy(style),
        result_data=data_block(result.to_json()),
        attestation_data=data_block(attestation) if attestation is not None else "",
    )
    return page.encode()


def content_policy(style: str) -> str:
    """Nothing may load, run, post or frame: only the one style sheet, known by its hash, applies."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def data_block(raw: bytes) -> Markup:
    """JSON that cannot end the element that it stands in: markup characters become escapes, which mean the same."""
    text = raw.decode("utf-8")
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return Markup(text)  # noqa: S704  no character that HTML reads as markup is left


def _environment(template_dirs: Sequence[Path], translate: Callable[[str], str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([*template_dirs, template_dir()]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["_"] = translate
    return environment
