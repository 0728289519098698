"""What an engine would be given, and what is said where there is none."""

from __future__ import annotations

import json

import nbformat
import pytest
from mlrun import code_to_function, mount_v3io, new_function

from mlrun_jupyter.errors import InvalidArgumentError


def test_a_function_is_rendered_with_its_image():
    function = new_function("train", kind="job").build_config(
        "me/train", "python:3.12", ["apt-get update"], requirements=["scikit-learn>=1.5"]
    )
    files = function.render()
    assert files["Dockerfile"].splitlines() == [
        "FROM python:3.12",
        "RUN apt-get update",
        "RUN python -m pip install 'scikit-learn>=1.5'",
    ]
    assert "image: me/train" in files["function.yaml"]
    assert str(files).startswith("# Dockerfile\nFROM python:3.12\n")
    assert list(new_function("train").render()) == ["function.yaml"]


@pytest.mark.parametrize("call", [lambda fn: fn.build(image="me/train"), lambda fn: fn.deploy()])
def test_without_an_engine_it_is_told_what_to_do(call):
    function = new_function("train", kind="job")
    with pytest.raises(InvalidArgumentError, match=r"no engine here to build or deploy .*render\(\)"):
        call(function)
    assert new_function("train", kind="local").deploy().metadata.name == "train"


def test_a_function_behind_an_address_has_a_trigger(tmp_path):
    cell = "def xgb_train(context): ..."
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)]), tmp_path / "nb.ipynb")
    function = code_to_function("xgb_train", filename=str(tmp_path / "nb.ipynb"), runtime="nuclio:mlrun")
    function.apply(mount_v3io(user="ann")).with_http(workers=32)
    inner = function.to_dict()["spec"]["base_spec"]["spec"]
    assert inner["triggers"]["http"]["maxWorkers"] == 32
    assert [each["volumeMount"]["mountPath"] for each in inner["volumes"]] == ["/v3io", "/User"]
    assert json.loads(function.to_json())
    with pytest.raises(InvalidArgumentError, match="no engine"):
        function.run(handler="xgb_train")
    with pytest.raises(InvalidArgumentError, match="has no trigger"):
        new_function("train", kind="job").with_http()
