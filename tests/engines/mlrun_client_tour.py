"""What a user of the ``mlrun`` package does against a service, as that package's own process; prints what it saw as JSON.

Run by an interpreter that has ``mlrun`` 1.12, with ``MLRUN_DBPATH`` and ``MLRUN_HTTPDB__TOKEN`` set.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import mlrun

HANDLERS = """
import pandas

def train(context, depth: int = 3):
    context.log_result("accuracy", depth / 10)
    context.log_result("bad", float("nan"))
    context.set_label("framework", "sk")
    context.log_artifact("notes", body=b"hello", local_path="notes.txt")
    context.log_dataset("frame", df=pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5]}), format="csv")
    context.log_model("model", body=b"123", model_file="model.bin", metrics={"x": 1})
    print("printed by the handler")

def fail(context):
    raise ValueError("boom")
"""

seen: dict[str, Any] = {}
folder = Path(sys.argv[1])
(folder / "handlers.py").write_text(HANDLERS)

db = mlrun.get_run_db()
project = mlrun.get_or_create_project("iris", context=str(folder / "context"), user_project=False)
seen["project"] = [project.metadata.name, project.status.state, db.list_projects()]

function = mlrun.code_to_function(
    "trainer", filename=str(folder / "handlers.py"), kind="job", image="mlrun/mlrun", handler="train", project="iris"
)
function.save(tag="v1")
run = function.run(name="one", params={"depth": 4}, local=True)
uid = run.metadata.uid
results = run.status.results
seen["run"] = [run.state(), results["accuracy"], math.isnan(results["bad"]), sorted(run.outputs)]

read = db.read_run(uid, "iris")
seen["read"] = [read["status"]["state"], read["spec"]["parameters"], read["metadata"]["labels"]["framework"]]
seen["listed"] = [
    len(db.list_runs(project="iris")),
    len(db.list_runs(project="iris", name="one", labels="framework=sk")),
    len(db.list_runs(project="iris", labels="framework=other")),
    len(db.list_runs(project="iris", states=["completed"])),
]
state, log = db.get_log(uid, "iris")
seen["log"] = [state, log.decode()]
db.store_log(uid, "iris", b"more\n", append=True)
seen["more log"] = [db.get_log(uid, "iris")[1].decode(), db.get_log_size(uid, "iris")]

artifacts = db.list_artifacts(project="iris")
seen["artifacts"] = sorted([each["metadata"]["key"], each["kind"]] for each in artifacts)
seen["frame"] = run.artifact("frame").as_df().to_dict("list")
seen["notes"] = mlrun.get_dataitem(f"store://artifacts/iris/{artifacts[-1]['spec']['db_key']}:latest").get().decode()
db.tag_artifacts([each for each in artifacts if each["kind"] == "model"], "iris", "prod")
seen["tags"] = [db.list_artifact_tags("iris"), [each["kind"] for each in db.list_artifacts(project="iris", tag="prod")]]

loaded = mlrun.import_function("db://iris/trainer:v1")
by_hash = db.get_function("trainer", "iris", hash_key=loaded.metadata.hash)
seen["function"] = [
    loaded.spec.image,
    by_hash["metadata"]["name"],
    len(db.list_functions(project="iris", name="trainer")),
]

try:
    function.run(handler="fail", name="two", local=True)
except mlrun.runtimes.utils.RunError:
    (failed,) = db.list_runs(project="iris", states=["error"])
    seen["failed"] = [failed["metadata"]["name"], failed["status"]["error"]]

sweep = function.run(
    mlrun.new_task(name="three").with_hyper_params({"depth": [1, 2, 3]}, selector="max.accuracy"),
    handler="train",
    local=True,
)
seen["sweep"] = [
    sweep.state(),
    sweep.status.results["best_iteration"],
    len(db.list_runs(project="iris", name="three", iter=True)),
]

db.update_run({"metadata.labels.reviewed": "yes"}, uid, "iris")
seen["updated"] = db.read_run(uid, "iris")["metadata"]["labels"]["reviewed"]

for name, call in (
    ("missing run", lambda: db.read_run("nothing", "iris")),
    ("pipelines", lambda: db.list_pipelines("iris")),
    ("not empty", lambda: db.delete_project("iris")),
):
    try:
        call()
    except mlrun.errors.MLRunHTTPError as error:
        seen[name] = [error.response.status_code, str(error)]

db.del_run(uid, "iris")
db.del_runs(project="iris", state="error")
db.del_artifact(artifacts[0]["spec"]["db_key"], project="iris")
db.delete_function("trainer", "iris")
seen["deleted"] = [
    len(db.list_runs(project="iris", name="one")),
    len(db.list_runs(project="iris", states=["error"])),
    db.list_functions(project="iris", name="trainer"),
]
db.delete_project("iris", deletion_strategy="cascade")
seen["gone"] = db.list_projects()
print("\n" + json.dumps(seen))
