"""Volumes of a function: what the modifiers write into its document."""

from __future__ import annotations

import pytest
from mlrun import auto_mount, mount_configmap, mount_pvc, mount_secret, mount_v3io, new_function

from mlrun_jupyter.errors import InvalidArgumentError


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    for name in ("V3IO_USERNAME", "V3IO_API", "MLRUN_PVC_MOUNT"):
        monkeypatch.delenv(name, raising=False)


def spec_of(*modifiers):
    function = new_function("train", kind="job")
    for each in modifiers:
        function.apply(each)
    return function.to_dict()["spec"]


def test_the_platforms_volume_is_mounted_at_its_two_places(monkeypatch):
    monkeypatch.setenv("V3IO_USERNAME", "ann")
    spec = spec_of(mount_v3io())
    assert spec["volumes"] == [{"name": "v3io", "flexVolume": {"driver": "v3io/fuse", "options": {}}}]
    assert [(each["mountPath"], each.get("subPath")) for each in spec["volume_mounts"]] == [
        ("/v3io", None),
        ("/User", "users/ann"),
    ]
    assert spec["env"] == [{"name": "V3IO_USERNAME", "value": "ann"}]


def test_a_folder_of_the_platform_and_its_key_by_the_name_of_a_secret():
    (volume,) = spec_of(mount_v3io("data", "~/iris", "/data", user="ann", secret="key"))["volumes"]
    assert volume["flexVolume"]["options"] == {"container": "users", "subPath": "ann/iris"}
    assert volume["flexVolume"]["secretRef"] == {"name": "key"}


def test_claims_secrets_and_config_maps(monkeypatch):
    monkeypatch.setenv("MLRUN_PVC_MOUNT", "claim:/mnt/data")
    items = [{"key": "token", "path": "token"}]
    spec = spec_of(auto_mount(), mount_secret("keys", "/keys", items=items), mount_configmap("words", "/words"))
    assert spec["volumes"] == [
        {"name": "shared", "persistentVolumeClaim": {"claimName": "claim"}},
        {"name": "secret", "secret": {"secretName": "keys", "items": items}},
        {"name": "configmap", "configMap": {"name": "words"}},
    ]
    assert spec["volume_mounts"][0] == {"name": "shared", "mountPath": "/mnt/data"}
    assert spec["volume_mounts"][1] == {"name": "secret", "mountPath": "/keys", "readOnly": True}


def test_a_volume_that_is_mounted_again_is_replaced():
    spec = spec_of(mount_pvc("one"), mount_pvc("two"))
    assert spec["volumes"] == [{"name": "pipeline", "persistentVolumeClaim": {"claimName": "two"}}]
    assert len(spec["volume_mounts"]) == 1


@pytest.mark.parametrize(
    ("mount", "told"),
    [
        (mount_v3io, "set the variable V3IO_USERNAME"),
        (lambda: mount_v3io(user="ann", access_key="k"), "give secret="),
        (lambda: mount_v3io(user="ann", remote="~/x"), "remote and mount_path together"),
        (mount_pvc, "MLRUN_PVC_MOUNT=claim:path"),
        (auto_mount, "auto_mount"),
    ],
)
def test_what_is_missing_is_told(mount, told):
    with pytest.raises(InvalidArgumentError, match=told):
        mount()
