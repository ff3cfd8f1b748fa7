"""What lies in the folder of a recommender: which of its files is the model, and what none of them may be."""

from __future__ import annotations

from pathlib import Path

from auditkit import ModelError
from auditkit_recommender.arrays import map_array, read_arrays
from auditkit_recommender.histories import SIMILARITY, SimilarItems
from auditkit_recommender.ids import Ids
from auditkit_recommender.scoring import FACTORS, DenseScores, FactorScores, Scorer, SparseScores
from auditkit_recommender.seen import Seen

_ARRAYS = (".npz", ".npy", ".safetensors")
_PICKLES = (".pkl", ".pickle", ".p", ".joblib", ".dill")

_WHAT_IS_NEEDED = (
    "a folder with factors.npz (user_factors and item_factors, or item_similarity) or scores.npy or scores.npz, and "
    "users.json and items.json"
)
_EXPORT = (
    "implicit: model.save('factors.npz'); LightFM: np.savez('factors.npz', user_factors=..., user_biases=..., "
    "item_factors=..., item_biases=...) of what model.get_user_representations() and get_item_representations() give"
)


def refuse_strange_folder(path: Path) -> None:
    """Refuse what is no folder of a recommender.

    Raises:
        ModelError: it is a file, or is not there, or holds links or nothing but pickles.
    """
    if path.suffix in _PICKLES:
        raise ModelError(f"'{path.name}' is a pickle, which runs code when it is opened", hint=_EXPORT)
    if path.is_file():
        raise ModelError(
            f"'{path.name}' is a file; a recommender is a folder, with its lists of ids beside it",
            hint=f'[model] path = "model", {_WHAT_IS_NEEDED}',
        )
    if not path.is_dir():
        raise ModelError(f"there is no model at '{path}'", hint="[model] path is relative to the spec file")


def find_scores(folder: Path, users: Ids, items: Ids, seen: Seen | None) -> Scorer:
    """The factors, the similarities of items, or the matrix of scores, that a folder holds.

    Raises:
        ModelError: it holds none, or several, or what it holds cannot be read or does not fit the lists of ids.
    """
    path = _only_file(folder)
    if path.suffix == ".npy":
        return DenseScores.of(path, map_array(path), users, items)
    arrays = read_arrays(path)
    if "indptr" in arrays and "format" in arrays:
        return SparseScores.of(path, arrays, users, items)
    if set(arrays) == {"scores"}:
        return DenseScores.of(path, arrays["scores"], users, items)
    if SIMILARITY in arrays:
        return SimilarItems.of(path, arrays, users, items, seen)
    if not arrays.keys() & FACTORS:
        held = ", ".join(f"'{name}'" for name in sorted(arrays)[:5]) or "no array"
        raise ModelError(
            f"'{path.name}' holds {held}: neither factors nor scores",
            hint="arrays are called user_factors and item_factors, item_similarity, or scores",
        )
    return FactorScores.of(path, arrays, users, items)


def _only_file(folder: Path) -> Path:
    files = sorted(file for file in folder.iterdir() if file.suffix in _ARRAYS)
    if not files:
        pickle = next((file.name for file in sorted(folder.iterdir()) if file.suffix in _PICKLES), None)
        if pickle is not None:
            raise ModelError(f"the model holds '{pickle}', a pickle, which runs code when it is opened", hint=_EXPORT)
        raise ModelError(f"the folder '{folder.name}' holds no model", hint=_WHAT_IS_NEEDED)
    if len(files) > 1:
        raise ModelError(
            f"the folder '{folder.name}' holds several models: {', '.join(repr(file.name) for file in files[:4])}",
            hint="keep one of them; the weights of a torch module need module = ... too",
        )
    if files[0].is_symlink() or not files[0].is_file():
        raise ModelError(f"'{files[0].name}' of the model is no plain file", hint="put the file itself there")
    return files[0]
