"""The record that a client gets is the one that the SDK gives, to the last box."""

from __future__ import annotations

import asyncio

import pytest
from PIL import Image

from extractor import AsyncClient, Client, Extractor
from extractor.types import Extraction


def without_times(record: Extraction) -> Extraction:
    return record.model_copy(update={"seconds": {}})


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_client_and_extractor_agree_on_every_kind_of_source(serve, examples, tmp_path):
    from serving.engine.local import LocalEngine
    from serving.engine.settings import EngineSettings

    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing more")
    paths = [examples / "cafe-france.jpg", examples / "catering-ireland.pdf", tmp_path / "none.jpg", broken]
    content = (examples / "grocery-malaysia.png").read_bytes()
    picture = Image.open(examples / "grocery-malaysia.png")
    sdk = Extractor()
    url = serve(LocalEngine(EngineSettings(workers=1))).url

    async def asked(source) -> Extraction:
        async with AsyncClient(url) as client:
            return await client.extract(source)

    with Client(url) as client:
        for path in paths:
            assert without_times(client.extract(path)) == without_times(sdk.extract(path))
        assert without_times(client.extract(content)) == without_times(sdk.extract(content))
        # A picture in memory has no bytes of its own: each side hashes what it made of it.
        mine, theirs = client.extract(picture), sdk.extract(picture)
        assert (mine.file, mine.status, mine.receipt) == (theirs.file, theirs.status, theirs.receipt)
        assert without_times(asyncio.run(asked(paths[0]))) == without_times(sdk.extract(paths[0]))
        mine, theirs = client.extract(b"no document"), sdk.extract(b"no document")
        assert (mine.file, mine.status, mine.error) == (theirs.file, "failed", theirs.error)
        found = {record.file: without_times(record) for record in client.extract_many(paths[:2], workers=2)}
        assert found == {record.file: without_times(record) for record in sdk.extract_many(paths[:2])}
