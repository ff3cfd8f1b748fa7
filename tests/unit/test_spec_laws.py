"""Whatever is done to a spec, reading it gives a spec or a SpecError of one line with a hint, and nothing else."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.errors import SpecError
from auditkit.spec import AuditSpec, read_spec

GOOD: dict[str, Any] = {
    "name": "x",
    "seed": 1,
    "level": 0.95,
    "task": "binary",
    "model": {"adapter": "recorded", "batch_size": 8, "labels": {"LABEL_0": "no"}},
    "data": {
        "audit": "a.csv",
        "target": "y",
        "positive": "yes",
        "threshold": 0.5,
        "groups": ["sex", "site"],
        "scores": ["p_no", "p_yes"],
        "classes": ["no", "yes"],
        "missing": ["NA"],
        "protected_inputs": {"sex": "sex_code"},
    },
    "checks": [{"use": "fairness"}, {"use": "calibration.error", "bins": 15}],
    "policy": {
        "extends": ["baseline"],
        "min_group_size": 30,
        "rules": [{"metric": "m", "max": 0.1, "because": "b", "conditions": {"severity": "3"}, "group": ["a", "b"]}],
        "waivers": [{"metric": "m", "owner": "o", "reason": "r", "expires": "2027-01-31"}],
    },
    "report": {"formats": ["html"]},
    "signing": {"key": "k", "valid_days": 3},
    "compute": {"max_rows": 10, "time_limit": 1.5, "memory_limit": 2.5},
    "plugins": {"allow": ["auditkit"], "pin": {"a": "b"}},
}

scalars = st.one_of(
    st.text(max_size=8),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.sampled_from(["html", "sex", "yes", "auto", "baseline", "2027-02-31", "1e3", "=cmd|' /C calc'!A0", "{{7*7}}"]),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


def places(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*way, key)
        yield from places(item, (*way, key))


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    content = copy.deepcopy(GOOD)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(sorted(places(content), key=repr) or [("name",)]))
        table: Any = content
        for key in way:
            table = table[key]
        change = draw(st.sampled_from(["drop", "rename", "replace", "add"]))
        if change in {"drop", "rename"} and last in (table if isinstance(table, dict) else range(len(table))):
            value = table.pop(last)
            if change == "rename" and isinstance(table, dict):
                table[draw(st.text(max_size=6))] = value
        elif change == "add" and isinstance(table, dict):
            table[draw(st.text(max_size=6))] = draw(values)
        elif isinstance(table, dict) or len(table) > (last if isinstance(last, int) else 0):
            table[last] = draw(values)
    return content


def toml(value: Any) -> str:
    """One value in TOML, tables inline, so that every mutation can be written."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{basic(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return (
        basic(value) if isinstance(value, str) else json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf")
    )


def basic(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def outcome(text: str, name: str) -> AuditSpec | SpecError:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            return read_spec(path)
        except SpecError as error:
            return error


def must_be_a_spec_or_two_lines(found: AuditSpec | SpecError, name: str) -> None:
    if isinstance(found, AuditSpec):
        assert len(found.digest) == 64
        return
    assert found.message.startswith(f"{name}:")
    assert found.message.split(":")[1].isdigit()
    assert found.hint
    assert f"{found.message}{found.hint}".isprintable()
    assert "Input should be" not in found.message
    assert "another kind" not in found.message


def test_the_unchanged_spec_is_read_but_for_its_date() -> None:
    text = "\n".join(f"{key} = {toml(value)}" for key, value in GOOD.items())
    assert isinstance(outcome(text.replace('"2027-01-31"', "2027-01-31"), "a.toml"), AuditSpec)


@settings(max_examples=300, deadline=None)
@given(mutated())
def test_any_mutation_in_toml(content: dict[str, Any]) -> None:
    text = "\n".join(f"{basic(key)} = {toml(value)}" for key, value in content.items())
    text = text.replace('"2027-01-31"', "2027-01-31")
    must_be_a_spec_or_two_lines(outcome(text, "a.toml"), "a.toml")


@settings(max_examples=150, deadline=None)
@given(mutated())
def test_any_mutation_in_yaml(content: dict[str, Any]) -> None:
    text = yaml.safe_dump(content, allow_unicode=True).replace("'2027-01-31'", "2027-01-31")
    must_be_a_spec_or_two_lines(outcome(text, "a.yaml"), "a.yaml")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["a.toml", "a.yaml"]), st.text(max_size=60))
def test_any_text(name: str, text: str) -> None:
    must_be_a_spec_or_two_lines(outcome(text, name), name)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_spec_with_a_piece_cut_out(data: st.DataObject) -> None:
    text = "\n".join(f"{key} = {toml(value)}" for key, value in GOOD.items())
    name = data.draw(st.sampled_from(["a.toml", "a.yaml"]))
    text = text if name == "a.toml" else yaml.safe_dump(GOOD)
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 40))
    must_be_a_spec_or_two_lines(outcome(text[:start] + text[start + length :], name), name)
