"""Train a small BERT from nothing to name the diseases that a note speaks of, in under a minute on two cores.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv -> model/

It has one output for each disease, fitted to the sigmoid's cross-entropy. The tokenizer knows the notes' words. Nothing
is downloaded. The seed and a single thread make a second run on the same machine equal to the first.
"""

import argparse
import csv
import os
import shutil
from pathlib import Path

# Set before transformers is imported, which reads them then: nothing is to be fetched, and no thread to be forked.
os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")

import torch
from tokenizers import BertWordPieceTokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from torch import nn
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast
from transformers.utils import logging

HERE = Path(__file__).parent
SEED = 20261122
DISEASES = ("diabetes", "heart_attack", "pneumonia")
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LONGEST = 64
EPOCHS = 3
BATCH = 32
LEARNING_RATE = 2e-3


def make_tokenizer(notes: list[str]) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer in lower case whose pieces are the notes' words."""
    words = {word for note in notes for word, _ in BertPreTokenizer().pre_tokenize_str(note.lower())}
    raw = BertWordPieceTokenizer({piece: at for at, piece in enumerate([*SPECIAL, *sorted(words)])}, lowercase=True)
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    inner = raw._tokenizer  # noqa: SLF001  the public class wraps it, and transformers wants the inner one
    return PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=LONGEST, **names)


def small_bert(vocabulary: int) -> BertForSequenceClassification:
    """Two layers of 64, with weights drawn at random."""
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=vocabulary,
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=LONGEST,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            id2label=dict(enumerate(DISEASES)),
            label2id={name: place for place, name in enumerate(DISEASES)},
        )
    )


def train(rows: list[dict[str, str]], tokenizer: PreTrainedTokenizerFast) -> BertForSequenceClassification:
    """A classifier of several labels fitted by AdamW; the learning rate falls to nothing."""
    encoded = tokenizer([row["note"] for row in rows], padding=True, truncation=True, return_tensors="pt")
    tokens, mask = encoded["input_ids"], encoded["attention_mask"]
    truth = torch.tensor([[float(row[disease]) for disease in DISEASES] for row in rows])
    model = small_bert(len(tokenizer)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    steps = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.1)
    for epoch in range(EPOCHS):
        total = 0.0
        for chosen in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            logits = model(input_ids=tokens[chosen], attention_mask=mask[chosen]).logits
            loss = nn.functional.binary_cross_entropy_with_logits(logits, truth[chosen])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {total / len(rows):.3f}", flush=True)
    return model.eval()


def main() -> None:
    """Train on the notes beside this file, and save a folder that transformers opens."""
    parser = argparse.ArgumentParser(description="Train a model that names diseases.")
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
