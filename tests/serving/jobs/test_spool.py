"""Uploads wait under names of ours alone; what no document needs is deleted."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from extractor.errors import OutputError
from serving.jobs.errors import UploadLost
from serving.jobs.model import Request
from serving.jobs.spool import FolderSpool, TableSpool
from serving.jobs.tables import Database
from tests.serving.jobs.fakes import FakeEngine, ended, running, send, settings, until, uploads


@pytest.mark.parametrize(
    "name", ["", "..", "../secret", "/etc/passwd", "a" * 48 + "/../x", "A" * 48, "\0" * 48, "a" * 47]
)
def test_only_names_that_were_given_lead_to_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    spool = FolderSpool(tmp_path / "uploads")
    with pytest.raises(UploadLost):
        spool.read(name)
    with pytest.raises(UploadLost):
        spool.drop(name)
    assert (tmp_path / "secret").exists()


def test_folder_and_table_keep_give_back_and_delete_alike(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    database.create()
    for spool in (FolderSpool(tmp_path / "uploads"), TableSpool(database)):
        first, second = spool.keep(b"one"), spool.keep(b"\x00two")
        assert first != second
        assert (spool.read(first), spool.read(second)) == (b"one", b"\x00two")
        assert sorted(spool.older_than(-10)) == sorted([first, second])
        assert spool.older_than(10) == []
        spool.drop(first)
        spool.drop(first)
        with pytest.raises(UploadLost):
            spool.read(first)
    database.close()


def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = FolderSpool(tmp_path / "uploads")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left") as refused:
        spool.keep(b"x")
    assert refused.value.code == "disk_full"
    assert list((tmp_path / "uploads").iterdir()) == []


def test_uploads_of_no_document_are_deleted_after_an_hour_and_others_never(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        engine.ready = False
        async with running(settings(tmp_path), engine) as jobs:
            await send(jobs, Request("anna"), uploads(1))
        spool = FolderSpool(tmp_path / "uploads")
        (needed,) = spool.older_than(-10)
        orphan, young = spool.keep(b"orphan"), spool.keep(b"young")
        long_ago = time.time() - 7200
        for name in (needed, orphan):
            os.utime(tmp_path / "uploads" / name, (long_ago, long_ago))
        async with running(settings(tmp_path), engine):
            await until(lambda: not (tmp_path / "uploads" / orphan).exists())
        assert sorted(spool.older_than(-10)) == sorted([needed, young])

    asyncio.run(scene())


def test_what_was_read_but_not_deleted_when_the_process_died_is_deleted_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between a record and the deletion of its upload: the file of a document that has ended lies there."""

    async def scene() -> None:
        with monkeypatch.context() as killed:
            killed.setattr(FolderSpool, "drop", lambda spool, name: None)
            async with running(settings(tmp_path), FakeEngine()) as jobs:
                await ended(jobs, await send(jobs, Request("anna"), uploads(2)))
        spool = FolderSpool(tmp_path / "uploads")
        left, young = spool.older_than(-10), spool.keep(b"not admitted yet")
        assert len(left) == 2
        async with running(settings(tmp_path), FakeEngine()):
            await until(lambda: not any((tmp_path / "uploads" / name).exists() for name in left))
        assert spool.older_than(-10) == [young]

    asyncio.run(scene())
