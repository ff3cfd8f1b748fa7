"""Keyword-only parameters of a plugin's function become its options: validated, with types for docs and JSON schema."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from auditkit.errors import AuditError, PluginError, did_you_mean
from auditkit.textfile import TextFile

RESERVED = frozenset(
    """
    checkpoints train adapter path device batch_size labels signature_key reference_model loader audit training
    reference input target positive threshold score_kind groups unit weights salt_file period quasi_identifiers
    readers expected missing protected_inputs scores predicted classes spread lower upper level user item rating time
    users items item_groups provider contraindications rankings k generated use task data target_classes history
    split_at holdout spec_folder kept bands canaries canaries_commitment claimed_epsilon claimed_delta
    """.split()  # noqa: SIM905  forty words are read more easily than forty strings
)
"""Keys of the spec. A plugin's option may not take one of these names; an adapter or a loader that names one in its
signature is given the spec's value."""


_SAYS_SECRET = re.compile(r"key|token$|secret|password|bearer|authorization", re.IGNORECASE)
_NO_SECRETS = 'no secret stands in a spec: key_env = "OPENAI_API_KEY" names the environment variable that holds it'


_LITERAL = re.compile(r"'[^']*'")


class _Strict(BaseModel):
    # Strict, so that "5" is not taken for 5; TOML and YAML carry types.
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)


@dataclass(frozen=True)
class Option:
    """One option of a plugin, as people read it."""

    name: str
    type: str
    default: Any
    required: bool


class OptionError(AuditError):
    """A value that an option does not take.

    `key` says which, so that a caller can point at its line; `problem` is "unknown", "missing" or "wrong".
    """

    def __init__(self, message: str, *, hint: str = "", key: str = "", problem: str = "wrong") -> None:
        super().__init__(message, hint=hint)
        self.key = key
        self.problem = problem


def said_options(options: Mapping[str, Any]) -> str:
    """Options as a spec would write them, by name; those that were left empty say nothing and are left out."""
    from auditkit.initing.toml import toml_value

    given = {
        name: value.name if isinstance(value, TextFile) else value
        for name, value in sorted(options.items())
        if value is not None and value not in ("", [], {}, ())
    }
    return ", ".join(f"{name} = {toml_value(value)}" for name, value in given.items())


def keyword_parameters(function: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    """The keyword-only parameters of a function, in order."""
    parameters = inspect.signature(function).parameters.values()
    return tuple(p for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY)


def given_by_host(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names in the signature that are keys of the spec: the host fills them, the user does not write them twice."""
    return tuple(p.name for p in keyword_parameters(function) if p.name in RESERVED)


def text_file_options(function: Callable[..., Any]) -> tuple[str, ...]:
    """The options that name a text file, which is read when the audit is planned."""
    return tuple(name for name, hint in _hints(function).items() if TextFile in (hint, *get_args(hint)))


def describe_options(function: Callable[..., Any]) -> tuple[Option, ...]:
    """What a user may write, for help, docs and the scaffold."""
    hints = _hints(function)
    return tuple(
        Option(
            p.name,
            _type_name(hints.get(p.name, Any)),
            None if p.default is p.empty else p.default,
            required=p.default is p.empty,
        )
        for p in keyword_parameters(function)
        if p.name not in RESERVED
    )


def validate_options(
    function: Callable[..., Any], given: Mapping[str, Any], *, owner: str, beside: Iterable[str] = ()
) -> dict[str, Any]:
    """Check what the user wrote against the signature, and fill in the defaults.

    Args:
        function: the plugin's function; its keyword-only parameters are the options.
        given: option names and values from the spec.
        owner: who has the options, for messages, e.g. "check 'fairness.gaps'".
        beside: other keys that may stand in the same table, for "did you mean".

    Raises:
        OptionError: an unknown name, a missing one, or a value of the wrong type.
    """
    known = {option.name: option for option in describe_options(function)}
    for name in given:
        if name not in known:
            raise OptionError(
                f"{owner} has no option '{name}'",
                hint=_NO_SECRETS
                if "key_env" in known and _SAYS_SECRET.search(name)
                else did_you_mean(name, {*known, *beside}, otherwise=_known_options(known)),
                key=name,
                problem="unknown",
            )
    try:
        # By way of JSON, where a list may be a tuple, and a text a path or a date: no spec can write them otherwise.
        model = _model(function).model_validate_json(json.dumps(dict(given), default=str))
    except ValidationError as error:
        raise _explain(error, known, owner) from None
    return {name: getattr(model, name) for name in known}


def _as_toml(default: Any) -> str:
    """A default as a spec writes it."""
    return json.dumps(default, ensure_ascii=False) if isinstance(default, list | tuple | bool | str) else repr(default)


def _example(option: Option, begin: str = "for example") -> str:
    """A value that the option takes, as far as its type or its default tells one."""
    if choices := _choices(option):
        return f"write {option.name} = {' or '.join(choices)}".replace("'", '"')
    if "datetime.date" in option.type:
        return f"{begin}: {option.name} = 2026-11-22"
    if option.required:
        written, words = _WRITTEN.get(option.type, (f"... ({option.type})", f"a {option.type}"))
        return f"add: {option.name} = {written}" if begin == "add" else f"write {words}"
    if option.default in (None, ()) and _bare(option.type) in _WRITTEN:
        return f"{begin}: {option.name} = {_WRITTEN[_bare(option.type)][0]}"
    return f"{begin}: {option.name} = {_as_toml(option.default)}"


_WRITTEN = {
    "str": ('"..."', "a text"),
    "int": ("1", "a whole number"),
    "float": ("0.5", "a number"),
    "bool": ("true", "true or false"),
    "TextFile": ('"FILE", a text file beside the spec', "the name of a file beside the spec"),
    "tuple[str, ...]": ('["..."]', "a list of texts"),
    "list[str]": ('["..."]', "a list of texts"),
}
"""What a type is written as, and what people call it."""


def _bare(name: str) -> str:
    """A type that may also be left out, without that, and a text file's by its own name."""
    bare = name.removesuffix(" | None")
    return "TextFile" if bare.endswith(".TextFile") else bare


def _said_type(name: str) -> str:
    """What people call a type."""
    bare = _bare(name)
    return _WRITTEN[bare][1] if bare in _WRITTEN else name


def _choices(option: Option) -> list[str]:
    """What an option can be, when it is one of a few words."""
    return _LITERAL.findall(option.type) if option.type.startswith("Literal[") else []


def _known_options(known: Mapping[str, Option]) -> str:
    return f"its options are: {', '.join(sorted(known))}" if known else "it has no options"


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The types of the options alone: what a path or a case is called in the signature need not be importable here."""
    annotated = {p.name: p.annotation for p in keyword_parameters(function) if p.annotation is not p.empty}
    holder = type("Options", (), {"__annotations__": annotated, "__module__": function.__module__})
    try:
        return get_type_hints(holder, globalns=getattr(function, "__globals__", {}))
    except NameError as error:
        raise PluginError(
            f"the options of '{function.__qualname__}' cannot be read: {error}",
            hint="import the types of options at the top of the module, not under TYPE_CHECKING",
        ) from error


def _model(function: Callable[..., Any]) -> type[_Strict]:
    hints = _hints(function)
    fields: dict[str, Any] = {
        p.name: (hints.get(p.name, Any), ... if p.default is p.empty else p.default)
        for p in keyword_parameters(function)
        if p.name not in RESERVED
    }
    try:
        return create_model("Options", __base__=_Strict, **fields)
    except (TypeError, NameError) as error:  # an annotation that pydantic cannot read is the plugin's mistake
        raise PluginError(f"the options of '{function.__qualname__}' cannot be read: {error}") from error


def _explain(error: ValidationError, known: Mapping[str, Option], owner: str) -> OptionError:
    first = error.errors()[0]
    name = str(first["loc"][0])
    option = known[name]
    if first["type"] == "missing":
        return OptionError(
            f"{owner} needs the option '{name}'", hint=_example(option, "add"), key=name, problem="missing"
        )
    # What stands where a secret is named may be the secret.
    shown = "not shown" if _SAYS_SECRET.search(name) else repr(first["input"])
    wanted = f"one of {', '.join(_choices(option))}" if _choices(option) else _said_type(option.type)
    return OptionError(
        f"{owner}: option '{name}' is {shown}, wanted {wanted}",
        hint=_example(option),
        key=name,
    )


def _type_name(hint: Any) -> str:
    if isinstance(hint, type) and not get_args(hint):
        return hint.__name__
    return str(hint).replace("typing.", "").replace("collections.abc.", "")
