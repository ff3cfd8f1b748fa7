"""Sections that plugins add to the report: where they stand, in which order, and that they change nothing else."""

from __future__ import annotations

from auditkit.report import render_html
from auditkit.report.page import sections_in
from auditkit.testing import toy_result

SECTION = '<section id="{name}">\n<h2>{{{{ _("About") }}}} {name}</h2>\n<p>{{{{ report.title }}}}</p>\n</section>\n'


def folder(home, *names):
    (home / "sections").mkdir(parents=True)
    for name in names:
        (home / "sections" / f"{name}.html.j2").write_text(SECTION.format(name=name))
    return home


def test_sections_stand_behind_the_results_in_the_order_of_their_names(tmp_path):
    folders = [folder(tmp_path / "b", "ward"), folder(tmp_path / "a", "clinic", "zone")]
    assert sections_in(folders) == ("sections/clinic.html.j2", "sections/ward.html.j2", "sections/zone.html.j2")
    page = render_html(toy_result(), None, template_dirs=folders).decode()
    places = [page.index(f'id="{name}"') for name in ("silent", "clinic", "ward", "zone", "data")]
    assert places == sorted(places)
    assert "<h2>About ward</h2>\n<p>Heart disease, release 3</p>" in page


def test_of_two_sections_of_one_name_the_first_folder_counts(tmp_path):
    first, second = folder(tmp_path / "b", "ward"), folder(tmp_path / "a", "ward")
    (first / "sections" / "ward.html.j2").write_text("<p>mine</p>\n")
    page = render_html(toy_result(), None, template_dirs=[first, second]).decode()
    assert page.count("<p>mine</p>") == 1
    assert "About ward" not in page


def test_what_a_section_says_of_the_data_is_escaped(tmp_path):
    made = folder(tmp_path / "a", "ward")
    page = render_html(toy_result(name="<b>bold</b>"), None, template_dirs=[made]).decode()
    assert "<p>&lt;b&gt;bold&lt;/b&gt;</p>" in page


def test_a_folder_without_sections_leaves_the_report_as_it_is(tmp_path):
    assert sections_in([tmp_path]) == ()
    assert render_html(toy_result(), None, template_dirs=[tmp_path]) == render_html(toy_result(), None)
