"""`chat`: what a spec may say of it, and the way from there to a model that answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from auditkit import (
    Continues,
    Differentiable,
    Embeds,
    Generates,
    GivesLikelihoods,
    ModelError,
    RanksDeeper,
    RanksHistories,
    Texts,
    Trainable,
    adapter,
)
from auditkit.devices import Precision
from auditkit.kept import Kept
from auditkit_llm.address import Address
from auditkit_llm.decoding import Decoding, temperature_of
from auditkit_llm.endpoint import Endpoint
from auditkit_llm.opening import locate, locate_base, open_folder
from auditkit_llm.pacing import Pace
from auditkit_llm.prompts import PLACE, Framing, read_conversations
from auditkit_llm.recognise import recognise_chat
from auditkit_llm.remote import costs_in_words
from auditkit_llm.secret import Secret
from auditkit_llm.spending import Budget, Prices
from auditkit_llm.terms import Terms, open_endpoint


def named(*, endpoint: str | None = None, model: str = "") -> dict[str, str] | None:
    """What names a model behind an endpoint; None: it lies here.

    Raises:
        ModelError: the address is none, or nobody says which of the endpoint's models is meant.
    """
    if endpoint is None:
        if model:
            raise ModelError(
                f"[model] model is '{model[:80]}', and there is no endpoint to ask for it",
                hint='endpoint = "http://127.0.0.1:8000/v1"; a model in a folder is named by path',
            )
        return None
    url = Address.of(endpoint).url
    if not model:
        raise ModelError(
            f"[model] does not say which model of {url} is meant", hint='model = "...", as the endpoint calls it'
        )
    return {"endpoint": url, "model": model}


def costs(  # noqa: PLR0913  each is a key of the spec
    inputs: Any,
    *,
    endpoint: str | None = None,
    model: str = "",
    system: str | None = None,
    template: str = PLACE,
    max_tokens: int = 256,
    samples: int = 1,
    temperature: float | Literal["default"] = 0.0,
    repeat_check: int = 5,
    price_input: float | None = None,
    price_output: float | None = None,
    currency: str = "USD",
) -> Iterator[str]:
    """What asking for some rows would cost; time alone where the model lies here."""
    if endpoint is None:
        if samples > 1:
            yield f"{len(inputs) * samples:,} answers: {samples} to each of {len(inputs):,} prompts"
        return
    decoding = Decoding(temperature_of(temperature), max_tokens, samples)
    budget = Budget(Prices(price_input, price_output, currency))
    asked = Endpoint(Address.of(endpoint), model, Secret(), decoding, Pace(), budget)
    yield from costs_in_words(read_conversations(inputs, Framing(template, system)), asked, repeat_check=repeat_check)


@adapter(
    "chat",
    gives=Texts,
    locate=locate,
    base=locate_base,
    recognises=recognise_chat,
    remote=named,
    costs=costs,
    can={
        Generates: "",
        Embeds: "models in a folder",
        GivesLikelihoods: "models in a folder",
        Continues: "models in a folder",
    },
    cannot={
        RanksDeeper: "it ranks no items",
        RanksHistories: "it ranks no items",
        Differentiable: "what it writes is chosen token by token, and a choice has no gradient",
        Trainable: "neither a folder nor an endpoint says how its model was trained",
    },
)
def open_chat(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    kept: Kept | None,
    spec_folder: Path,
    system: str | None = None,
    template: str = PLACE,
    temperature: float | Literal["default"] = 0.0,
    max_tokens: int = 256,
    samples: int = 1,
    stop: tuple[str, ...] = (),
    seed: int = 0,
    max_length: int | None = None,
    precision: Precision = "float32",
    base: str = "",
    allow_download: bool = False,
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
    endpoint: str | None = None,
    model: str = "",
    key_env: str | None = None,
    parallel: int = 4,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    timeout: float = 60.0,
    retries: int = 5,
    price_input: float | None = None,
    price_output: float | None = None,
    currency: str = "USD",
    max_total_tokens: int | None = None,
    max_cost: float | None = None,
    logprobs: bool = False,
    repeat_check: int = 5,
    parameters: dict[str, Any] = {},  # noqa: B006  an option's default, which nobody changes
    ca_file: str | None = None,
) -> Any:
    """A chat model: a folder of a causal model and its tokenizer, or an OpenAI-compatible endpoint.

    Answers are decoded greedily, unless `temperature` says otherwise; then each sample of each prompt has a seed of
    its own; "default" sends an endpoint neither, which some of them want. A prompt is a plain text, which
    `template` puts into the user's words, or a JSON list of messages. With `endpoint`, `model` is what the server
    calls it, and the key, if it wants one, is in the environment variable that `key_env` names. Each answer is kept
    when it arrives, and not asked for again.
    """
    framing = Framing(template, system)
    decoding = Decoding(temperature_of(temperature), max_tokens, samples, stop, seed)
    kept = kept or Kept()
    named(endpoint=endpoint, model=model)
    if endpoint is None:
        if path is None:
            raise ModelError(
                "no model is named",
                hint='[model] path = "model", the folder that save_pretrained wrote; or endpoint = "https://.../v1"',
            )
        return open_folder(
            path,
            device=device,
            precision=precision,
            framing=framing,
            decoding=decoding,
            max_length=max_length,
            kept=kept,
            trust_pickle=trust_pickle,
            trust_remote_code=trust_remote_code,
            base=locate_base(path, spec_folder, base=base, allow_download=allow_download),
        )
    terms = Terms(
        endpoint=endpoint,
        model=model,
        max_tokens=max_tokens,
        key_env=key_env,
        parallel=parallel,
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
        timeout=timeout,
        retries=retries,
        prices=Prices(price_input, price_output, currency),
        max_total_tokens=max_total_tokens,
        max_cost=max_cost,
        logprobs=logprobs,
        repeat_check=repeat_check,
        parameters=parameters,
        ca_file=None if ca_file is None else spec_folder / ca_file,
    )
    return open_endpoint(terms, framing, decoding, kept)
