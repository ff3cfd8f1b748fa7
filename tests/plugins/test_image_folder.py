"""`image-folder`: a folder a class, and the table beside; what does not agree is refused."""

from __future__ import annotations

import pytest

from auditkit import DataError
from auditkit_loaders.image_folder import load_image_folder


@pytest.fixture
def films(tmp_path):
    folder = tmp_path / "films"
    for name in ("sick/2.png", "sick/10.png", "well/1.png", "well/left/3.dcm", ".DS_Store", "well/Thumbs.db", ".git/x"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def refusal(folder):
    with pytest.raises(DataError) as caught:
        load_image_folder(folder)
    assert caught.value.hint
    return caught.value.message


def test_a_folder_is_a_class(films):
    table = load_image_folder(films)
    assert table.to_dict("list") == {
        "path": ["sick/10.png", "sick/2.png", "well/1.png", "well/left/3.dcm"],
        "label": ["sick", "sick", "well", "well"],
    }


def test_metadata_adds_columns_by_file_name_in_whatever_order(films):
    (films / "metadata.csv").write_text("sex,file_name\nF,well/1.png\nM,sick/2.png\n,sick/10.png\nF,well/left/3.dcm\n")
    table = load_image_folder(films)
    assert list(table.columns) == ["path", "label", "sex"]
    assert table["sex"].tolist() == [None, "M", "F", "F"]


def test_labels_may_stand_in_the_table_when_no_folder_names_them(tmp_path):
    (tmp_path / "1.png").write_bytes(b"x")
    (tmp_path / "metadata.csv").write_text("file_name,label\n1.png,sick\n")
    assert load_image_folder(tmp_path).to_dict("list") == {"path": ["1.png"], "label": ["sick"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,sex\n1,F\n", "'metadata.csv' has no column 'file_name'"),
        ("file_name,label\nwell/1.png,a\n", "'metadata.csv' has a column 'label', and so has the table"),
        ("file_name,path\nwell/1.png,a\n", "has a column 'path'"),
        ("file_name,sex\nwell/1.png,F\nwell/1.png,M\n", "names 'well/1.png' twice, in row 2"),
        ("file_name,sex\nwell/9.png,F\n", "names 'well/9.png' in row 1, and there is no such image"),
        ("file_name,sex\n../films/well/1.png,F\n", "no such image"),
        ("file_name,sex\nwell/1.png,F\n", "has no row for 3 images, e.g. 'sick/10.png'"),
    ],
)
def test_a_table_that_does_not_agree_with_the_folder_is_refused(films, content, said):
    (films / "metadata.csv").write_text(content)
    assert said in refusal(films)


def test_a_link_is_refused(films, tmp_path):
    (tmp_path / "secret").mkdir()
    (films / "well" / "beside").symlink_to(tmp_path / "secret")
    assert refusal(films) == "'well/beside' is a link"


def test_an_empty_folder_is_refused(tmp_path):
    assert "holds no images" in refusal(tmp_path)
