"""A real kernel, spoken to as a front end does."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

TIMEOUT = 60


class Reply:
    """What a cell answered: its reply, and what was shown."""

    def __init__(self, content: dict[str, Any], outputs: list[dict[str, Any]]) -> None:
        self.status: str = content["status"]
        self.error = f"{content['ename']}: {content['evalue']}" if self.status == "error" else ""
        self.traceback: list[str] = content.get("traceback", [])
        self.outputs = outputs

    def stream(self, name: str = "stdout") -> str:
        return "".join(each["text"] for each in self.outputs if each.get("name") == name)

    @property
    def bundles(self) -> list[dict[str, Any]]:
        """The data of what was displayed, in order."""
        return [each["data"] for each in self.outputs if "data" in each]


class Kernel:
    """A kernel and its client."""

    def __init__(self, folder: Path) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder))
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)

    def send(self, code: str, **metadata: Any) -> str:
        """Ask for a cell to be run, and return the message's id."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = self.client.session.msg("execute_request", {**content, "stop_on_error": True}, metadata=metadata)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def wait(self, identity: str) -> Reply:
        """Wait for the end of a cell."""
        outputs = []
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != identity:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind in ("stream", "display_data", "update_display_data", "execute_result", "error"):
                outputs.append(content)
            elif kind == "status" and content["execution_state"] == "idle":
                break
        while True:
            message = self.client.get_shell_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") == identity:
                return Reply(message["content"], outputs)

    def run(self, code: str, **metadata: Any) -> Reply:
        return self.wait(self.send(code, **metadata))

    def wait_for_output(self, text: str) -> None:
        """Wait until a cell has printed ``text``."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if text in message["content"].get("text", ""):
                return
        raise AssertionError(f"{text!r} was never printed")

    def complete(self, code: str) -> list[str]:
        return list(self.client.complete(code, reply=True, timeout=TIMEOUT)["content"]["matches"])

    def inspect(self, code: str) -> str:
        content = self.client.inspect(code, reply=True, timeout=TIMEOUT)["content"]
        return str(content["data"].get("text/plain", "")) if content["found"] else ""

    def close(self) -> None:
        self.client.stop_channels()
        with contextlib.suppress(RuntimeError):
            self.manager.shutdown_kernel(now=True)
        self.manager.context.destroy()


@pytest.fixture(scope="module")
def module_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("kernel")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("MLRUN_DBPATH", str(folder / "db"))
        kernel = Kernel(folder)
    yield kernel
    kernel.close()


@pytest.fixture
def kernel(module_kernel: Kernel) -> Kernel:
    """The kernel of the module with the extension loaded and nothing left over from the test before."""
    module_kernel.run("%reset -f\n%unload_ext mlrun_jupyter")
    assert module_kernel.run("%load_ext mlrun_jupyter").status == "ok"
    return module_kernel
