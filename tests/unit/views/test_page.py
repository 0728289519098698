"""The card as a page: styles, themes, what is left when they are stripped, and what importing costs."""

from __future__ import annotations

import re
import subprocess
import sys
from types import SimpleNamespace

from bs4 import BeautifulSoup

from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.views import mime
from mlrun_jupyter.views.html import style
from mlrun_jupyter.views.run import run_view


def test_every_rule_stays_inside_the_card() -> None:
    text = re.sub(r"@media[^{]*\{", "", style().removeprefix("<style>").removesuffix("</style>"))
    selectors = [selector for rule in re.findall(r"([^{}]+)\{", text) for selector in re.split(r",(?![^(]*\))", rule)]
    assert len(selectors) > 80
    assert [selector for selector in selectors if ".mlrun-card" not in selector] == []


def test_every_class_has_a_rule_or_names_a_card(run: RunRecord) -> None:
    page = BeautifulSoup(mime.bundle(run_view(run, log="x"))["text/html"], "html.parser")
    used = {name for tag in page.find_all(class_=True) for name in tag["class"]}
    named = set(re.findall(r"\.(m[a-z0-9-]+)", style()))
    assert used - named <= {"mc-v", "mc-chart", "mc-hist", "mc-run"}


def _luminance(colour: str) -> float:
    digits = colour if len(colour) == 7 else "#" + "".join(2 * letter for letter in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_words_stand_out_from_their_ground_in_light_and_dark() -> None:
    themes = [
        dict(re.findall(r"--(mc0?-[a-z-]+): ?(#[0-9a-f]{3,6})", rule))
        for rule in re.findall(r"{([^{}]*--mc0-bg:[^{}]*)}", style())
    ]
    assert len(themes) == 3 and themes[1] == themes[2] != themes[0]
    words = ["mc0-fg", "mc0-dim", "mc0-faint", "mc-accent"]
    pairs = [(word, ground) for word in words for ground in ("mc0-bg", "mc0-soft")]
    pairs += [
        ("mc-ok", "mc-ok-soft"),
        ("mc-run", "mc-run-soft"),
        ("mc-err", "mc-err-soft"),
        ("mc0-dim", "mc-stop-soft"),
    ]
    for theme in themes:
        for word, ground in pairs:
            darker, lighter = sorted((_luminance(theme[word]), _luminance(theme[ground])))
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (word, ground)


def test_the_whole_card_is_one_element(run: RunRecord) -> None:
    page = BeautifulSoup(mime.bundle(run_view(run))["text/html"], "html.parser")
    assert [tag.name for tag in page.find_all(recursive=False)] == ["div"]
    assert "mlrun-card" in page.div["class"]


def test_a_card_without_styles_and_drawings_still_reads(run: RunRecord) -> None:
    page = BeautifulSoup(mime.bundle(run_view(run, log="hello\n"))["text/html"], "html.parser")
    for tag in page.find_all(["style", "svg"]):
        tag.decompose()
    words = " ".join(page.get_text(" ").split())
    assert words.startswith("✓ completed train 2.41 s 7f3a9c")
    assert "Parameters eta 0.3 max_depth 4" in words and "Log 1 line" in words


def test_what_belongs_to_a_drawing_goes_with_it(sweep: RunRecord) -> None:
    points = SimpleNamespace(steps=[0, 7], values=[0.0, 100.0], count=2)
    page = BeautifulSoup(mime.bundle(run_view(sweep, series={"m": points}))["text/html"], "html.parser")
    assert {tag["data-t"] for tag in page.select("[data-t]")} >= {"step 0", "7", "100", "eta", "accuracy"}
    assert "step 0" not in page.get_text() and "content: attr(data-t)" in style()


def test_numbers_in_tables_stand_in_aligned_cells(run: RunRecord) -> None:
    page = BeautifulSoup(mime.bundle(run_view(run))["text/html"], "html.parser")
    cells = {row.th.get_text(): row.td.get("class") for row in page.select("table.mc-kv tr")}
    assert cells["eta"] == ["mc-num"] and cells["booster"] is None


def test_importing_views_and_lists_loads_nothing_heavy() -> None:
    heavy = ("pandas", "IPython", "numpy", "sqlalchemy", "tornado", "pyarrow", "yaml")
    code = (
        "import sys, mlrun_jupyter.views.mime, mlrun_jupyter.runs.lists, mlrun_jupyter.runs.display\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
