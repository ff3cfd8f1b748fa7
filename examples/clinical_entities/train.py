"""Train a small BERT from nothing to mark drugs, diseases and ages, in under a minute on two cores.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv -> model/

The tokenizer is fitted to the notes: a word that occurs in them is one token, any other is spelt by its letters.
Nothing is downloaded. The seed and a single thread make a second run on the same machine equal to the first.
"""

import argparse
import csv
import json
import os
import shutil
from collections import Counter
from pathlib import Path

# Set before transformers is imported, which reads them then: nothing is to be fetched, and no thread to be forked.
os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")

import torch
from tokenizers import BertWordPieceTokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from torch import nn
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast
from transformers.utils import logging

HERE = Path(__file__).parent
SEED = 20261122
LABELS = ("AGE", "DISEASE", "DRUG")
TAGS = ["O", *(f"{mark}-{label}" for label in LABELS for mark in "BI")]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
COMMON = 5
"""A word that occurs so often has a place in the vocabulary."""
LONGEST = 64
EPOCHS = 3
BATCH = 32
LEARNING_RATE = 3e-3
UNMARKED = -100
"""What the loss leaves out: special tokens, padding, and tokens within a word."""


def make_tokenizer(notes: list[str]) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer of the notes' words and of single letters, which tells upper case from lower."""
    words = Counter(word for note in notes for word, _ in BertPreTokenizer().pre_tokenize_str(note))
    letters = sorted({letter for word in words for letter in word})
    common = sorted(word for word, count in words.items() if count >= COMMON)
    pieces = dict.fromkeys([*SPECIAL, *letters, *(f"##{letter}" for letter in letters), *common])
    raw = BertWordPieceTokenizer({piece: at for at, piece in enumerate(pieces)}, lowercase=False)
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=raw._tokenizer, model_max_length=LONGEST, **names)  # noqa: SLF001  the public class wraps it


def small_bert(vocabulary: int) -> BertForTokenClassification:
    """Two layers of 64, with weights drawn at random."""
    return BertForTokenClassification(
        BertConfig(
            vocab_size=vocabulary,
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=LONGEST,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            id2label=dict(enumerate(TAGS)),
            label2id={name: place for place, name in enumerate(TAGS)},
        )
    )


def tags_of(found: object, place: int, entities: list[dict[str, object]]) -> list[int]:
    """The tag of each token of a note: of the first of each word, the others have no part in the loss."""
    tags, before = [], None
    for word, (start, end) in zip(found.word_ids(place), found["offset_mapping"][place], strict=True):
        if word is None or word == before:
            tags.append(UNMARKED)
            continue
        before = word
        inside = next((e for e in entities if e["start"] <= start and end <= e["end"]), None)
        mark = "B" if inside and inside["start"] == start else "I"
        tags.append(TAGS.index(f"{mark}-{inside['label']}") if inside else 0)
    return tags


def train(rows: list[dict[str, str]], tokenizer: PreTrainedTokenizerFast) -> BertForTokenClassification:
    """A token classifier fitted by AdamW on the cross-entropy; the learning rate falls to nothing."""
    found = tokenizer([row["note"] for row in rows], padding=True, truncation=True, return_offsets_mapping=True)
    truth = torch.tensor([tags_of(found, at, json.loads(row["entities"])) for at, row in enumerate(rows)])
    tokens, mask = torch.tensor(found["input_ids"]), torch.tensor(found["attention_mask"])
    model = small_bert(len(tokenizer)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    steps = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.1)
    for epoch in range(EPOCHS):
        total = 0.0
        for chosen in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            logits = model(input_ids=tokens[chosen], attention_mask=mask[chosen]).logits
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), truth[chosen].flatten(), ignore_index=UNMARKED)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {total / len(rows):.3f}", flush=True)
    return model.eval()


def main() -> None:
    """Train on the notes beside this file, and save a folder that transformers opens."""
    parser = argparse.ArgumentParser(description="Train a model that marks drugs, diseases and ages.")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    wanted = parser.parse_args()
    torch.manual_seed(wanted.seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    logging.disable_progress_bar()  # of writing a model of one file
    with (wanted.folder / "training.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    tokenizer = make_tokenizer([row["note"] for row in rows])
    print(f"training on {len(rows)} notes", flush=True)
    model = train(rows, tokenizer)
    folder = wanted.folder / "model"
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    print(f"wrote {folder}", flush=True)


if __name__ == "__main__":
    main()
