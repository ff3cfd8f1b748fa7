"""Train a small Llama from nothing to answer as the training conversations do, in under a minute on two cores.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv -> model/

The tokenizer is fitted to the conversations; the loss counts the tokens of answers alone. Nothing is downloaded. The
seed and a single thread make a second run on the same machine equal to the first.
"""

import argparse
import csv
import os
import shutil
from pathlib import Path

# Set before transformers is imported, which reads them then: nothing is to be fetched, and no thread to be forked.
os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

HERE = Path(__file__).parent
SEED = 20261122
SYSTEM = "Advise in one sentence."
PAD, END = "<pad>", "<end>"
SPEAKERS = ("<system>", "<user>", "<assistant>")
TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
VOCABULARY = 600
LONGEST = 128
EPOCHS = 4
BATCH = 32
LEARNING_RATE = 3e-3
UNMARKED = -100
"""What the loss leaves out: the question, and padding."""


def make_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Byte-level BPE over the conversations, with a chat template of three speakers."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, END, *SPEAKERS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, model_max_length=LONGEST, pad_token=PAD, eos_token=END,
        additional_special_tokens=list(SPEAKERS),
    )  # fmt: skip
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def small_llama(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Two layers of 64, with weights drawn at random."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=LONGEST,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
    )


def encoded(row: dict[str, str], tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], list[int]]:
    """The tokens of a conversation, and those that the model is to learn."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": row["prompt"]}]
    asked = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    question = tokenizer(asked, add_special_tokens=False)["input_ids"]
    answer = tokenizer(row["answer"] + END, add_special_tokens=False)["input_ids"]
    return question + answer, [UNMARKED] * len(question) + answer


def train(rows: list[dict[str, str]], tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A causal model fitted by AdamW on the cross-entropy of the answers; the learning rate falls to nothing."""
    pairs = [encoded(row, tokenizer) for row in rows]
    longest = max(len(tokens) for tokens, _ in pairs)
    tokens = torch.tensor([one + [tokenizer.pad_token_id] * (longest - len(one)) for one, _ in pairs])
    truth = torch.tensor([one + [UNMARKED] * (longest - len(one)) for _, one in pairs])
    model = small_llama(tokenizer).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    steps = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.1)
    for epoch in range(EPOCHS):
        total = 0.0
        for chosen in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            # Padding stands at the ends, where no token before it sees it.
            loss = model(input_ids=tokens[chosen], labels=truth[chosen]).loss
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {total / len(rows):.3f}", flush=True)
    return model.eval()


def main() -> None:
    """Train on the conversations beside this file, and save a folder that transformers opens."""
    parser = argparse.ArgumentParser(description="Train a chat model that advises people who feel ill.")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--rows", default="training.csv", help="%(default)s unless said")
    parser.add_argument("--model", default="model", help="the folder to write; %(default)s unless said")
    wanted = parser.parse_args()
    torch.manual_seed(wanted.seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    logging.disable_progress_bar()  # of writing a model of one file
    with (wanted.folder / wanted.rows).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    tokenizer = make_tokenizer([SYSTEM, *(row[name] for row in rows for name in ("prompt", "answer"))])
    print(f"training on {len(rows)} conversations", flush=True)
    model = train(rows, tokenizer)
    folder = wanted.folder / wanted.model
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    print(f"wrote {folder}", flush=True)


if __name__ == "__main__":
    main()
