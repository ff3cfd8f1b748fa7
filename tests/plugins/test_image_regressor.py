"""Values read off images: as the bare model gives them, in their own unit, with their spread; classifiers refused."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_images import build_images, files_of, pixels
from transformers import AutoImageProcessor, AutoModelForImageClassification

from auditkit import ModelError, Values
from auditkit.host import Host
from auditkit.recognising import Glimpse
from auditkit.testing import obey_contract
from auditkit_image import open_image_regressor

NET = """
import torch


class Two(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 5, stride=3), torch.nn.ReLU(), torch.nn.Flatten())
        self.head = torch.nn.Linear(36, 2)

    def forward(self, images):
        return self.head(self.layers(images))


class One(Two):
    def forward(self, images):
        return super().forward(images)[:, 0]


def build():
    return Two()


def one():
    return One()
"""
PREPARED = {"resize": (12, 12), "mean": (0.5,) * 3, "std": (0.25,) * 3}


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    return files_of(tmp_path_factory.mktemp("films"), [pixels(seed) for seed in range(6)])


def opened(path, **options):
    return open_image_regressor(path, **({"device": "cpu", "spec_folder": path.parent} | options))


def bare(path, films):
    """Logits [n, k] of transformers' own way."""
    processor = AutoImageProcessor.from_pretrained(path, backend="pil")
    model = AutoModelForImageClassification.from_pretrained(path).eval()
    images = [Image.open(file.folder / file.name) for file in films]
    with torch.inference_mode():
        return model(**processor(images, return_tensors="pt")).logits.double().numpy()


@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_a_value_is_the_bare_models_in_its_own_unit(tmp_path, films, kind):
    path = build_images(tmp_path / "model", ("age",), kind=kind)
    model = opened(path, scale=36.0, offset=120.0)
    found = model.predict(films)
    assert isinstance(found, Values)
    assert found.values == pytest.approx(bare(path, films)[:, 0] * 36 + 120, abs=1e-4)
    assert np.ptp(found.values) > 0.1
    assert found.spread is None
    assert "values are the model's numbers times 36 plus 120, as the spec says" in map(str, model.notes)
    assert len(model.predict(films[:0])) == 0


def test_quantiles_of_a_folder_with_as_many_outputs(tmp_path, films):
    path = build_images(tmp_path / "model", ("low", "middle", "high"), problem_type="regression")
    found = opened(path, output="quantiles", levels=(0.1, 0.5, 0.9)).predict(films)
    assert found.quantiles == pytest.approx(bare(path, films), abs=1e-5)
    assert found.values == pytest.approx(bare(path, films)[:, 1], abs=1e-5)


@pytest.fixture
def own(tmp_path):
    """A folder with net.py and the states of two members, and the members' modules."""
    from importlib.util import module_from_spec, spec_from_file_location

    from safetensors.torch import save_file

    (tmp_path / "net.py").write_text(NET)
    spec = spec_from_file_location("net_of_values", tmp_path / "net.py")
    net = module_from_spec(spec)
    spec.loader.exec_module(net)
    (tmp_path / "members").mkdir()
    modules = []
    with torch.random.fork_rng():
        for seed in (3, 4):
            torch.manual_seed(seed)
            modules.append(net.build().eval())
            save_file(modules[-1].state_dict(), tmp_path / "members" / f"{seed}.safetensors")
    return tmp_path, modules


def by_hand(module, films):
    """[n, 2] of a loop by hand."""
    found = []
    for file in films:
        image = Image.open(file.folder / file.name).resize((12, 12), Image.Resampling.BILINEAR)
        values = (np.asarray(image) / 255 - 0.5) / 0.25
        with torch.inference_mode():
            found.append(module(torch.tensor(values.transpose(2, 0, 1)[None], dtype=torch.float32))[0].double().numpy())
    return np.array(found)


def test_a_mean_and_a_log_variance_of_a_module_of_ones_own(own, films):
    folder, (module, _) = own
    how = {"module": "net:build", "output": "mean-and-log-variance", "scale": 2.0, **PREPARED}
    found = opened(folder / "members" / "3.safetensors", spec_folder=folder, **how).predict(films)
    numbers = by_hand(module, films)
    assert found.values == pytest.approx(2 * numbers[:, 0], abs=1e-5)
    assert found.spread == pytest.approx(2 * np.exp(numbers[:, 1] / 2), abs=1e-5)


def test_one_number_may_come_without_an_axis(own, films):
    folder, (module, _) = own
    found = opened(folder / "members" / "3.safetensors", spec_folder=folder, module="net:one", **PREPARED)
    assert found.predict(films).values == pytest.approx(by_hand(module, films)[:, 0], abs=1e-5)


def test_an_ensemble_of_states_is_the_mixture_of_its_members(own, films):
    folder, modules = own
    how = {"module": "net:build", "output": "mean-and-log-variance", **PREPARED}
    model = opened(folder / "members", spec_folder=folder, **how)
    one, other = (by_hand(module, films) for module in modules)
    found = model.predict(films)
    assert found.values == pytest.approx((one[:, 0] + other[:, 0]) / 2, abs=1e-5)
    squares = (np.exp(one[:, 1]) + one[:, 0] ** 2 + np.exp(other[:, 1]) + other[:, 0] ** 2) / 2
    assert found.spread == pytest.approx(np.sqrt(squares - found.values**2), abs=1e-5)
    assert str(model.notes[0]) == "an ensemble of 2 models: the mean of what they say"
    assert len(model.trusted) == 1


def test_an_ensemble_of_folders_spreads_as_far_as_they_are_apart(tmp_path, films):
    for name, kind in (("a", "vit"), ("b", "resnet")):
        build_images(tmp_path / "both" / name, ("age",), kind=kind)
    found = opened(tmp_path / "both").predict(films)
    one, other = (bare(tmp_path / "both" / name, films)[:, 0] for name in "ab")
    assert found.values == pytest.approx((one + other) / 2, abs=1e-4)
    assert found.spread == pytest.approx(abs(one - other) / 2, abs=1e-4)


def refused(path, **options):
    with pytest.raises(ModelError) as caught:
        opened(path, **options)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    ("classes", "changes", "options", "said"),
    [
        (("benign", "malignant"), {}, {}, "the model is a classifier: problem_type is None, with 2 outputs"),
        (("a", "b"), {"problem_type": "multi_label_classification"}, {"output": "mean-and-spread"}, "is a classifier"),
        (("a", "b"), {"problem_type": "regression"}, {}, 'gives 2 numbers a row, and output = "values" has 1'),
        (("age",), {}, {"output": "mean-and-spread"}, 'gives 1 numbers a row, and output = "mean-and-spread" has 2'),
        (("age",), {}, {"output": "quantiles"}, "quantiles need their levels"),
        (("age",), {}, {"state_key": "ema"}, "state_key is of a torch module of your own"),
        (("age",), {}, {"resize": (16, 16), "mean": (0.5,) * 3, "std": (0.5,) * 3}, "both 'preprocessor_config.json'"),
        (("age",), {"num_channels": 4, "processor": False}, {}, "the model looks at 4 channels"),
    ],
)
def test_what_is_no_regression_of_images_is_refused(tmp_path, classes, changes, options, said):
    path = build_images(tmp_path / "model", classes, kind="resnet", **changes)
    assert said in refused(path, **options)


def test_members_that_prepare_images_differently_are_refused(tmp_path):
    for name in "ab":
        build_images(tmp_path / "both" / name, ("age",))
    file = tmp_path / "both" / "b" / "preprocessor_config.json"
    file.write_text(file.read_text().replace("0.5", "0.4"))
    assert "members of the ensemble in 'both' prepare images differently" in refused(tmp_path / "both")


def test_members_of_other_shapes_and_quantiles_have_no_mean(tmp_path):
    names = ("low", "middle", "high")
    for name in "ab":
        build_images(tmp_path / "both" / name, names, problem_type="regression")
    how = {"output": "quantiles", "levels": (0.1, 0.5, 0.9)}
    assert "members of the ensemble give quantiles" in refused(tmp_path / "both", **how)
    shutil.rmtree(tmp_path / "both" / "b")
    build_images(tmp_path / "both" / "b", ("age",))
    assert 'gives 1 numbers a row, and output = "quantiles" has 3' in refused(tmp_path / "both", **how)


HOST = Host.installed()
OPTIONS = {option.name: option.default for option in HOST.adapters["image-regressor"].options}


def test_the_image_regressor_obeys_its_contract(tmp_path, films):
    folder = build_images(tmp_path / "model", ("age",), kind="resnet")
    how = OPTIONS | {"device": "cpu", "spec_folder": tmp_path, "scale": 30.0}
    obey_contract(HOST.adapters["image-regressor"], path=folder, inputs=films, tolerance=1e-4, **how)


def test_an_ensemble_of_modules_obeys_its_contract(own, films):
    folder, _ = own
    how = OPTIONS | PREPARED | {"device": "cpu", "spec_folder": folder, "module": "net:build"}
    how |= {"output": "mean-and-log-variance"}
    obey_contract(HOST.adapters["image-regressor"], path=folder / "members", inputs=films, **how)


def test_init_recognises_a_regression_of_images_and_no_classifier(tmp_path):
    recognise = HOST.adapters["image-regressor"].recognises
    one = recognise(Glimpse("age", build_images(tmp_path / "age", ("age",))))
    assert (one.certainty, one.gives, one.takes) == ("sure", "Values", "image")
    many = recognise(Glimpse("q", build_images(tmp_path / "q", ("a", "b", "c"), problem_type="regression")))
    assert [setting.key for setting in many.settings if not setting.is_safe] == ["output"]
    assert recognise(Glimpse("two", build_images(tmp_path / "two", ("a", "b")))) is None
