"""What lies between a text and its scores: the vector that the model makes of it, and gradients down to its tokens."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit import Encoded, NotApplicable, Unit
from auditkit.checkpoints import quiet

_CLOSE = 1e-3
"""How far logits from embeddings may lie from those from tokens, in float32; beyond, they are another function's."""


def pooled(module: Any, batch: Any) -> Any:
    """[n, d] in float32: the mean of the last layer's states over the tokens of each text, padding left out.

    Args:
        module: a classifier of transformers.
        batch: its inputs, padded, on its device.
    """
    import torch

    states = module.base_model(**batch).last_hidden_state.float()
    mask = batch["attention_mask"].to(torch.float32)[:, :, None]
    return ((states * mask).sum(1) / mask.sum(1).clamp(min=1.0)).cpu().numpy().astype(np.float32)


def encoded(module: Any, tokenizer: Any, texts: list[str], limit: int | None) -> Encoded:
    """Texts as their tokens' embeddings, and the logits as a function of these.

    The baseline has the padding token in every place but those of special tokens, which stay.

    Raises:
        NotApplicable: the tokenizer does not say where its tokens lie, or the model answers its own embeddings
            otherwise than its tokens, as those do that look for the last token by its number.
    """
    import torch

    if not tokenizer.is_fast:
        raise NotApplicable("the model's tokenizer does not say where in the text its tokens lie")
    with quiet():
        batch = tokenizer(
            texts,
            truncation=limit is not None,
            max_length=limit,
            padding="longest",
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            return_tensors="pt",
        )
    offsets, special = batch.pop("offset_mapping").tolist(), batch.pop("special_tokens_mask").bool()
    batch = batch.to(module.device)
    tokens = batch.pop("input_ids")
    filled = torch.where(special.to(tokens.device), tokens, torch.full_like(tokens, tokenizer.pad_token_id))
    embed = module.get_input_embeddings()
    with torch.no_grad():
        inputs, baseline = embed(tokens).float(), embed(filled).float()
    names = tuple(batch)

    def logits(embeddings: Any, *alongside: Any) -> Any:
        return module(inputs_embeds=embeddings, **dict(zip(names, alongside, strict=True))).logits.float()

    _refuse_another_function(module, logits, tokens, inputs, batch)
    units = tuple(
        tuple(
            None if skip else Unit(text[start:end], start, end) for (start, end), skip in zip(places, row, strict=True)
        )
        for text, places, row in zip(texts, offsets, special.tolist(), strict=True)
    )
    return Encoded(logits, inputs, tuple(batch.values()), baseline, units, network=module)


def _refuse_another_function(module: Any, logits: Any, tokens: Any, inputs: Any, rest: Any) -> None:
    import torch

    with quiet(), torch.inference_mode():
        wanted = module(input_ids=tokens, **rest).logits.float()
        try:
            found = logits(inputs.clone(), *rest.values())
        except (TypeError, ValueError) as error:
            raise NotApplicable("the model takes no embeddings in the place of tokens") from error
    if not torch.allclose(found, wanted, atol=_CLOSE, rtol=_CLOSE):
        raise NotApplicable("the model answers the embeddings of tokens otherwise than the tokens")
