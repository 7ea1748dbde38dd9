"""The Kubernetes manifests, as kustomize puts them together, against the schemas of Kubernetes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate.utils import ValidationError, all_versions

from serving.settings import ServiceSettings
from tests.conftest import ROOT

KUBERNETES = ROOT / "deploy" / "kubernetes"
PLACES = ["base", "overlays/gpu", "overlays/scaled"]
VERSIONS = all_versions()[-3:]

Manifest = dict[str, Any]


def built(place: str) -> dict[tuple[str, str], Manifest]:
    """What `kubectl kustomize` makes of a folder, as far as these use it: resources, patches, images, namespace."""
    folder = KUBERNETES / place
    rules = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    found: dict[tuple[str, str], Manifest] = {}
    for resource in rules["resources"]:
        if (folder / resource).is_dir():
            found |= built(str((folder / resource).resolve().relative_to(KUBERNETES)))
        else:
            found |= {(each["kind"], each["metadata"]["name"]): each for each in documents(folder / resource)}
    for patch in rules.get("patches", ()):
        for each in documents(folder / patch["path"]):
            key = (each["kind"], each["metadata"]["name"])
            assert key in found, f"{patch['path']} patches what isn't there"
            if each.get("$patch") == "delete":
                del found[key]
            else:
                found[key] = merged(found[key], each)
    for each in found.values():
        if "namespace" in rules and each["kind"] != "Namespace":
            each["metadata"]["namespace"] = rules["namespace"]
        for container in containers(each):
            for rule in rules.get("images", ()):
                name, _, tag = container["image"].partition(":")
                if name == rule["name"]:
                    container["image"] = f"{rule.get('newName', name)}:{rule.get('newTag', tag)}"
    return found


def documents(path: Any) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]


def merged(below: Any, above: Any) -> Any:
    """A strategic merge: null takes away, and items of lists that have names meet by them."""
    if isinstance(below, dict) and isinstance(above, dict):
        whole = deepcopy(below)
        for name, value in above.items():
            if value is None:
                whole.pop(name, None)
            else:
                whole[name] = merged(below[name], value) if name in below else without_nulls(value)
        return whole
    named = isinstance(below, list) and isinstance(above, list) and all("name" in each for each in (*below, *above))
    if not named:
        return without_nulls(above)
    mine = {each["name"]: each for each in below}
    for each in above:
        mine[each["name"]] = merged(mine[each["name"]], each) if each["name"] in mine else each
    return list(mine.values())


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return value


def containers(manifest: Manifest) -> list[dict[str, Any]]:
    return manifest["spec"]["template"]["spec"]["containers"] if manifest["kind"] == "Deployment" else []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid(place, version):
    for manifest in built(place).values():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_what_is_invalid_would_be_found():
    manifest = built("base")["Deployment", "tailor"]
    manifest["spec"]["template"]["spec"]["containers"][0]["imagee"] = "x"
    with pytest.raises(ValidationError):
        kubernetes_validate.validate(manifest, VERSIONS[-1], strict=True)


def test_every_file_is_used():
    for place in PLACES:
        rules = yaml.safe_load((KUBERNETES / place / "kustomization.yaml").read_text(encoding="utf-8"))
        named = {*rules["resources"], *(patch["path"] for patch in rules.get("patches", ()))} - {"../../base"}
        there = {path.name for path in (KUBERNETES / place).glob("*.yaml")} - {"kustomization.yaml"}
        assert named == there


@pytest.mark.parametrize("place", PLACES)
def test_the_pod_has_few_rights_and_says_how_it_is(place):
    found = built(place)
    pod = found["Deployment", "tailor"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert {"memory"} <= set(container["resources"]["limits"])
    grace = float(found["ConfigMap", "tailor"]["data"]["TAILOR_GRACE"])
    assert pod["terminationGracePeriodSeconds"] > grace + 5


@pytest.mark.parametrize("place", PLACES)
def test_what_is_referred_to_exists(place):
    found = built(place)
    deployment = found["Deployment", "tailor"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert found[kind, "tailor"]["spec"]["selector"]["matchLabels"] == labels
    assert found["Service", "tailor"]["spec"]["selector"] == labels
    assert {each["metadata"].get("namespace") for each in found.values() if each["kind"] != "Namespace"} == {"tailor"}
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    for source in container["envFrom"]:
        for kind, reference in source.items():
            assert (kind[0].upper() + kind[1:].removesuffix("Ref"), reference["name"]) in found
    assert ("Secret", volumes["keys"]["secret"]["secretName"]) in found
    if "persistentVolumeClaim" in volumes["data"]:
        assert ("PersistentVolumeClaim", volumes["data"]["persistentVolumeClaim"]["claimName"]) in found
    assert ("ServiceAccount", pod["serviceAccountName"]) in found
    assert found["Service", "tailor"]["spec"]["ports"][0]["targetPort"] in [each["name"] for each in container["ports"]]


@pytest.mark.parametrize("place", PLACES)
def test_the_settings_are_ones_that_the_service_has(place, monkeypatch, tmp_path):
    found = built(place)
    given = {**found["ConfigMap", "tailor"]["data"], **found["Secret", "tailor-secrets"]["stringData"]}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TAILOR_DATA", str(tmp_path))
    settings = ServiceSettings.load()
    assert settings.workers == int(given["TAILOR_WORKERS"])
    fields = {name.split("__")[0].removeprefix("TAILOR_").lower() for name in given}
    assert fields <= set(ServiceSettings.model_fields)
    assert settings.jobs.shared == (place == "overlays/scaled")


def test_the_overlays_do_what_they_are_for():
    gpu, scaled = built("overlays/gpu"), built("overlays/scaled")
    (container,) = containers(gpu["Deployment", "tailor"])
    assert container["image"].endswith("-cuda")
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert container["startupProbe"]["httpGet"]["path"] == "/healthz"
    spec = scaled["Deployment", "tailor"]["spec"]
    assert "replicas" not in spec, "the autoscaler says how many"
    assert ("PersistentVolumeClaim", "tailor-data") not in scaled
    assert scaled["HorizontalPodAutoscaler", "tailor"]["spec"]["scaleTargetRef"]["name"] == "tailor"
    assert "emptyDir" in next(each for each in spec["template"]["spec"]["volumes"] if each["name"] == "data")


def test_no_secret_is_in_the_repository():
    for place in PLACES:
        for (kind, _), manifest in built(place).items():
            if kind == "Secret":
                for value in manifest["stringData"].values():
                    assert not value or "CHANGE-ME" in value or value.startswith("redis://") or value == '{"keys": []}'
