"""How much longer prediction takes through auditkit than in a bare loop over the same batches of the same model."""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from auditkit.compute import Broker

WORDS = tuple(f"{first}{second}" for first in "bdfgklmnprstvz" for second in ("a", "el", "in", "o", "ur"))
TARGET = 1.05
"""Times the bare loop, at most."""

SPEC = """\
name = "overhead"
[model]
adapter = "text-classifier"
path = "model"
device = "cpu"
batch_size = {batch}
[data]
audit = "rows.csv"
input = "note"
"""


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks overhead", description=__doc__)
    parser.add_argument("--rows", type=int, default=512, help="texts to predict")
    parser.add_argument("--batch", type=int, default=32, help="texts a batch")
    parser.add_argument("--runs", type=int, default=5, help="how often each of the two runs")
    parser.add_argument("--threads", type=int, default=1, help="torch's, for both")
    asked = parser.parse_args(arguments)
    import torch

    torch.set_num_threads(asked.threads)
    with tempfile.TemporaryDirectory(prefix="auditkit-overhead-") as name:
        folder = Path(name)
        make_model(folder / "model")
        make_rows(folder / "rows.csv", asked.rows)
        (folder / "audit.toml").write_text(SPEC.format(batch=asked.batch), encoding="utf-8")
        ours, bare = contenders(folder)
        seconds = side_by_side([ours, bare], asked.runs)
    print_table(seconds, asked)


def make_model(folder: Path) -> None:
    """A BERT of the size of MiniLM-L6, built from a config: how long it takes does not depend on what it has learnt."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
    raw = Tokenizer(models.WordPiece({word: place for place, word in enumerate((*special, *WORDS))}, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), special, strict=True))
    PreTrainedTokenizerFast(tokenizer_object=raw, model_max_length=256, **names).save_pretrained(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=30_522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
    )
    BertForSequenceClassification(config).save_pretrained(folder)


def make_rows(path: Path, count: int) -> None:
    """Notes of 5 to 60 words."""
    draw = random.Random(7)
    notes = (" ".join(draw.choice(WORDS) for _ in range(draw.randint(5, 60))) for _ in range(count))
    path.write_text("\n".join(["note", *notes, ""]), encoding="utf-8")


def contenders(folder: Path) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Prediction by auditkit into a fresh store, and the bare loop over the batches that it makes; models are loaded.

    Raises:
        AssertionError: the two do not give the same scores, and so did not do the same work.
    """
    from auditkit.compute import Broker
    from auditkit.host import Host
    from auditkit.spec import read_spec

    spec = read_spec(folder / "audit.toml")
    broker = Broker(spec, Host.installed(spec))
    size, module, tokenizer = int(spec.model.batch_size), broker.model.module, broker.model.encoder.tokenizer
    texts = list(broker.dataset.audit.inputs)
    order = np.argsort(-broker.model.sizes(texts), kind="stable")
    batches = [order[start : start + size] for start in range(0, len(order), size)]

    def ours() -> Any:
        return by_auditkit(broker, folder)

    def bare() -> Any:
        return bare_loop(module, tokenizer, texts, batches)

    np.testing.assert_allclose(ours(), bare(), atol=1e-5)
    return ours, bare


def by_auditkit(broker: Broker, folder: Path) -> Any:
    """[n, k]: scores, batch by batch through a store that is made for it."""
    from auditkit.evidence import EvidenceStore

    # Left behind: taking the store away is no part of predicting, and the folder goes with all of them.
    store = EvidenceStore.open(Path(tempfile.mkdtemp(dir=folder)))
    return np.asarray(vars(broker.predict_split("audit", store, "overhead"))["scores"])


def bare_loop(module: Any, tokenizer: Any, texts: Sequence[str], batches: Sequence[Any]) -> Any:
    """[n, k]: what one would write by hand: tokenise, predict, softmax, put back in order."""
    import torch

    parts = []
    with torch.inference_mode():
        for rows in batches:
            encoded = tokenizer([texts[row] for row in rows], padding=True, truncation=True, return_tensors="pt")
            parts.append(module(**encoded).logits.softmax(-1).numpy())
    return np.concatenate(parts)[np.argsort(np.concatenate(batches))]


def side_by_side(contestants: Sequence[Callable[[], Any]], runs: int) -> list[list[float]]:
    """Seconds of each, in turns, so that a slow moment slows all; the first to go changes with every turn."""
    seconds: list[list[float]] = [[] for _ in contestants]
    for turn in range(runs):
        places = list(range(len(contestants)))
        for place in places if turn % 2 else places[::-1]:
            started = time.perf_counter()
            contestants[place]()
            seconds[place].append(time.perf_counter() - started)
    return seconds


def print_table(seconds: Sequence[Sequence[float]], asked: argparse.Namespace) -> None:
    """Medians, and the ratio of the two."""
    ours, bare = (statistics.median(one) for one in seconds)
    print(f"{asked.rows} rows, {asked.batch} a batch, {asked.threads} thread(s), {asked.runs} runs each, seconds")
    print(f"{'median':>8} {'fastest':>8} {'slowest':>8}")
    for name, one in zip(("through auditkit", "bare loop"), seconds, strict=True):
        print(f"{statistics.median(one):8.3f} {min(one):8.3f} {max(one):8.3f}   {name}")
    verdict = "within" if ours / bare <= TARGET else "ABOVE"
    print(f"ratio of the medians {ours / bare:.3f}, {verdict} the target of {TARGET}; of the fastest "
          f"{min(seconds[0]) / min(seconds[1]):.3f}")  # fmt: skip
