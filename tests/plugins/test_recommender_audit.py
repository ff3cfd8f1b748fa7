"""A recommender audited through the command line: what the report says, and what makes another question of it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from recommenders import ITEM_FACTORS, USER_FACTORS, USERS, factors

SPEC = """\
name = "Small"
[model]
adapter = "recommender"
path = "model"
{model}
[data]
loader = "interactions"
audit = "rows.csv"
training = "training.csv"
k = 2
[report]
formats = ["html"]
[policy]
[[policy.rules]]
metric = "unserved_rate"
max = 1.0
judge = "value"
because = "a test"
"""
ROWS = (
    "user,item,time\n"
    + "".join(f"{user},d,2026-02-0{place + 1}\n" for place, user in enumerate(USERS))
    + "u1,zz,2026-02-03\n"
)
TRAINING = "user,item,time\nu1,a,2026-01-01\nu2,b,2026-01-01\nu3,c,2026-01-01\nu4,c,2026-03-01\n"

NET = """\
import torch

class Taste(torch.nn.Module):
    def __init__(self, users, items):
        super().__init__()
        self.users, self.items = torch.nn.Embedding(users, 2), torch.nn.Embedding(items, 2)

    def forward(self, users, items):
        return {sign}(self.users(users) * self.items(items)).sum(-1)
"""


@pytest.fixture
def small(make_folder):
    """A folder with the model by hand, what four users had, and what they went for."""
    folder = make_folder()
    factors(folder.path / "model")
    folder.write("rows.csv", ROWS)
    folder.write("training.csv", TRAINING)
    folder.write("audit.toml", SPEC.format(model=""))
    return folder


def measured(folder):
    """Metric -> value, of an audit that is run again where the store is."""
    answer = folder.run_here("run", "audit.toml", "--force")
    assert answer.code in {0, 5}, answer
    return {one["metric"]: one["value"] for one in folder.finding("performance.ranking")["measurements"]}


def page_of(folder):
    return folder.page().replace("<bdi>", "").replace("</bdi>", "")


def test_the_report_names_what_the_numbers_rest_on(small):
    found = measured(small)
    # Masked: u1 is shown d, c; u2 d, c; u3 d, a; u4 a, d. Of u1's two relevant items one is shown, first of all.
    assert found["recall_at_2"] == pytest.approx((0.5 + 1 + 1 + 1) / 4)
    assert found["reciprocal_rank_at_2"] == pytest.approx((1 + 1 + 1 + 0.5) / 4)
    assert found["repeat_rate_at_2"] == 0
    page = page_of(small)
    assert "1 of 2 items of the audit table are not in the model, with 1 of 5 interactions" in page
    assert "1 of 4 training interactions are later than the first that was audited (2026-02-01)" in page
    assert "1 of them later than the first of the same user" in page


def test_the_report_counts_what_nobody_who_masks_can_foretell(small):
    small.write("training.csv", TRAINING + "u1,d,2026-01-02\nu2,zz,2026-01-02\n")
    assert measured(small)
    assert (
        "1 of 5 audited interactions are with an item that the same user has in the training too: a recommender that "
        "shows nothing twice cannot foretell them"
    ) in page_of(small)


def test_another_training_table_is_another_question(small):
    before = measured(small)
    small.write("training.csv", TRAINING.replace("u1,a", "u1,d"))
    after = measured(small)
    assert after["recall_at_2"] == pytest.approx((0 + 1 + 1 + 1) / 4)
    assert before["recall_at_2"] != after["recall_at_2"]


def test_other_code_is_another_model(small):
    import torch
    from safetensors.torch import save_file

    (small.path / "model" / "factors.npz").unlink()
    weights = {"users.weight": torch.tensor(USER_FACTORS), "items.weight": torch.tensor(ITEM_FACTORS)}
    save_file(weights, small.path / "model" / "model.safetensors")
    small.write("audit.toml", SPEC.format(model='module = "net:Taste"'))
    small.write("net.py", NET.format(sign=""))
    assert measured(small)["recall_at_2"] == pytest.approx(3.5 / 4)
    assert "the audit ran net:Taste, sha256:" in page_of(small).lower().replace("taste", "Taste")
    small.write("net.py", NET.format(sign="-"))
    assert measured(small)["recall_at_2"] < 0.5


def test_users_without_history_end_the_audit_unless_the_spec_decides(small):
    small.write("training.csv", TRAINING.replace("u3", "u9"))
    small.run_here("run", "audit.toml").refused("error: 1 of 4 users have no history ('u3'): 0 are not in the model")
    small.write("audit.toml", SPEC.format(model='cold_users = "popularity"'))
    assert small.run_here("run", "audit.toml").code in {0, 5}
    assert "1 of 4 users have no history" in page_of(small)


def test_a_model_of_other_people_is_refused(small):
    names = json.dumps([f"user {n}" for n in range(4)])
    (small.path / "model" / "users.json").write_text(names)
    answer = small.run_here("run", "audit.toml")
    answer.refused("error: the model knows none of the 4 users of the audit: there 'u1', in 'users.json' 'user 0'")
    np.savez(small.path / "model" / "factors.npz", user_factors=USER_FACTORS, item_factors=ITEM_FACTORS * np.nan)
    (small.path / "model" / "users.json").write_text(json.dumps(USERS))
    small.run_here("run", "audit.toml").refused("error: 'item_factors' of the model holds NaN or infinite numbers")
