from __future__ import annotations

import shutil
from pathlib import Path

from labeling.run.sources import Opener, gather
from tests.labeling.run.fakes import pictures


def test_the_id_is_the_files_name_without_ending(tmp_path: Path) -> None:
    found, moved, hashed = gather(pictures(tmp_path, 3), {})
    assert [source.id for source in found] == ["0000", "0001", "0002"]
    assert not moved
    assert not hashed


def test_files_that_share_a_name_get_the_beginning_of_their_hash(tmp_path: Path) -> None:
    one, two = pictures(tmp_path / "in", 2)
    (tmp_path / "other").mkdir()
    same_name = Path(shutil.copy(two, tmp_path / "other" / one.name))
    same_twice = Path(shutil.copy(two, tmp_path / "other" / "0000.jpg"))
    found, _, hashed = gather([one, two, same_name, same_twice], {})
    ids = [source.id for source in found]
    assert ids[0] == f"0000-{found[0].sha256[:8]}"
    assert ids[1] == "0001"
    assert ids[3] == f"{ids[2]}-2"  # the content is the same as well
    assert hashed == [ids[0], ids[2], ids[3]]


def test_a_known_document_keeps_its_id_where_others_come_and_where_it_moves(tmp_path: Path) -> None:
    before, _, _ = gather(pictures(tmp_path / "in", 1), {})
    known = {source.place: (source.id, source.sha256) for source in before}
    twin = pictures(tmp_path / "new", 2, first=300)[0].rename(tmp_path / "new" / "0000.png")
    found, _, _ = gather([before[0].path, twin], known)
    assert [source.id for source in found] == ["0000", f"0000-{found[1].sha256[:8]}"]
    shutil.move(tmp_path / "in", tmp_path / "elsewhere")
    found, moved, hashed = gather([tmp_path / "elsewhere" / "0000.png"], known)
    assert [source.id for source in found] == ["0000"]
    assert moved == {before[0].place: found[0].place}
    assert not hashed


def test_pages_may_be_read_whenever_they_are_wanted(tmp_path: Path) -> None:
    (source,), _, _ = gather(pictures(tmp_path, 1), {})
    at_once, lazily = Opener()(source), Opener().lazily(source)
    assert len(lazily.pages) == len(at_once.pages) == 1
    assert (lazily.pages[0].width, lazily.pages[0].height) == (8, 12)
    assert (next(iter(lazily.pages)).image == at_once.pages[0].image).all()
    assert lazily.sha256 == source.sha256
