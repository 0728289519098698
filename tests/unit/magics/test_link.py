"""The link that ``%mlrun open`` gives."""

from __future__ import annotations

import pytest

from mlrun_jupyter.cli.session import Place
from mlrun_jupyter.model.run import RunKey
from mlrun_magics.link import Link


@pytest.mark.parametrize(("variable", "told"), [("JUPYTERHUB_USER", True), ("NOTHING", False)])
def test_an_address_of_another_machine_is_told_where_a_hub_started_the_kernel(monkeypatch, variable, told) -> None:
    for name in (
        "JUPYTERHUB_USER",
        "JUPYTERHUB_SERVICE_PREFIX",
        "SSH_CONNECTION",
        "CODESPACES",
        "KUBERNETES_SERVICE_HOST",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "ann")
    link = Link(Place(RunKey("p", "u" * 32), lambda: "http://127.0.0.1:8080"))
    address, *note = str(link).splitlines()
    assert address == f"http://127.0.0.1:8080/#/runs/p/{'u' * 32}/0"
    assert bool(note) is told and ("of the kernel" in link._repr_mimebundle_()["text/html"]) is told
