"""Model files that mean harm: none of them runs, unpacks, leads elsewhere or takes memory that it has no right to."""

from __future__ import annotations

import array
import collections
import datetime as dt
import decimal
import fractions
import functools
import io
import json
import os
import pathlib
import pickle
import random
import resource
import shutil
import stat
import struct
import warnings
import zipfile

import joblib
import numpy as np
import pytest
import torch
from model_archives import TENSORS, archived, refusal, rewritten
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from tiny_bert import build
from torch import nn

from auditkit import ModelError
from auditkit.checkpoints import (
    follow_file,
    read_state,
    refuse_dangerous,
    refuse_strange_archive,
)
from auditkit.spec import DataSpec
from auditkit_text import open_text_classifier


class Planted:
    """An object that calls a function when it is unpickled."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


@pytest.fixture
def mark(tmp_path):
    """The file that a planted call would make."""
    return tmp_path / "it-ran"


@pytest.fixture
def sound(tmp_path):
    torch.save(TENSORS, tmp_path / "sound.pt")
    return tmp_path / "sound.pt"


# Pickles.


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize("old", [False, True])
def test_a_call_in_a_file_of_torch_never_runs(tmp_path, mark, trust, old):
    file = tmp_path / "model.pt"
    torch.save(
        TENSORS | {"more": Planted(os.system, f"touch {mark}")}, file, _use_new_zipfile_serialization=not old
    )  # fmt: skip
    message = "'model.pt' would run 'posix.system', which no model needs: it is refused, trusted or not"
    assert refusal(read_state, file, trust_pickle=trust) == message
    assert not mark.exists()
    # It is armed: torch would have run it.
    with pytest.raises(TypeError, match="int"):
        read_all(file)
    assert mark.exists()


def read_all(file):
    return torch.load(file, weights_only=False)["more"] + ""


DANGEROUS = [
    ("posix.system", Planted(os.system, "true")),
    ("builtins.eval", Planted(eval, "1")),
    ("builtins.exec", Planted(exec, "")),
    ("builtins.getattr", Planted(getattr, "", "join")),
    ("importlib.import_module", Planted(__import__("importlib").import_module, "os")),
    ("builtins.__import__", Planted(__import__, "os")),
    ("tempfile.mkdtemp", Planted(__import__("tempfile").mkdtemp)),
    ("linecache.getline", Planted(__import__("linecache").getline, "/etc/passwd", 1)),
]


@pytest.mark.parametrize(("name", "planted"), DANGEROUS, ids=[name for name, _ in DANGEROUS])
@pytest.mark.parametrize("protocol", [2, 4])
def test_dangerous_names_are_refused(tmp_path, name, planted, protocol):
    (tmp_path / "model.pkl").write_bytes(pickle.dumps([planted], protocol=protocol))
    said = refusal(refuse_dangerous, follow_file(tmp_path / "model.pkl"), "model.pkl")
    assert f"'{name.replace('builtins', '__builtin__') if protocol == 2 else name}'" in said


def test_a_function_that_is_wrapped_for_later_is_judged_by_its_own_name(tmp_path):
    file = tmp_path / "model.pkl"
    file.write_bytes(pickle.dumps(functools.partial(np.log1p)))
    refuse_dangerous(follow_file(file), file.name)  # as HistGradientBoosting writes it, of scikit-learn's own
    for function in (os.system, np.load, eval):
        file.write_bytes(pickle.dumps(functools.partial(function, "true")))
        said = refusal(refuse_dangerous, follow_file(file), file.name)
        assert f"{function.__name__}'" in said
        assert "functools" not in said
    file.write_bytes(pickle.dumps(Planted(functools.reduce, max, [1, 2])))
    assert "would run '_functools.reduce'" in refusal(refuse_dangerous, follow_file(file), file.name)


@pytest.mark.parametrize(
    "name",
    ["pathlib.os", "collections._sys", "collections._itemgetter", "enum.bltns", "fractions.operator", "numpy.os",
     "sklearn.utils.fixes.sys", "sklearn.utils.metaestimators.attrgetter"],
)  # fmt: skip
def test_names_that_a_module_has_because_it_imports_them(tmp_path, name):
    """With `attrgetter` and `os`, wherever they are had from, every function is in reach."""
    module, _, what = name.rpartition(".")
    file = tmp_path / "model.pkl"
    file.write_bytes(b"\x80\x02" + f"c{module}\n{what}\n".encode() + b".")
    assert f"would run '{name}'" in refusal(refuse_dangerous, follow_file(file), file.name)


def test_what_harmless_modules_have_of_their_own_is_read(tmp_path):
    file = tmp_path / "model.pkl"
    kept = [collections.OrderedDict(a=1), collections.Counter("ab"), dt.date(2020, 1, 1), decimal.Decimal("1.1")]
    kept += [fractions.Fraction(1, 3), array.array("d", [1.0]), pathlib.PurePosixPath("a"), random.Random(1)]
    kept += [collections.defaultdict(list), collections.deque([1]), dt.datetime(2020, 1, 1, tzinfo=dt.UTC)]
    for protocol in (2, 4):
        file.write_bytes(pickle.dumps(kept, protocol))
        found = follow_file(file)
        refuse_dangerous(found, file.name)
        assert {"collections.OrderedDict", "datetime.date", "fractions.Fraction"} <= set(found.listed)


def test_names_that_are_put_together_on_the_stack(tmp_path):
    # torch.hub imports os: its name with a point in it is a way to os.system. And a name from a memo.
    led = b"\x80\x04\x8c\ttorch.hub\x94\x8c\tos.system\x94h\x00h\x01\x93."
    (tmp_path / "model.pkl").write_bytes(led)
    assert callable(pickle.loads(led))  # it finds the function, and does not call it
    found = follow_file(tmp_path / "model.pkl")
    assert found.listed == ["torch.hub.os.system"]
    assert "'torch.hub.os.system'" in refusal(refuse_dangerous, found, "model.pkl")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("numpy", "load"), ("joblib.numpy_pickle_compat", "NDArrayWrapper"), ("pandas.io.pickle", "read_pickle"),
        ("torch.hub", "load"), ("dill._dill", "loads"), ("joblib.numpy_pickle", "NDArrayWrapper"),
        ("joblib.numpy_pickle", "load_compatibility"), ("joblib.numpy_pickle", "_unpickle"), ("torch", "load"),
        ("torch.jit", "load"), ("torch.package", "PackageImporter"), ("skops.io", "load"), ("pandas", "eval"),
        ("sympy", "sympify"), ("sklearn.utils._testing", "check_output"),
        # What runs code, commands or a download under names that picklescan's list lacks.
        ("numpy.testing", "runstring"), ("pandas.core.computation.eval", "eval"), ("pandas", "DataFrame.query"),
        ("setuptools._distutils.spawn", "spawn"), ("matplotlib.testing", "subprocess_run_for_testing"),
        ("torch.fx.graph_module", "_exec_with_source"), ("torch.ops", "load_library"), ("yaml", "unsafe_load"),
        ("psutil", "Popen"), ("jinja2", "Template"), ("cloudpickle", "loads"), ("cffi", "FFI"), ("numpy", "save"),
        ("statsmodels.iolib.smpickle", "load_pickle"), ("transformers", "AutoModel.from_pretrained"),
        ("huggingface_hub", "snapshot_download"), ("somebodys.library", "load_library"),
    ],
)  # fmt: skip
def test_files_that_open_further_files_are_refused(tmp_path, module, name):
    (tmp_path / "model.pkl").write_bytes(f"c{module}\n{name}\n.".encode().join((b"\x80\x02", b"")))
    said = refusal(refuse_dangerous, follow_file(tmp_path / "model.pkl"), "model.pkl")
    assert said.startswith(f"'model.pkl' would run '{module}.{name}', which no model needs")


def test_a_call_behind_the_arrays_of_joblib(tmp_path, mark):
    file = tmp_path / "model.joblib"
    arrays = [np.arange(1000.0), np.array(["a", None], dtype=object), Planted(os.system, f"touch {mark}")]
    joblib.dump(arrays, file)
    assert "'posix.system'" in refusal(refuse_dangerous, follow_file(file), file.name)
    assert not mark.exists()
    joblib.load(file)
    assert mark.exists()


def test_a_call_in_the_objects_of_an_array_of_joblib(tmp_path):
    file = tmp_path / "model.joblib"
    joblib.dump([np.array([Planted(os.system, "true")], dtype=object), np.arange(5)], file)
    assert "'posix.system'" in refusal(refuse_dangerous, follow_file(file), file.name)


def test_what_a_model_needs_is_no_danger(tmp_path):
    model = LogisticRegression().fit(np.arange(8.0).reshape(4, 2), ["no", "no", "yes", "yes"])
    joblib.dump(model, tmp_path / "model.joblib")
    found = follow_file(tmp_path / "model.joblib")
    refuse_dangerous(found, "model.joblib")
    assert "sklearn.linear_model._logistic.LogisticRegression" in found.listed
    joblib.dump(model, tmp_path / "model.joblib", compress=3)
    assert refusal(follow_file, tmp_path / "model.joblib").startswith("'model.joblib' is compressed, or is no pickle")


def test_estimators_of_many_kinds_are_no_danger(tmp_path):
    """What scikit-learn's pipelines name when they are pickled, compiled parts among them."""
    rows = np.random.default_rng(1).normal(size=(40, 3))
    truth = rows[:, 0] > 0
    kinds = [
        HistGradientBoostingClassifier(max_iter=2), RandomForestClassifier(2, random_state=np.random.RandomState(3)),
        KNeighborsClassifier(), GaussianProcessClassifier(), SVC(), SGDClassifier(loss="log_loss"),
        make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), CalibratedClassifierCV(LogisticRegression())),
    ]  # fmt: skip
    for kind in kinds:
        joblib.dump(kind.fit(np.abs(rows), truth), tmp_path / "model.joblib")
        found = follow_file(tmp_path / "model.joblib")
        refuse_dangerous(found, "model.joblib")
        assert any(name.startswith("sklearn.") for name in found.listed)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)


def test_a_whole_module_needs_trust_and_says_what_it_runs(tmp_path):
    module = Network()
    torch.save(module, tmp_path / "model.pt")
    with pytest.raises(ModelError) as caught:
        read_state(tmp_path / "model.pt")
    assert caught.value.message.startswith("'model.pt' holds more than numbers: it is a pickle that runs '")
    assert "test_model_files.Network'" in caught.value.message
    assert caught.value.hint.endswith("or, if you trust whoever made it, [model] trust_pickle = true")
    state = read_state(tmp_path / "model.pt", trust_pickle=True)
    assert torch.equal(state.tensors["layer.weight"], module.layer.weight)
    (trusted,) = map(str, state.trusted)
    assert trusted.startswith("the weights were read from a pickle, 'model.pt', which the spec allows; it ran ")
    assert "test_model_files.Network" in trusted


def test_a_script_of_torch_is_refused(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(nn.Linear(3, 2), torch.zeros(1, 3)), tmp_path / "model.pt")
    for trust in (False, True):
        said = refusal(read_state, tmp_path / "model.pt", trust_pickle=trust)
        assert said == "'model.pt' is TorchScript, which carries code of its own"


def test_a_pickle_that_claims_memory(tmp_path):
    huge = struct.pack("<Q", 1 << 40)
    for content in (b"\x80\x05\x96" + huge + b".", b"\x80\x04\x8e" + huge + b"."):
        (tmp_path / "model.pkl").write_bytes(content)
        assert refusal(follow_file, tmp_path / "model.pkl").startswith("'model.pkl' is damaged, or no pickle: ")


def test_no_pickle_runs_while_it_is_followed(tmp_path, mark):
    for protocol in range(2, 6):
        (tmp_path / "model.pkl").write_bytes(pickle.dumps(Planted(os.system, f"touch {mark}"), protocol=protocol))
        assert follow_file(tmp_path / "model.pkl").names == {("posix", "system")}
    assert not mark.exists()


# Archives.


def test_a_zip_bomb(tmp_path):
    inside = archived(tmp_path / "inside.pt", [("model/data.pkl", b"\x80\x02}.")]).read_bytes()
    assert refusal(read_state, tmp_path / "inside.pt")  # no bomb yet, and empty
    bomb = archived(
        tmp_path / "bomb.pt", [("model/data.pkl", inside), ("model/data/0", bytes(200 << 20))], zipfile.ZIP_DEFLATED
    )
    assert bomb.stat().st_size < 1 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for call in (read_state, refuse_strange_archive):
        assert refusal(call, bomb).endswith(" bytes and would unpack to 209,715,330: more than 20 times as many")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10  # kilobytes


def test_members_that_are_compressed_a_little(tmp_path, sound):
    file = rewritten(tmp_path / "model.pt", sound, method=zipfile.ZIP_DEFLATED)
    assert refusal(read_state, file) == "'model.pt' holds 'sound/data.pkl' compressed, and torch compresses nothing"


def test_members_that_lie_upon_one_another(tmp_path):
    # The directory names the same bytes twice: as much again is unpacked, of nothing.
    content = bytearray(archived(tmp_path / "model.pt", [("m/data/0", bytes(5000)), ("m/data/1", b"")]).read_bytes())
    first, second = content.index(b"PK\x01\x02"), content.rindex(b"PK\x01\x02")
    content[second + 20 : second + 28] = content[first + 20 : first + 28]  # sizes
    content[second + 42 : second + 46] = content[first + 42 : first + 46]  # where it begins
    (tmp_path / "model.pt").write_bytes(content)
    said = refusal(refuse_strange_archive, tmp_path / "model.pt")
    assert said == "'model.pt' holds members that lie upon one another"


@pytest.mark.parametrize("name", ["../outside", "model/../../outside", "/etc/passwd", "C:/outside", "..\\outside"])
def test_members_that_climb_out(tmp_path, sound, name):
    with zipfile.ZipFile(sound) as archive:
        members = [(one, archive.read(one)) for one in archive.namelist()]
    file = archived(tmp_path / "model.pt", [*members, (name, b"x")])
    assert refusal(read_state, file) == f"'model.pt' holds '{name}', which leads out of its folder"


def test_members_that_are_links_or_twice(tmp_path, sound):
    link = zipfile.ZipInfo("sound/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert refusal(read_state, archived(tmp_path / "model.pt", [(link, b"/etc/passwd")])).endswith("a symbolic link")
    with zipfile.ZipFile(sound) as archive:
        members = [(one, archive.read(one)) for one in archive.namelist()]
    again = archived(tmp_path / "model.pt", [*members, ("sound/DATA.PKL", pickle.dumps(Planted(os.system, "true")))])
    assert refusal(read_state, again) == "'model.pt' holds 'sound/DATA.PKL' twice"


def test_an_archive_within_something_else(tmp_path, sound):
    evil = archived(tmp_path / "evil.pt", [("sound/data.pkl", pickle.dumps(Planted(os.system, "true")))])
    said = "'model.pt' holds something before or after its zip archive"
    for content in (evil.read_bytes() + sound.read_bytes(), sound.read_bytes() + b"more"):
        (tmp_path / "model.pt").write_bytes(content)
        assert refusal(read_state, tmp_path / "model.pt") == said


def test_weights_of_transformers_in_an_archive_that_leads_out(tmp_path):
    folder = build(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    stream = io.BytesIO()
    torch.save(TENSORS, stream)
    with zipfile.ZipFile(stream) as archive:
        members = [(one, archive.read(one)) for one in archive.namelist()]
    archived(folder / "pytorch_model.bin", [*members, ("../outside", b"x")])
    settings = {"device": "cpu", "labels": {}, "target_classes": ("no", "yes"), "data": DataSpec(audit="rows.csv")}
    said = refusal(open_text_classifier, folder, trust_pickle=True, **settings)
    assert said == "'pytorch_model.bin' holds '../outside', which leads out of its folder"


@pytest.mark.parametrize(
    "changes",
    [
        {"attn_implementation": "somebody/kernel"},
        {"_attn_implementation": {"text_config": "somebody/kernel"}},
        {"text_config": {"experts_implementation": "somebody/kernel@main"}},
    ],
    ids=["a name", "by part", "of a part"],
)
def test_a_config_that_names_compiled_code_of_a_hub(tmp_path, tiny_bert, changes):
    folder = shutil.copytree(tiny_bert, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"attn_implementation": "sdpa"}))
    data = DataSpec(audit="rows.csv")
    settings = {"device": "cpu", "labels": {}, "target_classes": ("no", "yes"), "data": data}
    open_text_classifier(folder, **settings)  # a way of transformers' own to compute the same
    (folder / "config.json").write_text(json.dumps(config | changes))
    for trust in (False, True):
        said = refusal(open_text_classifier, folder, **settings, trust_remote_code=trust)
        assert said.startswith("config.json asks for compiled code of a hub: ")
