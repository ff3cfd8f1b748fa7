"""From a folder of transformers to its model, offline; a model with weights that nobody trained is refused."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from auditkit.checkpoints.folder import ModelFolder, called
from auditkit.checkpoints.lora import LoraWeights
from auditkit.checkpoints.settings import some
from auditkit.checkpoints.shards import (
    PICKLES,
    WEIGHTS,
    WRAPPED,
    stored_types,
    tensor_names,
    weight_files,
    whole_numbers,
    wrapped,
)
from auditkit.checkpoints.sizes import refuse_oversized
from auditkit.checkpoints.torchfiles import look_into_torch_file, read_torch_file
from auditkit.document import Text
from auditkit.errors import AuditError, ModelError


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep progress bars, load reports and warnings of transformers off the console: what matters becomes an error."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def load_model(folder: ModelFolder) -> tuple[Any, tuple[Text, ...]]:
    """The module, in float32 and for evaluation, and what loading it has to tell.

    Raises:
        ModelError: it cannot be loaded as what it should be, or some of its weights are not in the folder or are
            no numbers.
    """
    import torch

    _refuse_type(folder)
    _refuse_bombs(folder)
    weights = None if folder.lora is None else LoraWeights.read(folder.lora)
    before = _before_names(folder)
    # Mismatched sizes are let through here, to be refused below by name.
    model, info = load_part(
        folder,
        "model",
        folder.head.auto_class,
        use_safetensors=not folder.is_pickle,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
        dtype=torch.float32,  # else weights in float32 would be rounded to what the config says of them
        **_outputs(folder, weights),
        **({} if before is None else {"key_mapping": {WRAPPED.pattern: ""}}),
    )
    refuse_untrained(_needed(info, folder, weights), folder.head.trained_as)
    unused = unused_weights(info, model)
    if not folder.is_pickle:
        _refuse_whole_numbers(folder, model, before or "")
    model = model.to(torch.float32).eval()
    merged = () if weights is None else weights.merge(model, called(folder.path))
    _refuse_infinite(model)
    return model, (*_stored(folder), *_taken_off(before), *unused, *merged)


def _before_names(folder: ModelFolder) -> str | None:
    """What stands before the names of all weights, because a wrapped module was saved; None: nothing."""
    if folder.is_pickle:
        files = weight_files(folder.path, PICKLES)
        names = [name for file in files for name in _names_in(file)]
    else:
        with _telling(folder, "model", folder.head.auto_class):
            names = list(tensor_names(weight_files(folder.path, WEIGHTS)))
    return wrapped(names)


def _names_in(pickle: Path) -> Iterable[str]:
    """The names of the tensors in a file of torch's, which the spec trusts.

    Raises:
        ModelError: it holds more than a model's weights: transformers would find none of them.
    """
    content = read_torch_file(pickle, trust_pickle=True).content
    names = list(content) if isinstance(content, Mapping) else []
    under = next((name for name in names if isinstance(content[name], Mapping)), None)
    if under is not None:
        raise ModelError(
            f"'{pickle.name}' holds a state under '{under}', and not the weights alone",
            hint="load it into the model that was trained, then model.save_pretrained(folder)",
        )
    return [str(name) for name in names]


def _taken_off(before: str | None) -> tuple[Text, ...]:
    message = "the names of the weights hold {prefixes}, which the module's lack and which was taken off"
    return () if before is None else (Text.of(message, prefixes=f"'{before}'"),)


def _outputs(folder: ModelFolder, weights: LoraWeights | None) -> dict[str, Any]:
    """As many outputs as the head has that lies with an adapter, where its base has another number."""
    count = None if weights is None else weights.outputs()
    if count is None or not folder.head.auto_class.endswith("Classification"):
        return {}
    import transformers

    with _telling(folder, "config", "AutoConfig"):
        config = transformers.AutoConfig.from_pretrained(
            folder.path, local_files_only=True, trust_remote_code=folder.runs_code
        )
    return {} if config.num_labels == count else {"num_labels": count}


def _needed(info: dict[str, Any], folder: ModelFolder, weights: LoraWeights | None) -> dict[str, Any]:
    """What loading has to tell, without the gaps that an adapter fills and those that do not matter."""
    spare, filled = folder.head.spare, set() if weights is None else set(weights.whole)
    missing = {name for name in info["missing_keys"] if name not in filled and not (spare and name.startswith(spare))}
    return info | {
        "missing_keys": missing,
        "mismatched_keys": {one for one in info["mismatched_keys"] if one[0] not in filled},
    }


def _refuse_type(folder: ModelFolder) -> None:
    """Refuse a type that transformers knows and has no such head for: a model of images is no text classifier.

    Also one that was saved with another head: a classifier of tokens has weights of the same names and shapes.
    """
    from transformers.models.auto import modeling_auto
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    of_type = str(folder.config.get("model_type"))
    is_known = of_type in CONFIG_MAPPING_NAMES and not folder.runs_code
    if is_known and of_type not in getattr(modeling_auto, folder.head.types):
        raise ModelError(
            f"the model in '{called(folder.path)}' is a '{of_type}', of which transformers has no {folder.head.called}",
            hint='any other model is audited by its answers in a file: [model] adapter = "recorded"',
        )
    if not folder.runs_code:
        _refuse_head(folder)


def _refuse_head(folder: ModelFolder) -> None:
    own = folder.head.auto_class.removeprefix("AutoModel")
    saved = [str(name) for name in folder.config.get("architectures") or ()]
    if saved and saved[0].endswith("Classification") and not saved[0].endswith(own):
        raise ModelError(
            f"the model in '{called(folder.path)}' was saved as a '{saved[0]}', which is no {folder.head.called}",
            hint=f"name the adapter that opens it: {folder.head.adapter} opens what ends in {own}",
        )


def _refuse_bombs(folder: ModelFolder) -> None:
    """Refuse what would take memory that its files do not account for, before any is taken."""
    import transformers

    _refuse_counts(folder)
    files = weight_files(folder.path, PICKLES if folder.is_pickle else WEIGHTS)
    for file in files if folder.is_pickle else ():
        look_into_torch_file(file)
    if folder.runs_code:
        return
    auto_class = folder.head.auto_class
    with _telling(folder, "model", auto_class):
        config = transformers.AutoConfig.from_pretrained(folder.path, local_files_only=True)
        refuse_oversized(lambda: getattr(transformers, auto_class).from_config(config), files)


def _refuse_counts(folder: ModelFolder) -> None:
    """Refuse counts, as of labels or layers, that transformers makes a list of when it reads the config."""
    for key, value in folder.config.items():
        if key.startswith(("num_", "n_")) and isinstance(value, int) and value > _MOST_COUNTED:
            raise ModelError(
                f"config.json describes a larger model than its files hold: '{key}' is {value:,}",
                hint="config.json was changed, or is another model's: copy the model's folder anew",
            )


_MOST_COUNTED = 1 << 20


def _refuse_infinite(model: Any) -> None:
    name = next((name for name, parameter in model.named_parameters() if not parameter.isfinite().all()), None)
    if name is not None:
        raise ModelError(
            f"the weights of the model are damaged: '{name}' holds NaN or infinite numbers",
            hint="its training went wrong, or its file: audit a folder whose model was saved before that",
        )


def _refuse_whole_numbers(folder: ModelFolder, model: Any, before: str) -> None:
    """Refuse weights that were quantised and whose config does not say so: torch would take them as they are."""
    floats = {f"{before}{name}" for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
    name = next((name for name in whole_numbers(weight_files(folder.path, WEIGHTS)) if name in floats), None)
    if name is not None:
        raise ModelError(
            f"'{name}' is stored in whole numbers, and the model holds floating ones: these are other numbers",
            hint='audit the model before it was quantised, or its answers in a file: [model] adapter = "recorded"',
        )


def _stored(folder: ModelFolder) -> tuple[Text, ...]:
    """A note where the weights are not stored in float32; of a pickle, which has no header, the config is believed."""
    if folder.is_pickle:
        types: tuple[str, ...] = (str(folder.config.get("dtype", folder.config.get("torch_dtype")) or "float32"),)
    else:
        types = stored_types(weight_files(folder.path, WEIGHTS))
    if set(types) <= {"float32"}:
        return ()
    message = "the weights are stored as {stored}; the model was run in float32"
    return (Text.of(message, stored=", ".join(types)),)


def load_part(folder: ModelFolder, what: str, auto_class: str, **options: Any) -> Any:
    """What one of transformers' classes makes of a folder, without asking anybody else.

    Args:
        folder: the model's.
        what: `model`, `tokenizer`, ..., for messages.
        auto_class: the class's name, e.g. `AutoTokenizer`.
        options: of its `from_pretrained`.

    Raises:
        ModelError: it cannot be loaded.
    """
    import transformers

    load = getattr(transformers, auto_class).from_pretrained
    with _telling(folder, what, auto_class):
        return load(
            folder.of_tokenizer if what == "tokenizer" else folder.path,
            local_files_only=True,
            trust_remote_code=folder.runs_code,
            **options,
        )


@contextlib.contextmanager
def _telling(folder: ModelFolder, what: str, auto_class: str) -> Iterator[None]:
    """Turn what transformers raises on a folder into an error that names it."""
    try:
        yield
    except (AuditError, MemoryError):
        raise
    except Exception as error:
        # Damaged files make transformers and its readers raise anything: it is told, with its own words.
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        raise ModelError(
            f"the {what} in '{called(folder.path)}' cannot be loaded: {type(error).__name__}: {said[:300]}",
            hint=f"try it without auditkit: transformers.{auto_class}.from_pretrained(folder)",
        ) from error


def refuse_untrained(info: dict[str, Any], trained_as: str) -> None:
    """Refuse a model whose parameters are not all in its files: transformers fills the gaps with random numbers.

    Args:
        info: what `output_loading_info=True` gives: missing_keys, mismatched_keys, unexpected_keys.
        trained_as: what it should have been trained as, for messages.
    """
    mismatched = sorted(info["mismatched_keys"])
    if mismatched:
        name, stored, wanted = mismatched[0]
        raise ModelError(
            f"the weights do not fit the config: '{name}' is {_shape(stored)} in the file, where config.json "
            f"wants {_shape(wanted)}",
            hint="id2label in config.json names each class once, in the order of the model's outputs",
        )
    missing = sorted(info["missing_keys"])
    if missing:
        raise ModelError(
            f"the model is not trained: {some(missing)} {'is' if len(missing) == 1 else 'are'} not in its weights "
            "and would be random",
            hint=f"fine-tune it as {_a(trained_as)} first, then audit the folder that save_pretrained wrote",
        )


def unused_weights(info: dict[str, Any], model: Any) -> tuple[Text, ...]:
    """What the files hold and the model has no place for.

    Raises:
        ModelError: it belongs to the classifier's head, or to a layer beyond the model's last: the model would then be
            another than the one that was trained.
    """
    unused = sorted(info["unexpected_keys"])
    heads = {name for name, _ in model.named_children() if name != model.base_model_prefix} | {"classifier", "score"}
    of_head = [name for name in unused if name.partition(".")[0] in heads]
    if of_head:
        raise ModelError(
            f"the weights hold a classifier that is not this model's: {some(of_head)} would not be used",
            hint="save the model with the class that it was trained with: model.save_pretrained(folder)",
        )
    beyond = next((name for name in unused if _is_beyond(name, model)), None)
    if beyond is not None:
        raise ModelError(
            f"the weights hold '{beyond}', a layer more than config.json says: the model would be another one",
            hint="config.json was changed, or is another model's: copy the model's folder anew",
        )
    if not unused:
        return ()
    message = "{count} tensors in the model's files have no place in the model and were not used, e.g. '{name}'"
    return (Text.of(message, count=len(unused), name=unused[0]),)


def _is_beyond(name: str, model: Any) -> bool:
    """Whether a tensor belongs to a layer with a number that the model's list of layers does not reach."""
    import torch

    lists = {path: len(part) for path, part in model.named_modules() if isinstance(part, torch.nn.ModuleList)}
    parts = name.split(".")
    for place, part in enumerate(parts):
        path = ".".join(parts[:place])
        # Weights of the bare model lack its prefix.
        length = lists.get(path, lists.get(f"{model.base_model_prefix}.{path}"))
        if part.isdecimal() and length is not None and int(part) >= length:
            return True
    return False


def _shape(size: Iterable[int]) -> str:
    return "x".join(map(str, size))


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
