"""Looking a finished bundle over before it is written: whether it tells something of a person in the data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.bundle import layout
from auditkit.disclosure.leaks import UNIT, Leak, Spoken, place_in, refuse_leaks
from auditkit.disclosure.spoken import own_words
from auditkit.report.sources import template_dir
from auditkit.shown import Example

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.host import Host
    from auditkit.result import AuditResult
    from auditkit.spec import AuditSpec


def looks_over(
    result: AuditResult, case: Case[Any], spec: AuditSpec, host: Host, pages: list[bytes]
) -> Callable[[Mapping[str, bytes]], None]:
    """What refuses the files of a bundle that tell something of the rows; nothing is refused of rows that are made up.

    Args:
        result: of the audit.
        case: whose rows must not be told.
        spec: what its author wrote may stand in the report.
        host: the words of its plugins may, too.
        pages: that the PDF is made of: a PDF itself is not read.
    """

    def place_of(leak: Leak) -> str:
        return place_in(json.loads(result.to_json()))(leak)

    def look_over(files: Mapping[str, bytes]) -> None:
        if spec.report.examples == "synthetic":
            return
        told = {name: content for name, content in files.items() if not name.startswith(f"{layout.EVIDENCE}/")}
        told.pop(layout.REPORT_PDF, None)
        told |= {f"{layout.REPORT_PDF} (its page)": page for page in pages}
        refuse_leaks(
            told,
            case.broker.dataset,
            _spoken(result, spec, host),
            host.recognisers,
            place_of=place_of,
        )

    return look_over


def _spoken(result: AuditResult, spec: AuditSpec, host: Host) -> Spoken:
    released = set(spec.report.released)
    if spec.data.unit in released:
        released.add(UNIT)
    return Spoken(
        printed=(*_printed(result, spec),),
        own=(*own_words([template_dir(), *host.template_dirs()], result.language), *_of_plugins(host)),
        titles=(*_strings({"name": spec.name, "model": spec.source.content.get("model", {})}),),
        sources=(*_sources(host),),
        shown=(*_shown(result),) if spec.report.examples == "released" else (),
        published=(*_published(result),),
        released=frozenset(released),
        are_released=spec.report.examples == "released",
    )


def _published(result: AuditResult) -> Iterator[str]:
    """Who is named in governance records, which are written to be published, and how to reach them."""
    for record in result.governance:
        for one in record.people:
            yield from (said for said in (one.name, one.contact) if said)


def _printed(result: AuditResult, spec: AuditSpec) -> Iterator[str]:
    content = spec.source.content
    yield from _strings({key: value for key, value in content.items() if key not in ("name", "model")})
    yield from _strings(result.policy.model_dump(mode="json"))
    yield from _strings(list(result.provenance.libraries))


def _of_plugins(host: Host) -> Iterator[str]:
    for plugin in host.plugins:
        yield from (plugin.name, plugin.distribution)
    for offers in (host.checks, host.adapters, host.loaders, host.exporters):
        for offer in offers.values():
            yield from (offer.id, offer.title, offer.text)
    for check in host.checks.values():
        for card in check.metrics:
            yield from _strings(card.model_dump(mode="json"))


def _shown(result: AuditResult) -> Iterator[str]:
    for finding in result.findings:
        for one in finding.evidence:
            if isinstance(one, Example):
                said = one.model_dump(mode="json")
                yield from _strings(said)
                # The pieces of a text follow each other: a run of words goes over several.
                yield "".join(piece["says"] for piece in said.get("pieces", ()) if isinstance(piece["says"], str))


def _sources(host: Host) -> Iterator[str]:
    for plugin in host.plugins:
        file = getattr(plugin.module, "__file__", None)
        if file is None or not file.endswith(".py"):
            continue
        path = Path(file)
        for one in sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]:
            yield one.read_text(encoding="utf-8", errors="replace")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key)
            yield from _strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one)
