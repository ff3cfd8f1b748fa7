"""The section in the page of auditkit's toy result, which has a rule of every outcome."""

from auditkit.report import render_html
from auditkit.testing import toy_result

from auditkit_night_ward import auditkit_template_dirs


def test_the_section_stands_in_the_report():
    page = render_html(toy_result(), None, template_dirs=auditkit_template_dirs()).decode()
    assert '<section id="night-ward">' in page
    assert "For those who decide on the release" in page
