"""Alarms, board and runbooks speak of metrics that are there, and of each other."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from contracts.errors import ErrorCode
from services.runtime.engine.watchdog import Fault

ROOT = Path(__file__).resolve().parents[3]
RULES = yaml.safe_load((ROOT / "ops/dashboards/alerts.yml").read_text())["groups"][0]["rules"]
BOARD = json.loads((ROOT / "ops/dashboards/lectern.json").read_text())
PAGES = {page.name: page.read_text() for page in (ROOT / "ops/runbooks").glob("*.md")}

_NAME = re.compile(r"\b(?:lectern|process)_[a-z_]+\b")


def exported() -> set[str]:
    """Return the names of all samples that the processes can export."""
    for path in (ROOT / "services").rglob("*.py"):
        if "prometheus_client import" in path.read_text():
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    names: set[str] = set()
    for metric in REGISTRY.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
        names.update(metric.name + suffix for suffix in suffixes.get(metric.type, ("",)))
    return names


def panels() -> list[dict[str, Any]]:
    return [panel for panel in BOARD["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    on_the_board = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [*(rule["expr"] for rule in RULES), *on_the_board]


def test_every_metric_that_is_named_is_exported() -> None:
    texts = [*expressions(), *(re.sub(r"[^`]*`([^`]*)`", r"\1 ", page) for page in PAGES.values())]
    named = {name for text in texts for name in _NAME.findall(text)}
    there = exported()
    # a page may name a histogram as a whole
    there |= {name.removesuffix("_bucket") for name in there if name.endswith("_bucket")}
    assert named - there == set()
    assert len(named) > 20


def test_every_metric_of_ours_is_on_the_board() -> None:
    shown = {name for text in expressions() for name in _NAME.findall(text)}
    ours = {name for name in exported() if name.startswith("lectern_")}
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in ours}
    assert families - {re.sub(r"_(bucket|count|sum)$", "", name) for name in shown} == set()


def test_every_alarm_has_its_page_and_every_page_its_alarm() -> None:
    for rule in RULES:
        page = PAGES[Path(rule["annotations"]["runbook"]).name]
        assert f"`{rule['alert']}`" in page
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in {"warning", "critical"}
    alarms = {rule["alert"] for rule in RULES}
    spoken_of = {name for page in PAGES.values() for name in re.findall(r"`(Lectern[A-Za-z]+)`", page)}
    assert spoken_of == alarms


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_says_what_it_means_what_to_look_at_and_what_to_do(name: str) -> None:
    page = PAGES[name]
    if name != "README.md":
        headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
        assert headings == ["What it means", "What to look at", "What to do"]
        assert name in PAGES["README.md"]
    for link in re.findall(r"\]\(([^)]+)\)", page):
        assert link in PAGES


def test_labels_and_codes_that_are_named_exist() -> None:
    symptoms = {symptom.value for symptom in Fault}
    table = re.findall(r"^\| `([a-z_]+)` \|", PAGES["consumer-stuck.md"], re.MULTILINE)
    assert set(table) == symptoms
    codes = {code.value for code in ErrorCode}
    for page in PAGES.values():
        words = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", page)) - {"FAILED"}
        settings = {
            word
            for word in words
            if word.startswith(("LECTERN_", "GATEWAY_", "TTS_C", "COMPOSITION_", "SLIDES_"))
        }
        assert words - settings - codes == set()


def test_pages_named_by_panels_exist() -> None:
    for panel in panels():
        for name in re.findall(r"[a-z-]+\.md", panel["description"]):
            assert name in PAGES


def test_the_boards_panels_do_not_overlap() -> None:
    cells: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        here = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & here
        cells |= here
