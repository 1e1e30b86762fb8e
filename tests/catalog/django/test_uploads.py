"""Uploads: what is refused leaves nothing, what is taken is kept for a day."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from catalog.actions.uploads import (
    FileRefused,
    discard_expired,
    receive_upload,
    reinspect_upload,
    safe_name,
)
from catalog.intake.errors import IntakeError
from catalog.models import Upload
from common import clock
from common.http.problems import Problem
from tests.catalog.django.things import make_upload
from tests.world import World

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << >>\n%%EOF\n"


def files(settings: Any) -> list[Path]:
    return sorted((Path(settings.MEDIA_ROOT) / "uploads").glob("*"))


def test_a_good_file_is_kept_with_what_was_found(world: World, settings: Any) -> None:
    upload = make_upload(world)
    assert (upload.kind, upload.name, upload.owner) == ("csv", "orders.csv", world.alice)
    assert upload.path.read_bytes().startswith(b"order_date")
    assert [c["name"] for c in upload.inspection["columns"]][:2] == ["order_date", "region"]
    assert upload.size == upload.path.stat().st_size
    assert upload.path.name == str(upload.pk)


@pytest.mark.parametrize("content", [b"", PDF, b"\x00\x01\x02" * 100])
def test_a_refused_file_leaves_nothing_behind(content: bytes, world: World, settings: Any) -> None:
    before = files(settings)
    with pytest.raises((FileRefused, IntakeError)):
        make_upload(world, content, "report.xlsx")
    assert files(settings) == before
    assert not Upload.objects.exists()


def test_a_file_over_the_limit_is_refused_while_it_comes_in(world: World, settings: Any) -> None:
    settings.MAX_UPLOAD_MB = 1
    taken = []

    def chunks() -> Any:
        for _ in range(100):
            taken.append(1)
            yield b"a,b\n" * 2**16  # 256 KiB

    before = files(settings)
    with pytest.raises(Problem) as caught:
        receive_upload(actor=world.alice, name="big.csv", chunks=chunks())
    assert caught.value.code == "PAYLOAD_TOO_LARGE"
    assert "1 MB" in caught.value.detail
    assert len(taken) == 5
    assert files(settings) == before


def test_a_lost_connection_leaves_nothing_behind(world: World, settings: Any) -> None:
    def chunks() -> Any:
        yield b"a,b\n1,2\n"
        raise ConnectionResetError

    before = files(settings)
    with pytest.raises(ConnectionResetError):
        receive_upload(actor=world.alice, name="x.csv", chunks=chunks())
    assert files(settings) == before


def test_a_viewer_may_not_upload(world: World, settings: Any) -> None:
    before = files(settings)
    with pytest.raises(PermissionDenied, match="create data sources"):
        receive_upload(actor=world.bob, name="x.csv", chunks=[b"a\n1\n"])
    assert files(settings) == before


def test_uploads_are_their_owners_and_expire(world: World) -> None:
    upload = make_upload(world)
    for user in (world.amy, world.dave, world.charlie, world.operator):
        assert not Upload.objects.visible_to(user).exists()
    assert Upload.objects.visible_to(world.alice).get() == upload
    with clock.frozen(clock.now() + timedelta(hours=24, seconds=1)):
        assert not Upload.objects.visible_to(world.alice).exists()
        assert world.client(world.alice).get(page(upload)).status_code == 404
        assert discard_expired() == 1
    assert not upload.path.exists()
    assert not Upload.objects.exists()


def test_fresh_uploads_are_not_discarded(world: World) -> None:
    upload = make_upload(world)
    assert discard_expired() == 0
    assert upload.path.exists()


def test_what_a_dead_process_was_receiving_is_swept_away(world: World, settings: Any) -> None:
    kept = make_upload(world)
    folder = kept.path.parent
    orphan, young, other = (folder / str(uuid.uuid4()), folder / str(uuid.uuid4()), folder / "x")
    for path in (orphan, young, other):
        path.write_bytes(b"a,b\n")
    long_ago = clock.now().timestamp() - 25 * 3600
    for path in (kept.path, orphan, other):
        os.utime(path, (long_ago, long_ago))
    discard_expired()
    exist = [path.exists() for path in (kept.path, orphan, young, other)]
    assert exist == [True, False, True, True]


def test_chosen_types_are_kept_for_the_conversion(world: World) -> None:
    upload = make_upload(world)
    again = reinspect_upload(upload=upload, options={"types": {"quantity": "text"}})
    kinds = {column["name"]: column["type"] for column in again.inspection["columns"]}
    assert kinds["quantity"] == "text"
    assert again.inspection["options"]["types"] == {"quantity": "text"}


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\sales.csv", "sales.csv"),
        ("a\x00b\nc.csv", "a b c.csv"),
        ("\u202egpj.csv", "gpj.csv"),
        ("", "upload"),
        ("...", "upload"),
        ("Ümsätze 2024 😀.xlsx", "Ümsätze 2024 😀.xlsx"),
    ],
)
def test_names_are_made_safe(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@given(st.text(max_size=600))
def test_no_name_is_unsafe(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= 255
    assert not set(safe) & set("/\\\x00\n\r\u202e")
    assert safe not in {".", ".."}


def test_the_page_refuses_with_a_sentence_at_the_field(world: World, settings: Any) -> None:
    before = files(settings)
    response = post(world, SimpleUploadedFile("report.xlsx", PDF))
    text = response.content.decode()
    assert response.status_code == 422
    assert 'aria-invalid="true"' in text
    assert "PDF" in text
    assert files(settings) == before


def test_the_page_says_how_large_a_file_may_be(world: World, settings: Any) -> None:
    settings.MAX_UPLOAD_MB = 1
    response = post(world, SimpleUploadedFile("big.csv", b"a,b\n" * 2**19))
    assert response.status_code == 422
    assert "larger than 1 MB" in response.content.decode()


def test_an_empty_and_a_missing_file_are_refused(world: World) -> None:
    empty = post(world, SimpleUploadedFile("a.csv", b""))
    assert (empty.status_code, "The file is empty" in empty.content.decode()) == (422, True)
    missing = world.client(world.alice).post(reverse("catalog:upload"))
    assert (missing.status_code, "required" in missing.content.decode()) == (422, True)


def test_a_viewer_reads_whom_to_ask(world: World) -> None:
    response = world.client(world.bob).get(reverse("catalog:upload"))
    assert response.status_code == 403
    assert "Your role may not create data sources" in response.content.decode()


def post(world: World, file: SimpleUploadedFile) -> Any:
    return world.client(world.alice).post(reverse("catalog:upload"), {"file": file})


def page(upload: Upload) -> str:
    return reverse("catalog:intake", args=[upload.pk])
