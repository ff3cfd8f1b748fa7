"""Tables of contraindications and of items as users write them, and what is said of their mistakes."""

from __future__ import annotations

import pytest

from auditkit import AuditError
from auditkit.compute import Broker
from auditkit.host import Host
from auditkit.spec import read_spec
from auditkit.specs.unbuilt import unused_keys

HOST = Host.installed()
TABLES = {
    "rows.csv": "user,item\nu1,fish\nu2,kale\nu3,soup\nu4,oats\n",
    "topk.csv": "user,item,rank\nu1,fish,1\nu2,kale,1\nu3,soup,1\n",
    "users.csv": "user,sex,drug,kidneys\nu1,F,warfarin,weak\nu2,F,warfarin,well\nu3,M,,weak\nu9,M,statin,\n",
    "items.csv": "item,vitamin_k,potassium\nfish,low,high\nkale,high,high\nsoup,low,low\noats,low,\n",
    "bars.csv": "drug,kidneys,vitamin_k,potassium,why\nwarfarin,,high,,bleeding\n,weak,,high,heart\n",
}
KEYS = 'users = "users.csv"\ngroups = ["sex"]\nitems = "items.csv"\ncontraindications = "bars.csv"'


def spec_of(folder, data=KEYS, **changed):
    for name, content in (TABLES | {f"{table}.csv": text for table, text in changed.items()}).items():
        (folder / name).write_text(content, encoding="utf-8")
    path = folder / "audit.toml"
    head = '[model]\nadapter = "recorded"\n[data]\naudit = "rows.csv"\nloader = "interactions"\nrankings = "topk.csv"'
    path.write_text(f'name = "a"\n{head}\n{data}\n')
    return read_spec(path)


def read(folder, data=KEYS, **changed):
    return Broker(spec_of(folder, data, **changed), HOST).dataset


def barred(dataset):
    split = dataset.audit
    lists = [sorted(item for item in row if item is not None) for row in split.barred]
    return dict(zip(split.truth.users, lists, strict=True))


def test_rows_bar_by_what_users_and_items_are_like(tmp_path):
    found = read(tmp_path)
    # u3 has no drug that is known, and weak kidneys; nobody knows anything of u4, whom the table of users lacks.
    assert barred(found) == {"u1": ["fish", "kale"], "u2": ["kale"], "u3": ["fish", "kale"], "u4": []}
    (note,) = found.notes
    assert note.params["names"] == "why"


def test_rows_bar_one_item_for_one_user(tmp_path):
    found = read(tmp_path, 'contraindications = "bars.csv"', bars="item,user\nfish,u1\nkale,u1\nfish,u1\nbeans,u3\n")
    assert barred(found) == {"u1": ["fish", "kale"], "u2": [], "u3": ["beans"], "u4": []}
    assert found.notes == ()


def test_cells_of_one_row_hold_together(tmp_path):
    found = read(tmp_path, bars="drug,kidneys,item\nwarfarin,weak,soup\n,well,oats\n")
    assert barred(found) == {"u1": ["soup"], "u2": ["oats"], "u3": [], "u4": []}


def test_a_row_that_fits_no_item_is_counted(tmp_path):
    found = read(tmp_path, bars="drug,item\nwarfarin,Kale\nwarfarin,kale\n")
    assert [note.params["count"] for note in found.notes] == [1]


def test_a_row_that_fits_no_user_of_the_audit_is_counted(tmp_path):
    found = read(tmp_path, bars="drug,item\nstatin,kale\nwarfarin,kale\nplague,soap\n")
    # u9, who takes a statin, is not of the audit; soap is no item, so that the last row is counted twice.
    assert [(note.msgid.partition(":")[0], note.params["count"]) for note in found.notes] == [
        ("{count} of {rows} rows of '{table}' fit no user of the audit", 2),
        ("{count} of {rows} rows of '{table}' fit no item", 1),
    ]


def test_what_is_barred_is_part_of_the_digest_of_the_rows(tmp_path):
    one, other = (read(tmp_path, bars=f"drug,item\nwarfarin,{item}\n").audit for item in ("kale", "fish"))
    assert one.digest != other.digest
    assert one.rows_digest == other.rows_digest


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"bars": "why,item\nx,kale\n"}, "'bars.csv' has no column that says which users a row is about"),
        ({"bars": "drug,why\nwarfarin,x\n"}, "'bars.csv' has no column that says which items a row is about"),
        ({"bars": "drug,item\nwarfarin,\n"}, "'bars.csv' row 1 does not say which items it is about"),
        ({"bars": "drug,item\nwarfarin,kale\n,kale\n"}, "'bars.csv' row 2 does not say which users it is about"),
        ({"bars": "drug,item\nplague,kale\n"}, "'bars.csv' bars nothing for any user of the audit"),
        (
            {"bars": "drug,item\n Warfarin,kale\nstatin,kale\n"},
            "'bars.csv' has ' Warfarin' in column 'drug', and users have 'warfarin'",
        ),
        (
            {"users": "user,sex,drug\nu1,F,warfarin\nu2,F,Warfarin\nu3,M,\n", "bars": "drug,item\nwarfarin,kale\n"},
            "'bars.csv' has 'warfarin' in column 'drug', and users have 'Warfarin'",
        ),
        ({"bars": "drug,vitamin_k\nwarfarin,High\n"}, "has 'High' in column 'vitamin_k', and items have 'high'"),
        ({"bars": "drug,item\n"}, "'bars.csv' has no rows"),
        ({"bars": 'drug,item\nstatin,"soup\nwarfarin,kale\n'}, "'bars.csv' line 2 opens a quotation mark that nothing"),
        (
            {"bars": 'drug,item,why\nwarfarin,kale,"bleeds\nwarfarin,fish,"bleeds"\n'},
            "'bars.csv' row 1 has a line break in column 'why'",
        ),
        (
            {"items": "item,drug\nkale,x\n", "bars": "drug,item\nx,kale\n"},
            "a column 'drug', which both users and items have",
        ),
        ({"items": "item,vitamin_k,potassium\nkale,a,b\nkale,a,b\n"}, "'items.csv' has an item twice"),
    ],
)
def test_mistakes_are_told(tmp_path, changed, said):
    with pytest.raises(AuditError) as refused:
        read(tmp_path, **changed)
    assert said in refused.value.message
    assert refused.value.hint


def test_attributes_of_items_are_read(tmp_path):
    found = read(tmp_path, 'items = "items.csv"\nitem_groups = ["potassium"]').audit.item_groups
    assert found.items == ("fish", "kale", "soup", "oats")
    assert found.groups["potassium"].labels() == ["high", "high", "low", None]
    assert found.labels == (("potassium", ("high", "low"), (2, 1), 4),)


def test_attributes_of_items_need_their_table(tmp_path):
    with pytest.raises(AuditError, match="no table says what it is for each item"):
        read(tmp_path, 'item_groups = ["potassium"]')


def test_who_offers_items_is_read(tmp_path):
    spec = 'items = "items.csv"\nitem_groups = ["potassium"]\nprovider = "vitamin_k"'
    found = read(tmp_path, spec).audit.item_groups
    assert (
        found.providers.labels()
        == read(tmp_path, spec.replace("potassium", "vitamin_k")).audit.item_groups.groups["vitamin_k"].labels()
    )
    each = read(tmp_path, spec.replace("vitamin_k", "item")).audit.item_groups
    assert tuple(each.providers.labels()) == each.items  # users by items
    with pytest.raises(AuditError, match="no groups of items are compared"):
        read(tmp_path, 'items = "items.csv"\nprovider = "potassium"')
    with pytest.raises(AuditError, match="names a column that is not there"):
        read(tmp_path, spec.replace("vitamin_k", "kitchen"))


def test_a_table_of_items_that_nothing_looks_at_is_named(tmp_path):
    assert "[data] items" in unused_keys(spec_of(tmp_path, 'items = "items.csv"'))
    assert "[data] items" not in unused_keys(spec_of(tmp_path))
