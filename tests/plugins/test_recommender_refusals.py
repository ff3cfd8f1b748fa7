"""Folders that are no recommender: each is refused by name, with what to type next, and no pickle is ever loaded."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from recommenders import ITEM_FACTORS, SCORES, USER_FACTORS, factors, folder_of, history, opened
from scipy import sparse

from auditkit import ModelError
from auditkit.testing import obey_contract
from auditkit_recommender.adapter import open_recommender


def refused(folder, **options):
    with pytest.raises(ModelError) as caught:
        opened(folder, **options)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"item_factors": ITEM_FACTORS.T}, "user_factors have 2 factors, and item_factors 5"),
        ({"item_factors": ITEM_FACTORS[:4]}, "'item_factors' has 4 rows, and 'items.json' names 5 items"),
        ({"user_factors": USER_FACTORS[:1]}, "'user_factors' has 1 rows, and 'users.json' names 4 users"),
        ({"user_biases": np.zeros(5)}, "'user_biases' has 5 rows, and 'users.json' names 4 users"),
        ({"item_biases": np.zeros((5, 1))}, "'item_biases' of the model is float64 of the shape (5, 1)"),
        ({"user_factors": USER_FACTORS.astype(str)}, "'user_factors' of the model is <U32 of the shape (4, 2)"),
        ({"user_factors": USER_FACTORS.astype(complex)}, "'user_factors' of the model is complex"),
        ({"item_bias": np.zeros(5)}, "'factors.npz' holds 'item_bias', which has no part"),
        (
            {"user_factors": np.where(USER_FACTORS == 2, np.nan, USER_FACTORS)},
            "NaN or infinite numbers in 1 places",
        ),
        ({"item_biases": np.array([0, 0, np.inf, 0, 0])}, "'item_biases' of the model holds NaN or infinite numbers"),
        ({"user_factors": np.array([[1, "x"]] * 4, dtype=object)}, "holds Python objects in 'user_factors'"),
    ],
)
def test_factors_that_do_not_fit(tmp_path, arrays, said):
    assert said in refused(_changed(tmp_path / "m", arrays))


def _changed(path, arrays):
    whole = {"user_factors": USER_FACTORS, "item_factors": ITEM_FACTORS} | arrays
    return folder_of(path, **whole)


def test_single_numbers_beside_the_factors_are_left_alone(tmp_path):
    folder = _changed(tmp_path / "m", {"regularization": 0.01, "dtype": "float32"})  # as implicit saves them
    assert len(opened(folder).notes) == 2


@pytest.mark.parametrize(
    ("name", "arrays", "said"),
    [
        ("factors.npz", {"user_factors": USER_FACTORS}, "'factors.npz' has no 'item_factors'"),
        ("other.npz", {"embedding": SCORES}, "'other.npz' holds 'embedding': neither factors nor scores"),
        ("scores.npz", {"scores": SCORES.T}, "the scores in 'scores.npz' are float64 of the shape (5, 4)"),
        ("scores.npz", {"scores": SCORES > 1}, "the scores in 'scores.npz' are bool"),
    ],
)
def test_arrays_that_are_no_model(tmp_path, name, arrays, said):
    np.savez(folder_of(tmp_path / "m") / name, **arrays)
    assert said in refused(tmp_path / "m")


def test_a_matrix_of_another_shape(tmp_path):
    np.save(folder_of(tmp_path / "m") / "scores.npy", SCORES[:, :3])
    assert "the scores in 'scores.npy' are float64 of the shape (4, 3)" in refused(tmp_path / "m")
    sparse.save_npz(folder_of(tmp_path / "s") / "scores.npz", sparse.csr_array(SCORES.T))
    assert "the scores in 'scores.npz' have the shape (5, 4)" in refused(tmp_path / "s")


def test_a_sparse_matrix_by_columns(tmp_path):
    sparse.save_npz(folder_of(tmp_path / "m") / "scores.npz", sparse.csc_array(SCORES))
    assert "in the form 'csc', not by rows" in refused(tmp_path / "m")


@pytest.mark.parametrize(
    "part",
    [
        {"indices": np.array([0, 7, 1])},
        {"indices": np.array([0, -1, 1])},
        {"indptr": np.array([0, 3, 1, 2, 3])},
        {"indptr": np.array([0, 1, 2, 3, 9])},
        {"indptr": np.array([0.0, 1, 2, 3, 3])},
        {"data": np.array([1.0, np.nan, 2])},
        {"shape": np.array([4, 5, 6])},
        {"shape": np.array([-4, 5])},
    ],
)
def test_a_sparse_matrix_that_leads_beyond_itself(tmp_path, part):
    whole = {
        "format": b"csr",
        "shape": np.array([4, 5]),
        "data": np.array([1.0, 2, 3]),
        "indices": np.array([0, 2, 1]),
        "indptr": np.array([0, 1, 2, 3, 3]),
    }
    np.savez(folder_of(tmp_path / "m") / "scores.npz", **whole)
    assert opened(tmp_path / "m").scorer.matrix.nnz == 3
    np.savez(tmp_path / "m" / "scores.npz", **(whole | part))
    refused(tmp_path / "m")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('["u1", "u2", "u1", "u4"]', "'users.json' names 'u1' in place 1 and again in place 3"),
        ('["1", 1, "2", "3"]', "'users.json' names '1' in place 1 and again in place 2"),
        ('["u1", null, "u3", "u4"]', "'users.json' holds null in place 2"),
        ('["u1", true, "u3", "u4"]', "'users.json' holds true in place 2"),
        ('["u1", ["u2"], "u3", "u4"]', "'users.json' holds [\"u2\"] in place 2"),
        ('{"u1": 0}', "'users.json' holds {\"u1\": 0}, where a list of users is wanted"),
        ("[]", "'users.json' holds an empty list"),
        ("[1, ", "'users.json' cannot be read as JSON"),
        ("[" * 100_000, "'users.json' cannot be read as JSON"),
        ('["u1", "u2", "u3"]', "'user_factors' has 4 rows, and 'users.json' names 3 users"),
    ],
)
def test_lists_of_ids_that_are_none(tmp_path, content, said):
    folder = factors(tmp_path / "m")
    (folder / "users.json").write_text(content)
    assert said in refused(folder)


@pytest.mark.parametrize("what", ["users", "items"])
def test_a_list_of_ids_that_is_missing(tmp_path, what):
    folder = factors(tmp_path / "m")
    (folder / f"{what}.json").unlink()
    assert f"the model has no '{what}.json'" in refused(folder)


def test_ids_that_are_written_otherwise_are_shown_in_both_spellings(tmp_path):
    folder = factors(tmp_path / "m")
    assert "knows none of the 1 users of the audit: there 'U1', in 'users.json' 'u1'" in refused(folder, asked=("U1",))
    assert "knows none of the 1 items of the audit: there 'A', in 'items.json' 'a'" in refused(folder, wanted=("A",))
    assert "knows none of the 1 items of the training: there 'Z'" in refused(folder, had=(("u1", "Z"),))


def test_scores_that_are_no_numbers_are_found_when_they_are_asked_for(tmp_path):
    scores = SCORES.copy()
    scores[2, 1] = np.nan
    np.save(folder_of(tmp_path / "m") / "scores.npy", scores)
    model = opened(tmp_path / "m")
    from recommenders import asked

    assert len(model.predict(asked("u1", "u2"))) == 2
    with pytest.raises(ModelError, match="scores of user 'u3' are NaN or infinite"):
        model.predict(asked("u1", "u3"))
    huge = factors(tmp_path / "h")
    np.savez(huge / "factors.npz", user_factors=USER_FACTORS * 1e30, item_factors=ITEM_FACTORS * 1e30)
    with pytest.raises(ModelError, match="scores of user 'u1' are NaN or infinite"):
        opened(huge).predict(asked("u1"))


class Trap:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


@pytest.mark.parametrize("name", ["model.pkl", "lightfm.pickle", "als.joblib"])
def test_a_pickle_is_refused_with_how_to_export(tmp_path, name):
    folder = folder_of(tmp_path / "m")
    (folder / name).write_bytes(pickle.dumps(Trap(tmp_path / "ran")))
    assert f"the model holds '{name}', a pickle" in refused(folder)
    with pytest.raises(ModelError, match="is a pickle, which runs code") as caught:
        opened(folder / name)
    assert "model.save('factors.npz')" in caught.value.hint
    assert "get_item_representations" in caught.value.hint
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["factors.npz", "scores.npy", "factors.safetensors"])
def test_a_pickle_under_another_name_is_not_loaded(tmp_path, name):
    folder = folder_of(tmp_path / "m")
    (folder / name).write_bytes(pickle.dumps(Trap(tmp_path / "ran")))
    assert f"'{name}' cannot be read" in refused(folder)
    objects = np.empty((4, 5), dtype=object)
    objects[:] = Trap(tmp_path / "ran")
    stream = io.BytesIO()
    np.save(stream, objects, allow_pickle=True)
    (folder / name).unlink()
    (folder / "scores.npy").write_bytes(stream.getvalue())
    assert "'scores.npy' cannot be read" in refused(folder)
    assert not (tmp_path / "ran").exists()


def test_an_array_that_says_it_is_larger_than_its_file_takes_no_memory(tmp_path):
    folder = factors(tmp_path / "m")
    header = np.lib.format.magic(1, 0)
    text = json.dumps({"descr": "<f4", "fortran_order": False, "shape": [1 << 20, 1 << 20]})
    said = text.replace("false", "False").replace("[", "(").replace("]", ")").encode().ljust(117) + b"\n"
    with zipfile.ZipFile(folder / "factors.npz", "w") as archive:
        archive.writestr("user_factors.npy", header + len(said).to_bytes(2, "little") + said + bytes(64))
    assert "is damaged: 'user_factors' says 4,398,046,511,104 bytes and has" in refused(folder)
    (folder / "factors.npz").unlink()
    (folder / "scores.npy").write_bytes(header + len(said).to_bytes(2, "little") + said + bytes(64))
    assert "'scores.npy' cannot be read" in refused(folder)


HEADERS = [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 5",
    "{'descr': '<f4', 'shape': (4, 5)}",
    "{'descr': [[]], 'fortran_order': False, 'shape': (4, 5)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-4, 5)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 'five')}",
    "{'descr': '|O', 'fortran_order': False, 'shape': (4, 5)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': " + "(" * 400,
    "((((",
    "__import__('os').system('true')",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("name", ["scores.npy", "scores.npz"])
def test_a_header_that_is_none_is_refused_by_name(tmp_path, header, name):
    folder = folder_of(tmp_path / "m")
    written = header.encode().ljust(117) + b"\n"
    content = np.lib.format.magic(1, 0) + len(written).to_bytes(2, "little") + written + bytes(80)
    if name.endswith(".npz"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("scores.npy", content)
    else:
        (folder / name).write_bytes(content)
    assert f"'{name}'" in refused(folder)


def test_a_file_that_would_grow_beyond_measure(tmp_path):
    folder = folder_of(tmp_path / "m")
    np.savez_compressed(folder / "scores.npz", scores=np.zeros((1 << 13, (1 << 12) + 16)))
    assert "'scores.npz' would grow from" in refused(folder)


def test_several_models_and_none(tmp_path):
    assert "the folder 'm' holds no model" in refused(folder_of(tmp_path / "m"))
    folder = factors(tmp_path / "m")
    np.save(folder / "scores.npy", SCORES)
    assert "holds several models: 'factors.npz', 'scores.npy'" in refused(folder)
    assert "'factors.npz' is a file; a recommender is a folder" in refused(folder / "factors.npz")
    (folder / "scores.npy").unlink()
    (folder / "factors.npz").rename(tmp_path / "elsewhere.npz")
    (folder / "factors.npz").symlink_to(tmp_path / "elsewhere.npz")
    assert "'factors.npz' of the model is no plain file" in refused(folder)


def test_what_the_spec_must_say(tmp_path):
    with pytest.raises(ModelError, match="no model is named"):
        open_recommender(None, k=3, history=history(), device="cpu", spec_folder=tmp_path)
    with pytest.raises(ModelError, match="held against interactions"):
        open_recommender(factors(tmp_path / "m"), k=3, history=None, device="cpu", spec_folder=tmp_path)
    assert "rankings names 'topk.csv', and the adapter 'recommender' ranks" in refused(
        tmp_path / "m", rankings="topk.csv"
    )


@pytest.mark.parametrize("form", ["factors", "dense", "sparse"])
def test_the_recommender_obeys_its_contract(tmp_path, form):
    from recommenders import asked

    folder = factors(tmp_path / "model") if form == "factors" else folder_of(tmp_path / "model")
    if form == "dense":
        np.save(folder / "scores.npy", SCORES)
    if form == "sparse":
        sparse.save_npz(folder / "scores.npz", sparse.csr_array(SCORES))
    told = history((("u1", "d"), ("u2", "a"), ("u3", "b")))
    obey_contract(
        open_recommender,
        path=folder,
        inputs=asked("u3", "u1", "u2", "u4", "u1"),
        k=3,
        history=told,
        device="cpu",
        spec_folder=tmp_path,
        cold_users="popularity",
    )
