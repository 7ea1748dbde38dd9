"""A job from its sending to its end: read once, paged in order, cancelled, bounded, kept apart by owner, forgotten."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from extractor.errors import TailorError, UsageError
from extractor.types import Extraction
from serving.engine.base import Answer, ReadOptions, Upload
from serving.jobs.errors import JobConflict, JobNotFound, JobRefused, QueueFull
from serving.jobs.model import Request
from serving.jobs.parts import Parts
from serving.jobs.service import Jobs
from tests.serving.jobs.fakes import FakeEngine, ended, running, send, settings, until, uploads


async def names(jobs: Jobs, job: str, owner: str = "anna", limit: int = 50) -> list[str]:
    """The files of all records, page by page."""
    found: list[str] = []
    start: int | None = 0
    while start is not None:
        page = await jobs.results(owner, job, start, limit)
        assert page.next != start, "the page doesn't move on"
        found += [json.loads(record)["file"] for record in page.records]
        start = page.next
    return found


def kept(folder: Path) -> list[Path]:
    return list((folder / "uploads").iterdir())


async def wait_for_upkeep(jobs: Jobs) -> None:
    await asyncio.sleep(jobs.settings.upkeep * 2.5)


def test_every_document_is_read_once_and_its_record_stands_in_the_order_sent(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        async with running(settings(tmp_path), engine) as jobs:
            job = await send(jobs, Request("anna"), uploads(7))
            assert job.counts.total == 7
            over = await ended(jobs, job)
            assert (over.state, over.counts.done, over.counts.progress) == ("done", 7, 1.0)
            assert await names(jobs, job.id, limit=3) == [f"r{number}.png" for number in range(7)]
            assert sorted(engine.seen) == [f"r{number}.png" for number in range(7)]

    asyncio.run(scene())


def test_uploads_lie_in_a_private_folder_under_random_names_and_go_once_read(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        engine.ready = False
        async with running(settings(tmp_path), engine) as jobs:
            job = await send(jobs, Request("anna"), [Upload("../../etc/passwd", b"x" * 10)])
            (upload,) = kept(tmp_path)
            assert "passwd" not in upload.name
            assert stat.S_IMODE(upload.stat().st_mode) == 0o600
            assert stat.S_IMODE(upload.parent.stat().st_mode) == 0o700
            engine.ready = True
            await ended(jobs, job)
            await until(lambda: not kept(tmp_path))
            assert await names(jobs, job.id) == ["../../etc/passwd"]

    asyncio.run(scene())


def test_the_options_reach_the_engine_as_sent_and_the_password_is_forgotten_at_the_end(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        options = ReadOptions(ocr="tesseract", languages=("deu", "eng"), pages=(0, 2), password="sesame-open")
        async with running(settings(tmp_path), engine) as jobs:
            await ended(jobs, await send(jobs, Request("anna", options), uploads(1)))
        assert engine.asked == [options]
        assert b"sesame-open" not in (tmp_path / "jobs.db").read_bytes()

    asyncio.run(scene())


def test_a_job_of_which_nothing_can_be_read_has_failed_and_one_bad_file_is_only_counted(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(settings(tmp_path), FakeEngine()) as jobs:
            bad = Upload("bad.png", b"bad")
            mixed = await ended(jobs, await send(jobs, Request("anna"), [bad, *uploads(2)]))
            assert (mixed.state, mixed.counts.done, mixed.counts.failed) == ("done", 2, 1)
            alone = await ended(jobs, await send(jobs, Request("anna"), [bad]))
            assert alone.state == "failed"
            (record,) = (await jobs.results("anna", alone.id)).records
            assert json.loads(record)["error"]["code"] == "broken_image"

    asyncio.run(scene())


def test_a_full_engine_is_asked_again_until_it_takes_the_document(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        engine.busy = 4
        async with running(settings(tmp_path), engine) as jobs:
            over = await ended(jobs, await send(jobs, Request("anna"), uploads(2)))
            assert over.counts.done == 2

    asyncio.run(scene())


def test_a_defect_of_the_engine_ends_in_a_failed_record_after_some_attempts(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        async with running(settings(tmp_path, attempts=3), engine) as jobs:
            over = await ended(jobs, await send(jobs, Request("anna"), [Upload("d.png", b"defect"), *uploads(1)]))
            assert (over.counts.done, over.counts.failed) == (1, 1)
            record = json.loads((await jobs.results("anna", over.id)).records[0])
            assert record["error"]["code"] == "worker_died"
        assert engine.seen.count("d.png") == 3

    asyncio.run(scene())


def test_jobs_leave_the_engine_to_interactive_requests_but_for_one_document(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine(seconds=0.05, workers=4)
        async with running(settings(tmp_path, readers=0), engine) as jobs:
            await ended(jobs, await send(jobs, Request("anna"), uploads(12)))
            assert engine.most == 5
            engine.most, engine.others = 0, 4
            await ended(jobs, await send(jobs, Request("anna"), uploads(6)))
            assert engine.most == 1

    asyncio.run(scene())


def test_a_small_job_overtakes_a_large_one(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine(seconds=0.02)
        async with running(settings(tmp_path, readers=1), engine) as jobs:
            large = await send(jobs, Request("anna"), uploads(40, "large"))
            small = await send(jobs, Request("bert"), uploads(2, "small"))
            await ended(jobs, small, "bert")
            assert (await jobs.find("anna", large.id)).counts.queued > 20

    asyncio.run(scene())


def test_cancelling_stops_what_has_not_begun_and_lets_the_rest_finish(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine(seconds=1.0)
        async with running(settings(tmp_path), engine) as jobs:
            job = await send(jobs, Request("anna"), uploads(6))
            await until(lambda: engine.running == 2)
            stopped = await jobs.cancel("anna", job.id)
            assert (stopped.state, stopped.counts.cancelled, stopped.counts.running) == ("cancelled", 4, 2)
            assert stopped.finished is None
            over = await ended(jobs, job)
            assert (over.state, over.counts.done, over.counts.cancelled) == ("cancelled", 2, 4)
            assert await names(jobs, job.id) == ["r0.png", "r1.png"]
            again = await jobs.cancel("anna", job.id)
            assert again == over
        assert not kept(tmp_path)

    asyncio.run(scene())


def test_a_deleted_job_is_gone_at_once_with_its_results(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(settings(tmp_path), FakeEngine()) as jobs:
            job = await send(jobs, Request("anna", key="k", fingerprint="f"), [Upload("private-name.png", b"x")])
            await ended(jobs, job)
            await jobs.delete("anna", job.id)
            with pytest.raises(JobNotFound):
                await jobs.find("anna", job.id)
            with pytest.raises(JobNotFound):
                await jobs.results("anna", job.id)
            fresh = await send(jobs, Request("anna", key="k", fingerprint="f"), uploads(1))
            assert fresh.id != job.id
            await wait_for_upkeep(jobs)
        assert b"private-name.png" not in (tmp_path / "jobs.db").read_bytes()

    asyncio.run(scene())


def test_nobody_sees_or_stops_the_job_of_another_key(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(settings(tmp_path), FakeEngine()) as jobs:
            job = await send(jobs, Request("anna"), uploads(1))
            for ask in (jobs.find, jobs.results, jobs.cancel, jobs.delete):
                with pytest.raises(JobNotFound):
                    await ask("bert", job.id)
            assert (await ended(jobs, job)).state == "done"

    asyncio.run(scene())


def test_the_same_idempotency_key_gives_the_same_job_and_for_another_request_a_conflict(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        async with running(settings(tmp_path), engine) as jobs:
            request = Request("anna", key="k1", fingerprint="f1")
            both = await asyncio.gather(*(send(jobs, request, uploads(2)) for _ in range(5)))
            assert len({job.id for job in both}) == 1
            await ended(jobs, both[0])
            assert (await send(jobs, request, uploads(2))).id == both[0].id
            with pytest.raises(JobConflict):
                await send(jobs, Request("anna", key="k1", fingerprint="other"), uploads(2))
            other = await send(jobs, Request("bert", key="k1", fingerprint="f1"), uploads(2))
            assert other.id != both[0].id
            await ended(jobs, other, "bert")
        assert len(engine.seen) == 4
        assert not kept(tmp_path)

    asyncio.run(scene())


@pytest.mark.parametrize(
    "bound",
    [{"key_documents": 3}, {"key_bytes": 18}, {"all_documents": 3}, {"all_bytes": 18}],
    ids=lambda bound: next(iter(bound)),
)
def test_what_may_wait_is_bounded_by_key_and_in_all(tmp_path: Path, bound: dict[str, int]) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        engine.ready = False
        async with running(settings(tmp_path, **bound), engine) as jobs:
            job = await send(jobs, Request("anna"), uploads(3, "abcd"))
            with pytest.raises(QueueFull) as refused:
                await send(jobs, Request("anna"), uploads(1, "abcd"))
            assert refused.value.retry_after >= 1
            if "key_documents" in bound:
                await send(jobs, Request("bert"), uploads(1))
            assert len(kept(tmp_path)) in (3, 4)
            engine.ready = True
            await ended(jobs, job)
            await send(jobs, Request("anna"), uploads(1, "abcd"))

    asyncio.run(scene())


def test_a_job_without_files_or_with_too_many_is_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(settings(tmp_path, max_documents=2), FakeEngine()) as jobs:
            with pytest.raises(JobRefused) as none:
                await send(jobs, Request("anna"), [])
            with pytest.raises(JobRefused) as many:
                await send(jobs, Request("anna"), uploads(3))
            assert (none.value.code, many.value.code) == ("no_files", "too_many_files")

    asyncio.run(scene())


def test_results_are_forgotten_after_the_retention_time(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(settings(tmp_path, retention=0.4), FakeEngine()) as jobs:
            job = await ended(jobs, await send(jobs, Request("anna"), [Upload("private-name.png", b"x")]))
            assert job.finished is not None
            assert job.expires == pytest.approx(job.finished + 0.4)
            await asyncio.sleep(0.45)
            with pytest.raises(JobNotFound):
                await jobs.results("anna", job.id)
            await wait_for_upkeep(jobs)
        assert b"private-name.png" not in (tmp_path / "jobs.db").read_bytes()

    asyncio.run(scene())


def test_uploads_that_wait_longer_than_the_retention_time_are_deleted_and_their_job_cancelled(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        engine.ready = False
        async with running(settings(tmp_path, retention=0.5), engine) as jobs:
            job = await send(jobs, Request("anna"), uploads(2))
            await until(lambda: not kept(tmp_path))
            assert (await jobs.find("anna", job.id)).state == "cancelled"

    asyncio.run(scene())


def test_an_upload_that_someone_deleted_gives_a_failed_record(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        engine.ready = False
        async with running(settings(tmp_path), engine) as jobs:
            job = await send(jobs, Request("anna"), uploads(1))
            kept(tmp_path)[0].unlink()
            engine.ready = True
            assert (await ended(jobs, job)).state == "failed"
            record = json.loads((await jobs.results("anna", job.id)).records[0])
            assert record["error"]["code"] == "upload_lost"

    asyncio.run(scene())


def test_documents_whose_messages_were_lost_are_announced_again(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        engine.ready = False
        async with running(settings(tmp_path), engine) as jobs:
            job = await send(jobs, Request("anna"), uploads(3))
            while jobs._parts.queue.take():
                pass
            engine.ready = True
            assert (await ended(jobs, job)).counts.done == 3

    asyncio.run(scene())


def test_stopping_gives_back_what_is_not_finished_and_the_next_start_reads_it(tmp_path: Path) -> None:
    async def scene() -> None:
        slow = FakeEngine(seconds=30)
        jobs = Jobs(Parts.open(settings(tmp_path)), slow)
        await jobs.start()
        job = await send(jobs, Request("anna"), uploads(4))
        await until(lambda: slow.running == 2)
        await jobs.stop(0.1)
        assert sorted(slow.cancelled) == ["r0.png", "r1.png"]
        engine = FakeEngine()
        begun = asyncio.get_running_loop().time()
        async with running(settings(tmp_path, lease=60), engine) as after:
            over = await ended(after, job)
            assert (over.state, over.counts.done) == ("done", 4)
            assert asyncio.get_running_loop().time() - begun < 5, "it did not have to wait for a lease to run out"
        assert sorted(engine.seen) == [f"r{number}.png" for number in range(4)]

    asyncio.run(scene())


def test_stopping_lets_what_was_begun_finish_within_the_grace(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine(seconds=0.3)
        jobs = Jobs(Parts.open(settings(tmp_path)), engine)
        await jobs.start()
        job = await send(jobs, Request("anna"), uploads(4))
        await until(lambda: engine.running == 2)
        await jobs.stop(5)
        assert (sorted(engine.seen), engine.cancelled) == (["r0.png", "r1.png"], [])
        engine.ready = False
        async with running(settings(tmp_path), engine) as after:
            counts = (await after.find("anna", job.id)).counts
            assert (counts.done, counts.queued) == (2, 2)

    asyncio.run(scene())


def test_the_policy_is_applied_and_one_that_can_t_be_leaves_the_reading_with_a_warning(tmp_path: Path) -> None:
    asked: list[str | None] = []

    async def judge(answer: Answer, policy: str | None) -> Extraction:
        asked.append(policy)
        if policy == "gone":
            raise UsageError("There is no policy gone.", code="no_policy")
        return answer.record.model_copy(update={"verdict": "approve"})

    async def scene() -> None:
        async with running(settings(tmp_path), FakeEngine(), judge=judge) as jobs:
            job = await ended(jobs, await send(jobs, Request("anna", policy="travel"), uploads(1)))
            (record,) = (await jobs.results("anna", job.id)).records
            assert json.loads(record)["verdict"] == "approve"
            job = await ended(jobs, await send(jobs, Request("anna", policy="gone"), uploads(1)))
            found = json.loads((await jobs.results("anna", job.id)).records[0])
            assert (found["status"], found["warnings"][0]["code"]) == ("partial", "no_policy")
        assert asked == ["travel", "gone"]

    asyncio.run(scene())


def test_the_figures_tell_what_waits_and_for_how_long(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        engine.ready = False
        async with running(settings(tmp_path), engine) as jobs:
            job = await send(jobs, Request("anna"), [Upload("a", b"12345"), Upload("b", b"bad")])
            await until(lambda: jobs.figures.queued == 2)
            assert (jobs.figures.queued_bytes, jobs.figures.open_jobs) == (8, 1)
            await until(lambda: jobs.figures.oldest > 0.2)
            engine.ready = True
            await ended(jobs, job)
            await until(lambda: jobs.figures.open_jobs == 0)
            assert (jobs.figures.written, jobs.figures.oldest) == ({"done": 1, "failed": 1}, 0.0)

    asyncio.run(scene())


def test_a_folder_that_can_t_be_had_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TailorError, match="can't be used"):
        Parts.open(settings(tmp_path / "file" / "jobs"))
