"""What `auditkit init` is told of data files: which loader reads one, with which options, and its first rows."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit import DataError
from auditkit.recognising import FIRST_ROWS, Certainty, Glimpse, Recognised, Setting
from auditkit_loaders.kinds import wrong_encoding

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", "\t", ";", "|")
_TEXTS = {".csv": "sure", ".tsv": "sure", ".txt": "possible", "": "possible"}
_LONGEST_LINE = 1 << 24
_MOST_CONTROLS = 0.01
"""Of the first characters: what holds more of these is no text, whatever it decodes to."""


def recognise_csv(seen: Glimpse) -> Recognised | None:
    """A table in text: its encoding and separator are those that fit the first lines.

    Raises:
        DataError: it is called a table, and is empty, has no header, or its rows have different numbers of cells.
    """
    if not seen.is_file or seen.suffix in {".parquet", ".jsonl", ".json"}:
        return None
    told = _text_of(seen)
    if told is None or not told[0].strip():
        if seen.suffix in {".csv", ".tsv"} and told is not None:
            raise DataError(f"'{seen.name}' is empty", hint="it needs a header and at least one row")
        return None
    text, encoding = told
    if text.lstrip()[:1] in {"{", "["}:
        return None
    separator = _separator(text, "\t" if seen.suffix == ".tsv" else ",")
    columns = next(csv.reader(io.StringIO(text, newline=None), delimiter=separator), [])
    certainty: Certainty = _TEXTS.get(seen.suffix, "likely" if len(columns) > 1 else "possible")  # type: ignore[assignment]
    if certainty == "possible" and len(columns) < 2:  # noqa: PLR2004  one column of a text that is not called a table
        return None
    _refuse_numbers_for_names(seen, columns)
    settings = []
    if separator != ",":
        settings.append(Setting("separator", separator, "what stands between the cells of the first lines"))
    settings += _encoding_setting(encoding)
    rows = _first_rows(seen, lambda path: _csv_rows(path, encoding, separator))
    return Recognised(certainty, f"text in {len(columns)} columns", tuple(settings), rows=rows)


def recognise_parquet(seen: Glimpse) -> Recognised | None:
    """A file that begins as Parquet does."""
    if seen.head(4) != b"PAR1":
        return None
    return Recognised("sure", "it begins as Parquet does", rows=_first_rows(seen, _parquet_rows))


def recognise_jsonl(seen: Glimpse) -> Recognised | None:
    """A file whose first line is a JSON object."""
    told = _text_of(seen) if seen.is_file and seen.head(1) not in {b"P", b""} else None
    if told is None or told[0].lstrip()[:1] != "{":
        return None
    text, encoding = told
    first = text.lstrip().splitlines()[0]
    if seen.suffix != ".jsonl" and not first.rstrip().endswith("}"):
        return None
    rows = _first_rows(seen, lambda path: _json_rows(path, encoding))
    return Recognised("sure", "each line is a JSON object", tuple(_encoding_setting(encoding)), rows=rows)


def recognise_interactions(seen: Glimpse) -> Recognised | None:
    """A table of users and items, in which users come again; with a table of the users where one lies beside it."""
    found = None
    for recognise in (recognise_parquet, recognise_jsonl, recognise_csv):
        found = found or recognise(seen)
    if found is None or seen.path is None:
        return None
    names = [str(name) for name in found.rows.columns]
    user, item = _first_of(names, _USERS), _first_of(names, _ITEMS)
    if user is None or item is None or not found.rows[user].duplicated().any():
        return None
    settings = [one for one in found.settings if one.key in {"separator", "encoding"}]
    named = {"user": user, "item": item, "rating": _first_of(names, _RATINGS), "time": _first_of(names, _TIMES)}
    for key, name in named.items():
        if name is not None and name != key:
            settings.append(Setting(key, name, "by its name"))
    attributes, beside = _users_beside(seen.path, user)
    settings += beside
    if named["time"] is not None:
        why = "each user's last row is judged, the rest is history; or a day: split_at = 2026-01-01, without holdout"
        settings.append(Setting("holdout", "last", why))
    certainty: Certainty = "likely" if (user, item) == ("user", "item") else "possible"
    reason = f"'{user}' comes again, each time with another '{item}'"
    return Recognised(certainty, reason, tuple(settings), rows=found.rows, attributes=attributes, makes="interactions")


_USERS = ("user", "user_id", "userid", "uid", "patient", "patient_id", "member_id", "customer_id", "reader", "用户",
          "用户编号", "患者编号")  # fmt: skip
_ITEMS = ("item", "item_id", "itemid", "iid", "drug", "drug_id", "article", "article_id", "product", "product_id",
          "diet", "diet_id", "recipe_id", "movie_id", "物品", "药品", "商品")  # fmt: skip
_RATINGS = ("rating", "stars", "score", "评分")
_TIMES = ("time", "timestamp", "date", "datetime", "when", "时间", "日期")


def _first_of(names: list[str], known: tuple[str, ...]) -> str | None:
    by_name = {name.casefold(): name for name in reversed(names)}
    return next((by_name[name] for name in known if name in by_name), None)


def _users_beside(path: Path, user: str) -> tuple[Any, list[Setting]]:
    """The first rows of a table of the users, where one of the same kind lies beside the interactions."""
    for stem in ("users", "user", "patients", "members", "customers"):
        beside = path.with_name(f"{stem}{path.suffix}")
        if beside == path or not beside.is_file():
            continue
        try:
            found = recognise_parquet(Glimpse(beside.name, beside)) or recognise_csv(Glimpse(beside.name, beside))
        except DataError:  # it is not needed: a table that cannot be read is not proposed
            continue
        if found is not None and user in found.rows.columns and not found.rows[user].duplicated().any():
            return found.rows, [Setting("users", beside, f"lies beside it, with one row a '{user}'")]
    return None, []


def _text_of(seen: Glimpse) -> tuple[str, str] | None:
    """The beginning of a text, and its encoding; None: it is none."""
    head = seen.head()
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", errors="ignore"), "utf-16"
    if b"\0" in head:
        return None
    for encoding in ("utf-8-sig", "gb18030", "latin-1"):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        controls = sum(not char.isprintable() and not char.isspace() for char in text)
        if controls > _MOST_CONTROLS * len(text):
            return None
        if encoding == "gb18030" and not re.search(r"[\u4e00-\u9fff]{2}", text):
            continue
        return text, "utf-8" if encoding == "utf-8-sig" else encoding
    return None


def _encoding_setting(encoding: str) -> list[Setting]:
    if encoding == "utf-8":
        return []
    if encoding == "utf-16":
        return [Setting("encoding", encoding, "its first two bytes say so")]
    return [Setting("encoding", encoding, "the text is not UTF-8, and can be read as this", is_safe=False)]


def _separator(text: str, usual: str) -> str:
    """What parts the most lines into the same number of cells, above one."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    found = {}
    for separator in SEPARATORS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if row)
        width, times = widths.most_common(1)[0]
        found[separator] = (times if width > 1 else 0, separator == usual, width)
    return max(found, key=lambda separator: found[separator])


def _refuse_numbers_for_names(seen: Glimpse, columns: list[str]) -> None:
    if columns and all(re.fullmatch(r"\s*[+-]?\d+(\.\d*)?(e[+-]?\d+)?\s*", name, re.IGNORECASE) for name in columns):
        raise DataError(
            f"'{seen.name}' has no header: its first line holds numbers alone",
            hint="write the names of the columns into its first line",
        )


def _first_rows(seen: Glimpse, read: Callable[[Path], pd.DataFrame]) -> pd.DataFrame:
    """The first rows of a file.

    Raises:
        DataError: it has none, or cannot be read.
    """
    assert seen.path is not None  # noqa: S101  it was read before
    rows = read(seen.path)
    if len(rows.columns) == 0 or len(rows) == 0:
        what = "columns" if len(rows.columns) == 0 else "rows"
        raise DataError(f"'{seen.name}' has no {what}", hint="it needs a header and at least one row")
    return rows


def _csv_rows(path: Path, encoding: str, separator: str) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.csv as pc

    from auditkit_loaders.tables import BLOCK, as_frame, not_csv

    reading = pc.ReadOptions(use_threads=False, encoding=encoding, block_size=BLOCK)
    parsing = pc.ParseOptions(delimiter=separator, newlines_in_values=True)
    try:
        with pc.open_csv(path, read_options=reading, parse_options=parsing) as stream:
            names = stream.schema.names
        converting = pc.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
        )
        with pc.open_csv(path, read_options=reading, parse_options=parsing, convert_options=converting) as stream:
            try:
                table = pa.Table.from_batches([stream.read_next_batch()])
            except StopIteration:
                table = stream.schema.empty_table()
    except pa.ArrowInvalid as error:
        raise not_csv(path, encoding, separator, error) from error
    except (UnicodeError, LookupError) as error:
        raise wrong_encoding(path, encoding, error) from error
    return as_frame(table.slice(0, FIRST_ROWS), path)


def _parquet_rows(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from auditkit_loaders.tables import as_frame

    try:
        with pq.ParquetFile(path) as file:
            batch = next(file.iter_batches(batch_size=FIRST_ROWS, use_threads=False), None)
            table = file.schema_arrow.empty_table() if batch is None else pa.Table.from_batches([batch])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        said = str(error).strip().partition("\n")[0]
        raise DataError(f"'{path.name}' is not a Parquet file: {said}", hint="write it anew, or as CSV") from error
    return as_frame(table, path)


def _json_rows(path: Path, encoding: str) -> pd.DataFrame:
    import pandas as pd

    from auditkit_loaders.tables import row_of

    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as stream:
        numbered = itertools.islice(enumerate(_lines(stream, path), start=1), FIRST_ROWS)
        try:
            rows = [row_of(line, number, path) for number, line in numbered if line.strip()]
        except UnicodeError as error:  # behind the beginning, which told the encoding
            raise wrong_encoding(path, encoding, error) from error
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}
    return pd.DataFrame(columns, dtype=object)


def _lines(stream: Any, path: Path) -> Iterator[str]:
    while line := stream.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise DataError(
                f"'{path.name}' has a line of more than {_LONGEST_LINE:,} characters", hint="one row a line"
            )
        yield line
