"""The share of attributions on what is protected: by hand, of texts, pictures and tables; and never a metric."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit import AuditError, Encoded, Unit, Values
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributions import attributed_answers
from auditkit_explainability.planted.reliance import of_pictures
from auditkit_explainability.reliance import accept_terms, reliance
from auditkit_explainability.relying.mass import CHANCE, SHARE, TITLE, by_asking, covered, mass

WORTH = {"woman": -4.0, "her": 1.0, "pain": 2.0, "fever": 3.0}


@dataclass(frozen=True)
class Adding:
    """Adds up what words are worth."""

    def predict(self, inputs):
        return Values(np.array([sum(WORTH.get(word, 0.0) for word in str(text).split()) for text in inputs]))


def notes_of(texts):
    given = pd.Series(list(texts), dtype=object)
    return with_model(toy_case(Adding().predict(given), inputs=given, min_group_size=2), Adding())


TEXTS = ("a woman with pain", "her fever today", "pain again", "a woman alone here")
OF_SEX = {"column": "", "terms": None}


def test_of_texts_by_hand():
    """4 of 4 + 2; 1 of 1 + 3; a text that says no sex has no share; 4 of 4. Words: 1 of 4, 1 of 3, 1 of 4."""
    case = notes_of(TEXTS)
    found = mass(case, kind="attribute", name="sex", side=SHARE, about=OF_SEX)
    np.testing.assert_allclose(found, [4 / 6, 1 / 4, np.nan, 1.0], rtol=1e-6)
    found = mass(case, kind="attribute", name="sex", side=CHANCE, about=OF_SEX)
    np.testing.assert_allclose(found, [1 / 4, 1 / 3, np.nan, 1 / 4], rtol=1e-6)


def test_chance_gives_the_share_of_the_pieces():
    """A row's numbers dealt in all ways to its pieces: on each falls as much as on any other."""
    sizes, rng = np.array([4.0, 0.0, 2.0, 0.5]), np.random.default_rng(0)
    dealt = np.array([rng.permutation(sizes)[1] / sizes.sum() for _ in range(4000)])
    assert dealt.mean() == pytest.approx(1 / 4, abs=0.03)


def test_what_part_of_a_square_a_region_covers():
    """Of 2 x 2 squares: a box over the left quarter of the upper left one, and all of the lower right one."""
    found = covered([(0.0, 0.0, 0.125, 0.5), (0.5, 0.5, 1.0, 1.0), (0.6, 0.6, 0.9, 0.9)], 2)
    np.testing.assert_allclose(found, [0.25, 0.0, 0.0, 1.0], atol=0.01)


def test_of_pictures_the_corner_that_decides_has_it():
    """The score hangs on the upper left 2 x 2 of 20 pixels: all of it falls into the corners, a tenth by chance."""
    case = of_pictures(marker=True)(np.random.default_rng(0))
    odd = np.arange(len(case)) % 2 == 1
    about = {"regions": {}}
    found = mass(case, kind="region", name="corners", side=SHARE, about=about)
    np.testing.assert_allclose(found[odd], found[odd][0])
    assert found[odd][0] > 0.9
    chance = mass(case, kind="region", name="corners", side=CHANCE, about=about)
    np.testing.assert_allclose(chance[odd], 4 * 0.15**2, atol=0.005)


@dataclass(frozen=True)
class Line:
    """3 a - b + 0.5 sex, by gradients."""

    def predict(self, inputs):
        return Values(self._at(inputs).double().numpy() @ np.array([3.0, -1.0, 0.5]))

    def encoded(self, inputs):
        at = self._at(inputs)
        weights = torch.tensor([[3.0], [-1.0], [0.5]])
        units = (tuple(map(Unit, ("a", "b", "sex"))),) * len(at)
        return Encoded(lambda shown: shown @ weights, at, (), torch.zeros_like(at), units)

    @staticmethod
    def _at(inputs):
        return torch.tensor(inputs[["a", "b", "sex"]].to_numpy(dtype=np.float32))


def table_case():
    """Rows beside the typical one, (1, 2, 0): itself; with another a; another sex; another a, b and sex; another b."""
    rows = pd.DataFrame({"a": [1, 0, 1, 2, 1], "b": [2, 2, 2, 3, 1], "sex": [0, 0, 1, 1, 0]}).astype(float)
    case = toy_case(Line().predict(rows), inputs=rows, groups={"sex": ["M", "M", "F", "F", "M"]}, min_group_size=2)
    case = replace(case, settings=replace(case.settings, protected_inputs=(("sex", "sex"),)))
    return with_model(case, Line())


def test_of_tables_by_hand():
    """0.5 of 0.5, and 0.5 of 3 + 1 + 0.5; a row that is the typical one owes nothing to anything."""
    case = table_case()
    assert not by_asking(case).any()
    about = {"inputs": {"sex": "sex"}}
    found = mass(case, kind="column", name="sex", side=SHARE, about=about)
    np.testing.assert_allclose(found, [np.nan, 0.0, 1.0, 0.5 / 4.5, 0.0], rtol=1e-5)
    found = mass(case, kind="column", name="sex", side=CHANCE, about=about)
    np.testing.assert_allclose(found, [np.nan, 1 / 3, 1 / 3, 1 / 3, 1 / 3], rtol=1e-5)


def illustration(found):
    return [one for one in found if hasattr(one, "rows") and str(one.title) == TITLE]


def test_it_stands_beside_the_interventions_and_is_no_metric():
    texts = [f"a woman with pain in bed {row}" for row in range(12)]
    found = ask(reliance, notes_of(texts), {"attributes": ("sex", "age")})
    (table,) = illustration(found)
    (line,) = table.rows
    assert [str(cell) for cell in line[:2]] == ["sex", "occlusion"]
    assert line[2:4] == (12, round(4 / 6, 3))
    assert line[5] == round(1 / 7, 3)
    assert not any("mass" in one.metric or "attribution" in one.metric for one in found if hasattr(one, "metric"))


def test_whoever_wants_none_gets_none():
    assert not illustration(ask(reliance, notes_of(TEXTS * 4), {"attributes": ("sex",), "illustrated_rows": 0}))
    with pytest.raises(AuditError, match="illustrated_rows"):
        accept_terms(illustrated_rows=-1)


def test_of_tables_the_attributions_say_it():
    (table,) = illustration(ask(attributed_answers, table_case(), {}))
    assert str(table.rows[0][1]) == "integrated gradients"
    assert table.rows[0][2:4] == (4, round((1 + 0.5 / 4.5) / 4, 3))
