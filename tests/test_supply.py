"""What goes beside a release, and what stands in the way of one: licences, and an SBOM of just what is locked."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

RELEASE = Path(__file__).parents[1] / ".ci" / "release"


@pytest.fixture
def release():
    loader = SourceFileLoader("release", str(RELEASE))
    module = module_from_spec(spec_from_loader("release", loader))
    loader.exec_module(module)
    return module


def test_every_licence_is_known_and_taken(release):
    with suppress(ImportError):  # before Python 3.12 a package may bring it; from then on it answers for metadata
        import_module("importlib_metadata")
    rows, wrong = release.licences()
    needed = {name: where for name, _, _, where in rows}
    assert wrong == [] and len(rows) > 150
    assert {needed[name] for name in ("pandas", "phonenumbers", "typst", "jupyterlab")} == {"desk"}
    assert {needed[name] for name in ("pytest", "pingouin", "cyclonedx-bom")} == {"tests"}


def test_what_stands_against_a_release_is_named(release, monkeypatch):
    monkeypatch.setattr(release, "TAKEN", release.TAKEN - {"LGPL-2.1-only"})
    monkeypatch.setattr(release, "UNWRITTEN", {})
    monkeypatch.setattr(release, "at_a_desk", lambda: {"docxtpl", "pingouin"})
    monkeypatch.setattr(release.metadata, "version", lambda name: "0.1" if name == "rich" else "1!0")
    monkeypatch.setattr(release, "locked", lambda: [release.Requirement(f"{name}==1!0") for name in ("axe-playwright-python", "docxtpl", "pingouin", "rich")])
    _, wrong = release.licences()
    assert [line.split(": ")[1] for line in wrong] == [
        "licence unknown is not taken",
        "licence LGPL-2.1-only is not taken",
        "licence GPL-3.0 is not taken",
        "not the locked version ==1!0",
    ]


def test_the_sbom_names_what_is_locked(release, tmp_path):
    release.sbom(tmp_path / "sbom.cdx.json", "--no-validate")
    made = json.loads((tmp_path / "sbom.cdx.json").read_bytes())
    named = {(release.canonicalize_name(of["name"]), of["version"]) for of in made["components"]}
    assert made["bomFormat"] == "CycloneDX" and made["metadata"]["component"]["name"] == "dx-workbooks"
    assert {(pin.name, release.metadata.version(pin.name)) for pin in release.locked()} <= named
