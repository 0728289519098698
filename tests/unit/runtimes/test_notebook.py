import nbformat
import pytest

from mlrun_jupyter import new_task, run_local
from mlrun_jupyter.errors import NotFoundError, RunError

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def notebook(tmp_path):
    def write(*sources, tags=()):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        if tags:
            cells[0].metadata["tags"] = list(tags)
        path = tmp_path / "work.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return str(path)

    return write


def test_every_cell_is_executed_and_the_outputs_are_kept(notebook):
    path = notebook(
        "depth = 1",
        "import mlrun\ncontext = mlrun.get_or_create_ctx('x')\ncontext.log_result('depth', depth)\nprint('seen', depth)",
        "context.get_secret('TOKEN') == 't0ps3cret'",
        tags=["parameters"],
    )
    task = new_task(params={"depth": 4}).with_secrets("inline", {"TOKEN": "t0ps3cret"})
    run = run_local(task, command=path, mode="notebook")
    assert run.state() == "completed"
    assert run.results == {"depth": 4}
    assert run.log_text() == "seen 4\n"
    executed = nbformat.reads(run.artifact("notebook").get().decode(), as_version=4)
    assert executed.cells[-1].outputs[0].data["text/plain"] == "True"
    assert run.status.progress == [4.0, 4.0]


def test_the_cell_that_fails_is_named_and_the_outputs_so_far_are_kept(notebook):
    with pytest.raises(RunError, match=r"ZeroDivisionError: division by zero \(work.ipynb cell 2\)") as caught:
        run_local(command=notebook("print('first')", "1 / 0", "print('never')"), mode="notebook")
    run = caught.value.run
    assert run.log_text() == "first\n"
    executed = nbformat.reads(run.artifact("notebook").get().decode(), as_version=4)
    assert [len(cell.outputs) for cell in executed.cells] == [1, 1, 0]


def test_a_failure_of_its_code_run_as_a_process_names_cell_and_line(notebook):
    with pytest.raises(RunError, match="ZeroDivisionError") as caught:
        run_local(command=notebook("def f():\n    return 1 / 0", "x = 1\nf()"))
    trace = caught.value.run.status.traceback
    assert '<work.ipynb cell 1>", line 2, in f' in trace
    assert '<work.ipynb cell 2>", line 2' in trace


def test_a_notebook_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NotFoundError, match="no such"):
        run_local(command=str(tmp_path / "no.ipynb"), mode="notebook")


def test_a_notebook_is_run_again_as_it_was(notebook):
    path = notebook(
        "depth = 1", "import mlrun\nmlrun.get_or_create_ctx('x').log_result('twice', depth * 2)", tags=["parameters"]
    )
    first = run_local(new_task(params={"depth": 4}), command=path, mode="notebook")
    notebook("raise ValueError('edited since')")
    assert first.rerun(params={"depth": 5}).results == {"twice": 10}
    assert "mlrun.get_or_create_ctx" in first.db.read_object(first.status.extra["code"])["body"]["source"]
