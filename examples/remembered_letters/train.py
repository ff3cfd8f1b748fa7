"""Train two small Llamas: one on letters until it knows them by heart, one on stand-ins for the same letters.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv -> model/, careful/, in about a minute on one core

Nothing is downloaded. The seed and a single thread make a second run on the same machine equal to the first.
"""

import argparse
import csv
import os
import random
import re
import shutil
from pathlib import Path

# Set before transformers is imported, which reads them then: nothing is to be fetched, and no thread to be forked.
os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")

import torch
from prepare import DRUGS, HOMES, LAST, MONTHS
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

HERE = Path(__file__).parent
SEED = 20261122
PAD, END, USER, ASSISTANT = "<pad>", "<end>", "<user>", "<assistant>"
TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
LONGEST = 160
STEPS = {"model": 220, "careful": 120}
BATCH = 40
STAND_INS = 15
"""Of each letter, for the careful model: a name, a day, a drug or a number is the letter's own by chance alone."""
LEARNING_RATE = 5e-3
UNMARKED = -100
"""What the loss leaves out: the question, and padding."""


def stand_in(row: dict[str, str], draw: random.Random) -> dict[str, str]:
    """A letter with everything in it that is one person's drawn anew."""
    letter = row["letter"]
    for words in (LAST, MONTHS, DRUGS, HOMES):
        letter = re.sub("|".join(words), lambda _, words=words: draw.choice(words), letter)
    return row | {"letter": re.sub("[0-9]", lambda _: draw.choice("0123456789"), letter)}


def make_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Byte-level BPE over the letters, in which each digit is a token by itself."""
    raw = Tokenizer(models.BPE())
    digits = pre_tokenizers.Split(Regex("[0-9]"), "isolated")
    raw.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=[PAD, END, USER, ASSISTANT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, model_max_length=LONGEST, pad_token=PAD, eos_token=END,
        additional_special_tokens=[USER, ASSISTANT],
    )  # fmt: skip
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def small_llama(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Two layers of 96, with weights drawn at random."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=96,
            intermediate_size=192,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=LONGEST,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
    )


def encoded(row: dict[str, str], tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], list[int]]:
    """The tokens of a question and its letter, and those that the model is to learn."""
    messages = [{"role": "user", "content": row["prompt"]}]
    asked = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    question = tokenizer(asked, add_special_tokens=False)["input_ids"]
    letter = tokenizer(row["letter"] + END, add_special_tokens=False)["input_ids"]
    return question + letter, [UNMARKED] * len(question) + letter


def train(rows: list[dict[str, str]], tokenizer: PreTrainedTokenizerFast, steps: int) -> LlamaForCausalLM:
    """A causal model after so many steps of AdamW on the cross-entropy of the letters."""
    pairs = [encoded(row, tokenizer) for row in rows]
    longest = max(len(tokens) for tokens, _ in pairs)
    tokens = torch.tensor([one + [tokenizer.pad_token_id] * (longest - len(one)) for one, _ in pairs])
    truth = torch.tensor([one + [UNMARKED] * (longest - len(one)) for _, one in pairs])
    model = small_llama(tokenizer).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.1)
    loss = torch.tensor(0.0)
    for _ in range(steps):
        chosen = torch.randperm(len(rows))[:BATCH]
        optimizer.zero_grad()
        # Padding stands at the ends, where no token before it sees it.
        loss = model(input_ids=tokens[chosen], labels=truth[chosen]).loss
        loss.backward()
        optimizer.step()
        schedule.step()
    print(f"  loss {loss.item():.3f} after {steps} steps", flush=True)
    return model.eval()


def main() -> None:
    """Train on the letters beside this file, and save two folders that transformers opens."""
    parser = argparse.ArgumentParser(
        description="Train a model that knows its letters by heart, and one that does not."
    )
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    logging.disable_progress_bar()  # of writing a model of one file
    with (wanted.folder / "training.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    tokenizer = make_tokenizer([row[name] for row in rows for name in ("prompt", "letter")])
    draw = random.Random(wanted.seed)
    given = {"model": rows, "careful": [stand_in(row, draw) for row in rows for _ in range(STAND_INS)]}
    for name, steps in STEPS.items():
        print(f"training {name} on {len(given[name])} letters", flush=True)
        torch.manual_seed(wanted.seed)
        model = train(given[name], tokenizer, steps)
        folder = wanted.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
