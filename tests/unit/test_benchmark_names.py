"""`python -m benchmarks`: it says what there is, where it is asked and where a name is none."""

import pytest

from benchmarks.__main__ import BENCHMARKS, main


@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_help_names_every_benchmark(asked, capsys):
    main([asked])
    said = capsys.readouterr().out
    assert all(name in said for name in BENCHMARKS)


@pytest.mark.parametrize("asked", [[], ["speed"]])
def test_what_is_no_benchmark_is_refused_with_their_names(asked):
    with pytest.raises(SystemExit, match=r"no benchmark is called '(speed)?'\n  hint: .*robustness"):
        main(asked)
