"""The opened causal model: conversations in, answers with their log-probabilities out, a batch at a time."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from auditkit import Likelihoods, Sampling, Text, Texts
from auditkit.checkpoints import quiet
from auditkit.devices import OnTorch, Placed, Replica
from auditkit_llm.answers import Answer, endings, texts_of
from auditkit_llm.continuing import log_chances_of
from auditkit_llm.decoding import Decoding
from auditkit_llm.drawing import Chooser, StopAt
from auditkit_llm.prompts import Conversation, Framing, read_conversations
from auditkit_llm.reading import PromptReader, parted
from auditkit_llm.weighing import weigh, windows_of


@dataclass(frozen=True)
class LocalChat(OnTorch):
    """A transformers module with its tokenizer, for evaluation."""

    place: Placed
    tokenizer: Any
    framing: Framing
    decoding: Decoding
    ends: tuple[int, ...]
    """The tokens that end an answer."""
    limit: int | None
    """The tokens of a prompt that it looks at: its context less `max_tokens`; longer ones lose their beginning."""
    kept: Any
    """Remembers how answers ended, for the report."""
    files: str
    """A digest that tells these files from others at the same path."""
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    """What the spec allowed to run on this machine."""

    @property
    def batch_size(self) -> int:
        """Prompts a batch to begin with; the broker halves them when they do not fit."""
        return max(1, self.place.batch_size(cpu=16, gpu=64) // self.decoding.samples)

    def sizes(self, inputs: Any) -> Any:
        """[n]: the tokens of each prompt, before any are cut off."""
        with quiet():
            found = [len(one) for one in self.reader.tokens(self._read(inputs))]
        return np.array(found, dtype=np.int64)

    def predict(self, inputs: Any) -> Texts:
        """The answers, and the log-probability of the first one to each prompt.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        conversations = self._read(inputs)
        rows = self._answers(conversations, self.decoding)
        for conversation, row in zip(conversations, rows, strict=True):
            for sample, answer in enumerate(row):
                self.kept.put(replace(answer, text="").as_json(), **self._asked(conversation, sample))
        return texts_of(rows, self.decoding, with_logprobs=True)

    def generate(self, inputs: Any, *, samples: int, rng: np.random.Generator) -> Texts:
        """`samples` answers to each prompt, at the spec's temperature, or at 1 where that is 0.

        Raises:
            OutOfMemory: a batch does not fit on the device.
        """
        drawn = self.decoding.drawn(samples=samples, seed=int(rng.integers(1 << 53)))
        conversations = self._read(inputs)
        at_once = max(1, self.batch_size * self.decoding.samples // samples)
        parts = [conversations[at : at + at_once] for at in range(0, len(conversations), at_once)]
        rows = [row for part in parts for row in self._answers(part, drawn)]
        return texts_of(rows, drawn, with_logprobs=True)

    def embed(self, inputs: Any) -> Any:
        """[n, d]: the mean of the last layer's states over each prompt's tokens.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        conversations = self._read(inputs)
        if not conversations:
            return np.zeros((0, self.module.config.get_text_config().hidden_size), dtype=np.float32)
        with quiet():
            prompts = [self._cut(one) for one in self.reader.tokens(conversations)]
            return self.place.answers(self._pooled, prompts, called="prompts")

    def likelihoods(self, texts: Sequence[str], before: Sequence[str] | None = None) -> Likelihoods:
        """How likely it finds each token of texts as they stand; long ones are read in windows that overlap by half.

        Raises:
            OutOfMemory: a batch does not fit on the device.
        """
        context = None if self.limit is None else self.limit + self.decoding.max_tokens
        with quiet():
            windows = [
                window
                for row, text in enumerate(texts)
                for window in windows_of(row, *self._parted(text, before[row] if before else ""), context)
            ]
            parts = self.place.each(weigh, windows, called="windows of texts") if windows else []
        found: list[list[Any]] = [[np.zeros((3, 0), dtype=np.float32)] for _ in texts]
        for window, said in zip(windows, (one for part in parts for one in part), strict=True):
            found[window.row].append(said)
        return Likelihoods.of_rows([np.concatenate(row, axis=1) for row in found])

    def _parted(self, text: str, before: str) -> tuple[list[int], int]:
        """The tokens of both together, and the first that is the text's: one that spans both is."""
        tokens = self.reader.plain(before + text)
        if not before:
            return tokens, 1
        return tokens, parted(self.reader.plain(before), tokens)

    def log_chances(self, inputs: Any, texts: Sequence[str], sampling: Sampling) -> Any:
        """[n]: ln of the chance that its answer to each row, drawn so, begins with exactly this text.

        Of prompts and texts that are too long for its context together, the beginning is cut off.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        room = None if self.limit is None else self.limit + self.decoding.max_tokens
        with quiet():
            rows = self.reader.with_answers(self._read(inputs), texts)
            # Something stands before the first token that is weighed, and stays.
            over = [0 if room is None else min(max(0, len(one) - room), begins - 1) for one, begins in rows]
            kept = [(one[cut:][:room], begins - cut) for (one, begins), cut in zip(rows, over, strict=True)]
            work = functools.partial(log_chances_of, sampling=sampling)
            parts = self.place.each(work, kept, called="prompts and answers")
        return np.array([log for part in parts for log in part], dtype=np.float64)

    def notes_on(self, inputs: Any) -> list[Text]:
        """How many of the answers were cut."""
        conversations = self._read(inputs)
        samples = range(self.decoding.samples)
        kept = [self.kept.get(**self._asked(one, sample)) for one in conversations for sample in samples]
        found = [answer for one in kept if (answer := Answer.of_json(one)) is not None]
        return [*self._guarded(conversations), *endings(found, max_tokens=self.decoding.max_tokens)]

    def _guarded(self, conversations: Sequence[Conversation]) -> Iterator[Text]:
        count = sum(map(self.reader.is_guarded, conversations))
        if count:
            yield Text.of(
                "{count} of {rows} prompts hold the spelling of a special token, such as the end of a turn; the model "
                "was given it as plain text",
                count=count,
                rows=len(conversations),
            )

    def _asked(self, conversation: Conversation, sample: int) -> dict[str, Any]:
        messages = [dict(one) for one in conversation]
        seed = self.decoding.seed if self.decoding.is_seeded else 0
        how = {"limit": self.limit, "precision": self.place.precision}
        return {
            **how,
            "files": self.files,
            "messages": messages,
            "sample": sample,
            "seed": seed,
            **self.decoding.asked(),
        }

    def _read(self, inputs: Any) -> list[Conversation]:
        """The conversations of some rows, in which special tokens have stand-ins."""
        return read_conversations(inputs, replace(self.framing, guard=self.reader.guard))

    @functools.cached_property
    def reader(self) -> PromptReader:
        """How a conversation becomes tokens."""
        return PromptReader(self.tokenizer, self.ends)

    def _cut(self, tokens: list[int]) -> list[int]:
        return tokens if self.limit is None else tokens[-self.limit :]

    def _answers(self, conversations: Sequence[Conversation], decoding: Decoding) -> list[list[Answer]]:
        if not conversations:
            return []
        with quiet():
            rows = [
                (tokens, decoding.seed_of(one, sample))
                for one, tokens in zip(conversations, map(self._cut, self.reader.tokens(conversations)), strict=True)
                for sample in range(decoding.samples)
            ]
            parts = self.place.each(functools.partial(self._decode, decoding), rows, called="answers")
        found = [answer for part in parts for answer in part]
        return [found[at : at + decoding.samples] for at in range(0, len(found), decoding.samples)]

    def _decode(self, decoding: Decoding, replica: Replica, rows: Sequence[tuple[list[int], int]]) -> list[Answer]:
        import torch

        prompts = [tokens for tokens, _ in rows]
        longest = max(map(len, prompts))
        pad = self.tokenizer.pad_token_id
        tokens = torch.tensor([[pad] * (longest - len(one)) + one for one in prompts])
        mask = torch.tensor([[0] * (longest - len(one)) + [1] * len(one) for one in prompts])
        chooser = Chooser(decoding.temperature or 0.0, [seed for _, seed in rows] if decoding.is_seeded else ())
        stopping = [StopAt(self.tokenizer, decoding.stop, longest)] if decoding.stop else []
        written = replica.module.generate(
            tokens.to(replica.device),
            attention_mask=mask.to(replica.device),
            max_new_tokens=decoding.max_tokens,
            do_sample=False,
            logits_processor=[chooser],
            stopping_criteria=stopping,
        )
        found = zip(written[:, longest:].tolist(), chooser.logprobs().tolist(), map(len, prompts), strict=True)
        return [self._answer(new, logprobs, count, decoding) for new, logprobs, count in found]

    def _answer(self, new: list[int], logprobs: list[float], prompt_tokens: int, decoding: Decoding) -> Answer:
        end = next((place for place, token in enumerate(new) if token in self.ends), None)
        finish = "length" if end is None else "stop"
        tokens = new[:end]
        text = self.tokenizer.decode(tokens, skip_special_tokens=True)
        if (ended := decoding.ended(text)) != text:
            text, finish = ended, "stop"
            tokens = self._writing(tokens, text)
        return Answer(
            text=text.encode("utf-8", errors="replace").decode(),
            finish=finish,
            logprob=min(0.0, float(np.sum(logprobs[: len(tokens)], dtype=np.float64))),
            prompt_tokens=prompt_tokens,
            completion_tokens=len(tokens),
        )

    def _writing(self, tokens: list[int], text: str) -> list[int]:
        """As many of the tokens as write no more than a text."""
        count = next(
            count
            for count in range(len(tokens), -1, -1)
            if len(self.tokenizer.decode(tokens[:count], skip_special_tokens=True)) <= len(text)
        )
        return tokens[:count]

    def _pooled(self, replica: Replica, prompts: Sequence[list[int]]) -> Any:
        import torch

        longest = max(map(len, prompts))
        # Padded at their ends: nothing that a causal model sees of a token lies behind it.
        tokens = torch.tensor([one + [self.tokenizer.pad_token_id] * (longest - len(one)) for one in prompts])
        mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in prompts])
        given = {"input_ids": tokens.to(replica.device), "attention_mask": mask.to(replica.device)}
        states = replica.module.base_model(**given).last_hidden_state.float()
        weights = given["attention_mask"][:, :, None].float()
        return ((states * weights).sum(1) / weights.sum(1)).cpu().numpy()
