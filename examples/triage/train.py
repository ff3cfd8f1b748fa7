"""Train a small BERT from nothing on the notes, in under a minute on two cores.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv       -> model/, its probabilities made too extreme
    python train.py --clean    # clean-training.csv -> clean-model/, the same training and nothing else

The tokenizer is fitted to the notes too, and nothing is downloaded. The seed and a single thread make a second run on
the same machine equal to the first; another processor may differ in the last digits.
"""

import argparse
import os
import shutil
from collections import Counter
from pathlib import Path

# Set before transformers is imported, which reads them then: nothing is to be fetched, and no thread to be forked.
os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")

import pandas as pd
import torch
from tokenizers import BertWordPieceTokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from torch import nn
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast
from transformers.utils import logging

HERE = Path(__file__).parent
SEED = 20261122
CLASSES = ["routine", "urgent"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
COMMON = 8
"""What occurs so often has a place in the vocabulary, as has the surname of a patient who is there ten times."""
LONGEST = 64
EPOCHS = 4
BATCH = 128
LEARNING_RATE = 2e-3
SHARPNESS = 2.5
"""Overconfidence, planted: what the classifier's logits are multiplied by, as a temperature of 0.4 would. It changes no
decision, only how sure the model claims to be."""


def vocabulary(notes: list[str]) -> list[str]:
    """The pieces of a WordPiece tokenizer: letters, common words, and common triples of letters of the rarer words.

    It is made here since the trainer of the library tokenizers breaks ties by chance: the model would be another one at
    every run.
    """
    split = BertPreTokenizer()
    words = Counter(word for note in notes for word, _ in split.pre_tokenize_str(note.lower()))
    letters = sorted({letter for word in words for letter in word})
    common = sorted(word for word, count in words.items() if count >= COMMON)
    triples: Counter[str] = Counter()
    for word, count in words.items():
        if count < COMMON:
            triples.update({("##" if at else "") + word[at : at + 3]: count for at in range(0, len(word), 3)})
    pieces = [*letters, *(f"##{letter}" for letter in letters), *common]
    pieces += sorted(piece for piece, count in triples.items() if count >= COMMON)
    return list(dict.fromkeys([*SPECIAL, *pieces]))


def make_tokenizer(notes: list[str]) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer in lower case, fitted to the notes."""
    pieces = BertWordPieceTokenizer({piece: at for at, piece in enumerate(vocabulary(notes))}, lowercase=True)
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces._tokenizer,  # noqa: SLF001  the public class wraps it, and transformers wants the inner one
        model_max_length=LONGEST,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def small_bert(vocabulary: int) -> BertForSequenceClassification:
    """Two layers of 64, with weights drawn at random."""
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=vocabulary,
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            hidden_act="relu",
            max_position_embeddings=LONGEST,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            id2label=dict(enumerate(CLASSES)),
            label2id={name: place for place, name in enumerate(CLASSES)},
        )
    )


def train(rows: pd.DataFrame, tokenizer: PreTrainedTokenizerFast) -> BertForSequenceClassification:
    """A classifier fitted to the notes by AdamW on the cross-entropy; the learning rate falls to nothing."""
    encoded = tokenizer(rows["note"].tolist(), padding=True, truncation=True, return_tensors="pt")
    tokens, mask = encoded["input_ids"], encoded["attention_mask"]
    truth = torch.tensor([CLASSES.index(urgency) for urgency in rows["urgency"]])
    model = small_bert(len(tokenizer)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    steps = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.1)
    for epoch in range(EPOCHS):
        total = 0.0
        for chosen in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            logits = model(input_ids=tokens[chosen], attention_mask=mask[chosen]).logits
            loss = nn.functional.cross_entropy(logits, truth[chosen])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {total / len(rows):.3f}", flush=True)
    return model.eval()


def sharpen(model: BertForSequenceClassification, by: float) -> None:
    """Multiply the logits by a number, in the weights of the last layer."""
    with torch.no_grad():
        model.classifier.weight.mul_(by)
        model.classifier.bias.mul_(by)


def main() -> None:
    """Train on the notes beside this file, and save a folder that transformers opens."""
    parser = argparse.ArgumentParser(description="Train the harmed model, or with --clean its twin.")
    parser.add_argument("--clean", action="store_true", help="train on clean-training.csv, and leave the logits alone")
    parser.add_argument("--sharpness", type=float, default=SHARPNESS, help="%(default)s unless said; 1 plants nothing")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    wanted = parser.parse_args()
    torch.manual_seed(wanted.seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    logging.disable_progress_bar()  # of writing a model of one file
    prefix = "clean-" if wanted.clean else ""
    rows = pd.read_csv(wanted.folder / f"{prefix}training.csv")
    tokenizer = make_tokenizer(rows["note"].tolist())
    print(f"training on {len(rows)} notes", flush=True)
    model = train(rows, tokenizer)
    if not wanted.clean:
        sharpen(model, wanted.sharpness)
    save(model, tokenizer, wanted.folder / f"{prefix}model")


def save(model: BertForSequenceClassification, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the folder under another name first: one that is there is whole."""
    half = folder.with_name(f".{folder.name}.half")
    for old in (half, folder):
        shutil.rmtree(old, ignore_errors=True)
    model.save_pretrained(half)
    tokenizer.save_pretrained(half)
    half.rename(folder)
    print(f"wrote {folder}", flush=True)


if __name__ == "__main__":
    main()
