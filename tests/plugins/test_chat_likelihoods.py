"""How likely `chat` finds given texts: as transformers scores them, in windows, after others, and once for a case."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tiny_chat import ANSWERS, QUESTIONS, build_chat, opened_chat

from auditkit import Likelihoods, NotApplicable, OutOfMemory, Texts
from auditkit.errors import ModelError
from auditkit.testing import toy_case, with_model

TEXTS = (*QUESTIONS, *ANSWERS, "", "a")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return opened_chat(build_chat(tmp_path_factory.mktemp("likelihoods") / "model"))


def bare(model, tokens, first=1):
    """[3, t]: ln p of tokens from `first` on, its mean and its deviation, from the module itself."""
    import torch

    with torch.no_grad():
        logs = model.module(torch.tensor([tokens])).logits[0, :-1].double().log_softmax(-1)
    mean = (logs.exp() * logs).sum(1)
    spread = ((logs.exp() * logs**2).sum(1) - mean**2).sqrt()
    found = [logs[place - 1, tokens[place]].item() for place in range(1, len(tokens))]
    return np.array([found, mean.tolist(), spread.tolist()])[:, first - 1 :]


def numbers(said, row):
    one = said.of(row)
    return np.array([one.logs, one.means, one.spreads])


def test_each_token_has_the_likelihood_that_the_module_gives_it(model):
    said = model.likelihoods(TEXTS)
    for row, text in enumerate(TEXTS):
        tokens = model.tokenizer(text)["input_ids"]
        assert said.lengths[row] == len(tokens) - 1  # the tokenizer begins every text with <s>
        np.testing.assert_allclose(numbers(said, row), bare(model, tokens), rtol=1e-4, atol=1e-4)


def test_what_comes_before_is_not_weighed_itself(model):
    before, text = "is it safe to stop ", "my blood pressure tablets"
    said = model.likelihoods([text], [before])
    whole = model.tokenizer(before + text)["input_ids"]
    prompt = model.tokenizer(before)["input_ids"]
    first = next((place for place, pair in enumerate(zip(whole, prompt, strict=False)) if pair[0] != pair[1]), None)
    np.testing.assert_allclose(numbers(said, 0), bare(model, whole, first or len(prompt)), rtol=1e-4, atol=1e-4)
    assert len(said.logs) < len(whole) - 1
    assert model.likelihoods([""], [before]).lengths.tolist() == [0]


def test_texts_longer_than_the_context_are_read_in_windows_that_overlap_by_half(model):
    text = " ".join([*QUESTIONS] * 3)
    tokens = model.tokenizer(text)["input_ids"]
    assert len(tokens) > 2 * 128
    said = model.likelihoods([text])
    assert said.lengths.tolist() == [len(tokens) - 1]
    np.testing.assert_allclose(numbers(said, 0)[:, :127], bare(model, tokens[:128]), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(
        numbers(said, 0)[:, 127:191], bare(model, tokens[64:192], first=64), rtol=1e-3, atol=1e-3
    )


class Weigher:
    """A model whose tokens are characters, each as likely as one in its length; texts at once are counted."""

    batch_size = 4

    def __init__(self, *, fits=4, twist=None):
        self.fits, self.twist, self.asked = fits, twist, []

    def predict(self, inputs):
        return Texts(tuple(("",) for _ in inputs))

    def likelihoods(self, texts, before=None):
        if len(texts) > self.fits:
            raise OutOfMemory("too many texts at once", hint="fewer")
        self.asked.append(len(texts))
        if self.twist is not None:
            return self.twist
        first = 0 if before else 1
        rows = [np.full((3, max(0, len(text) - first)), -np.log(1 + len(text))) for text in texts]
        return Likelihoods.of_rows(rows)


def case_of(model):
    return with_model(toy_case(Texts((("",),)), inputs=pd.Series(["x"])), model)


def test_a_case_asks_for_the_same_texts_once_and_gives_them_in_order():
    model = Weigher(fits=2)
    case = case_of(model)
    texts = ["abc", "a", "abcdef", "ab", ""]
    said = case.likelihoods(texts)
    assert said.lengths.tolist() == [2, 0, 5, 1, 0]
    assert said.of(2).logs.tolist() == pytest.approx([-np.log(7)] * 5)
    asked = list(model.asked)
    assert max(asked) == 2
    assert case.likelihoods(texts).starts.tolist() == said.starts.tolist()
    assert model.asked == asked
    assert case.likelihoods(texts, ["z"] * 5).lengths.tolist() == [3, 1, 6, 2, 0]
    assert len(model.asked) > len(asked)


def test_a_model_that_gives_none_is_told_from_one_that_gives_nonsense():
    class Mute:
        predict = Weigher.predict

    with pytest.raises(NotApplicable) as raised:
        case_of(Mute()).likelihoods(["a"])
    assert raised.value.params["capability"] == "GivesLikelihoods"
    for twist, words in (
        (np.zeros(1), "gave a ndarray"),
        (Likelihoods.of_rows([]), "those of 0"),
        (Likelihoods.of_rows([np.ones((3, 1))]), "no finite logs"),
        (Likelihoods.of_rows([np.full((3, 1), np.nan)]), "no finite logs"),
    ):
        with pytest.raises(ModelError, match=words):
            case_of(Weigher(twist=twist)).likelihoods(["a"])
    with pytest.raises(OutOfMemory, match="too many"):
        case_of(Weigher(fits=0)).likelihoods(["a", "b"])
