"""What a number rests on beside model, data and options: the code that computes it, as it is installed.

What was computed is kept under this. An upgrade of auditkit, of a plugin or of a library that computes has it computed
anew; an upgrade of what only writes reports does not.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import platform
import re
from collections.abc import Iterator
from importlib.metadata import Distribution

from auditkit.document import digest_of
from auditkit.hosting.discovery import distribution_digest, distributions_of, installed_digest

COMPUTING = (
    "captum", "catboost", "fairlearn", "h5py", "implicit", "jax", "joblib", "keras", "lightfm", "lightgbm", "ml-dtypes",
    "numpy", "onnx", "onnxruntime", "opacus", "pandas", "pillow", "presidio-analyzer", "pyarrow", "pydicom", "regex",
    "safetensors", "scikit-learn", "scipy", "sentence-transformers", "sentencepiece", "skops", "spacy", "statsmodels",
    "tensorflow", "threadpoolctl", "timm", "tokenizers", "torch", "torchvision", "transformers", "xgboost",
)  # fmt: skip
"""The libraries that numbers come from, so far as auditkit opens models of theirs or computes with them."""


def code_of(*modules: str) -> str:
    """A digest of all code that takes part in what these modules compute.

    It covers auditkit, the modules' distributions by their files, what a plugin's distribution requires by name and
    version (by its files where it is installed as editable), the computing libraries by version, and Python. A process
    reads each once.
    """
    return _code_of(*sorted({module.partition(".")[0] for module in modules} - {"auditkit"}))


@functools.cache
def _code_of(*tops: str) -> str:
    return digest_of(
        {
            "python": [platform.python_implementation(), platform.python_version(), platform.machine()],
            "auditkit": distribution_digest("auditkit"),
            "libraries": _versions(),
            "code": {top: distribution_digest(top) for top in tops},
            "required": {top: dict(_required(top)) for top in tops},
        }
    )


@functools.cache
def _versions() -> dict[str, str]:
    found = ((name, _installed(name)) for name in COMPUTING)
    return {name: one.version for name, one in found if one is not None}


def _required(top: str) -> Iterator[tuple[str, str]]:
    """What the plugins that bring a module require, and what that requires: (name, version or digest)."""
    seen = {"auditkit"}
    left = [name for one in distributions_of(top) if one.name != "auditkit" for name in _requirements(one)]
    while left:
        name = _plain(left.pop())
        if name in seen:
            continue
        seen.add(name)
        found = _installed(name)
        if found is not None:
            yield name, installed_digest(found) if _is_editable(found) else found.version
            left += _requirements(found)


def _requirements(distribution: Distribution) -> list[str]:
    # Of extras too: whoever has installed them may have them used.
    return [re.split(r"[^\w.-]", said.strip(), maxsplit=1)[0] for said in distribution.requires or ()]


def _installed(name: str) -> Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _is_editable(distribution: Distribution) -> bool:
    said = distribution.read_text("direct_url.json")
    return said is not None and bool(json.loads(said).get("dir_info", {}).get("editable"))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def forget() -> None:
    """Read all anew: for tests, in which one process sees several installations."""
    _code_of.cache_clear()
    _versions.cache_clear()
