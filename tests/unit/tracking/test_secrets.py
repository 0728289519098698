import pickle

import pytest

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.tracking.secrets import Secrets, public


def test_a_file_of_lines(tmp_path, monkeypatch):
    monkeypatch.setenv("BASE", "b")
    (tmp_path / "s.txt").write_text("# keys\nexport A=1\nB = $BASE/x=y\n\nnothing\n")
    assert dict(Secrets.of([{"kind": "file", "source": str(tmp_path / "s.txt")}])) == {"A": "1", "B": "b/x=y"}


def test_variables_of_the_environment(monkeypatch):
    monkeypatch.setenv("KEY_A", "1")
    assert dict(Secrets.of([{"kind": "env", "source": "KEY_A, KEY_MISSING"}])) == {"KEY_A": "1"}


def test_variables_that_a_platform_injects(monkeypatch):
    monkeypatch.setenv("MLRUN_K8S_SECRET__KEY", "1")
    assert dict(Secrets.of([{"kind": "kubernetes", "source": "KEY"}])) == {"KEY": "1"}


def test_inline_as_mapping_or_as_text_with_a_prefix():
    assert dict(Secrets.of([{"kind": "inline", "source": "{'A': 1}", "prefix": "P_"}])) == {"P_A": "1"}


def test_a_later_source_wins():
    sources = [{"kind": "inline", "source": {"A": "1"}}, {"kind": "inline", "source": {"A": "2"}}]
    assert Secrets.of(sources)["A"] == "2"


def test_a_missing_file_and_an_unknown_kind_are_told():
    with pytest.raises(NotFoundError, match="no such secrets file"):
        Secrets.of([{"kind": "file", "source": "nowhere.txt"}])
    with pytest.raises(InvalidArgumentError, match="did you mean inline"):
        Secrets.of([{"kind": "inlin", "source": {}}])


def test_values_are_neither_shown_nor_pickled():
    secrets = Secrets({"TOKEN": "t0ps3cret"})
    assert "t0ps3cret" not in repr(secrets)
    with pytest.raises(TypeError):
        pickle.dumps(secrets)


def test_a_record_keeps_names():
    assert public([{"kind": "inline", "source": {"B": 1, "A": 2}}, {"kind": "env", "source": "X"}]) == [
        {"kind": "inline", "source": ["A", "B"]},
        {"kind": "env", "source": "X"},
    ]
