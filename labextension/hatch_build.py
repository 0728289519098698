"""Put the built front end into wheels, at the place where Jupyter looks for it. Nothing is built here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = "mlrun_jupyter/_labextension"
PLACE = "share/jupyter/labextensions/mlrun-jupyter"


class FrontEndHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return  # an editable install has a link there: `npm run link`
        if not (Path(self.root) / BUILT / "package.json").is_file():
            self.app.display_warning(
                f"{BUILT} is missing: this wheel comes without its front end (make setup builds it)"
            )
            return
        build_data["shared_data"][BUILT] = PLACE
        build_data["shared_data"]["labextension/install.json"] = f"{PLACE}/install.json"
