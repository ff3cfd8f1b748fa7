"""Whatever a column is called, the spec that init writes says it, and nothing else."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from auditkit.initing.drafting import Draft, Line
from auditkit.initing.layout import spec_text
from auditkit.initing.toml import toml_key, toml_value

# TOML is UTF-8: half a pair of characters has no place in it.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        "年龄",
        'a "quoted" \\ name',
        "a.b c",
        "line\nbreak\r\n",
        "\x00\x1b[31m\x7f",
        "\u2028\u202e",
        "#",
        "'''",
        '"""',
        "",
    ]
)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    texts | numbers | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(texts, values)
def test_a_key_and_its_value_come_back(key, value):
    assert tomllib.loads(f"{toml_key(key)} = {toml_value(value)}") == {key: value}


@given(texts, texts, st.lists(texts, max_size=30))
def test_a_written_spec_says_what_the_draft_says_whatever_the_comments_hold(name, why, columns):
    draft = Draft(
        top={"name": Line(name, why)},
        model={"adapter": Line("recorded", why), "labels": Line({name: why}, why)},
        data={"input": Line(columns, why), "target": Line(name, why), "groups": Line(columns, why, is_off=True)},
    )
    said = tomllib.loads(spec_text(draft, spec=name))
    assert said["name"] == name
    assert said["model"] == {"adapter": "recorded", "labels": {name: why}}
    assert said["data"] == {"input": columns, "target": name}
    assert set(said) == {"name", "model", "data", "policy", "report"}
