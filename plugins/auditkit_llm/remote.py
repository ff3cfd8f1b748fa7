"""A chat model behind an endpoint: several prompts at once, each answer kept as soon as it is there."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from auditkit import CrashError, Text, Texts
from auditkit_llm.answers import Answer, endings, texts_of
from auditkit_llm.endpoint import Endpoint
from auditkit_llm.prompts import Conversation, Framing, read_conversations

Question = tuple[Conversation, int, str]
"""A prompt, the number of the sample, and what tells this asking from others: empty, or e.g. `again`."""


@dataclass(frozen=True)
class RemoteChat:
    """What answers at an address; its weights are seen by nobody here."""

    endpoint: Endpoint
    framing: Framing
    kept: Any
    parallel: int = 4
    repeat_check: int = 5
    """Prompts that are asked a second time, to see whether they get the same answer."""
    device: str = "elsewhere"
    cannot: ClassVar[Mapping[str, str]] = {
        "Embeds": "an endpoint shows its answers, and nothing that lies behind them",
        "Continues": "an endpoint tells how likely its own answers are, and not those that others wrote",
        "GivesLikelihoods": "an endpoint tells how likely its own answers are, and not those that others wrote",
    }

    @property
    def batch_size(self) -> int:
        """Prompts a batch: several rounds of as many as are asked at once."""
        return 16 * self.parallel

    @property
    def notes(self) -> tuple[Text, ...]:
        """Who was asked, and how."""
        return tuple(self._notes())

    def predict(self, inputs: Any) -> Texts:
        """The answers to some prompts; those that were answered before, in any run, are not asked for again.

        Raises:
            ModelError: the endpoint refuses the first of them.
            CrashError: it does not answer, or the budget is used up; the answers that are there are kept.
        """
        decoding = self.endpoint.decoding
        conversations = read_conversations(inputs, self.framing)
        questions = [(one, sample, "") for one in conversations for sample in range(decoding.samples)]
        found = self._answered(questions, self.endpoint)
        rows = [found[at : at + decoding.samples] for at in range(0, len(found), decoding.samples)]
        return texts_of(rows, decoding, with_logprobs=self.endpoint.wants_logprobs)

    def generate(self, inputs: Any, *, samples: int, rng: np.random.Generator) -> Texts:
        """`samples` answers to each prompt, at the spec's temperature, or at 1 where that is 0."""
        drawn = self.endpoint.decoding.drawn(samples=samples, seed=int(rng.integers(1 << 53)))
        conversations = read_conversations(inputs, self.framing)
        questions = [(one, sample, "drawn") for one in conversations for sample in range(samples)]
        found = self._answered(questions, replace(self.endpoint, decoding=drawn))
        rows = [found[at : at + samples] for at in range(0, len(found), samples)]
        return texts_of(rows, drawn, with_logprobs=self.endpoint.wants_logprobs)

    def notes_on(self, inputs: Any) -> list[Text]:
        """What the answers to these rows took, how they ended, and whether they come again."""
        conversations = read_conversations(inputs, self.framing)
        different = list(dict.fromkeys(_frozen(one) for one in conversations))
        prompts = [tuple(dict(pairs) for pairs in one) for one in different]
        samples = range(self.endpoint.decoding.samples)
        answers = self._answered([(one, sample, "") for one in prompts for sample in samples], self.endpoint)
        told = list(self._spent(answers, rows=len(conversations), prompts=len(prompts)))
        told += endings(answers, max_tokens=self.endpoint.decoding.max_tokens)
        return [*told, *self._repeated(prompts)]

    def _notes(self) -> Iterator[Text]:
        endpoint = self.endpoint
        yield Text.of(
            "the model was asked as '{model}' at {url}: its weights, and what else shapes its answers, were not seen",
            model=endpoint.model,
            url=endpoint.address.url,
        )
        yield from endpoint.decoding.described(self.framing.system)
        for name, value in sorted(endpoint.parameters.items()):
            yield Text.of("each request also said {name} = {value}", name=name, value=str(value)[:200])
        if not endpoint.address.is_encrypted and not endpoint.address.is_loopback:
            yield Text.of("prompts and answers went over the network unencrypted")

    def _spent(self, answers: Sequence[Answer], *, rows: int, prompts: int) -> Iterator[Text]:
        if prompts < rows:
            message = "{rows} rows hold {prompts} different prompts; each was asked once"
            yield Text.of(message, rows=rows, prompts=prompts)
        names = sorted({one.model for one in answers if one.model})
        if names:
            yield Text.of("the answers say that they are from {names}", names="; ".join(names[:5])[:500])
        told = [one for one in answers if one.prompt_tokens is not None and one.completion_tokens is not None]
        prompt = sum(one.prompt_tokens or 0 for one in told)
        completion = sum(one.completion_tokens or 0 for one in told)
        requests = sum(one.tries for one in answers)
        message = "{answers} answers took {requests} requests, {prompt} tokens of prompts and {completion} of answers"
        yield Text.of(message, answers=len(answers), requests=requests, prompt=prompt, completion=completion)
        if requests > len(answers):
            again = requests - len(answers)
            yield Text.of("{count} requests were sent again, after an error or because of a rate limit", count=again)
        if len(told) < len(answers):
            yield Text.of("{count} answers came without a count of tokens", count=len(answers) - len(told))
        prices = self.endpoint.budget.prices
        if prices.are_known:
            yield Text.of(
                "they cost {cost}, at {input} and {output} a million tokens",
                cost=prices.shown(prices.cost(prompt, completion)),
                input=prices.shown(prices.prompt or 0.0),
                output=prices.shown(prices.completion or 0.0),
            )

    def _repeated(self, prompts: Sequence[Conversation]) -> Iterator[Text]:
        """Whether some prompts, spread evenly, get the same answer when they are asked again."""
        count = min(self.repeat_check, len(prompts))
        if not count:
            yield Text.of("no prompt was asked twice: whether the endpoint answers the same again is not known")
            return
        chosen = [prompts[place * len(prompts) // count] for place in range(count)]
        first = self._answered([(one, 0, "") for one in chosen], self.endpoint)
        try:
            again = self._answered([(one, 0, "again") for one in chosen], self.endpoint)
        except CrashError as error:
            yield Text.of("prompts were not asked twice: {why}", why=error.message)
            return
        differ = sum(one.text != other.text for one, other in zip(first, again, strict=True))
        message = "asked twice with the same settings, {differ} of {count} prompts got another answer"
        yield Text.of(message, differ=differ, count=count)

    def _answered(self, questions: Sequence[Question], endpoint: Endpoint) -> list[Answer]:
        """The answer to each question, each different one asked once."""
        found: dict[Any, Answer] = {}
        open_ones: dict[Any, Question] = {}
        for question in questions:
            mark = _marked(question)
            if mark in found or mark in open_ones:
                continue
            kept = self._of(self.kept.get(**self._asked(question, endpoint)))
            if kept is None:
                open_ones[mark] = question
            else:
                found[mark] = kept
                endpoint.has_answered = True
        asked = zip(open_ones, self._asked_for(list(open_ones.values()), endpoint), strict=True)
        found.update(asked)
        return [found[_marked(question)] for question in questions]

    def _asked_for(self, questions: Sequence[Question], endpoint: Endpoint) -> list[Answer]:
        """Ask, several at once. When one fails, no new one is begun, and those on their way are waited for and kept."""
        if not questions:
            return []
        failed = threading.Event()
        with endpoint.connected(), ThreadPoolExecutor(self.parallel, thread_name_prefix="auditkit-chat") as pool:
            ask = functools.partial(self._ask, endpoint=endpoint, failed=failed)
            futures = [pool.submit(ask, question) for question in questions]
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            raise next(error for error in errors if not isinstance(error, _LeftError))
        return [future.result() for future in futures]

    def _ask(self, question: Question, *, endpoint: Endpoint, failed: threading.Event) -> Answer:
        if failed.is_set():
            raise _LeftError
        conversation, sample, _ = question
        try:
            answer = endpoint.ask(conversation, sample)
            self.kept.put({"of": self._subject, "answer": answer.as_json()}, **self._asked(question, endpoint))
        except BaseException:
            failed.set()
            raise
        return answer

    @property
    def _subject(self) -> str:
        return f"{self.endpoint.model} at {self.endpoint.address.url}"

    def answers_before(self) -> Iterator[Answer]:
        """Every answer of this model that is kept, to whatever it was asked."""
        for kept in self.kept.values():
            if (answer := self._of(kept)) is not None:
                yield answer

    def _of(self, kept: Any) -> Answer | None:
        """The answer in what was kept; None: nothing was, or another model's."""
        is_own = isinstance(kept, dict) and kept.get("of") == self._subject
        return Answer.of_json(kept["answer"]) if is_own else None

    def _asked(self, question: Question, endpoint: Endpoint) -> dict[str, Any]:
        """All that an answer depends on: other patience, prices or paces make no other answer."""
        conversation, sample, which = question
        return {
            "endpoint": endpoint.address.url,
            "model": endpoint.model,
            "messages": [dict(one) for one in conversation],
            "sample": sample,
            "which": which,
            "seed": endpoint.decoding.seed if endpoint.decoding.is_seeded else 0,
            "logprobs": endpoint.wants_logprobs,
            "parameters": endpoint.parameters,
            **endpoint.decoding.asked(),
        }


class _LeftError(Exception):
    """A question that was not asked, because another one had failed."""


def _frozen(conversation: Conversation) -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(tuple(sorted(one.items())) for one in conversation)


def _marked(question: Question) -> Any:
    conversation, sample, which = question
    return _frozen(conversation), sample, which


def costs_in_words(conversations: Iterable[Conversation], endpoint: Endpoint, *, repeat_check: int) -> Iterator[str]:
    """What asking for some prompts would take, at most and about."""
    prompts = [tuple(dict(pairs) for pairs in one) for one in dict.fromkeys(map(_frozen, conversations))]
    decoding, prices = endpoint.decoding, endpoint.budget.prices
    again = min(repeat_check, len(prompts))
    requests = len(prompts) * decoding.samples + again
    spelt = f", {again} of them asked twice" if again else ""
    samples = f", {decoding.samples} answers to each" if decoding.samples > 1 else ""
    yield f"{requests:,} requests to {endpoint.address.url}: {len(prompts):,} different prompts{samples}{spelt}"
    share = requests / max(len(prompts), 1)
    most = int(sum(endpoint.most_tokens(one)[0] for one in prompts) * share)
    about = int(sum(len(text["content"]) for one in prompts for text in one) / _CHARACTERS_A_TOKEN * share)
    written = requests * decoding.max_tokens
    yield f"about {about:,} tokens of prompts, and at most {written:,} of answers"
    if prices.are_known:
        likely, bound = (prices.shown(prices.cost(prompt, written)) for prompt in (about, most))
        yield f"about {likely} if every answer is as long as it may be, and at most {bound}; less what is kept"


_CHARACTERS_A_TOKEN = 4
"""Of English, by the tokenizers in use; other languages have fewer."""
