import math

import numpy as np
import pytest

from mlrun_jupyter.db.query import ArtifactQuery
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.tracking.context import RunContext


def test_a_run_that_starts_is_running_in_the_store(context, stored):
    assert stored(context).status.state == "running"


def test_results_of_every_kind_are_read_back_as_they_were(context, stored):
    given = {"a": 1, "b": 0.5, "c": "text", "d": None, "e": [1, {"f": 2}], "g": True, "h": math.inf, "i": 2**80}
    context.log_results(given)
    assert stored(context).status.results == given


def test_numpy_values_become_plain(context, stored):
    context.log_result("x", np.float64(0.5))
    context.log_result("y", np.array([1, 2]))
    context.log_result("z", np.nan)
    found = stored(context).status.results
    assert found["x"] == 0.5
    assert found["y"] == [1, 2]
    assert math.isnan(found["z"])


def test_labels_and_annotations_are_text(context, stored):
    context.set_label("framework", "sklearn")
    context.set_label("depth", 4)
    context.set_label("depth", 5, replace=False)
    context.set_annotation("note", "first try")
    found = stored(context).metadata
    assert found.labels == {"framework": "sklearn", "depth": "4"}
    assert found.annotations == {"note": "first try"}


def test_a_default_that_is_used_is_recorded_as_the_parameter(context, stored):
    assert context.get_param("p1", 7) == 7
    assert context.get_param("p1", 8) == 7
    assert stored(context).spec.parameters == {"p1": 7}


def test_metrics_are_kept_as_points_with_a_summary(context, db, stored):
    for step in range(5):
        context.log_metric("loss", 1.0 - step / 10, step)
    context.log_metrics({"loss": 0.5, "accuracy": 0.9}, step=9, timestamp=100.0)
    stored(context)
    series = db.read_series(context.run.key, "loss")
    assert list(series.steps) == [0, 1, 2, 3, 4, 9]
    assert series.values[-1] == 0.5
    assert series.times[-1] == 100.0
    assert db.list_series(context.run.key)["loss"]["count"] == 6


def test_steps_count_by_themselves(context, db, stored):
    for value in (3.0, 2.0, 1.0):
        context.log_metric("loss", value)
    stored(context)
    assert list(db.read_series(context.run.key, "loss").steps) == [0, 1, 2]


def test_the_end_is_recorded_once(context, stored):
    context.finish()
    context.finish("error", error="too late")
    found = stored(context).status
    assert (found.state, found.error) == ("completed", "")
    assert found.end_time >= found.start_time


def test_a_block_that_raises_ends_the_run_in_error_with_its_traceback(db, stored):
    context = RunContext(RunRecord(), tracker.of(db))
    with pytest.raises(ZeroDivisionError), context:
        1 / 0  # noqa: B018 - it is to raise
    found = stored(context).status
    assert found.state == "error"
    assert found.reason == "exception"
    assert found.error == "ZeroDivisionError: division by zero"
    assert "1 / 0" in found.traceback


def test_an_interrupt_is_an_abort_by_the_user(db, stored):
    context = RunContext(RunRecord(), tracker.of(db))
    with pytest.raises(KeyboardInterrupt), context:
        raise KeyboardInterrupt
    assert (stored(context).status.state, stored(context).status.reason) == ("aborted", "user")


def test_progress_is_told(context, stored):
    context.progress(3, 10, "half way")
    found = stored(context).status
    assert found.progress == [3.0, 10.0]
    assert found.status_text == "half way"


def test_children_are_iterations_and_the_best_one_gives_the_parent_its_results(context, db, stored):
    for eta in (0.1, 0.3):
        with context.get_child_context(eta=eta) as child:
            child.log_result("accuracy", eta * 2)
            child.log_artifact("note", body=f"eta {eta}")
            if eta == 0.3:
                child.mark_as_best()
    context.finish()
    found = stored(context)
    assert found.status.iterations == [
        ["state", "iter", "param.eta", "output.accuracy"],
        ["completed", 1, 0.1, 0.2],
        ["completed", 2, 0.3, 0.6],
    ]
    assert [each["metadata"]["key"] for each in found.status.artifacts] == ["note", "iteration_results"]
    assert found.status.results == {"accuracy": 0.6, "best_iteration": 2}
    child = db.read_run(context.run.key._replace(iteration=1))
    assert (child.spec.parameters, child.status.state) == ({"eta": 0.1}, "completed")


def test_children_without_a_block_end_when_they_are_committed_or_with_their_parent(context, db, stored):
    for depth in (3, 4):
        context.get_child(depth=depth).log_result("accuracy", depth / 10)
    with pytest.raises(NotFoundError, match="no iteration 3"):
        context.commit_children(best_run=3)
    context.commit_children(best_run=2)
    context.get_child(depth=5).log_result("accuracy", 0.5)
    context.fail(ValueError("no"))
    assert stored(context).status.results == {"accuracy": 0.4, "best_iteration": 2}
    children = [db.read_run(context.run.key._replace(iteration=number)).status for number in (1, 2, 3)]
    assert [(each.state, each.results["accuracy"]) for each in children] == [
        ("completed", 0.3),
        ("completed", 0.4),
        ("error", 0.5),
    ]


def test_secrets_are_read_and_never_recorded(db, stored):
    run = RunRecord()
    run.spec.secret_sources = [{"kind": "inline", "source": {"TOKEN": "t0ps3cret"}}]
    context = RunContext(run, tracker.of(db)).start()
    assert context.get_secret("TOKEN") == "t0ps3cret"
    assert context.get_secret("OTHER") is None
    context.fail(ValueError("the token t0ps3cret is wrong"))
    text = stored(context).to_json()
    assert "t0ps3cret" not in text
    assert "TOKEN" in text


def test_logging_an_unstorable_text_is_told_and_the_run_goes_on(context, stored):
    with pytest.raises(InvalidArgumentError):
        context.log_result("x", "\ud800")
    context.log_result("y", 1)
    assert stored(context).status.results == {"y": 1}


def test_an_artifact_path_of_its_own_or_that_of_the_store(context, db, tmp_path):
    assert context.out_path == str(tmp_path / "out")
    context.run.spec.output_path = ""
    assert context.artifact_path == db.artifact_path


def test_only_the_first_of_many_ranks_is_the_logging_worker(context, monkeypatch):
    assert context.is_logging_worker()
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "1")
    assert not context.is_logging_worker()


def test_an_artifact_that_is_not_to_be_listed_is_named_by_its_run(context, db, stored):
    context.log_artifact("own", body=b"1", db_key=False)
    assert [each["metadata"]["key"] for each in stored(context).status.artifacts] == ["own"]
    assert db.list_artifacts(ArtifactQuery(project=context.project, tag="*")).rows == []
