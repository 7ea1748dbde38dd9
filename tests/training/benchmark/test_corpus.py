import pytest

from extractor.errors import UsageError
from tests.training.benchmark.records import corpus_folders
from training.benchmark.corpus import corpora, half_of, spread


def test_only_documents_whose_number_five_divides_are_dev(tmp_path):
    data, teacher = corpus_folders(tmp_path, ["000", "001", "005", "010"], ["w0003", "w0015"])
    known = corpora(data, teacher)
    assert [path.stem for path in known["sroie"].pictures()] == ["000", "005", "010"]
    assert [path.stem for path in known["wild"].pictures("dev")] == ["w0015"]
    assert [path.stem for path in known["wild"].pictures("all")] == ["w0003", "w0015"]


def test_a_folder_without_pictures_is_told_plainly(tmp_path):
    with pytest.raises(UsageError, match="no pictures of sroie"):
        corpora(tmp_path, tmp_path)["sroie"].pictures()


def test_dev_documents_take_turns_between_the_halves():
    assert [half_of(identifier) for identifier in ("000", "005", "010", "w0015")] == [0, 1, 0, 1]


def test_an_id_without_a_number_has_no_half():
    with pytest.raises(UsageError):
        half_of("receipt")


def test_a_limit_takes_documents_from_all_over_the_list(tmp_path):
    paths = [tmp_path / str(number) for number in range(10)]
    assert [path.name for path in spread(paths, 4)] == ["0", "2", "5", "7"]
    assert spread(paths, None) == paths
    assert spread(paths, 11) == paths


def test_ground_truth_wins_over_the_teacher_who_tells_the_rest(tmp_path):
    data, teacher = corpus_folders(tmp_path, ["000", "005"], ["w0000"])
    truths = corpora(data, teacher)["sroie"].truths(["005"])
    assert list(truths) == ["005"]
    assert truths["005"].fields["merchant_name"] == "SHOP SDN BHD"
    assert truths["005"].fields["country"] == "MY"
    assert truths["005"].fields["tax"] is None
    assert truths["005"].line_items


def test_a_corpus_without_ground_truth_has_the_teacher_alone(tmp_path):
    data, teacher = corpus_folders(tmp_path, ["000"], ["w0000"])
    wild = corpora(data, teacher)["wild"]
    assert wild.ground(["w0000"]) == {}
    assert wild.truths(["w0000"]) == wild.taught(["w0000"])
