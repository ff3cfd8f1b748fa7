"""What a spec says of an endpoint, held against what can be meant; and the model that is asked on these terms."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit import ModelError
from auditkit_llm.address import Address
from auditkit_llm.decoding import Decoding
from auditkit_llm.endpoint import Endpoint
from auditkit_llm.pacing import Pace
from auditkit_llm.prompts import Framing
from auditkit_llm.remote import RemoteChat
from auditkit_llm.secret import Secret, read_secret, refuse_secrets
from auditkit_llm.spending import Budget, Prices


@dataclass(frozen=True)
class Terms:
    """Those keys of `[model]` that are about an endpoint."""

    endpoint: str
    model: str
    max_tokens: int
    key_env: str | None
    parallel: int
    requests_per_minute: float | None
    tokens_per_minute: float | None
    timeout: float
    retries: int
    prices: Prices
    max_total_tokens: int | None
    max_cost: float | None
    logprobs: bool
    repeat_check: int
    parameters: dict[str, Any]
    ca_file: Path | None

    def __post_init__(self) -> None:
        for name in ("parallel", "requests_per_minute", "tokens_per_minute", "timeout"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ModelError(f"[model] {name} is {value:g}", hint=f"{name} is above 0")
        for name in ("retries", "repeat_check"):
            if getattr(self, name) < 0:
                raise ModelError(f"[model] {name} is {getattr(self, name)}", hint=f"{name} = 0 at least")
        for name in sorted({"model", "messages", "temperature", "stop", "seed", "stream", "n"} & set(self.parameters)):
            raise ModelError(
                f"[model] parameters has the key '{name}', which would make other requests than the report tells of",
                hint=f"[model] {name} = ..., where there is such a key",
            )
        self._refuse_longer_answers()
        refuse_secrets(self.parameters)
        try:
            json.dumps(self.parameters, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ModelError(
                f"[model] parameters holds what JSON does not know: {error}",
                hint="texts, finite numbers, true and false, lists and tables of these",
            ) from error

    def _refuse_longer_answers(self) -> None:
        """Refuse a bound on answers other than `max_tokens`, which the budget, the plan and the report go by."""
        for name in ("max_tokens", "max_completion_tokens"):
            said = self.parameters.get(name, self.max_tokens)
            if said != self.max_tokens:
                raise ModelError(
                    f"[model] parameters says {name} = {said}, and [model] max_tokens is {self.max_tokens}",
                    hint=f"[model] max_tokens = {said}",
                )


def open_endpoint(terms: Terms, framing: Framing, decoding: Decoding, kept: Any) -> RemoteChat:
    """What is asked at an endpoint; nothing is sent yet.

    Raises:
        ModelError: the terms cannot be meant, the key is not there, or it would go over the network unencrypted.
    """
    address = Address.of(terms.endpoint)
    beside = [terms.endpoint, terms.model, framing.system, framing.template, decoding.stop, terms.parameters]
    secret = read_secret(terms.key_env, beside=[*beside, terms.prices.currency, str(terms.ca_file)])
    _refuse_in_clear(secret, address)
    budget = Budget(terms.prices, terms.max_total_tokens, terms.max_cost)
    endpoint = Endpoint(
        address=address,
        model=terms.model,
        secret=secret,
        decoding=decoding,
        pace=Pace(terms.requests_per_minute, terms.tokens_per_minute),
        budget=budget,
        timeout=terms.timeout,
        retries=terms.retries,
        wants_logprobs=terms.logprobs,
        parameters=terms.parameters,
        ca_file=terms.ca_file,
    )
    model = RemoteChat(endpoint, framing, kept, parallel=terms.parallel, repeat_check=terms.repeat_check)
    if budget.is_limited:
        budget.spent_before(model.answers_before())
    return model


def _refuse_in_clear(secret: Secret, address: Address) -> None:
    if secret and not address.is_encrypted and not address.is_loopback:
        raise ModelError(
            f"the key would go to {address.host} unencrypted",
            hint='endpoint = "https://...", or leave out key_env where the endpoint wants no key',
        )
