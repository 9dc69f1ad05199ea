"""The wheel holds all that is needed: installed alone, it works from anywhere, without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import jsonschema
import pytest

from analyzer.findings import report_schema

ROOT = Path(__file__).parent.parent
NO_NETWORK = """
import socket

def refuse(*_):
    raise OSError("this test allows no network")

socket.socket.connect = refuse
"""


def run(*command: str | Path, cwd: Path) -> str:
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "ANALYZER_MODEL")}
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.slow
def test_wheel_works_from_anywhere_without_a_network(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path / "dist", ROOT, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("_bundled/models/default/model.skops", "packs/rscpq/pack.yaml", "packs/common/cues.yaml", "strings/zh.yaml"):
        assert f"analyzer/{needed}" in names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"analyzer"}

    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    run(sys.executable, "-m", "pip", "--python", scripts / "python", "install", "-q", "--no-deps", "--no-index", wheel, cwd=tmp_path)
    (packages,) = home.glob("Lib/site-packages") if os.name == "nt" else home.glob("lib/python*/site-packages")
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(borrowed), "utf-8")
    (packages / "sitecustomize.py").write_text(NO_NETWORK, "utf-8")

    where = run(scripts / "python", "-c", "import analyzer; print(analyzer.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(home)
    for example in sorted((ROOT / "examples").glob("*.pdf")):
        report = json.loads(run(scripts / "analyzer", example, "--format", "json", cwd=tmp_path))
        jsonschema.validate(report, report_schema())
        assert report["tool"]["version"] == wheel.name.split("-")[1]
        assert len(report["elements"]) >= 5
