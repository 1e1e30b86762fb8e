"""Static files: collected without being asked, named by their content, never stale."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import storages
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.utils.functional import empty
from whitenoise.middleware import WhiteNoiseMiddleware

from reportmanager import checks, staticfiles

ROOT = Path(__file__).resolve().parent.parent
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
IMPORT = re.compile(r"""(?:from|import)\s*\(?["']([./][^"']+)["']""")


def reset() -> None:
    """Forget what this process knows about collected files."""
    storages._storages.clear()
    staticfiles_storage._wrapped = empty
    staticfiles.fingerprint.cache_clear()


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One collection for the tests that only look at it."""
    root = tmp_path_factory.mktemp("collected")
    with override_settings(STATIC_ROOT=root, HASHED_STATIC=True):
        reset()
        assert staticfiles.collect()
    reset()
    return root


@pytest.fixture
def serving(collected: Path, settings: Any) -> Iterator[Any]:
    settings.STATIC_ROOT = collected
    settings.HASHED_STATIC = True
    reset()
    yield settings
    reset()


def get(path: str, **headers: str) -> Any:
    middleware = WhiteNoiseMiddleware(lambda _request: HttpResponse(status=404))
    return middleware(RequestFactory().get(path, headers=headers))


def body(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def test_names_carry_a_hash_and_may_be_kept_for_ever(serving: Any) -> None:
    url = staticfiles_storage.url("js/app.js")
    assert HASHED.search(url)
    answer = get(url)
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Type"].startswith("text/javascript")


def test_files_without_a_hash_are_asked_for_again(serving: Any) -> None:
    assert "max-age=0" in get("/static/js/app.js")["Cache-Control"]


def test_our_modules_import_each_other_by_hashed_names(serving: Any) -> None:
    """From the page's module to the last import: nothing without a hash, nothing missing."""
    todo, seen = ["js/app.js", "js/grid-editor.js"], set()
    todo = [staticfiles_storage.url(name) for name in todo]
    while todo:
        url = todo.pop()
        if url in seen:
            continue
        seen.add(url)
        assert HASHED.search(url), url
        answer = get(url)
        assert answer.status_code == 200, url
        for name in IMPORT.findall(body(answer)):
            todo.append(f"{url.rpartition('/')[0]}/{name.removeprefix('./')}")
    assert len(seen) > 10


def test_sheets_import_each_other_by_hashed_names(serving: Any) -> None:
    text = body(get(staticfiles_storage.url("css/app.css")))
    names = re.findall(r'url\("([^"]+)"\)', text)
    assert names
    assert all(HASHED.search(name) for name in names)
    assert "layer(vendor)" in text


def test_third_party_modules_are_left_alone(serving: Any) -> None:
    for name in ("django_htmx/ext/hx-sse-2.js", "vendor/echarts.min.js"):
        found = finders.find(name)
        assert found
        assert body(get(staticfiles_storage.url(name))) == Path(found).read_text("utf-8")


def test_what_can_be_compressed_is(serving: Any) -> None:
    answer = get(staticfiles_storage.url("css/base.css"), **{"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]


def test_a_second_start_has_nothing_to_do(serving: Any) -> None:
    assert not staticfiles.collect()


def test_files_of_another_version_are_not_named(serving: Any, collected: Path) -> None:
    """After an upgrade pages name the files themselves until the new ones are collected."""
    stamp = collected / staticfiles.STAMP
    before = stamp.read_text()
    stamp.write_text("another version")
    try:
        reset()
        assert staticfiles_storage.url("js/app.js") == "/static/js/app.js"
        source = (ROOT / "static" / "js" / "app.js").read_text("utf-8")
        assert body(get("/static/js/app.js")) == source
    finally:
        stamp.write_text(before)


def test_an_upgrade_is_collected_though_its_files_look_old(tmp_path: Path, settings: Any) -> None:
    """Packages and images bring files whose dates lie before the last collection."""
    source, root = tmp_path / "source", tmp_path / "root"
    (source / "js").mkdir(parents=True)
    module = source / "js" / "part.js"
    settings.STATIC_ROOT, settings.STATICFILES_DIRS = root, [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    urls = []
    for text in ("export const answer = 41;", "export const answer = 42;"):
        module.write_text(text)
        os.utime(module, (1_000_000_000, 1_000_000_000))
        fresh_finders()
        reset()
        assert staticfiles.collect()
        urls.append(staticfiles_storage.url("js/part.js"))
        assert text in body(get(urls[-1]))
    assert urls[0] != urls[1]
    assert (root / urls[0].removeprefix("/static/")).is_file()  # open pages still find theirs
    fresh_finders()
    reset()


def test_servers_that_start_together_collect_once(tmp_path: Path, settings: Any) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "part.js").write_text("export {};")
    settings.STATIC_ROOT, settings.STATICFILES_DIRS = tmp_path / "root", [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    fresh_finders()
    reset()
    done: list[bool] = []
    threads = [threading.Thread(target=lambda: done.append(staticfiles.collect())) for _ in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, True]
    fresh_finders()
    reset()


def test_plain_names_when_told(serving: Any) -> None:
    serving.HASHED_STATIC = False
    reset()
    assert staticfiles_storage.url("js/app.js") == "/static/js/app.js"
    assert not staticfiles.collect()


def test_every_template_compiles_and_keeps_to_the_rules() -> None:
    assert [str(finding) for finding in checks.template_findings()] == []


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ('<p class="a" style="color: red">', "inline style"),
        ("<STYLE>p {}</STYLE>", "style element"),
        ('<button type="button" onclick="go()">', "event handler"),
        ('<button\n  type="button"\n  onfocus="go()">', "event handler"),
        ('<a href="javascript:go()">', "javascript:"),
        ("<script>go()</script>", "script without src"),
        ('<div hx-on:click="go()">', "hx-on"),
        ("{{ text|safe }}", "escaping"),
        ("{% autoescape off %}{{ text }}{% endautoescape %}", "escaping"),
        ('{% icon "unicorn" %}', "unicorn"),
        ('{% include "x.html" with icon="unicorn" only %}', "unicorn"),
    ],
)
def test_what_the_rules_forbid_is_found(markup: str, words: str) -> None:
    found = list(checks.text_findings(f"<p>fine</p>\n\n{markup}", "x.html", {"home"}))
    assert len(found) == 1
    assert words in found[0].words
    assert found[0].line >= 3


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="{% static "js/app.js" %}" type="module"></script>',
        '<script id="data" type="application/json">{}</script>',
        '<p data-style="a">one = two</p>',
        '{# <p style="x"> #}<p>',
        "<!-- onclick= -->",
        '{% icon "home" %}',
        "{% icon entry.icon %}",
        "<p>on a = b</p>",
    ],
)
def test_what_is_allowed_is_not_found(markup: str) -> None:
    assert list(checks.text_findings(markup, "x.html", {"home"})) == []


def test_icons_named_in_code_are_checked() -> None:
    code = 'NavItem(icon="home")\nNavItem(icon="unicorn")\nNavItem(icon=name)\n'
    found = list(checks.code_findings(code, "x.py", {"home"}))
    assert [(finding.line, "unicorn" in finding.words) for finding in found] == [(2, True)]


def test_filled_icons_are_known_by_their_symbol() -> None:
    assert checks.known_icons("home\n# comment\nfilled/star\n") == {"home", "star-filled"}


def fresh_finders() -> None:
    finders.get_finder.cache_clear()
