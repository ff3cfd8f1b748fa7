"""A draft as the text of a spec, in the order of the documentation, with a comment behind what was not asked."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from auditkit.initing.drafting import Draft, Line
from auditkit.initing.toml import toml_key, toml_value
from auditkit.terminal import printable

_WIDE = 116
_COMMENTS_AT = 32
_ORDER = (
    "loader", "encoding", "separator", "columns", "audit", "training", "reference", "split_at", "holdout", "users",
    "user", "item", "rating", "time", "input", "target", "scores", "classes", "score_kind", "predicted", "spread",
    "lower", "upper", "level", "generated", "positive", "threshold", "groups", "bands", "unit", "weights",
)  # fmt: skip
"""Of `[data]`; others come behind these."""

_CLASSES = {"ClassScores", "LabelScores"}

_RULES_OF_CLASSES = """\
# What decides. The pack "baseline" is auditkit's start and not your release policy: `auditkit policies` prints its
# rules. Write your own below, each with its reason; extends = [] leaves the pack out.
extends = ["baseline"]
# min_group_size = 30           # smaller groups never make a rule pass

# [[policy.rules]]
# metric = "equal_opportunity_difference"
# group = {group}
# max = 0.10
# because = "the article, standard or decision that this bound carries out"
"""

_RULES_OF_OTHERS = """\
# What decides. The pack "baseline" judges classes alone, so that nothing is judged here yet, and the verdict will be
# "inconclusive" until you write a rule. auditkit cannot know your bound.
extends = []

# [[policy.rules]]
# metric = "{metric}"
# {bound} = ...
# because = "the article, standard or decision that this bound carries out"
"""

_OF_KIND = {
    "Values": ("mean_absolute_error", "max"),
    "Rankings": ("ndcg_at_10", "min"),
    "TokenLabels": ("entity_recall", "min"),
    "Texts": ("refusal_rate", "max"),
}

_END = """\
[report]
formats = ["html", "pdf"]       # html alone is made sooner
# evidence = "rows"             # what lets others recompute the numbers: rows, aggregates, none; never inputs

# [signing]
# key = "audit.key"             # `auditkit keygen` makes one; without it everything says UNTRUSTED KEY
"""


def spec_text(draft: Draft, *, spec: str) -> str:
    """The whole spec, as TOML with comments.

    Args:
        draft: what it says.
        spec: the name of its file, for the commands in its first lines.
    """
    file = printable(spec)
    head = "# Written by auditkit init: read every line, above all those that say how they were guessed. Then:\n"
    commands = f"#\n#     auditkit plan {file}\n#     auditkit run {file}\n"
    ordered = sorted(draft.data.items(), key=lambda item: _ORDER.index(item[0]) if item[0] in _ORDER else len(_ORDER))
    parts = [
        head + commands,
        _section("", draft.top),
        _section("[model]", draft.model),
        _section("[data]", dict(ordered)),
        "# no [[checks]]: every check that applies is run; `auditkit checks` lists them\n",
        _policy(draft),
        _END,
    ]
    return "\n".join(parts)


def _policy(draft: Draft) -> str:
    if draft.kind in _CLASSES:
        groups = draft.data.get("groups")
        named = groups.value[0] if groups is not None and not groups.is_off and groups.value else "sex"
        return "[policy]\n" + _RULES_OF_CLASSES.replace("{group}", toml_value(str(named)))
    metric, bound = _OF_KIND.get(draft.kind, ("METRIC", "max"))
    return "[policy]\n" + _RULES_OF_OTHERS.replace("{metric}", metric).replace("{bound}", bound)


def _section(header: str, lines: Mapping[str, Line]) -> str:
    written = [header] if header else []
    for key, line in lines.items():
        written += _written(key, line)
    return "\n".join(written) + "\n"


def _written(key: str, line: Line) -> Iterator[str]:
    """A key with its comment behind it, or above it where both are long."""
    off = "# " if line.is_off else ""
    said = f"{off}{toml_key(key)} = {toml_value(line.value)}"
    comment = printable(line.why)
    if not comment:
        yield from _unfolded(said, line)
    elif len(said) + len(comment) + 3 <= _WIDE and len(said) < _WIDE - _COMMENTS_AT:
        yield f"{said:<{_COMMENTS_AT - 1}} # {comment}"
    else:
        yield from (f"# {part}" for part in textwrap.wrap(comment, _WIDE - 2, break_long_words=False))
        yield from _unfolded(said, line)


def _unfolded(said: str, line: Line) -> Iterator[str]:
    """A long list with an item a line."""
    if len(said) <= _WIDE or not isinstance(line.value, list | tuple):
        yield said
        return
    start, off = said.partition("[")[0], "# " if line.is_off else ""
    joined = ", ".join(toml_value(item).replace(" ", "\0") for item in line.value)
    # Between items alone: a name may hold hyphens, and be longer than a line.
    items = textwrap.wrap(joined, _WIDE - 8, break_on_hyphens=False, break_long_words=False)
    yield f"{start}["
    yield from (f"{off}    {part}".replace("\0", " ") for part in items)
    yield f"{off}]"
