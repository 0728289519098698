"""The calls that the document of the system makes, on code of our own."""

from pathlib import Path

import pytest
from mlrun import NewTask, code_to_function, get_dataitem, get_run_db, new_function, new_task, run_local
from mlrun.artifacts import ChartArtifact, get_model, update_model

from mlrun_jupyter.errors import ConversionWarning, InvalidArgumentError, RunError, UnknownArgumentError

SCRIPT = """
import pandas as pd

from mlrun import get_or_create_ctx
from mlrun.artifacts import ChartArtifact


def job(context, p1=1, p2="x"):
    print(f"run {context.name} {context.uid} p1={p1} p2={p2}")
    print("key =", context.get_secret("ACCESS_KEY"))
    print("file:", context.get_input("infile.txt", "infile.txt").get())
    context.log_result("accuracy", p1 * 2)
    context.log_result("loss", p1 * 3)
    context.set_label("framework", "sklearn")
    context.log_artifact("model", body=b"abc is 123", local_path="model.txt", labels={"framework": "xgboost"})
    context.log_artifact("html_result", body=b"<b> some <i>text", local_path="result.html")
    chart = ChartArtifact("chart")
    chart.labels = {"type": "roc"}
    chart.header = ["epoch", "accuracy"]
    for epoch in range(1, 8):
        chart.add_row([epoch, epoch / 20])
    context.log_artifact(chart)
    frame = pd.DataFrame({"name": ["a", "b", "c"], "age": [42, 52, 36]})
    context.log_dataset("frame", df=frame, stats=True)


if __name__ == "__main__":
    context = get_or_create_ctx("train")
    job(context, context.get_param("p1", 1), context.get_param("p2", "a-string"))
"""


@pytest.fixture
def script(folder):
    (folder / "training.py").write_text(SCRIPT)
    (folder / "infile.txt").write_text("from the file")
    (folder / "secrets.txt").write_text("ACCESS_KEY=t0ps3cret\n")
    return "training.py"


@pytest.fixture
def task():
    return NewTask(name="demo", params={"p1": 5}).with_secrets("file", "secrets.txt").set_label("type", "demo")


def test_a_script_as_a_local_task(script, task, capsys):
    run = run_local(task, command=script)
    assert run.state() == "completed"
    assert run.outputs["accuracy"] == 10
    assert run.metadata.labels["type"] == "demo"
    assert run.metadata.labels["framework"] == "sklearn"
    assert run.artifact("model").get() == b"abc is 123"
    assert run.artifact("model")["metadata"]["labels"] == {"framework": "xgboost"}
    assert list(run.artifact("frame").as_df()["age"]) == [42, 52, 36]
    assert "from the file" in run.log_text()
    assert "t0ps3cret" not in run.log_text()
    assert run.logs(watch=True) == "completed"
    run.show()
    print(run.artifact("model"))
    assert "model" in capsys.readouterr().out


def test_the_same_task_with_several_values(script, task):
    run = run_local(task.with_hyper_params({"p1": [5, 2, 3]}, "min.loss"), command=script)
    assert run.results["best_iteration"] == 2
    assert run.results["loss"] == 6
    assert [each.results["loss"] for each in run.iterations()] == [15, 6, 9]
    assert run.artifact("model").get() == b"abc is 123"


def test_a_param_file_gives_the_combinations(folder):
    (folder / "params.csv").write_text("depth,eta\n3,0.1\n4,0.3\n,0.2\n")

    def train(context, depth=1, eta=0.1):
        context.log_result("accuracy", (depth or 0) * eta)

    run = run_local(new_task(handler=train).with_param_file("params.csv", "max.accuracy"))
    assert [each.spec.parameters for each in run.iterations()] == [
        {"depth": 3, "eta": 0.1},
        {"depth": 4, "eta": 0.3},
        {"depth": None, "eta": 0.2},
    ]
    assert run.results["best_iteration"] == 2


def test_a_function_of_a_cluster_kind_runs_here_when_told(script, task):
    run = new_function(command=script, kind="job").run(task, local=True)
    assert run.state() == "completed"


def test_the_log_of_a_run_is_there_when_the_run_is():
    def handler(context, p1=1):
        print("p1 is", p1)

    run = run_local(handler=handler)
    assert run.logs(watch=True) == "completed"


def test_a_name_that_is_misspelt_is_told_with_the_nearest(task):
    with pytest.raises(UnknownArgumentError, match="did you mean params"):
        run_local(handler=print, pramas={"eta": 0.3})
    with pytest.raises(AttributeError, match="did you mean with_hyper_params"):
        task.with_hyper_param({"p2": [5]}, "min.loss")


def test_a_data_set_that_is_read_as_text_is_told_what_it_is(folder):
    import pandas as pd

    def generate(context):
        context.log_dataset("iris", df=pd.DataFrame({"a": range(100), "label": 1.5}))

    def train(context, dataset=""):
        pd.read_csv(dataset)

    address = run_local(handler=generate).outputs["iris"]
    assert get_dataitem(address).as_df().shape == (100, 2)
    with pytest.raises(RunError, match="input 'dataset' is parquet: read it"):
        run_local(handler=train, inputs={"dataset": address})


def test_a_data_item_is_found_in_the_database_that_one_holds(folder):
    run = run_local(handler=lambda context: context.log_artifact("notes", body="text") and None)
    assert get_dataitem(run.artifact("notes").uri, get_run_db()).get(encoding="utf-8") == "text"


def test_a_sweep_that_fails_says_why():
    def train(context, p1=1):
        raise ValueError("no luck")

    with pytest.raises(RunError, match="2 of 2 iterations failed, the last by ValueError: no luck"):
        run_local(NewTask(handler=train).with_hyper_params({"p1": [1, 2]}, "max.accuracy"))


def test_training_a_real_model_over_a_grid(folder):
    xgb = pytest.importorskip("xgboost")
    import pandas as pd
    from sklearn.datasets import load_iris
    from sklearn.metrics import accuracy_score
    from sklearn.model_selection import train_test_split

    def generate(context):
        iris = load_iris(as_frame=True)
        context.log_dataset("iris", df=iris.frame.rename(columns={"target": "label"}))

    def train(context, dataset="", max_depth=6, eta=0.2, steps=5):
        frame = pd.read_parquet(dataset)
        split = train_test_split(frame.drop(columns="label"), frame["label"], test_size=0.2, random_state=1)
        model = xgb.train(
            {"max_depth": max_depth, "eta": eta, "num_class": 3, "objective": "multi:softmax", "nthread": 1},
            xgb.DMatrix(split[0], label=split[2]),
            steps,
        )
        found = model.predict(xgb.DMatrix(split[1]))
        context.log_result("accuracy", float(accuracy_score(split[3], found)))
        context.log_artifact(
            "model", body=bytes(model.save_raw()), local_path="model.bst", labels={"framework": "xgboost"}
        )

    data = run_local(handler=generate).artifact("iris")["spec"]["target_path"]
    task = NewTask(handler=train, params={"dataset": data}, out_path=str(folder / "data"))
    run = run_local(task.with_hyper_params({"eta": [0.05, 0.3], "max_depth": [2, 4]}, "max.accuracy"))
    assert run.results["accuracy"] > 0.8
    assert len(run.iterations()) == 4
    assert str(folder / "data") in run.outputs["model"]
    assert len(run.artifact("model").get()) > 1000


def test_lists_of_the_database_in_the_current_folder(capsys):
    def work(context):
        chart = ChartArtifact("chart")
        chart.header = ["x", "y"]
        chart.add_row([1, 2])
        context.log_artifact(chart)
        context.log_result("x", 1)

    run_local(handler=work)
    run_local(handler=work)
    db = get_run_db("./").connect()
    db.list_runs("").show()
    db.list_artifacts("", tag="").show()
    assert "work" in capsys.readouterr().out
    assert len(db.list_runs("")) == 2
    assert len(db.list_artifacts("ch", tag="")) == 1
    assert len(db.list_artifacts("ch", tag="*")) == 2
    assert db.del_runs(state="completed") == 2
    assert len(db.list_runs("")) == 0


def test_deleting_everything_wants_to_be_said():
    with pytest.raises(InvalidArgumentError, match="everything=True"):
        get_run_db("./").del_runs()


def test_a_notebook_becomes_a_function(folder):
    import nbformat

    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("# mlrun: ignore\nprint('exploring')"),
            nbformat.v4.new_code_cell("def train(context, depth: int = 3):\n    context.log_result('depth', depth)"),
        ]
    )
    nbformat.write(notebook, folder / "nb.ipynb")
    function = code_to_function("trainer", filename="nb.ipynb", kind="job")
    assert "exploring" not in function.to_yaml()
    assert "train" in function.spec.entry_points
    assert function.run(handler="train", params={"depth": 4}, local=True).results == {"depth": 4}
    function.export("function.yaml")
    again = run_local(command="function.yaml", handler="train", params={"depth": 5})
    assert again.results == {"depth": 5}


def test_a_notebook_runs_as_it_stands(folder):
    import nbformat

    cell = "from mlrun import get_or_create_ctx\nget_or_create_ctx('x').log_result('a', 1)"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)]), folder / "nb.ipynb")
    assert run_local(command="nb.ipynb").results == {"a": 1}


def test_of_several_marked_functions_the_one_that_is_asked_for_runs(folder):
    import nbformat

    cells = [
        f"%%mlrun {name}\ndef {name}(context):\n    context.log_result({name!r}, 1)" for name in ("first", "second")
    ]
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), folder / "nb.ipynb"
    )
    assert run_local(command="nb.ipynb", handler="second").results == {"second": 1}


def test_what_a_conversion_leaves_out_is_told(folder):
    import nbformat

    cell = "!ls\ndef train(context): return missing_name"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)]), folder / "nb.ipynb")
    with pytest.warns(ConversionWarning) as told:
        function = code_to_function("nb", filename="nb.ipynb", kind="job")
    assert any("missing_name" in str(each.message) for each in told)
    assert len(function.diagnostics) >= 2


def test_a_model_is_found_and_updated_by_its_address_alone_right_after_its_run(folder):
    def train(context):
        context.log_model("model", body=b"weights", model_file="w.bin", metrics={"acc": 0.5})

    address = run_local(handler=train).outputs["model"]
    path, spec, _extra = get_model(address)
    assert (Path(path).read_bytes(), spec.metrics) == (b"weights", {"acc": 0.5})
    update_model(address, metrics={"acc": 0.6}, key_prefix="test_")
    assert get_model(address, db=get_run_db()).spec.metrics == {"acc": 0.5, "test_acc": 0.6}
