"""What the trainers in the folders beside this file share: a small BERT, its tokenizer, and how it is fitted and saved.

Nothing is downloaded: the tokenizer is fitted to the texts, and the weights are drawn at random. The seed and a single
thread make a second run on the same machine equal to the first. A trainer finds this file one folder up:

    sys.path.insert(0, str(Path(__file__).parents[1]))
"""

import argparse
import csv
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# Set before transformers is imported, which reads them then: nothing is to be fetched, and no thread to be forked.
os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")

import torch
from tokenizers import BertWordPieceTokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import BertConfig, PreTrainedTokenizerFast
from transformers.utils import logging

SEED = 20261122
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LONGEST = 64


def arguments(description: str, *, folder: Path) -> argparse.Namespace:
    """`--seed` and `--folder`, and torch made to repeat itself."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--folder", type=Path, default=folder, help="beside this file unless said")
    wanted = parser.parse_args()
    torch.manual_seed(wanted.seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    logging.disable_progress_bar()  # of writing a model of one file
    return wanted


def read_rows(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def make_tokenizer(texts: Sequence[str], *, common: int = 1, cased: bool = False) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer whose pieces are the words that occur `common` times or more.

    Where rarer words are left out, single letters are pieces too, and such a word is spelt. `cased` tells upper case
    from lower.
    """
    split = BertPreTokenizer().pre_tokenize_str
    words = Counter(word for text in texts for word, _ in split(text if cased else text.lower()))
    letters = sorted({letter for word in words for letter in word}) if common > 1 else []
    kept = sorted(word for word, count in words.items() if count >= common)
    pieces = dict.fromkeys([*SPECIAL, *letters, *(f"##{letter}" for letter in letters), *kept])
    raw = BertWordPieceTokenizer({piece: at for at, piece in enumerate(pieces)}, lowercase=not cased)
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    inner = raw._tokenizer  # noqa: SLF001  the public class wraps it, and transformers wants the inner one
    return PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=LONGEST, **names)


def small_config(vocabulary: int, outputs: Sequence[str], **more: Any) -> BertConfig:
    """Two layers of 64, with an output for each name."""
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=LONGEST,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        id2label=dict(enumerate(outputs)),
        label2id={name: place for place, name in enumerate(outputs)},
        **more,
    )


def fit(
    model: Any,
    encoded: dict[str, torch.Tensor],
    loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    *,
    epochs: int,
    batch: int,
    learning_rate: float,
    after: Callable[[int], None] = lambda _: None,
) -> Any:
    """Fit a model by AdamW; the learning rate falls to nothing.

    Args:
        model: of transformers; it is changed.
        encoded: its inputs, [n, t] each.
        loss_of: from the logits of some rows and the numbers of these rows to their mean loss.
        epochs: times that every row is seen.
        batch: rows a step.
        learning_rate: the highest.
        after: is told how many epochs are over, e.g. to save the model.
    """
    model.train()
    rows = len(encoded["input_ids"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.01)
    steps = epochs * -(-rows // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps, pct_start=0.1)
    for epoch in range(epochs):
        total = 0.0
        for chosen in torch.randperm(rows).split(batch):
            optimizer.zero_grad()
            loss = loss_of(model(**{name: tensor[chosen] for name, tensor in encoded.items()}).logits, chosen)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1} of {epochs}: loss {total / rows:.3f}", flush=True)
        after(epoch + 1)
    return model.eval()


def save(model: Any, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write a folder that transformers opens; an older one gives way."""
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    print(f"wrote {folder}", flush=True)
