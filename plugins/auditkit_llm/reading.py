"""Prompts as tokens: the chat template within a time, and nothing that a row says taken for the end of a turn."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from auditkit import ModelError
from auditkit_llm.prompts import Conversation, as_plain_text
from auditkit_llm.watching import TooLongError, ended_after

SECONDS = 20.0
"""For the templates of `_AT_ONCE` prompts, which take milliseconds."""
_AT_ONCE = 64
_STAND_INS = 0x100000
"""The first of 65,534 characters of private use: one for each special token while a template is filled in."""
_MOST = 0xFFFE

T = TypeVar("T")


@dataclass(frozen=True)
class PromptReader:
    """A tokenizer with what a model makes of conversations."""

    tokenizer: Any
    ends: tuple[int, ...]
    """The tokens that end an answer."""

    def guard(self, said: str) -> str:
        """A row's words, with a character of private use in the place of each text that the tokenizer reads as special.

        A row that holds `</s><|assistant|>` would otherwise end the user's turn, and speak for the model.
        """
        return said if self._special is None else self._special.sub(self._stand_in, said)

    def is_guarded(self, conversation: Conversation) -> bool:
        """Whether a row held such a text."""
        return any(_STOOD_IN.search(one["content"]) for one in conversation)

    def tokens(self, conversations: Sequence[Conversation]) -> list[list[int]]:
        """The tokens of each prompt, whose rows were guarded.

        Raises:
            ModelError: the chat template refuses a conversation, or does not come to an end.
        """
        if self.tokenizer.chat_template is None:
            return [self._plainly(as_plain_text(one)) for one in conversations]
        found: list[list[int]] = []
        for at in range(0, len(conversations), _AT_ONCE):
            part = conversations[at : at + _AT_ONCE]
            found += map(self._of_text, _in_time(functools.partial(self._all_filled_in, part)))
        return found

    def plain(self, text: str) -> list[int]:
        """The tokens of a text as it stands, without a template, after those that every text begins with."""
        return self._plainly(self.guard(text))

    def with_answers(
        self, conversations: Sequence[Conversation], answers: Sequence[str]
    ) -> list[tuple[list[int], int]]:
        """The tokens of each prompt and its answer together, and the first that is the answer's, or partly so."""
        if self.tokenizer.chat_template is None:
            texts = [as_plain_text(one) for one in conversations]
            wholes = [self._plainly(text + self.guard(answer)) for text, answer in zip(texts, answers, strict=True)]
        else:
            wholes = []
            for at in range(0, len(conversations), _AT_ONCE):
                part = conversations[at : at + _AT_ONCE]
                filled = _in_time(functools.partial(self._all_filled_in, part))
                said = answers[at : at + _AT_ONCE]
                wholes += [self._of_text(one + self.guard(answer)) for one, answer in zip(filled, said, strict=True)]
        alone = self.tokens(conversations)
        return [(whole, parted(one, whole)) for one, whole in zip(alone, wholes, strict=True)]

    def _all_filled_in(self, conversations: Sequence[Conversation]) -> list[str]:
        return [self._filled_in(one) for one in conversations]

    def _filled_in(self, conversation: Conversation) -> str:
        try:
            text: str = self.tokenizer.apply_chat_template(
                [dict(one) for one in conversation], add_generation_prompt=True, tokenize=False
            )
        # A template is a program of the model's maker, in Jinja's sandbox: it may raise anything.
        except Exception as error:
            said = str(error).partition("\n")[0][:200]
            raise ModelError(
                f"the model's chat template refuses a conversation: {type(error).__name__}: {said}",
                hint="some know no system message: leave out [model] system, or say it in template",
            ) from error
        return text

    def _plainly(self, text: str) -> list[int]:
        """Without a template, with the tokens that the tokenizer begins every text with."""
        first, *rest = _STOOD_IN.split(text, maxsplit=1)
        found = list(self.tokenizer(first)["input_ids"])
        if found and found[-1] in self.ends:  # some tokenizers end every text; an answer would begin after its end
            found = found[:-1]
        return found + self._of_text(text[len(first) :]) if rest else found

    def _of_text(self, text: str) -> list[int]:
        parts = _STOOD_IN.split(text)
        if len(parts) == 1:
            return self._read(text)
        found: list[int] = []
        for place, part in enumerate(parts):
            found += self._spelt(ord(part) - _STAND_INS) if place % 2 else self._read(part)
        return found

    def _read(self, text: str, **how: Any) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False, **how)["input_ids"]) if text else []

    def _spelt(self, place: int) -> list[int]:
        """The tokens of a special one's spelling, none of which is special.

        Raises:
            ModelError: the tokenizer cannot but read it as what it is.
        """
        name = self._names[place] if place < len(self._names) else chr(_STAND_INS + place)
        for found in (self._read(name, split_special_tokens=True), [one for char in name for one in self._read(char)]):
            if found and not set(found) & self._ids:
                return found
        raise ModelError(
            f"a row holds '{name[:60]}', which the model's tokenizer can only read as the end of a turn, or the like",
            hint="leave such rows out, or such texts out of them",
        )

    def _stand_in(self, match: re.Match[str]) -> str:
        told = match.group()
        folded = [name.casefold() for name in self._names]
        return chr(_STAND_INS + (self._names.index(told) if told in self._names else folded.index(told.casefold())))

    @functools.cached_property
    def _tokens(self) -> dict[str, int]:
        """The special tokens by their spelling, as the tokenizer numbers them."""
        added = {str(one): number for number, one in self.tokenizer.added_tokens_decoder.items() if one.special}
        own = dict(zip(self.tokenizer.all_special_tokens, self.tokenizer.all_special_ids, strict=True))
        known = {name: number for name, number in (added | own).items() if len(name) > 1}
        return dict(sorted(known.items(), key=lambda one: (one[1], one[0]))[:_MOST])

    @property
    def _names(self) -> list[str]:
        return list(self._tokens)

    @functools.cached_property
    def _ids(self) -> frozenset[int]:
        # What is unknown is no turn's end, and spellings may hold it.
        return frozenset(self._tokens.values()) - {self.tokenizer.unk_token_id}

    @functools.cached_property
    def _special(self) -> re.Pattern[str] | None:
        """Their spellings, the longest first, in any case where the tokenizer looks for them in what it has folded."""
        folds = any(one.special and one.normalized for one in self.tokenizer.added_tokens_decoder.values())
        spellings = "|".join(map(re.escape, sorted(self._tokens, key=len, reverse=True)))
        return re.compile(spellings, re.IGNORECASE if folds else 0) if spellings else None


_STOOD_IN = re.compile(f"([{chr(_STAND_INS)}-{chr(_STAND_INS + _MOST)}])")


def parted(alone: list[int], whole: list[int]) -> int:
    """Where a text's tokens leave those of its beginning alone; at least 1, for something comes before."""
    same = (one == other for one, other in zip(alone, whole, strict=False))
    return max(1, next((place for place, is_same in enumerate(same) if not is_same), len(alone)))


def _in_time(call: Callable[[], T]) -> T:
    try:
        return ended_after(SECONDS, call)
    except TooLongError:
        raise ModelError(
            f"the model's chat template did not come to an end in {SECONDS:g} seconds",
            hint="look into chat_template.jinja, or 'chat_template' of tokenizer_config.json: it loops",
        ) from None
