"""The record that a client gets is the one that the SDK gives, to the last box."""

from __future__ import annotations

import pytest

from extractor import Client, Extractor
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
    sdk = Extractor()
    with Client(serve(LocalEngine(EngineSettings(workers=1))).url) as client:
        for path in paths:
            assert without_times(client.extract(path)) == without_times(sdk.extract(path))
        assert without_times(client.extract(content)) == without_times(sdk.extract(content))
        mine, theirs = client.extract(b"no document"), sdk.extract(b"no document")
        assert (mine.file, mine.status, mine.error) == (theirs.file, "failed", theirs.error)
        found = {record.file: without_times(record) for record in client.extract_many(paths[:2], workers=2)}
        assert found == {record.file: without_times(record) for record in sdk.extract_many(paths[:2])}
