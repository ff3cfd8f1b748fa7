"""What the adapters are timed on: a model of realistic shape, its rows, and the ways that predict them."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import bare
from benchmarks.overhead import WORDS

BATCHES = (8, 16, 32, 64, 128, 256)
"""Batch sizes that bare loops and pipelines are tried with."""
GPU_BATCHES = (*BATCHES, 512, 1024)
TABLE_BATCHES = (1024, 4096, 16_384, 65_536)


@dataclass(frozen=True)
class Contest:
    """One adapter on its rows, and who does the same without auditkit."""

    name: str
    rows: int
    ours: Callable[[], Any]
    """Predicts all rows into a fresh store, in batches as the adapter and the broker choose them."""
    bare: Callable[[int, int], Any]
    """The first so many rows, so many at once; the answers in the order of the rows."""
    pipeline: Callable[[int, int], Any] | None
    """The same through `transformers.pipeline`."""
    agree: Callable[[Any, Any], bool]
    """Whether two answers are the same, but for rounding."""
    sizes: Sequence[int] = BATCHES


def close(one: Any, other: Any) -> bool:
    """Whether scores [n, classes] are the same but for rounding."""
    return bool(np.allclose(one, other, atol=1e-4))


_TIES = 0.02


def nearly_all(one: Any, other: Any) -> bool:
    """Whether lists of entities are the same, but for a few where two labels were as likely as one another."""
    same = [list(map(tuple, row)) == list(map(tuple, rest)) for row, rest in zip(one, other, strict=True)]
    return sum(same) >= len(same) * (1 - _TIES)


def notes_of(count: int, *, most: int = 480) -> list[str]:
    """Notes whose lengths are log-normal around 60 words, as those of clinics are: many short ones, a few long."""
    draw = random.Random(7)
    lengths = (min(max(int(draw.lognormvariate(4.1, 0.8)), 3), most) for _ in range(count))
    return [" ".join(draw.choice(WORDS) for _ in range(length)) for length in lengths]


def texts(folder: Path, count: int, layers: int = 4, width: int = 256, device: str = "cpu") -> Contest:
    """`text-classifier`: a BERT with random weights, on notes of mixed length."""
    save_bert(folder / "model", "BertForSequenceClassification", layers, width, labels=("no", "yes"))
    notes = notes_of(count)
    write_column(folder / "rows.csv", "note", notes)
    broker = opened(folder, "text-classifier", 'path = "model"', 'input = "note"', device=device)
    module, tokenizer = broker.model.module, broker.model.encoder.tokenizer
    piped = pipeline("text-classification", module, tokenizer=tokenizer)

    def by_pipeline(rows: int, size: int) -> Any:
        found = piped(notes[:rows], batch_size=size, truncation=True, top_k=None)
        return np.array(
            [[{one["label"]: one["score"] for one in row}[name] for name in ("no", "yes")] for row in found]
        )

    return Contest(
        "text-classifier",
        count,
        lambda: predicted(broker, folder).scores,
        lambda rows, size: bare.texts(module, tokenizer, notes[:rows], size),
        by_pipeline,
        close,
        BATCHES if device == "cpu" else GPU_BATCHES,
    )


def entities(folder: Path, count: int, layers: int = 4, width: int = 256, device: str = "cpu") -> Contest:
    """`token-classifier`: the same with five tags, and entities put together from words."""
    tags = ("O", "B-DRUG", "I-DRUG", "B-AGE", "I-AGE")
    save_bert(folder / "model", "BertForTokenClassification", layers, width, labels=tags)
    notes = notes_of(count)
    write_column(folder / "rows.csv", "note", notes)
    broker = opened(folder, "token-classifier", 'path = "model"', 'input = "note"', device=device)
    module, tokenizer = broker.model.module, broker.model.windows.tokenizer
    piped = pipeline("token-classification", module, tokenizer=tokenizer, aggregation_strategy="first")

    def by_pipeline(rows: int, size: int) -> Any:
        found = piped(notes[:rows], batch_size=size)
        return [[(one["start"], one["end"], one["entity_group"]) for one in row] for row in found]

    return Contest(
        "token-classifier",
        count,
        lambda: [[span[:3] for span in row] for row in predicted(broker, folder).spans],
        lambda rows, size: bare.entities(module, tokenizer, notes[:rows], size),
        by_pipeline,
        nearly_all,
        BATCHES if device == "cpu" else GPU_BATCHES,
    )


def images(folder: Path, count: int, layers: int = 6, width: int = 192, device: str = "cpu") -> Contest:
    """`image-classifier`: a small ViT for 224 x 224 pixels, on PNG and JPEG files in turns."""
    import torch
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

    torch.manual_seed(3)
    config = ViTConfig(
        hidden_size=width, num_hidden_layers=layers, num_attention_heads=max(1, width // 64),
        intermediate_size=4 * width, id2label={0: "benign", 1: "malignant"}, label2id={"benign": 0, "malignant": 1},
    )  # fmt: skip
    ViTForImageClassification(config).save_pretrained(folder / "model")
    ViTImageProcessorPil().save_pretrained(folder / "model")
    names = save_pictures(folder, count)
    write_column(folder / "rows.csv", "path", names)
    broker = opened(folder, "image-classifier", 'path = "model"', 'input = "path"', device=device)
    module, processor = broker.model.module, broker.model.images.prepare.processor
    paths = [folder / name for name in names]
    piped = pipeline("image-classification", module, image_processor=processor)

    def by_pipeline(rows: int, size: int) -> Any:
        found = piped([str(path) for path in paths[:rows]], batch_size=size, top_k=2)
        return np.array(
            [[{one["label"]: one["score"] for one in row}[name] for name in ("benign", "malignant")] for row in found]
        )

    return Contest(
        "image-classifier",
        count,
        lambda: predicted(broker, folder).scores,
        lambda rows, size: bare.images(module, processor, paths[:rows], size),
        by_pipeline,
        close,
        BATCHES if device == "cpu" else GPU_BATCHES,
    )


NET = """\
from torch import nn

def build():
    first, second, third = nn.Linear({columns}, {width}), nn.Linear({width}, {width}), nn.Linear({width}, 2)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third)
"""


def network(folder: Path, count: int, columns: int = 20, width: int = 512, device: str = "cpu") -> Contest:
    """`tabular` with a torch module: three layers, on a table of numbers in Parquet."""
    import torch
    from safetensors.torch import save_file

    (folder / "net.py").write_text(NET.format(columns=columns, width=width), encoding="utf-8")
    scope: dict[str, Any] = {}
    exec(NET.format(columns=columns, width=width), scope)  # noqa: S102  the text above
    torch.manual_seed(2)
    save_file(scope["build"]().state_dict(), folder / "net.safetensors")
    frame = table_of(folder, count, columns)
    options = 'path = "net.safetensors"\nmodule = "net:build"\noutput = "logits"\nlabels = {0 = "no", 1 = "yes"}'
    broker = opened(folder, "tabular", options, input_of(frame), loader="parquet", device=device)
    module = broker.model.module
    return Contest(
        "tabular, torch",
        count,
        lambda: predicted(broker, folder).scores,
        lambda rows, size: bare.network(module, frame[:rows], size),
        None,
        close,
        TABLE_BATCHES,
    )


def estimator(folder: Path, count: int, columns: int = 20) -> Contest:
    """`tabular` with a pipeline of scikit-learn: scaling, then boosted trees."""
    import skops.io
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame = table_of(folder, count, columns)
    draw = np.random.default_rng(5)
    few = frame[:2000]
    labels = np.where(few.iloc[:, 0] + draw.normal(size=len(few)) > 0, "yes", "no")
    fitted = make_pipeline(StandardScaler(), RandomForestClassifier(50, max_depth=8, random_state=1)).fit(few, labels)
    skops.io.dump(fitted, folder / "forest.skops")
    options = 'path = "forest.skops"\ntrust_types = ["sklearn.tree._tree.Tree"]'
    broker = opened(folder, "tabular", options, input_of(frame), loader="parquet")
    return Contest(
        "tabular, scikit-learn",
        count,
        lambda: predicted(broker, folder).scores,
        lambda rows, size: bare.estimator(fitted, frame[:rows], size),
        None,
        close,
        TABLE_BATCHES,
    )


def recommender(folder: Path, count: int, items: int = 2000, factors: int = 32) -> Contest:
    """`recommender`: factors of users and items; what a user had before is left out."""
    import pandas as pd

    draw = np.random.default_rng(0)
    of_users, of_items = (draw.normal(size=(size, factors)).astype(np.float32) for size in (count, items))
    had = draw.integers(0, items // 20, (count, 20)) + np.arange(20) * (items // 20)
    users, things = [f"u{n}" for n in range(count)], [f"i{n}" for n in range(items)]
    (folder / "model").mkdir()
    np.savez(folder / "model" / "factors.npz", user_factors=of_users, item_factors=of_items)
    (folder / "model" / "users.json").write_text(json.dumps(users), encoding="utf-8")
    (folder / "model" / "items.json").write_text(json.dumps(things), encoding="utf-8")
    names = np.array(things, dtype=object)
    training = pd.DataFrame({"user": np.repeat(users, 20), "item": names[had.ravel()]})
    training.to_csv(folder / "training.csv", index=False)
    pd.DataFrame({"user": users, "item": names[draw.integers(0, items, count)]}).to_csv(
        folder / "rows.csv", index=False
    )
    broker = opened(folder, "recommender", 'path = "model"', 'training = "training.csv"\nk = 10', loader="interactions")
    order = [users.index(user) for user in broker.dataset.audit.inputs["user"][:1]]
    if order != [0]:
        raise AssertionError("users are audited in another order than they were written")
    return Contest(
        "recommender",
        count,
        lambda: predicted(broker, folder).items,
        lambda rows, size: names[bare.recommender(of_users[:rows], of_items, had[:rows], size, depth=10)],
        None,
        np.array_equal,
        (*BATCHES, 512, 1024),
    )


SPEC = """\
name = "speed"
[model]
adapter = "{adapter}"
device = "{device}"
{model}
[data]
loader = "{loader}"
audit = "{audit}"
{data}
"""


def opened(folder: Path, adapter: str, model: str, data: str, *, loader: str = "csv", device: str = "cpu") -> Any:
    """A broker whose model and data are open: what comes before predicting is not timed."""
    from auditkit.compute import Broker
    from auditkit.host import Host
    from auditkit.spec import read_spec

    audit = "rows.parquet" if loader == "parquet" else "rows.csv"
    text = SPEC.format(adapter=adapter, device=device, model=model, loader=loader, audit=audit, data=data)
    (folder / "audit.toml").write_text(text, encoding="utf-8")
    spec = read_spec(folder / "audit.toml")
    broker = Broker(spec, Host.installed(spec))
    _ = broker.dataset, broker.model
    return broker


def predicted(broker: Any, folder: Path) -> Any:
    """What the broker predicts of the audit split, batch by batch into a store that is made for it."""
    from auditkit.evidence import EvidenceStore

    # Left behind: taking the store away is no part of predicting, and the folder goes with all of them.
    return broker.predict_split("audit", EvidenceStore.open(Path(tempfile.mkdtemp(dir=folder))), "speed")


def pipeline(task: str, module: Any, **parts: Any) -> Any:
    """The peer, on the very module that auditkit has opened."""
    import transformers

    return transformers.pipeline(task, model=module, device=module.device, **parts)


def save_bert(folder: Path, kind: str, layers: int, width: int, *, labels: Sequence[str]) -> None:
    """A BERT with random weights and a tokenizer of whole words: how long it takes does not depend on what it knows."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
    words = {word: place for place, word in enumerate((*special, *WORDS))}
    raw = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), special, strict=True))
    transformers.PreTrainedTokenizerFast(tokenizer_object=raw, model_max_length=512, **names).save_pretrained(folder)
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=30_522, hidden_size=width, num_hidden_layers=layers, num_attention_heads=max(1, width // 64),
        intermediate_size=4 * width, pad_token_id=0, id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )  # fmt: skip
    module = getattr(transformers, kind)(config)
    with torch.no_grad():
        # Far enough from each other that rounding does not decide which label a word gets.
        module.classifier.weight.normal_(std=0.5)
        # Most words are part of no entity.
        module.classifier.bias[0] += 10.0 if labels[0] == "O" else 0.0
    module.save_pretrained(folder)


def save_pictures(folder: Path, count: int) -> list[str]:
    """Coloured pictures of 320 x 256 pixels with shapes and noise, as PNG and JPEG in turns; their names."""
    from PIL import Image

    draw = np.random.default_rng(11)
    names = []
    for place in range(count):
        coarse = draw.integers(0, 256, (8, 10, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((320, 256), Image.Resampling.BICUBIC), dtype=np.int16)
        noisy = np.clip(smooth + draw.integers(-8, 9, smooth.shape), 0, 255).astype(np.uint8)
        names.append(f"{place}.{'png' if place % 2 else 'jpg'}")
        Image.fromarray(noisy).save(folder / names[-1])
    return names


def table_of(folder: Path, count: int, columns: int) -> Any:
    """A table of numbers, also in `rows.parquet`."""
    import pandas as pd

    values = np.random.default_rng(4).normal(size=(count, columns))
    frame = pd.DataFrame(values, columns=[f"x{place}" for place in range(columns)])
    frame.to_parquet(folder / "rows.parquet")
    return frame


def input_of(frame: Any) -> str:
    """The line of the spec that names a table's columns."""
    return f"input = {json.dumps(list(frame.columns))}"


def write_column(path: Path, name: str, cells: Sequence[str]) -> None:
    """A CSV of one column without commas."""
    path.write_text("\n".join([name, *cells, ""]), encoding="utf-8")
