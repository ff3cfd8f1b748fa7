"""One question to an OpenAI-compatible endpoint, asked until it is answered or refused."""

from __future__ import annotations

import contextlib
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from auditkit import CrashError, ModelError, needs_extra
from auditkit_llm.address import Address
from auditkit_llm.answers import Answer
from auditkit_llm.deadline import PackedError, bounded, unpacked, within
from auditkit_llm.decoding import Decoding
from auditkit_llm.pacing import LONGEST_WAIT, Pace, backoff, retry_after
from auditkit_llm.prompts import Conversation, bytes_of
from auditkit_llm.reply import RefusedError, StrangeReplyError, plain, read_reply, words_in
from auditkit_llm.secret import Secret
from auditkit_llm.spending import Budget

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)

_LARGEST = 16 << 20
"""Bytes of one reply."""
_ONE_MESSAGE = 16
"""Tokens that a chat template may put around one message, and around all of them."""
_AGAIN = frozenset({408, 409, 425, 429})
"""Refusals that pass; those from 500 on pass too."""
_KEEP_AWAY = frozenset({429, 503})
"""Those with which Retry-After is to be heeded."""
_PERHAPS_PAID = frozenset({408, 502, 504, 520, 522, 524})
"""What stands in between has given up, while an answer was perhaps written, and counted, behind it."""
_SERVER = 500
_ERROR = 400
_REDIRECT = 300


@dataclass
class Endpoint:
    """An address with a key, a pace, a budget and patience. Several threads may ask."""

    address: Address
    model: str
    secret: Secret
    decoding: Decoding
    pace: Pace
    budget: Budget
    timeout: float = 60.0
    """Seconds that one answer may take, from the first byte sent to the last one read."""
    retries: int = 5
    wants_logprobs: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)
    """Further keys of a request."""
    ca_file: Path | None = None
    sleep: Callable[[float], None] = time.sleep
    has_answered: bool = False
    _client: httpx.Client | None = field(default=None, repr=False)

    def ask(self, conversation: Conversation, sample: int) -> Answer:
        """One answer, while `connected`.

        Raises:
            ModelError: the endpoint refuses, and has answered nothing so far: the spec or the key is wrong.
            CrashError: it refuses after it has answered, or does not answer after all tries; or the budget is used up.
        """
        body = self._body(conversation, sample)
        rng = np.random.default_rng(self.decoding.seed_of(conversation, sample))
        for attempt in range(1, self.retries + 2):
            try:
                answer = self._once(body, conversation)
            except _PassingError as trouble:
                if attempt > self.retries:
                    raise CrashError(
                        f"{self.address.url} did not answer after {attempt} tries: {trouble}",
                        hint="run the same command to go on when it does: the answers that are there are kept",
                    ) from None
                wait = backoff(attempt, rng) if trouble.wait is None else trouble.wait
                self._refuse_long(wait)
                logger.info("%s; asking again in %.1f s", trouble, wait)
                if trouble.wait is not None:
                    self.pace.hold(wait)  # it was said to everybody
                self.sleep(wait)
            else:
                self.has_answered = True
                return replace(answer, tries=attempt)
        raise AssertionError  # the last try ends in an answer or an error

    def _refuse_long(self, wait: float) -> None:
        if wait > LONGEST_WAIT:
            raise CrashError(
                f"{self.address.url} asks to come back in {wait:,.0f} seconds",
                hint="run the same command to go on then: the answers that are there are kept",
            )

    def most_tokens(self, conversation: Conversation) -> tuple[int, int]:
        """The most tokens that a prompt and its answer can have."""
        return bytes_of(conversation) + _ONE_MESSAGE * (len(conversation) + 1), self.decoding.max_tokens

    def _body(self, conversation: Conversation, sample: int) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [dict(one) for one in conversation],
            "max_tokens": self.decoding.max_tokens,
        }
        if self.decoding.stop:
            body["stop"] = list(self.decoding.stop)
        if self.decoding.temperature is not None:
            body["temperature"] = self.decoding.temperature
        if self.decoding.is_seeded:
            body["seed"] = self.decoding.seed_of(conversation, sample)
        if self.wants_logprobs:
            body["logprobs"] = True
        if "max_completion_tokens" in self.parameters:
            del body["max_tokens"]
        return body | self.parameters

    def _once(self, body: dict[str, Any], conversation: Conversation) -> Answer:
        most = self.most_tokens(conversation)
        self.budget.reserve(*most)
        # What a request has used that was sent and not answered nobody knows: it stays set aside.
        used: tuple[int, int] | None = None
        try:
            self.pace.wait(sum(most))
            answer = self._answer(body)
            if answer.prompt_tokens is not None and answer.completion_tokens is not None:
                used = (answer.prompt_tokens, answer.completion_tokens)
        except _FreeError as free:
            used = (0, 0)
            raise free.meant from None
        finally:
            self.budget.settle(most, used)
            if used is not None:
                self.pace.settle(sum(most), sum(used))
        return answer

    def _answer(self, body: dict[str, Any]) -> Answer:
        status, headers, text = self._sent(body)
        if status >= _REDIRECT:
            refused = self._refused(status, headers, text)
            raise refused if status in _PERHAPS_PAID else _FreeError(refused)
        try:
            answer = read_reply(text, wants_logprobs=self.wants_logprobs, ended=self.decoding.ended)
        except StrangeReplyError as strange:
            raise _PassingError(f"its reply is {strange}") from None
        except RefusedError as refused:
            raise self._end(str(refused), refused.hint) from None
        return answer

    def _sent(self, body: dict[str, Any]) -> tuple[int, Any, str]:
        """Status, headers and text of a reply, without the key."""
        import httpx

        received = bytearray()
        try:
            assert self._client is not None  # noqa: S101  it is asked while `connected`
            url = f"{self.address.url}/chat/completions"
            with within(self.timeout), self._client.stream("POST", url, json=body) as reply:
                packed = reply.headers.get("content-encoding", "").strip().lower()
                # Unpacked here: httpx would do it as often as the reply says, and each time a thousandfold.
                for part in unpacked(reply.iter_raw(), packed, most=_LARGEST):
                    received += part
                    if len(received) > _LARGEST:
                        raise _PassingError(f"its reply has more than {_LARGEST:,} bytes")
        except httpx.ConnectError as error:
            if _is_untrusted(error):
                raise _FreeError(self._end(f"its certificate is not trusted: {error}", _CA_HINT)) from None
            raise _FreeError(_PassingError(self.secret.scrub(f"no connection: {error}"))) from None
        except httpx.TimeoutException:
            raise _PassingError(f"it took more than {self.timeout:g} seconds") from None
        except PackedError as error:
            raise _PassingError(f"its reply is {self.secret.scrub(plain(error))}") from None
        except httpx.TransportError as error:
            raise _PassingError(self.secret.scrub(f"{type(error).__name__}: {error}")) from None
        return reply.status_code, reply.headers, self.secret.scrub_json(received.decode("utf-8", errors="replace"))

    def _refused(self, status: int, headers: Any, text: str) -> Exception:
        """What a status that is no success means."""
        if status < _ERROR:
            target = self.secret.scrub(str(headers.get("location", "")))[:200]
            return self._end(
                f"it answers with a redirect, {status}, to '{target}', which is not followed: the key and the prompts "
                "are for the endpoint alone",
                "[model] endpoint = the address that answers by itself",
            )
        said = f"{status}: {words_in(text)}"
        if status not in _AGAIN and status < _SERVER:
            of_temperature = status in _OF_KEYS and "temperature" in said.casefold()
            hint = _NO_TEMPERATURE if of_temperature else _HINTS.get(status, "look at what the endpoint says")
            return self._end(f"it refuses with {said}", hint)
        wait = retry_after(headers.get("retry-after")) if status in _KEEP_AWAY else None
        return _PassingError(said, wait)

    def _end(self, what: str, hint: str) -> ModelError | CrashError:
        kind = CrashError if self.has_answered else ModelError
        return kind(f"the endpoint {self.address.url}: {what}", hint=hint)

    @contextlib.contextmanager
    def connected(self) -> Iterator[None]:
        """Hold connections open while several questions are asked.

        Raises:
            ModelError: the file of certificates cannot be read.
            PluginError: httpx is not installed.
        """
        with open_client(self.address, self.secret, timeout=self.timeout, ca_file=self.ca_file) as self._client:
            yield


def open_client(address: Address, secret: Secret, *, timeout: float, ca_file: Path | None = None) -> httpx.Client:
    """A client that verifies certificates, follows no redirect, and asks no proxy for what is on this machine.

    Raises:
        ModelError: the file of certificates cannot be read.
        PluginError: httpx is not installed.
    """
    with needs_extra("llm"):
        import httpx
    # It logs each reply's status line, which is the server's to write.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    verify: ssl.SSLContext | bool = True
    if ca_file is not None:
        try:
            verify = ssl.create_default_context(cafile=str(ca_file))
        except (OSError, ssl.SSLError) as error:
            raise ModelError(
                f"[model] ca_file '{ca_file.name}' cannot be read: {error}", hint="a file of certificates in PEM"
            ) from error
    client = httpx.Client(
        headers=secret.headers | {"Accept": "application/json", "Accept-Encoding": "identity"},
        timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
        follow_redirects=False,
        trust_env=not address.is_loopback,
        verify=verify,
    )
    return cast("httpx.Client", bounded(client))


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether an error comes from a certificate that does not hold."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


_CA_HINT = '[model] ca_file = "authority.pem", where it is one of your own authority; nothing switches the check off'
_OF_KEYS = frozenset({400, 422})
"""With which an endpoint refuses a key of a request."""
_NO_TEMPERATURE = 'temperature = "default" sends none, for models that refuse one'
_HINTS = {
    400: "logprobs = false, or another of the keys that it names; those in [model.parameters] are sent as they are",
    401: "look at the key in the variable that [model] key_env names",
    403: "look at what the key may be used for",
    404: "look at [model] endpoint, which ends before /chat/completions, and at [model] model",
}


class _PassingError(Exception):
    """Trouble that may be over at the next try."""

    def __init__(self, said: str, wait: float | None = None) -> None:
        super().__init__(said)
        self.wait = wait
        """Seconds that the endpoint asks for."""


class _FreeError(Exception):
    """A request that took no tokens, with what its end means."""

    def __init__(self, meant: Exception) -> None:
        super().__init__(str(meant))
        self.meant = meant
