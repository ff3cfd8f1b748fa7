# ruff: noqa: INP001  Sphinx's configuration and `make reference` take it by its path
"""The pages of the documentation that are written from the code, so that they cannot say something else than it does.

`spec-reference.md` and `audit.schema.json` are in the tree, where they are read before anything is installed: `make
reference` writes them. The pages of checks and adapters, of what is installed, are made by `make docs` alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.host import Host
    from auditkit.offers import Offer
    from auditkit.plugin import Adapter, Check
    from auditkit.policy import Rule

HERE = Path(__file__).parent

_SPEC = """# The spec, key by key

An audit is asked for in one file, TOML or YAML. This page is written from the schema that reads it (`make reference`);
[your first audit](first-audit.md) explains the keys that most specs need. Paths are relative to the spec's folder. A
key that no table below names is refused, but in `[model]`, `[data]` and `[[checks]]`, where it is an option of the
adapter, the loader or the check (`auditkit adapters ID` and `auditkit checks ID` list them), and in `[governance]`,
where it is kept.

`docs/audit.schema.json` is the same as JSON Schema, for an editor that completes and checks TOML or YAML as it is
written.
"""

_CHECKS = """# Checks and metrics

Every check that auditkit brings, with its options, and a card for each metric: formula, source, when it is undefined,
and how it misleads. `auditkit checks ID` prints the same, for the checks of your plugins too.
"""

_ADAPTERS = """# Adapters

What auditkit opens models with, the options of each, and what their models can do beyond predicting.
`auditkit adapters ID` prints the same, for your plugins too.
"""

_POLICIES = """# Policy packs

Rules under a name, which a spec takes up by `extends`; this page is written from them (`make reference`), and
`auditkit policies NAME` prints the same. Rules of your own replace those of a pack with the same metric, check, group,
label and conditions, and the report prints the ones that were used, with the version of each pack.

```toml
[policy]
extends = ["clinical-diagnosis"]
```

A bound is a starting point, not a finding: a law or a study rarely names a number, and where a pack chose it, the
reason says so and the rule's `basis` is `decision`. Set your own, and say why. A rule in whose `needs` the data lack
something is not applicable; one that is not required is judged where something measured it, and stops no release
either way: recorded predictions have no model that could be asked about noise. `[group]` is a group's rate, `any`
every attribute and intersection.

A pack and `baseline` can be taken together. [Rule maps](rule-maps.md) are packs without rules.
"""

# What each section is called in a file, by the model that reads it.
_SECTIONS = {
    "AuditSpec": "At the top of the file",
    "ModelSpec": "`[model]`",
    "DataSpec": "`[data]`",
    "ExpectedColumns": "`[data.expected]`",
    "CheckSpec": "`[[checks]]`",
    "Policy": "`[policy]`",
    "Rule": "`[[policy.rules]]`",
    "Waiver": "`[[policy.waivers]]`",
    "Reaudit": "`[policy.reaudit]`",
    "BaselineRule": "`[policy.baseline]`, or several `[[policy.baseline]]`",
    "ReportSpec": "`[report]`",
    "SigningSpec": "`[signing]`",
    "ComputeSpec": "`[compute]`",
    "PluginsSpec": "`[plugins]`",
    "GovernanceSpec": "`[governance]`",
}  # fmt: skip

_KINDS = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "`true` or `false`"}

_FORMATS = {"date": "a date"}


def spec_page() -> str:
    """`spec-reference.md`: a table for each section, from the JSON schema of AuditSpec."""
    schema = _schema()
    models = {"AuditSpec": schema, **schema["$defs"]}
    named = [name for name in _SECTIONS if name in models]
    parts = [_SPEC]
    for name in [*named, *sorted(set(models) - set(_SECTIONS))]:
        parts += [f"## {_SECTIONS.get(name, f'`{name}`')}\n", *_summary(models[name]), _table(models[name], models)]
    return "\n".join(parts)


def _schema() -> dict[str, Any]:
    from auditkit.spec import AuditSpec

    return AuditSpec.model_json_schema()


def editor_schema() -> str:
    """`audit.schema.json`: the schema of the file as it is written, where options stand among the other keys."""
    schema = _schema()
    for section in schema["$defs"].values():
        if section["properties"].pop("options", None):
            section["additionalProperties"] = True
    said = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "The spec of an audit by auditkit",
    }
    return json.dumps(said, indent=1, sort_keys=True) + "\n"


def _summary(schema: Mapping[str, Any]) -> Iterator[str]:
    """What the section is for: its model's docstring, without the heading that repeats its name."""
    first = schema.get("description", "").split("\n\n")[0]
    _, _, said = first.rpartition("`: ") if first.startswith("`") else ("", "", first)
    if said:
        yield f"{said[0].upper()}{said[1:]}\n"


def _table(schema: Mapping[str, Any], models: Mapping[str, Any]) -> str:
    lines = ["| key | takes | unless said | |", "|---|---|---|---|"]
    for key, said in schema["properties"].items():
        if key != "options":
            cells = (f"`{key}`", _takes(said, models), _unless(key, said, schema), said.get("description", ""))
            lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _takes(said: Mapping[str, Any], models: Mapping[str, Any]) -> str:
    """In words, what a key takes."""
    if "anyOf" in said:
        kinds = [_takes(one, models) for one in said["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "$ref" in said:
        return _section_of(said["$ref"])
    if words := said.get("enum", [said["const"]] if "const" in said else []):
        return ", ".join(f'`"{one}"`' for one in words)
    if said.get("type") == "array":
        items = said.get("items", {})
        return _section_of(items["$ref"]) if "$ref" in items else f"a list of {_plural(_takes(items, models))}"
    if said.get("type") == "object":
        values = said.get("additionalProperties")
        return f"a table of {_plural(_takes(values, models))}" if isinstance(values, dict) and values else "a table"
    return _FORMATS.get(said.get("format", ""), _KINDS.get(said.get("type", ""), "anything")) + _limits(said)


def _section_of(reference: str) -> str:
    return f"see {_SECTIONS.get(reference.rpartition('/')[2], reference)}"


def _plural(kind: str) -> str:
    words = {"text": "texts", "a number": "numbers", "a whole number": "whole numbers", "anything": "anything"}
    # A list of lists, and a list of what is one of several words.
    return words.get(kind, kind.replace("a list of", "lists of", 1))


def _limits(said: Mapping[str, Any]) -> str:
    words = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "to {}", "exclusiveMaximum": "below {}"}
    limits = [words[name].format(said[name]) for name in words if name in said and said[name] != 2**53 - 1]
    return f", {' '.join(limits)}" if limits else ""


def _unless(key: str, said: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if key in schema.get("required", ()):
        return "*required*"
    if said.get("default") in (None, "", [], {}) or isinstance(said["default"], dict):
        return ""
    default = said["default"]
    shown = str(default).lower() if isinstance(default, bool) else default
    return f"`{list(shown)}`".replace("'", '"') if isinstance(shown, list) else f"`{_quoted(shown)}`"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) and value not in {"true", "false"} else f"{value}"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def check_pages(host: Host) -> dict[str, str]:
    """`checks.md` and a page an area: a section a check, with its options and the cards of its metrics."""
    areas: dict[str, list[Check]] = {}
    for check in host.checks.values():
        areas.setdefault(check.area, []).append(check)
    pages = {"checks/index.md": _CHECKS + _tree(areas)}
    for area, checks in areas.items():
        pages[f"checks/{area}.md"] = "\n".join([f"# {area}\n", *(_check(check) for check in checks)])
    return pages


def adapter_page(host: Host) -> str:
    """`adapters.md`: a section an adapter."""
    return "\n".join([_ADAPTERS, *(_adapter(adapter) for adapter in host.adapters.values())])


def _tree(names: Mapping[str, object]) -> str:
    return "\n".join(["", "```{toctree}", ":maxdepth: 1", "", *names, "```", ""])


def _check(check: Check) -> str:
    parts = [f"## {check.id}\n", f"**{_plain(check.title)}.**\n", _prose(check.text), _options(check)]
    for card in check.metrics:
        parts += [
            f"### `{card.name}`\n",
            f"{_plain(card.title)}.\n",
            *([f"* Asks: {_plain(card.asks)}"] if card.asks else []),
            f"* Formula: {_plain(card.formula)}",
            f"* Source: {_plain(card.source)}",
            f"* Undefined: {_plain(card.undefined)}",
            f"* Misleads: {_plain(card.misleads)}\n",
        ]
    return "\n".join(parts)


def _adapter(adapter: Adapter) -> str:
    from auditkit.capabilities import CAPABILITIES

    says = {name: f"yes: {which}" if which else "yes" for name, which in adapter.can.items()}
    says |= {name: f"no: {why}" for name, why in adapter.cannot.items()}
    can = [f"* {name}: {_plain(says.get(name, 'not said'))}" for name in CAPABILITIES]
    return "\n".join(
        [f"## {adapter.id}\n", f"**{_plain(adapter.title)}.**\n", _prose(adapter.text), _options(adapter), *can, ""]
    )


def _options(offer: Offer) -> str:
    lines = [
        f"* `{option.name}`: {option.type}, " + ("required" if option.required else f"`{option.default!r}` unless said")
        for option in offer.options
    ]
    return "\n".join(["Options:\n", *lines, ""]) if lines else ""


def _prose(text: str) -> str:
    return "\n\n".join(_plain(paragraph) for paragraph in text.split("\n\n")) + "\n"


def _plain(text: str) -> str:
    """Words that are no Markdown: formulas are full of stars, underscores and brackets."""
    kept = re.split(r"(`[^`]*`)", re.sub(r"\s+", " ", text))
    return "".join(part if part.startswith("`") else re.sub(r"([\\*_<>\[\]#|$~^])", r"\\\1", part) for part in kept)


def policies_page() -> str:
    """`policies.md`: the packs that auditkit brings, with the rules of each."""
    from auditkit_policies import auditkit_register_policies

    parts = [_POLICIES]
    for pack in auditkit_register_policies():
        if pack.rules:
            parts += [f"## `{pack.name}`\n", f"{pack.title}. Version {pack.version or 'of auditkit'}.\n"]
            parts += ["| rule | needs | missed | because |", "|---|---|---|---|"]
            parts += [_rule_row(rule) for rule in pack.rules] + [""]
    return "\n".join(parts)


def _rule_row(rule: Rule) -> str:
    missed = f"{rule.otherwise}{'' if rule.required else '; not required'}"
    name = rule.identified().id.replace("|", "\\|")
    return f"| `{name}` | {', '.join(rule.needs)} | {missed} | {rule.because.replace('|', chr(92) + '|')} |"


def pages_of_the_tree() -> dict[str, str]:
    """What `make reference` writes beside this file."""
    return {"spec-reference.md": spec_page(), "audit.schema.json": editor_schema(), "policies.md": policies_page()}


def write(folder: Path) -> None:
    """Write what `make docs` needs beside the pages of the tree, into `folder`/reference."""
    from auditkit.host import Host

    host = Host.installed()
    for name, text in {**check_pages(host), "adapters.md": adapter_page(host)}.items():
        path = folder / "reference" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


if __name__ == "__main__":
    for name, text in pages_of_the_tree().items():
        (HERE / name).write_text(text, "utf-8")
