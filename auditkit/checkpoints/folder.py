"""What lies in a model's folder, looked at before any of it is loaded: pickles and code are refused unless allowed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit.checkpoints.head import Head
from auditkit.checkpoints.lora import Lora
from auditkit.checkpoints.settings import read_object
from auditkit.checkpoints.shards import PICKLES, WEIGHTS, refuse_named_weights, refuse_strange_shards
from auditkit.document import Text
from auditkit.errors import ModelError


@dataclass(frozen=True)
class ModelFolder:
    """A folder that transformers wrote for a model, and what the user has allowed of it."""

    path: Path
    head: Head
    config: dict[str, Any]
    is_pickle: bool = False
    runs_code: bool = False
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    """What of it runs code, by leave of the spec."""
    lora: Lora | None = None
    """An adapter in another folder, which is merged into this one's model."""

    @classmethod
    def inspected(
        cls, path: Path, head: Head, *, trust_pickle: bool, trust_remote_code: bool, base: Path | None = None
    ) -> ModelFolder:
        """Look at a folder; of an adapter's, with `base`, at the folder of its base.

        Raises:
            ModelError: it is no folder, lacks config or weights, or holds what must be allowed first.
        """
        if not path.is_dir():
            raise ModelError(f"the model '{called(path)}' is no folder", hint=head.save)
        lora = Lora.read(path)
        if lora is not None:
            path = _base_of(path, base)
        config = _config(path, head)
        refuse_named_weights(config)
        _refuse_quantised(config, head)
        _refuse_kernels(config)
        is_pickle = _is_pickle(path, head, allowed=trust_pickle)
        both = (path,) if lora is None else (path, lora.path)
        code = _code(both, config, head, allowed=trust_remote_code)
        trusted = _trusted(path, is_pickle=is_pickle, code=code)
        return cls(
            path,
            head,
            config,
            is_pickle=is_pickle,
            runs_code=bool(code),
            notes=(*_notes(path), *_own_tokenizer(lora)),
            trusted=trusted,
            lora=lora,
        )

    @property
    def of_tokenizer(self) -> Path:
        """Where the tokenizer lies: beside an adapter that was saved with the one that it was trained with."""
        return self.lora.path if self.lora is not None and _own_tokenizer(self.lora) else self.path


def _base_of(adapter: Path, base: Path | None) -> Path:
    """The folder of an adapter's base: it is there, and no adapter itself."""
    if base is None:
        raise ModelError(
            f"the model folder '{called(adapter)}' holds an adapter, 'adapter_config.json', whose base lies elsewhere",
            hint="merge it first: model.merge_and_unload().save_pretrained(folder)",
        )
    if not base.is_dir():
        raise ModelError(f"the base '{called(base)}' of the adapter is no folder", hint="[model] base names a folder")
    if (base / "adapter_config.json").exists():
        raise ModelError(
            f"the base '{called(base)}' of the adapter is an adapter too",
            hint="merge that one first: model.merge_and_unload().save_pretrained(folder)",
        )
    return base


def _own_tokenizer(lora: Lora | None) -> tuple[Text, ...]:
    """A note where an adapter has a tokenizer of its own, which may have other words, or another chat template."""
    if lora is None or not (lora.path / "tokenizer_config.json").is_file():
        return ()
    return (Text.of("the tokenizer is the one that lies with the adapter"),)


def _config(path: Path, head: Head) -> dict[str, Any]:
    file = path / "config.json"
    if not file.is_file():
        raise ModelError(f"the model folder '{called(path)}' holds no 'config.json'", hint=head.save)
    return read_object(file, hint=head.save)


def _is_pickle(path: Path, head: Head, *, allowed: bool) -> bool:
    """Whether the weights are a pickle, because there are no safetensors."""
    if any((path / name).is_file() for name in WEIGHTS):
        _look_into_index(path, WEIGHTS, head, ending=".safetensors")
        return False
    pickle = next((name for name in PICKLES if (path / name).is_file()), None)
    if pickle is None:
        raise ModelError(f"the model folder '{called(path)}' holds no weights: no 'model.safetensors'", hint=head.save)
    if not allowed:
        raise ModelError(
            f"the weights of the model are a pickle, '{pickle}', which can run code",
            hint="save them as safetensors: model.save_pretrained(folder); or [model] trust_pickle = true",
        )
    _look_into_index(path, PICKLES, head, ending=".bin")
    return True


def _look_into_index(path: Path, names: tuple[str, str], head: Head, *, ending: str) -> None:
    """Hold the index of shards, when there is one in the place of a single file, against what lies in the folder."""
    single, index = names
    if not (path / single).is_file():
        refuse_strange_shards(path, index, read_object(path / index, hint=head.save), ending=ending)


def _code(paths: tuple[Path, ...], config: dict[str, Any], head: Head, *, allowed: bool) -> str:
    """The code that the settings of some folders name; empty: none."""
    settings = [path / name for path in paths for name in head.settings if (path / name).is_file()]
    named = [config.get("auto_map"), *(read_object(file, hint=head.save).get("auto_map") for file in settings)]
    code = ", ".join(sorted({str(value) for table in named for value in _flat(table)}))
    if code and not allowed:
        raise ModelError(
            f"the model needs code of its own: 'auto_map' names {code[:200]}",
            hint="read that code; if you trust it: [model] trust_remote_code = true",
        )
    return code


def _refuse_quantised(config: dict[str, Any], head: Head) -> None:
    """Refuse weights that were quantised: in float32 the model would be another than the one that is used."""
    settings = config.get("quantization_config")
    if settings:
        method = settings.get("quant_method", "unnamed") if isinstance(settings, dict) else settings
        raise ModelError(
            f"the weights are quantised, by the method '{str(method)[:60]}', and {head.adapter} runs float32 alone",
            hint='audit its answers from a file, [model] adapter = "recorded", or the model before it was quantised',
        )


def _refuse_kernels(config: dict[str, Any]) -> None:
    """Refuse layers that transformers would fetch compiled from a hub (its `integrations/hub_kernels.py`)."""
    for part in (config, *(value for value in config.values() if isinstance(value, dict))):
        for key in ("attn_implementation", "_attn_implementation", "experts_implementation"):
            named = [str(name) for name in _flat(part.get(key)) if "/" in str(name)]
            if named:
                raise ModelError(
                    f"config.json asks for compiled code of a hub: '{key}' is '{named[0][:100]}'",
                    hint=f"take '{key}' out of config.json: the model's weights are the same without it",
                )


def _flat(value: Any) -> list[str]:
    """The names in a setting: texts, lists of texts, or a table of them."""
    if isinstance(value, dict):
        return [name for item in value.values() for name in _flat(item)]
    if isinstance(value, list | tuple):
        return [name for item in value for name in _flat(item)]
    return [] if value is None else [str(value)]


def _notes(path: Path) -> tuple[Text, ...]:
    snapshot = snapshot_of(path)
    if snapshot is None:
        return ()
    message = "the model was read from the Hugging Face cache: '{name}', commit {commit}"
    return (Text.of(message, name=snapshot[0], commit=snapshot[1]),)


def _trusted(path: Path, *, is_pickle: bool, code: str) -> tuple[Text, ...]:
    trusted = []
    if is_pickle:
        pickle = next(name for name in PICKLES if (path / name).is_file())
        trusted.append(Text.of("the weights were read from a pickle, '{file}', which the spec allows", file=pickle))
    if code:
        trusted.append(Text.of("code of the model's own was run, which the spec allows: {code}", code=code[:500]))
    return tuple(trusted)


def snapshot_of(path: Path) -> tuple[str, str] | None:
    """The hub id and the commit of a cached snapshot's folder; None for any other folder."""
    repository = path.parent.parent.name
    if path.parent.name != "snapshots" or not repository.startswith("models--"):
        return None
    return repository.removeprefix("models--").replace("--", "/", 1), path.name


def called(path: Path) -> str:
    """What people call a model: its folder's name, or its hub id."""
    snapshot = snapshot_of(path)
    return path.name if snapshot is None else snapshot[0]
