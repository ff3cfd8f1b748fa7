"""State dicts in every form that training on GPUs leaves them in, read and put into the module that they belong to."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections import OrderedDict

import pytest
import torch
from safetensors.torch import load_file, save_file, save_model
from torch import nn

from auditkit import ModelError
from auditkit.checkpoints import State, fit_state, read_state, refuse_unsteady


def network(seed=1):
    torch.manual_seed(seed)
    return nn.Sequential(OrderedDict(first=nn.Linear(3, 4), norm=nn.BatchNorm1d(4), last=nn.Linear(4, 2)))


TRAINED = network()
ROWS = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.0, -0.25]])


def answers(module):
    with torch.no_grad():
        return module(ROWS)


def fitted(path, **options):
    """What a module of other weights says after the file's were put into it, and the notes of that."""
    module = network(seed=2)
    state = read_state(path, **options)
    notes = fit_state(module, state)
    assert not module.training
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}
    return answers(module), [str(note) for note in (*state.notes, *notes)]


def same(found):
    TRAINED.eval()
    return torch.equal(found, answers(TRAINED))


def refusal(path, module=None, **options):
    with pytest.raises(ModelError) as caught:
        fit_state(module or network(), read_state(path, **options))
    assert caught.value.hint
    return caught.value.message, caught.value.hint


def saved(path, content):
    torch.save(content, path)
    return path


def test_safetensors(tmp_path):
    save_file(TRAINED.state_dict(), tmp_path / "any.safetensors")
    found, notes = fitted(tmp_path / "any.safetensors")
    assert same(found)
    assert notes == []


def test_a_folder_with_one_file(tmp_path):
    save_file(TRAINED.state_dict(), tmp_path / "model.safetensors")
    assert same(fitted(tmp_path)[0])
    (tmp_path / "model.safetensors").unlink()
    saved(tmp_path / "pytorch_model.bin", TRAINED.state_dict())
    assert same(fitted(tmp_path)[0])


def test_a_folder_with_shards(tmp_path):
    tensors = TRAINED.state_dict()
    names = sorted(tensors)
    shards = {"a.safetensors": names[:4], "b.safetensors": names[4:]}
    for file, held in shards.items():
        save_file({name: tensors[name] for name in held}, tmp_path / file)
    index = {"weight_map": {name: file for file, held in shards.items() for name in held}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert same(fitted(tmp_path)[0])
    save_file({name: tensors[name] for name in names}, tmp_path / "b.safetensors")
    assert refusal(tmp_path)[0].startswith("two files of the model hold 'first.bias', ")


@pytest.mark.parametrize("ending", ["pt", "pth", "bin", "ckpt"])
def test_a_file_of_torch(tmp_path, ending):
    assert same(fitted(saved(tmp_path / f"model.{ending}", TRAINED.state_dict()))[0])


def test_the_older_format_of_torch(tmp_path):
    torch.save(TRAINED.state_dict(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert not zipfile.is_zipfile(tmp_path / "old.pt")
    assert same(fitted(tmp_path / "old.pt")[0])


def test_tensors_that_were_saved_on_a_gpu_that_is_not_there(tmp_path):
    cpu, gpu = saved(tmp_path / "cpu.pt", TRAINED.state_dict()), tmp_path / "gpu.pt"
    with zipfile.ZipFile(cpu) as before, zipfile.ZipFile(gpu, "w") as after:
        for name in before.namelist():
            # A text of three letters in a pickle becomes one of six: where the storages were, as torch writes it.
            content = before.read(name)
            if name.endswith("data.pkl"):
                assert content.count(b"X\x03\x00\x00\x00cpu") == 1
                content = content.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:3")
            after.writestr(name, content)
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            torch.load(gpu, weights_only=True)
    assert same(fitted(gpu)[0])


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float64])
def test_other_floats_are_run_in_float32_and_noted(tmp_path, kind):
    tensors = {name: t.to(kind) if t.is_floating_point() else t for name, t in TRAINED.state_dict().items()}
    found, notes = fitted(saved(tmp_path / "model.pt", tensors))
    assert torch.allclose(found, answers(TRAINED.eval()), atol=0.05)
    assert notes == [f"the weights are stored as {str(kind).removeprefix('torch.')}; the model was run in float32"]


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model", "net", "ema"])
def test_a_state_under_a_key(tmp_path, key):
    checkpoint = {"epoch": 3, key: TRAINED.state_dict(), "optimizer": {"state": {0: {"step": torch.tensor(1)}}}}
    found, notes = fitted(saved(tmp_path / "model.ckpt", checkpoint))
    assert same(found)
    assert notes == [f"the weights were taken from under '{key}' in their file"]


def test_several_states_are_asked_about(tmp_path):
    path = saved(tmp_path / "model.ckpt", {"state_dict": network(3).state_dict(), "ema": TRAINED.state_dict()})
    message, hint = refusal(path)
    assert message == "'model.ckpt' holds 2 state dicts, 'ema', 'state_dict', and nothing says which is the model"
    assert hint == '[model] state_key = "state_dict"'
    assert same(fitted(path, state_key="ema")[0])
    assert refusal(path, state_key="EMA") == (
        "'model.ckpt' has no state dict under 'EMA'", "it has 'ema', 'state_dict'"
    )  # fmt: skip


class Lightning(nn.Module):
    """As Lightning has it: the network under a name, and other things beside it."""

    def __init__(self, network):
        super().__init__()
        self.model = network


class Compiled(nn.Module):
    """What torch.compile makes of a module, as far as names go: its compiler takes half a minute to import."""

    def __init__(self, module):
        super().__init__()
        self._orig_mod = module


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
def test_the_names_of_compiled_modules_are_these():
    assert torch.compile(network()).state_dict().keys() == Compiled(network()).state_dict().keys()


@pytest.mark.parametrize(
    ("wrapped", "said"),
    [
        (nn.DataParallel, "'module.'"),
        (Compiled, "'_orig_mod.'"),
        (lambda module: Compiled(nn.DataParallel(module)), "'_orig_mod.module.'"),
        (Lightning, "'model.'"),
        (lambda module: Lightning(Compiled(module)), "'model._orig_mod.'"),
    ],
)
def test_prefixes_of_what_wrapped_the_module(tmp_path, wrapped, said):
    found, notes = fitted(saved(tmp_path / "model.pt", wrapped(network()).state_dict()))
    assert same(found)
    assert notes == [f"the names of the weights hold {said}, which the module's lack and which was taken off"]


def test_a_part_of_the_module_that_was_compiled(tmp_path):
    module = network()
    module.first = Compiled(module.first)
    found, notes = fitted(saved(tmp_path / "model.pt", module.state_dict()))
    assert same(found)
    assert notes == ["the names of the weights hold '_orig_mod.', which the module's lack and which was taken off"]


def test_a_module_that_has_the_prefix_itself_keeps_it(tmp_path):
    path = saved(tmp_path / "model.pt", nn.DataParallel(network()).state_dict())
    module = nn.DataParallel(network(seed=2))
    assert fit_state(module, read_state(path)) == ()
    bare = saved(tmp_path / "bare.pt", network().state_dict())
    other = nn.DataParallel(network(seed=2))
    assert fit_state(other, read_state(bare)) == ()
    assert torch.equal(other.module.first.weight, TRAINED.first.weight)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.read, self.write = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
        self.write.weight = self.read.weight


def test_a_tensor_under_two_names_is_stored_once(tmp_path):
    tied = Tied()
    save_model(tied, tmp_path / "model.safetensors")
    assert len(load_file(tmp_path / "model.safetensors")) == 1
    other = Tied()
    fit_state(other, read_state(tmp_path / "model.safetensors"))
    assert torch.equal(other.write.weight, tied.write.weight)
    assert other.write.weight is other.read.weight


def test_names_that_do_not_fit(tmp_path):
    tensors = TRAINED.state_dict()
    weight = tensors.pop("last.weight")
    path = saved(tmp_path / "model.pt", tensors)
    assert refusal(path)[0] == "the weights lack 'last.weight', which the Sequential has and which would be random"
    path = saved(path, tensors | {"head.weight": weight})
    assert refusal(path)[1] == "they hold 'head.weight': is it the module that they were trained with?"
    path = saved(path, tensors | {"last.weight": weight, "head.weight": weight, "more": weight})
    assert refusal(path)[0] == "the weights hold 'head.weight', 'more', for which the Sequential has no place"
    path = saved(path, tensors | {"last.weight": weight.T.contiguous()})
    assert refusal(path)[0] == "'last.weight' is 4x2 in the weights, and 2x4 in the Sequential"


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(tmp_path, bad):
    tensors = network().state_dict()
    tensors["norm.bias"][2] = bad
    assert refusal(saved(tmp_path / "model.pt", tensors))[0] == (
        "the weights are damaged: 'norm.bias' holds NaN or infinite numbers"
    )


def test_what_is_no_module(tmp_path):
    path = saved(tmp_path / "model.pt", TRAINED.state_dict())
    assert refusal(path, module=[1])[0] == "what was built is a list, not a torch module"
    lazy = nn.Sequential(nn.LazyLinear(2))
    assert refusal(path, module=lazy)[0] == "the module does not say how large '0.weight', '0.bias' is"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([torch.zeros(2)], "'model.pt' holds a list, and no state dict"),
        ({}, "'model.pt' holds no state dict: it is empty"),
        ({"weight": torch.zeros(2), "epoch": 3}, "'model.pt' holds no state dict: 'epoch' is no tensor"),
    ],
)
def test_files_without_a_state(tmp_path, content, said):
    assert refusal(saved(tmp_path / "model.pt", content))[0] == said


def test_paths_without_weights(tmp_path):
    assert refusal(tmp_path / "absent.pt")[0].startswith("there is no model at ")
    assert refusal(tmp_path)[0] == f"the model folder '{tmp_path.name}' holds no weights: no 'model.safetensors'"
    (tmp_path / "model.npz").write_bytes(b"")
    assert refusal(tmp_path / "model.npz")[0] == "'model.npz' is no file of weights: it ends in '.npz'"
    (tmp_path / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    assert refusal(tmp_path)[0].startswith("'model.safetensors' cannot be read: SafetensorError: ")
    (tmp_path / "link.safetensors").symlink_to(tmp_path / "model.safetensors")
    assert refusal(tmp_path / "link.safetensors")[0] == "the model 'link.safetensors' is a symbolic link"
    (tmp_path / "model.pt").write_bytes(b"nonsense")
    assert refusal(tmp_path / "model.pt")[0] == "'model.pt' is no file that torch.save writes"
    (tmp_path / "model.pt").write_bytes(pickle.dumps(3))
    assert refusal(tmp_path / "model.pt")[0].startswith("'model.pt' is damaged, or no pickle: ")


def test_a_file_that_was_cut_off(tmp_path):
    path = saved(tmp_path / "model.pt", TRAINED.state_dict())
    path.write_bytes(path.read_bytes()[:-50])
    assert refusal(path)[0].startswith("'model.pt' is no whole zip archive: ")


def test_a_state_is_plain_data():
    assert State({}).notes == State({}).trusted == ()


@pytest.mark.parametrize("kind", [torch.int8, torch.complex64, torch.bool])
def test_weights_of_another_kind_of_number_are_not_cut_to_fit(tmp_path, kind):
    tensors = TRAINED.state_dict() | {"last.weight": (TRAINED.last.weight.detach() * 50).to(kind)}
    said, hint = refusal(saved(tmp_path / "net.pt", tensors))
    assert said.startswith(f"'last.weight' is stored as {str(kind)[6:]}, and the module holds float32")
    assert "quantised" in hint


def test_weights_of_eight_floating_bits_are_read(tmp_path):
    tensors = TRAINED.state_dict() | {"last.weight": TRAINED.last.weight.detach().to(torch.float8_e4m3fn)}
    save_file(tensors, tmp_path / "net.safetensors")
    notes = fitted(tmp_path / "net.safetensors")[1]
    assert notes == ["the weights are stored as float32, float8_e4m3fn; the model was run in float32"]


def test_a_module_whose_answers_depend_on_the_batch(tmp_path):
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, track_running_stats=False))
    assert refusal(saved(tmp_path / "net.pt", module.state_dict()), module)[0] == (
        "'1' normalises by the batch that it is given, track_running_stats = False: a row's answer would depend on "
        "the other rows"
    )


def test_a_module_that_is_drawn_by_chance():
    refuse_unsteady(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.000001]))
    with pytest.raises(ModelError, match=r"gives 1\.5 for the same input that it gave 1 for before"):
        refuse_unsteady(torch.tensor([1.0]), torch.tensor([1.5]))


class Stubborn(nn.Sequential):
    def train(self, _mode=None):
        return super().train()


def test_a_module_that_stays_in_training(tmp_path):
    module = Stubborn(nn.Linear(3, 4), nn.Dropout())
    assert refusal(saved(tmp_path / "net.pt", module.state_dict()), module)[0] == (
        "'Stubborn' stays in training after module.eval()"
    )
