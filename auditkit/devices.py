"""Where torch runs a model, for adapters: on which devices, in which precision, the same bits twice, and a full memory.

An adapter puts its module into a `Placed`, and its model inherits `OnTorch`: several devices, mixed precision, and what
the result records of both come with these. torch is imported where it is used: whoever audits recorded predictions has
none.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast

from auditkit.errors import ModelError, OutOfMemory

if TYPE_CHECKING:
    from auditkit.result import Computing

T = TypeVar("T")

Precision = Literal["float32", "bfloat16", "float16"]
"""What `[model] precision` may say. Other than float32: products of matrices, convolutions and what else torch's
autocast takes for safe are computed in it, from weights that stay float32."""

_FULL = ("can't allocate memory", "not enough memory", "out of memory")
"""How torch's allocators for CPU, MPS and CUDA begin to complain, in a RuntimeError."""


def pick_device(wanted: str) -> Any:
    """A torch device: the one that is named, or for `auto` cuda, then mps, then cpu.

    Raises:
        ModelError: torch does not know the name, or sees no such device; or several are named.
    """
    found = pick_devices(wanted)
    if len(found) > 1:
        raise ModelError(
            f"device is '{wanted}', and this adapter runs its model on one", hint=f'[model] device = "{found[0]}"'
        )
    return found[0]


def pick_devices(wanted: str) -> tuple[Any, ...]:
    """The torch devices that are named: one, several as `cuda:0,cuda:1`, or `cuda:all`.

    Raises:
        ModelError: torch does not know one of them or does not see it, one is named twice, or they are not of one kind.
    """
    import torch

    if wanted == "auto":
        return (_ready(torch.device(_best(torch))),)
    if wanted == "cuda:all":
        return tuple(_named(f"cuda:{place}", torch) for place in range(max(torch.cuda.device_count(), 1)))
    found = tuple(_named(name.strip(), torch) for name in wanted.split(","))
    places = [(device.type, device.index or 0) for device in found]
    if len(set(places)) < len(places):
        raise ModelError(f"device is '{wanted}', which names one device twice", hint="name each once")
    if len({device.type for device in found}) > 1:
        raise ModelError(
            f"device is '{wanted}': devices of two kinds would give other numbers for some of the rows",
            hint=f'[model] device = "{found[0]}"',
        )
    return found


def _named(name: str, torch: Any) -> Any:
    try:
        device = _ready(torch.device(name))
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ModelError(
            f"there is no device '{name}': torch says: {str(error).splitlines()[0][:200]}",
            hint=f'[model] device = "{_best(torch)}", or leave it at "auto"',
        ) from error
    return device


def _ready(device: Any) -> Any:
    # cuBLAS reads it when it is first used, and gives the same bits twice only with it:
    # https://docs.nvidia.com/cuda/cublas/index.html#results-reproducibility
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    return device


def _best(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch's says that a batch did not fit."""
    import torch

    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).casefold() for words in _FULL)


def fitting(work: Callable[[], T], *, device: Any, what: str) -> T:
    """What `work` returns, run by torch on a device.

    Args:
        work: a batch's forward pass.
        device: where it runs.
        what: the batch, in words, e.g. `"32 texts at once"`.

    Raises:
        OutOfMemory: it did not fit; the broker then tries a smaller batch.
    """
    import torch

    try:
        return work()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        said = str(error).partition("\n")[0][:200]
    # Outside the handler, whose traceback holds on to the tensors that did not fit.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    raise OutOfMemory(f"{what} do not fit into the memory of '{device}': {said}")


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    """Have torch choose algorithms that give the same bits twice, where it has them, and take no TF32 for float32."""
    import torch

    before, warned = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    filled = torch.utils.deterministic.fill_uninitialized_memory
    searches = torch.backends.cudnn.benchmark
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        # It would write NaN over all memory before it is used: time spent on a mistake that no layer here makes.
        torch.utils.deterministic.fill_uninitialized_memory = False
        # It would time several algorithms and take the fastest, which need not be the same one twice.
        torch.backends.cudnn.benchmark = False
        try:
            with _whole_float32():
                yield
        finally:
            torch.use_deterministic_algorithms(mode=before, warn_only=warned)
            torch.utils.deterministic.fill_uninitialized_memory = filled
            torch.backends.cudnn.benchmark = searches


@contextlib.contextmanager
def _whole_float32() -> Iterator[None]:
    """Neither TF32 nor bfloat16 in the place of float32: cuDNN's convolutions take TF32 unless told otherwise."""
    import torch

    switches = _switches(torch)
    before = [getattr(owner, name) for owner, name, _ in switches]
    for owner, name, whole in switches:
        setattr(owner, name, whole)
    matmul = None if _is_by_new_names(torch) else torch.get_float32_matmul_precision()
    if matmul is not None:
        torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        if matmul is not None:
            torch.set_float32_matmul_precision(matmul)
        for (owner, name, _), value in zip(switches, before, strict=True):
            setattr(owner, name, value)


def _switches(torch: Any) -> list[tuple[Any, str, Any]]:
    """What says whether float32 stays float32: where it stands, its name, and the value by which it does."""
    backends = torch.backends
    if not _is_by_new_names(torch):
        return [(backends.cudnn, "allow_tf32", False)]
    parts = (
        backends.cudnn.conv,
        backends.cudnn.rnn,
        backends.cuda.matmul,
        backends.mkldnn.matmul,
        backends.mkldnn.conv,
    )
    return [(part, "fp32_precision", "ieee") for part in parts]


def _is_by_new_names(torch: Any) -> bool:
    """Whether somebody has set them by the names of torch 2.9: it then refuses to read them by the old ones."""
    try:
        _ = torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()
    except RuntimeError:
        return True
    return False


def takes_tf32() -> bool:
    """Whether torch may now compute in TF32 where it is told float32."""
    import torch

    if _is_by_new_names(torch):
        return any(getattr(owner, name) != whole for owner, name, whole in _switches(torch))
    return bool(torch.backends.cudnn.allow_tf32) or torch.get_float32_matmul_precision() != "highest"


def refuse_precision(precision: Precision, devices: tuple[Any, ...]) -> None:
    """Refuse a precision in which these devices do not compute.

    Raises:
        ModelError: float16 on a CPU, or bfloat16 on a GPU that has none.
    """
    import torch

    if precision == "float16" and any(device.type == "cpu" for device in devices):
        raise ModelError(
            "precision is 'float16', and the model runs on the CPU, which computes in it more slowly than in float32",
            hint='[model] precision = "float32", or "bfloat16"; float16 is for GPUs: device = "cuda"',
        )
    if precision == "bfloat16" and devices[0].type == "cuda" and not torch.cuda.is_bf16_supported():
        raise ModelError(
            f"precision is 'bfloat16', which {torch.cuda.get_device_name(devices[0])} does not compute in",
            hint='[model] precision = "float16", or "float32"',
        )


@dataclass(frozen=True)
class Replica:
    """A module on one device."""

    module: Any
    device: Any


@dataclass(frozen=True)
class Placed:
    """A module where it runs: on one device, or a copy of it on each of several; and in which precision."""

    replicas: tuple[Replica, ...]
    precision: Precision = "float32"

    @classmethod
    def of(cls, module: Any, device: str, precision: Precision = "float32") -> Placed:
        """A module, moved to where `[model] device` says, to compute in what `[model] precision` says.

        Args:
            module: in float32 and for evaluation.
            device: `auto`, one device, several as `cuda:0,cuda:1`, or `cuda:all`.
            precision: what products and convolutions are computed in.

        Raises:
            ModelError: there is no such device, or it does not compute in that precision.
        """
        devices = pick_devices(device)
        refuse_precision(precision, devices)
        # Copied before any is moved: no device holds two for a moment.
        modules = [module, *(copy.deepcopy(module) for _ in devices[1:])]
        replicas = tuple(Replica(one.to(where), where) for one, where in zip(modules, devices, strict=True))
        return cls(replicas, precision)

    @property
    def module(self) -> Any:
        """The module, on the first device."""
        return self.replicas[0].module

    @property
    def device(self) -> str:
        """Where it runs, e.g. `cuda:0` or `cuda:0,cuda:1`."""
        return ",".join(str(replica.device) for replica in self.replicas)

    def batch_size(self, *, cpu: int, gpu: int) -> int:
        """Rows a batch, of all devices together, to begin with: so many on each."""
        return (cpu if self.replicas[0].device.type == "cpu" else gpu) * len(self.replicas)

    def each(self, work: Callable[[Replica, Any], T], rows: Any, *, called: str) -> list[T]:
        """What `work` makes of rows: of all at once, or with several devices of a share on each, in order.

        Args:
            work: is given a replica and rows, and is run without gradients, in the precision and with algorithms that
                give the same bits twice.
            rows: a list or an array, whose slices are what `work` takes.
            called: what the rows are, in the plural, for messages.

        Raises:
            OutOfMemory: a share did not fit on its device; the broker then tries a smaller batch.
        """
        shares = self.shares(rows)
        with deterministic():
            if len(shares) == 1:
                return [self._run(work, *shares[0], called)]
            with ThreadPoolExecutor(len(shares), thread_name_prefix="auditkit-replica") as pool:
                waiting = [pool.submit(self._run, work, replica, share, called) for replica, share in shares]
                return [one.result() for one in waiting]

    def answers(self, work: Callable[[Replica, Any], Any], rows: Any, *, called: str) -> Any:
        """The same as `each`, of `work` that gives an array [n, ...]: put together."""
        import numpy as np

        parts = self.each(work, rows, called=called)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def shares(self, rows: Any) -> list[tuple[Replica, Any]]:
        """The rows that each device is given of a list or an array: in order, as many as the others."""
        if len(self.replicas) == 1:
            return [(self.replicas[0], rows)]
        size = -(-len(rows) // len(self.replicas)) or 1
        starts = range(0, max(len(rows), 1), size)
        return [(replica, rows[start : start + size]) for replica, start in zip(self.replicas, starts, strict=False)]

    def _run(self, work: Callable[[Replica, Any], T], replica: Replica, rows: Any, called: str) -> T:
        import torch

        kind = replica.device.type
        # Also against an autocast that the caller is in: what the spec says is what is done.
        how: dict[str, Any] = {"enabled": False}
        if self.precision != "float32":
            how = {"dtype": getattr(torch, self.precision)}

        def run() -> T:
            # Both are the thread's own.
            with torch.inference_mode(), torch.autocast(kind, **how):
                return work(replica, rows)

        return fitting(run, device=replica.device, what=f"{len(rows):,} {called} at once")

    @property
    def computing(self) -> Computing:
        """How it computes, for the result."""
        with deterministic():
            return computing_on(*(replica.device for replica in self.replicas), precision=self.precision)


def computing_on(*devices: Any, precision: Precision = "float32") -> Computing:
    """How torch computes on some devices, as it has been told to where this is called: for a model's `computing`."""
    import torch

    from auditkit.result import Computing

    return Computing(
        devices=tuple(_called(device) for device in devices),
        threads=torch.get_num_threads() if devices[0].type == "cpu" else None,
        precision=precision,
        deterministic=torch.are_deterministic_algorithms_enabled(),
        tf32=takes_tf32(),
    )


def computing_of_module(module: Any) -> Computing | None:
    """How torch computes with somebody else's module, where it is and as it is; None: not in float32 alone.

    Weights of another type say nothing of an autocast that would have to be measured against float32.
    """
    import torch

    held = [tensor for tensor in (*module.parameters(), *module.buffers()) if tensor.is_floating_point()]
    if any(tensor.dtype != torch.float32 for tensor in held):
        return None
    devices = list(dict.fromkeys(tensor.device for tensor in held)) or [torch.device("cpu")]
    return None if any(torch.is_autocast_enabled(device.type) for device in devices) else computing_on(*devices)


def _called(device: Any) -> str:
    """A device by its name and its maker's, e.g. `cuda:0 (NVIDIA H100 80GB HBM3)`."""
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


_DOUBLED = 16


class OnTorch:
    """What a model on torch says of where and how it runs: for the dataclass of an adapter's model to inherit."""

    place: Placed

    @property
    def module(self) -> Any:
        """The module, on the first device."""
        return self.place.module

    @property
    def device(self) -> str:
        """Where it runs, e.g. `cuda:0`."""
        return self.place.device

    @property
    def largest_batch(self) -> int | None:
        """Up to how many rows a batch may be doubled on a GPU, which wants many; None on a CPU, which wants few."""
        is_cpu = self.place.replicas[0].device.type == "cpu"
        return None if is_cpu else _DOUBLED * int(cast("Any", self).batch_size)

    @property
    def computing(self) -> Computing:
        """How it computes, for the result."""
        return self.place.computing

    def in_float32(self) -> Self:
        """The same model, computing in float32: what a lower precision is held against."""
        place = dataclasses.replace(self.place, precision="float32")
        return cast("Self", dataclasses.replace(cast("Any", self), place=place))
