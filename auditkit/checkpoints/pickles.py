"""Pickles, followed without running them: which names a pickle would import, and how large its tensors say they are.

A pickle is a program for a small machine with a stack. Here that machine runs with dead things in the place of all
that the program imports, so that it says what it wants and gets none of it: what a scan of its opcodes can be led past
(a name that is put together on the stack, a second pickle behind the first) is met here as it would be in earnest.
"""

from __future__ import annotations

import importlib
import io
import math
import pickle
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Self

from auditkit.checkpoints.settings import some
from auditkit.errors import ModelError

_PLAIN = frozenset(
    (
        "bool",
        "bytearray",
        "bytes",
        "complex",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "object",
        "set",
        "slice",
        "str",
    )
)
_HARMLESS: dict[str, frozenset[str] | None] = {
    "__builtin__": _PLAIN,
    "_codecs": frozenset({"encode"}),
    "_random": None,
    "argparse": frozenset({"Namespace"}),
    "array": None,
    "builtins": _PLAIN | {"range", "tuple"},
    "collections": None,
    "copy_reg": frozenset({"_reconstructor"}),
    "copyreg": frozenset({"_reconstructor"}),
    "datetime": None,
    "decimal": None,
    "enum": None,
    "fractions": None,
    "functools": frozenset({"partial"}),
    "pathlib": None,
    "random": frozenset({"Random"}),
    "types": frozenset({"SimpleNamespace"}),
}
"""What a pickle may import of Python's own library even when it is trusted; None: all of the module. Whatever else
is in there opens files, makes processes or finds other names, and no model needs it."""

_WRAPS = ("functools", "partial")
"""Holds a function for later, as scikit-learn's trees do with categories. The function is named in the pickle too, and
judged by its own name; with it at hand a pickle could call it at once, so that the wrapper adds no danger."""

_REACHING = frozenset(
    {
        "attrgetter", "builtins", "ctypes", "functools", "getattr", "import_module", "importlib", "methodcaller",
        "operator", "os", "posix", "subprocess", "sys",
    }
)  # fmt: skip
"""What many a module has under the same name because it imports it, and from where a pickle reaches everything."""

_RUNNERS = frozenset(
    {
        "Popen", "eval", "exec", "execfile", "from_pretrained", "import_string", "load_library", "load_module",
        "load_pickle", "popen", "read_pickle", "runstring", "spawn", "system", "unpickle", "unsafe_load",
        "urlopen", "urlretrieve",
    }
)  # fmt: skip
"""What libraries call a function or class that runs, fetches or unpickles something, wherever it stands in them."""

_READERS = (
    "IPython", "_pytest", "absl", "cffi", "click", "cloudpickle", "dill", "fsspec", "httpx", "huggingface_hub",
    "jinja2", "keras.src.utils", "keras.utils", "matplotlib.testing", "mypy", "numexpr", "numpy.ctypeslib",
    "numpy.distutils", "numpy.f2py", "numpy.lib._npyio_impl", "numpy.lib.npyio", "numpy.testing",
    "pandas.core.computation", "pandas.io", "pexpect", "pip", "pkg_resources", "psutil", "pytest", "requests",
    "scipy.io", "setuptools", "sh", "sklearn.datasets", "sklearn.utils._testing", "skops.io",
    "statsmodels.iolib.smpickle", "sympy", "torch._dynamo", "torch._inductor", "torch._ops", "torch.classes",
    "torch.distributed", "torch.fx", "torch.hub", "torch.jit", "torch.multiprocessing", "torch.onnx", "torch.ops",
    "torch.package", "torch.serialization", "torch.utils._config_module", "torch.utils.bottleneck",
    "torch.utils.collect_env", "torch.utils.cpp_extension", "tqdm.cli", "transformers.dynamic_module_utils", "typer",
    "urllib3", "weasyprint", "wrapt", "yaml",
)  # fmt: skip
"""Modules of other libraries that open further files, which nobody has looked into, or that build or run code."""
_READING = frozenset(
    f"{module}.{name}"
    for module, names in {
        "numpy": "DataSource fromfile genfromtxt load loadtxt memmap save savetxt savez savez_compressed",
        "pandas": "DataFrame.query ExcelFile ExcelWriter HDFStore read_csv",
        "torch": "load save",
        "transformers": "pipeline",
    }.items()
    for name in names.split()
)
_ARRAY = ("joblib.numpy_pickle", "NumpyArrayWrapper")
"""What joblib writes in the place of an array; whatever else of it a pickle names reads, or runs, something further."""

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_ITEM = re.compile(r"[<>=|]?[a-zA-Z]\d*")

Name = tuple[str, str]
"""A module and a name in it."""


class _Dead:
    """Stands for whatever a pickle imports, makes or calls: it takes everything and does nothing."""

    _name: ClassVar[Name] = ("", "")

    def __new__(cls, *args: Any, **_named: Any) -> Self:
        made = object.__new__(cls)
        made.__dict__["_args"] = args
        made.__dict__["_state"] = None
        return made

    def __init__(self, *args: Any, **named: Any) -> None: ...

    def __call__(self, *_args: Any, **_named: Any) -> _Dead:
        return _Dead()

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __setstate__(self, state: Any) -> None:
        self.__dict__["_state"] = state

    def append(self, item: Any) -> None:
        """Take an item of what would be a list."""

    def extend(self, items: Any) -> None:
        """Take items of the same."""

    def add(self, item: Any) -> None:
        """Take an item of what would be a set."""


@dataclass
class Followed:
    """What a pickle would do."""

    names: set[Name] = field(default_factory=set)
    """What it imports."""
    storages: dict[str, int] = field(default_factory=dict)
    """Of torch's: the key of each storage -> the bytes that it says it has."""

    @property
    def listed(self) -> list[str]:
        """The names as people write them, sorted."""
        return sorted(f"{module}.{name}" for module, name in self.names)


# The machine in Python, whose opcodes can be watched; typeshed knows too little of it.
_Machine: Any = pickle._Unpickler  # noqa: SLF001


class _Follower(_Machine):  # type: ignore[misc]  # an Any, see there
    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(_Machine.dispatch)

    def __init__(self, stream: BinaryIO, found: Followed, size: int) -> None:
        super().__init__(stream)
        self._stream, self._found, self._size = stream, found, size

    def find_class(self, module: str, name: str) -> Any:
        self._found.names.add((module, name))
        return type("_Dead", (_Dead,), {"_name": (module, name)})

    def persistent_load(self, pid: Any) -> Any:
        """A storage of torch's: ("storage", type, key, location, count, ...)."""
        if isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage":  # noqa: PLR2004  as it is written
            kind, key, count = pid[1], str(pid[2]), pid[4]
            name = getattr(kind, "_name", ("", ""))[1]
            if not isinstance(count, int) or count < 0:
                raise pickle.UnpicklingError(f"a storage has {count!r:.40} numbers")
            size = count * _STORED.get(name, 1)
            self._found.storages[key] = max(size, self._found.storages.get(key, 0))
        return _Dead()

    def load_build(self) -> None:
        """As always; and behind an array of joblib's lie its numbers, which are no opcodes."""
        super().load_build()
        made = self.stack[-1]
        if isinstance(made, _Dead) and made._name == ("joblib.numpy_pickle", "NumpyArrayWrapper"):  # noqa: SLF001
            self._skip_array(made.__dict__["_state"])

    dispatch[pickle.BUILD[0]] = load_build

    def load_bytearray8(self) -> None:
        """As always, but for a length that the file does not have, which would be memory at once."""
        length = int.from_bytes(self.read(8), "little")
        if length > self._size:
            raise pickle.UnpicklingError(f"it claims {length:,} bytes in a row")
        self.append(bytearray(self.read(length)))

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8

    def _skip_array(self, state: Any) -> None:
        kind, shape = state["dtype"], state["shape"]
        item = kind.__dict__["_args"][0]
        if not isinstance(item, str) or not _ITEM.fullmatch(item):
            raise pickle.UnpicklingError("an array is of no type that is known")
        if item.lstrip("<>=|").startswith("O"):
            _Follower(self._stream, self._found, self._size).load()
            return
        import numpy as np

        if state.get("numpy_array_alignment_bytes") is not None:
            self._pass_over(self._stream.read(1)[0])
        self._pass_over(math.prod(int(length) for length in shape) * np.dtype(item).itemsize)

    def _pass_over(self, count: int) -> None:
        if count < 0 or self._stream.tell() + count > self._size:
            raise pickle.UnpicklingError(f"an array claims {count:,} bytes, which the file does not have")
        self._stream.seek(count, io.SEEK_CUR)


_STORED = {
    "DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8, "IntStorage": 4,
    "ShortStorage": 2, "ComplexDoubleStorage": 16, "ComplexFloatStorage": 8, "QInt32Storage": 4,
}  # fmt: skip
"""Bytes a number in torch's storages; one in all others."""


def follow(stream: BinaryIO, *, name: str, size: int, pickles: int = 1) -> Followed:
    """Follow one pickle or several that lie behind one another; none of them runs.

    Args:
        stream: at the beginning of the first; it can seek.
        name: the file's, for messages.
        size: of the stream in bytes.
        pickles: how many.

    Raises:
        ModelError: what is there is no pickle, or is damaged.
    """
    found = Followed()
    try:
        for _ in range(pickles):
            _Follower(stream, found, size).load()
    except Exception as error:  # a damaged program can fail at any opcode, and in any way: it is told
        said = str(error).partition("\n")[0][:200]
        raise ModelError(
            f"'{name}' is damaged, or no pickle: {type(error).__name__}: {said}",
            hint="save it anew; or save numbers alone, as safetensors",
        ) from error
    return found


def follow_file(path: Path) -> Followed:
    """Follow a pickle file, of joblib's too.

    Raises:
        ModelError: it is compressed, damaged, or no pickle.
    """
    with path.open("rb") as stream:
        if stream.read(1) != pickle.PROTO:
            raise ModelError(
                f"'{path.name}' is compressed, or is no pickle of protocol 2 or later, and cannot be looked into",
                hint="joblib.dump(model, file, compress=0); or safer: skops.io.dump(model, 'model.skops')",
            )
        stream.seek(0)
        return follow(stream, name=path.name, size=path.stat().st_size)


def refuse_dangerous(found: Followed, file: str) -> None:
    """Refuse what no model needs and an attacker does, whether the file is trusted or not.

    Dangerous is what picklescan lists, what is neither numbers nor containers in Python's own library, what opens
    further files, and what is no name at all. It is a list of what is known: trust is still trust.

    Raises:
        ModelError: it names them.
    """
    strange = [name for name in found.names if not all(_NAME.fullmatch(part) for part in name) or _leads_on(name[1])]
    opening = [name for name in found.names if _opens_more(name)]
    scanned = found.names - {*strange, _WRAPS}
    dangerous = {*strange, *opening, *_own_library(found.names), *_listed_by_picklescan(scanned)}
    if dangerous:
        listed = sorted(f"{module}.{name}" for module, name in dangerous)
        raise ModelError(
            f"'{file}' would run {some(listed)}, which no model needs: it is refused, trusted or not",
            hint="do not load this file with anything; ask whoever made it, and for safetensors or skops",
        )


def _leads_on(name: str) -> bool:
    """Whether a name with points leads through anything but classes: `hub` and `os.system` would be the system's."""
    return not all(part.lstrip("_")[:1].isupper() for part in name.split(".")[:-1])


def _own_library(names: Iterable[Name]) -> Iterator[Name]:
    for module, name in names:
        top = module.partition(".")[0]
        # `collections.abc` too is reached from `collections`, but not `os` from `pathlib`: dots lead to attributes.
        if top not in sys.stdlib_module_names and top not in {"__builtin__", "copy_reg", "__main__"}:
            continue
        allowed = _HARMLESS.get(module, frozenset())
        if top == "__main__":
            continue
        if "." in name or (name not in allowed if allowed is not None else not _is_at_home(module, name)):
            yield module, name


def _is_at_home(module: str, name: str) -> bool:
    """Whether a harmless module has the name of its own: `pathlib.os` is the system, and `collections._sys` Python."""
    found = getattr(importlib.import_module(module), name, None)
    home = getattr(found, "__module__", None)
    return isinstance(home, str) and home.partition(".")[0].lstrip("_") == module.partition(".")[0].lstrip("_")


def _opens_more(name: Name) -> bool:
    if name[0].partition(".")[0] == "joblib":
        return name != _ARRAY  # its modules hand on one another's readers under other names
    if ".".join(name) in _READING or name[1] in _REACHING or name[1].rpartition(".")[2] in _RUNNERS:
        return True
    return any(name[0] == one or name[0].startswith(f"{one}.") for one in _READERS)


def _listed_by_picklescan(names: Iterable[Name]) -> Iterator[Name]:
    from auditkit.plugin import needs_extra

    with needs_extra("models"):
        from picklescan.scanner import SafetyLevel, scan_pickle_bytes

    # Written as the plainest of pickles: a list of imports, and nothing else.
    lines = b"".join(f"c{module}\n{name}\n0".encode() for module, name in sorted(names))
    result = scan_pickle_bytes(io.BytesIO(b"\x80\x02" + lines + b"N."), "the model")
    if result.scan_err:
        raise ModelError("picklescan cannot read what the pickle imports", hint="save it anew, as safetensors")
    yield from ((one.module, one.name) for one in result.globals if one.safety == SafetyLevel.Dangerous)
