"""Every slip is one red line that says what to do, and nothing runs."""

from __future__ import annotations

import pytest

from mlrun_jupyter import get_run_db

SLIPS = [
    ("%mlrun rnu", "%mlrun has no command 'rnu': did you mean run?"),
    ("%mlrun help rnu", "did you mean run?"),
    ("%mlrun function train", "write %%mlrun train on the cell's first line"),
    ("%mlrun run", "there is nothing to run"),
    ("%mlrun run trian", "there is no function 'trian': did you mean train?"),
    ("%mlrun run train -p dpeth=1", "train takes no parameter 'dpeth': did you mean depth?"),
    ("%mlrun run need", "need needs 'x'"),
    ("%mlrun run train extra", "'extra' is one word too many"),
    ("%mlrun run number", "there is no function 'number'"),
    ("%mlrun run train --parma x=1", "did you mean --param?"),
    ("%mlrun run train -p depth", "-p takes NAME=VALUE, not 'depth'"),
    ("%mlrun run train -p depth='4", "the quote ' is not closed"),
    ("%mlrun run train -x depth=[1,2", "the bracket [ is not closed"),
    ("%mlrun run train -x depth=3", "a sweep needs several values"),
    ("%mlrun run train -p depth={nmuber}", "there is no variable 'nmuber' ({nmuber}): did you mean number?"),
    ("%mlrun run train -p depth=deep", "'deep' is no int"),
    ("%mlrun run missing.py", "no such file: missing.py"),
    ("%mlrun run missing.ipynb", "no such notebook"),
    ("%mlrun run http://example.com", "functions behind an address cannot be called yet"),
    ("%mlrun run train --kind jobb", "jobb"),
    ("%mlrun run train --workers two", "'two' is not a valid integer"),
    ("%mlrun runs --state compelted", "did you mean completed?"),
    ("%mlrun runs --where x", "not a comparison"),
    ("%mlrun show nobody", "no run 'nobody'"),
    ("%mlrun logs", "missing argument 'RUN'"),
    ("%mlrun logs nobody", "no run 'nobody'"),
    ("%mlrun compare nobody", "no run 'nobody'"),
    ("%mlrun rerun nobody", "no run 'nobody'"),
    ("%mlrun abort nobody", "no run 'nobody'"),
    ("%mlrun get rnus", "did you mean runs?"),
    ("%mlrun artifacts --knd x", "did you mean --kind?"),
    ("%mlrun functions --tga x", "did you mean --tag?"),
    ("%mlrun convert nothere", "nothere"),
    ("%mlrun export nothere", "there is no function 'nothere'"),
    ("%mlrun build nothere", "there is no function 'nothere'"),
    ("%mlrun deploy nothere", "there is no function 'nothere'"),
    ("%mlrun project nothere", "no project 'nothere'"),
    ("%mlrun config get display.row", "did you mean display.rows?"),
    ("%mlrun config kind = job", "text stands in double quotes"),
    ("%mlrun env LEVEL", "not NAME=value: 'LEVEL': write %mlrun env NAME=value"),
    ("%mlrun env_file nothere.env", "cannot read nothere.env"),
    ("%mlrun cmd exit 3", "exit code 3"),
    ("%mlrun requirements ???", "not a requirement"),
    ("%mlrun mount /data", "mount takes a local and a remote path"),
    ("%mlrun add -f nothere.txt", "there is no file 'nothere.txt'"),
    ("%mlrun open", "no service runs for this store"),
    ("%mlrun db backup x.db -d nothere", "there is no store"),
    ("%mlrun runs --db ftp://x", "ftp://x"),
    ("x = 1\n%%mlrun\nran = True", "%%mlrun in line 2: it marks a whole cell: move it to the first line"),
    ("%%mlrun\nran = True\ndef f(:\n    pass", "line 3: invalid syntax: def f(:"),
    ("%%mlrun --knd job\nran = True", "did you mean --kind?"),
    ("%%mlrun rnu train\nran = True", "one name is enough: did you mean run?"),
    ("%%mlrun 1st\nran = True", "'1st' is no name for a function"),
    ("%%mlrun --kind\nran = True", "--kind needs a value"),
    ("%%mlrun runs\nran = True", "%%mlrun runs takes no cell"),
    ("%%mlrun run --nmae x\nran = True", "did you mean --name?"),
    ("%%mlrun run -x lr=[1,2]\nran = True", "a cell runs once"),
    ("%%mlrun run --name a/b\nran = True", "a/b"),
    ("%%mlrun run --help\nran = True", "--result"),
]


@pytest.mark.parametrize(("cell", "told"), SLIPS, ids=[cell.replace("\n", "|") for cell, _ in SLIPS])
def test_a_slip_is_one_red_line_and_nothing_runs(shell, cell, told) -> None:
    shell.run("number = 5\ndef train(context, depth: int = 3): ...\ndef need(context, x): ...")
    assert told in shell.red(cell)
    assert "ran" not in shell.names and "context" not in shell.names
    assert not [run for run in get_run_db().list_runs() if run.state() == "completed"]


def test_a_store_that_cannot_be_written_is_told_before_anything_runs(shell, monkeypatch, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    shell.run("def train(context):\n    global ran\n    ran = True")
    assert "file" in shell.red(f"%mlrun run train --db {tmp_path / 'file' / 'db'}")
    assert "ran" not in shell.names


def test_a_notebook_of_another_language_is_told(shell, tmp_path) -> None:
    import nbformat

    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}})
    nbformat.write(notebook, tmp_path / "r.ipynb")
    assert "speaks r, not Python" in shell.red("%mlrun convert r.ipynb")
