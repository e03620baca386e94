import asyncio
import json
import threading

import numpy as np
import pytest
from serving_world import N_ITEMS, N_USERS, PATIENT, histories, made, publish_histories, settings

from mlpipe.serving import artifact, build, faults, log, store
from mlpipe.serving.artifact import ArtifactError
from mlpipe.serving.pipeline import Version
from mlpipe.serving.service import LOG, STAGES, Refused, Service, Settings


def serve(folder, work, **changes):
    """Run `work(service)` in a loop of its own, and close the service."""

    async def run():
        service = Service(folder, settings(**changes))
        try:
            return await work(service)
        finally:
            await service.close()

    return asyncio.run(run())


def one(folder, user=1, k=10, **changes):
    return serve(folder, lambda service: service.recommend(user, k), **changes)


def counts(service, name, *labels):
    """The value of a counter, read from the text that Prometheus reads."""
    for line in service.metrics.text().decode().splitlines():
        if line.startswith(f"mlpipe_{name}") and all(f'"{label}"' in line for label in labels):
            return float(line.split()[-1])
    return 0.0


def is_whole(answer, k=10):
    items = [item["item_id"] for item in answer["items"]]
    assert len(set(items)) == len(items) == k
    assert [item["position"] for item in answer["items"]] == list(range(1, k + 1))
    return items


def likes_of(user):
    likes, _ = made()
    return set(likes.loc[likes["user_id"] == user, "item_id"])


def test_a_list_of_two_stages(folder):
    answer = one(folder)
    assert (answer["outcome"], answer["policy"], answer["fallbacks"]) == ("full", "rerank", [])
    assert answer["version"] == artifact.read(folder).version
    assert not set(is_whole(answer)) & likes_of(1)
    assert {item["source"] for item in answer["items"]} == {"factors"}
    assert {item["propensity"] for item in answer["items"]} == {1.0}
    taste = [item % 1000 // (N_ITEMS // 2) for item in is_whole(answer)]
    assert sum(taste) >= 9  # user 1 likes the second half of the items


@pytest.mark.parametrize(
    ("user", "reason"), [(10**9, "unknown_user"), (5, "no_history"), (6, "no_known_item"), (0, "unknown_user")]
)
def test_who_is_new_gets_what_most_like(folder, user, reason):
    likes, _ = made()
    likes.loc[likes["user_id"] == 6, "item_id"] += 10**6
    publish_histories(folder, likes)
    with store.sqlite3.connect(histories(folder)) as file:
        file.execute("DELETE FROM likes WHERE user_id = 5")
    file.close()
    answer = one(folder, user)
    assert answer["fallbacks"] == [{"stage": "features", "reason": reason}]
    assert (answer["policy"], answer["outcome"]) == ("popular", "fallback")
    version = Version(folder)
    assert is_whole(answer) == version.item_ids[version.popular(np.array([], int), 10)].tolist()


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "other tables"])
def test_a_store_that_is_gone_costs_the_taste_and_not_the_list(folder, damage):
    path = histories(folder)
    path.unlink()
    if damage != "missing":
        path.write_bytes(b"" if damage == "empty" else b"no database " * 1_000)
    if damage == "other tables":
        path.unlink()
        with store.sqlite3.connect(path) as file:
            file.execute("CREATE TABLE users (other INTEGER)")
        file.close()
    answer = one(folder)
    assert answer["fallbacks"] == [{"stage": "features", "reason": "gone"}]
    assert (answer["policy"], len(is_whole(answer))) == ("popular", 10)


def test_a_store_that_is_deleted_while_it_is_read_from_is_gone(folder):
    async def work(service):
        before = await service.recommend(1)
        histories(folder).unlink()
        return before, await service.recommend(1)

    before, after = serve(folder, work, readers=1)
    assert (before["outcome"], after["fallbacks"][0]["reason"]) == ("full", "gone")


def test_a_locked_store_is_waited_for_no_longer_than_its_budget(folder):
    async def work(service):
        with faults.locked_store(folder):
            during = [await service.recommend(user) for user in (1, 2, 3)]
        service.settings.budgets["features"] = 30.0
        return during, await service.recommend(1), counts(service, "fallbacks_total", "features", "locked")

    during, after, counted = serve(folder, work, budgets={**PATIENT, "features": 0.6})
    assert {answer["policy"] for answer in during} == {"popular"}
    assert {one["reason"] for answer in during for one in answer["fallbacks"]} <= {"locked", "late"}
    assert counted >= 1
    assert all(is_whole(answer) for answer in during)
    assert after["outcome"] == "full"


STAGE_CALLS = {"features": (store.Store, "history"), **{name: (Version, name) for name in STAGES[1:]}}
INSTEAD = {"features": "popular", "retrieve": "popular", "rank": "retrieve", "rerank": "rank"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_fails_is_replaced_and_said(folder, stage, monkeypatch, caplog):
    normal = one(folder, 1, 20)

    def fails(*given):
        raise MemoryError("no memory")

    async def work(service):
        monkeypatch.setattr(*STAGE_CALLS[stage], fails)
        answer = await service.recommend(1, 20)
        for _ in range(3):
            await service.recommend(2)
        return answer, counts(service, "fallbacks_total", stage, "error"), counts(service, "requests_total", "fallback")

    answer, replaced, fallbacks = serve(folder, work)
    assert answer["fallbacks"] == [{"stage": stage, "reason": "error"}]
    assert (answer["policy"], replaced, fallbacks) == (INSTEAD[stage], 4, 4)
    assert caplog.text.count(f"stage {stage} has failed") == 1  # the terminal is no counter
    assert "MemoryError: no memory" in caplog.text
    assert is_whole(answer, 20) != is_whole(normal, 20)
    if stage != "features":
        assert not set(is_whole(answer, 20)) & likes_of(1)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_is_late_is_replaced_and_said(folder, stage, monkeypatch, gate):
    async def work(service):
        owner, name = STAGE_CALLS[stage]
        true = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *given: gate.wait(20) and true(*given))
        answer = await service.recommend(1)
        gate.set()
        monkeypatch.setattr(owner, name, true)
        service.settings.budgets[stage] = 30.0  # a busy machine must not make this one late
        return answer, await service.recommend(1), counts(service, "fallbacks_total", stage, "late")

    answer, after, counted = serve(folder, work, budgets={**PATIENT, stage: 0.2})
    assert answer["fallbacks"] == [{"stage": stage, "reason": "late"}]
    assert (answer["policy"], len(is_whole(answer)), counted) == (INSTEAD[stage], 10, 1)
    assert after["outcome"] == "full"


def test_a_stage_with_time_left_is_late_when_the_whole_has_none(folder, monkeypatch, gate):
    async def work(service):
        monkeypatch.setattr(Version, "rank", lambda *given: gate.wait(20))
        return await service.recommend(1)

    answer = serve(folder, work, total=1.0)  # and 30 s for the stage alone
    assert answer["fallbacks"] == [{"stage": "rank", "reason": "late"}]
    assert (answer["policy"], len(is_whole(answer))) == ("retrieve", 10)


def test_without_an_index_all_items_are_read(folder):
    faults.without_index(folder)
    answer = one(folder)
    assert answer["fallbacks"] == [{"stage": "retrieve", "reason": "no_index"}]
    assert (answer["policy"], {item["source"] for item in answer["items"]}) == ("rerank", {"factors"})


def test_few_candidates_are_followed_by_what_most_like(folder, monkeypatch):
    true = Version.retrieve

    async def work(service):
        monkeypatch.setattr(Version, "retrieve", lambda self, history, n: true(self, history, n)[:4])
        return await service.recommend(1)

    answer = serve(folder, work)
    assert answer["fallbacks"] == [{"stage": "retrieve", "reason": "few"}]
    assert [item["source"] for item in answer["items"]] == ["factors"] * 4 + ["popular"] * 6
    assert not set(is_whole(answer)) & likes_of(1)


def test_who_has_nearly_all_gets_the_rest_and_nothing_twice(folder):
    likes, _ = made()
    ids = Version(folder).item_ids
    everything = likes.head(len(ids) - 3).assign(user_id=N_USERS + 1, item_id=ids[:-3])
    publish_histories(folder, store.pd.concat([likes, everything]))
    assert set(is_whole(one(folder, N_USERS + 1), 3)) == set(ids[-3:].tolist())


@pytest.mark.parametrize(("user", "k"), [("1", 10), (-1, 10), (2**63, 10), (1, 0), (1, 51), (1, 2.0), (True, 10)])
def test_a_request_out_of_range_is_refused_by_name(folder, user, k):
    with pytest.raises(ValueError, match="user is" if k == 10 else "k is"):
        one(folder, user, k)


def test_a_list_that_is_not_whole_is_not_shown(folder, monkeypatch):
    monkeypatch.setattr("mlpipe.serving.service.explore", lambda order, k, *_: (order[: k - 1], np.ones(k - 1)))

    async def work(service):
        with pytest.raises(RuntimeError, match="a list of 9 where 10"):
            await service.recommend(1)
        return counts(service, "requests_total", "failed"), service._busy

    assert serve(folder, work) == (1, 0)
    assert [line["outcome"] for line in lines(folder)] == ["failed"]


def test_a_burst_waits_for_its_lists_as_long_as_the_queue_has_room(folder, monkeypatch):
    """With the settings of a service: lists of 2 ms, one after the other, and a queue that is full."""
    default = Settings()

    async def work(service):
        turn, n = asyncio.Lock(), default.at_a_time + default.waiting

        async def answered(request):
            async with turn:
                await asyncio.sleep(0.002)
            return {"outcome": "full", "request_id": request.id, "version": request.version.name}

        monkeypatch.setattr(service, "_answer", answered)
        found = await asyncio.gather(*(service.recommend(1) for _ in range(n + 10)), return_exceptions=True)
        return [type(one) for one in found], n

    found, n = serve(folder, work, patience=default.patience)
    assert found == [dict] * n + [Refused] * 10


def test_while_it_ends_new_requests_are_refused_and_nothing_is_left_uncounted(folder, monkeypatch, gate):
    true = store.Store.history
    monkeypatch.setattr(store.Store, "history", lambda *given: gate.wait(20) and true(*given))

    async def work(service):
        under_way = asyncio.create_task(service.recommend(1))
        while not service._busy:
            await asyncio.sleep(0)
        ending = asyncio.create_task(service.close())
        await asyncio.sleep(0)
        with pytest.raises(Refused, match="ends"):
            await service.recommend(2)
        gate.set()
        await ending
        with pytest.raises(Refused, match="ends"):
            await service.recommend(3)
        return (await under_way)["outcome"], counts(service, "log_lines_total", "lost")

    assert serve(folder, work) == ("full", 1)
    assert [(line["user"], line["outcome"]) for line in lines(folder)] == [(2, "refused"), (1, "full")]


def test_what_cannot_be_worked_on_in_time_is_refused(folder, monkeypatch, gate):
    """Of four requests one is worked on, one waits and is refused when its patience ends, two find the queue full."""
    true = store.Store.history
    monkeypatch.setattr(store.Store, "history", lambda *given: gate.wait(20) and true(*given))

    async def work(service):
        first = asyncio.create_task(service.recommend(1))
        await asyncio.sleep(0.05)
        others = await asyncio.gather(*(service.recommend(user) for user in (2, 3, 4)), return_exceptions=True)
        assert not first.done()
        again = await asyncio.gather(service.recommend(5), return_exceptions=True)
        assert "no place within" in str(again)  # who was refused waits no longer
        gate.set()
        answer, after = await first, await service.recommend(5)
        return others, answer, after, counts(service, "requests_total", "refused"), service._busy, len(service._queue)

    others, answer, after, refused, busy, waiting = serve(folder, work, at_a_time=1, waiting=1, patience=0.2)
    assert [type(other) for other in others] == [Refused] * 3
    assert ["no place within" in str(other) for other in others] == [True, False, False]
    assert (answer["outcome"], after["outcome"], refused, busy, waiting) == ("full", "full", 4, 0, 0)


def test_a_place_goes_to_who_waits_longest_and_none_is_lost(folder):
    async def work(service):
        answers = [asyncio.create_task(service.recommend(user)) for user in range(1, 21)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for task in answers[5:10]:  # who leaves while waiting
            task.cancel()
        done = await asyncio.gather(*answers, return_exceptions=True)
        return done, service._busy, len(service._queue)

    done, busy, waiting = serve(folder, work, at_a_time=2, patience=30.0)
    assert [isinstance(one, asyncio.CancelledError) for one in done] == [5 <= n < 10 for n in range(20)]
    assert {one["outcome"] for one in done if isinstance(one, dict)} == {"full"}
    assert (busy, waiting) == (0, 0)


def test_a_place_that_was_given_to_who_has_just_left_goes_on(folder):
    async def work(service):
        service._busy = 1  # somebody is worked on
        waits = asyncio.create_task(service.recommend(1))
        while not service._queue:
            await asyncio.sleep(0)
        service._leave()
        waits.cancel()
        await asyncio.wait([waits])
        return waits.cancelled(), service._busy, (await service.recommend(2))["outcome"]

    assert serve(folder, work, at_a_time=1, patience=30.0) == (True, 0, "full")


def test_a_late_read_is_hedged_and_the_first_answer_counts(folder, monkeypatch, gate):
    true, reads = store.Store.history, []

    def first_waits(self, user):
        reads.append(user)
        if len(reads) == 1:
            gate.wait(20)
        return true(self, user)

    async def work(service):
        monkeypatch.setattr(store.Store, "history", first_waits)
        first = await service.recommend(1)
        gate.set()
        return first, counts(service, "hedged_reads_total")

    answer, hedges = serve(folder, work, hedge_after=0.1, hedge_share=1.0)
    assert (answer["outcome"], reads, hedges) == ("full", [1, 1], 1)


@pytest.mark.parametrize("fails", [[0], [1], [0, 1]])
def test_of_two_reads_one_that_fails_does_not_take_the_list_of_the_other(folder, monkeypatch, gate, fails):
    """The second read is sent while the first one waits; the one that fails does so before the other one has ended."""
    true, reads = store.Store.history, []

    def read(self, user):
        number = len(reads)
        reads.append(user)
        if number == 1:
            gate.set()
        gate.wait(20)
        if number in fails:
            raise store.StoreGone("no such file")
        threading.Event().wait(0.2)
        return true(self, user)

    async def work(service):
        monkeypatch.setattr(store.Store, "history", read)
        return await service.recommend(1)

    answer = serve(folder, work, hedge_after=0.05, hedge_share=1.0)
    reasons = [one["reason"] for one in answer["fallbacks"]]
    assert (reads, reasons, len(is_whole(answer))) == ([1, 1], ["gone"] if len(fails) == 2 else [], 10)


@pytest.mark.parametrize(("share", "readers", "hedges"), [(0.25, 50, 2), (1.0, 1, 0), (0.0, 50, 0)])
def test_a_slow_store_gets_few_second_reads_and_none_without_an_idle_reader(
    folder, monkeypatch, share, readers, hedges
):
    true = store.Store.history

    def slow(self, user):
        threading.Event().wait(0.05)
        return true(self, user)

    async def work(service):
        monkeypatch.setattr(store.Store, "history", slow)
        answers = [await service.recommend(1) for _ in range(8)]
        return {answer["outcome"] for answer in answers}, counts(service, "hedged_reads_total")

    changes = {"hedge_after": 0.001, "hedge_share": share, "readers": readers}
    assert serve(folder, work, **changes) == ({"full"}, hedges)


def test_a_store_that_hangs_is_not_asked_again_before_a_read_has_ended(folder, monkeypatch, gate):
    """Two readers hang; the twenty requests after that have no time limit, and get their lists all the same."""
    true, reads = store.Store.history, []
    monkeypatch.setattr(store.Store, "history", lambda *given: reads.append(1) or (gate.wait(20) and true(*given)))

    async def work(service):
        hung = await asyncio.gather(*(service.recommend(user) for user in (1, 2)))
        service.settings.budgets["features"] = 30.0
        answers = [await service.recommend(1) for _ in range(20)]
        found = len(reads), service._readers._waiting.qsize(), counts(service, "fallbacks_total", "features", "late")
        gate.set()
        while service._readers.is_stuck():
            await asyncio.sleep(0.01)
        return hung + answers, found, (await service.recommend(1))["outcome"]

    answers, found, after = serve(folder, work, readers=2, budgets={**PATIENT, "features": 0.2})
    assert {(answer["policy"], len(is_whole(answer))) for answer in answers} == {("popular", 10)}
    assert (found, after) == ((2, 0, 22), "full")


def test_a_stage_without_time_is_not_begun(folder, monkeypatch):
    begun = []

    async def work(service):
        monkeypatch.setattr(Version, "rank", lambda *given: begun.append(given))
        monkeypatch.setattr(Version, "retrieve", lambda self, history, n: self.popular(history, n))
        service.settings.budgets["rank"] = -0.1  # what is left when the stage before it has taken all the time
        return await service.recommend(1), service._workers._waiting.qsize()

    answer, waiting = serve(folder, work, budgets={**PATIENT})
    assert answer["fallbacks"] == [{"stage": "rank", "reason": "late"}]
    assert (begun, waiting) == ([], 0)


def test_a_read_in_time_is_not_hedged(folder):
    async def work(service):
        return await service.recommend(1), counts(service, "hedged_reads_total")

    assert serve(folder, work, hedge_after=20.0)[1] == 0


def test_the_share_of_slow_reads_is_the_one_that_was_asked_for(folder, monkeypatch):
    slept = []
    monkeypatch.setattr(store.time, "sleep", slept.append)
    reader = store.Store(histories(folder), slow=(3.0, 0.25))
    for _ in range(1_000):
        reader.history(1)
    assert set(slept) == {3.0}
    assert 200 < len(slept) < 300


@pytest.mark.parametrize("waits_in", STAGES[1:])  # the history is no part of a version
def test_a_request_keeps_its_version_while_another_is_published(folder, waits_in, monkeypatch, gate):
    first_ids = set(Version(folder).item_ids.tolist())
    reached, used = threading.Event(), []

    def watched(stage, true):
        def call(self, *given):
            if threading.current_thread().name.startswith(("worker", "reader")):  # not the try-out of a new version
                used.append(getattr(self, "name", None))
                if stage == waits_in:
                    reached.set()
                    gate.wait(20)
            return true(self, *given)

        return call

    async def work(service):
        for stage, (owner, name) in STAGE_CALLS.items():
            monkeypatch.setattr(owner, name, watched(stage, getattr(owner, name)))
        under_way = [asyncio.create_task(service.recommend(user)) for user in (1, 2)]
        while not reached.is_set():
            await asyncio.sleep(0.01)
        # the same users, and not one item in common
        new = await asyncio.to_thread(build.build, folder, *made(first_item=5000))
        changed = await service.reload()
        gate.set()
        answers = await asyncio.gather(*under_way)
        return answers, changed, new, set(used), [await service.recommend(user) for user in (1, 2)]

    before, changed, new, stages_of, after = serve(folder, work)
    assert changed["version"] == new != changed["before"]
    assert stages_of == {None, changed["before"]}  # None: the store has no version
    for answers, version, holds in ((before, changed["before"], True), (after, new, False)):
        assert [(answer["version"], answer["outcome"]) for answer in answers] == [(version, "full")] * 2
        for answer in answers:
            assert (set(is_whole(answer)) <= first_ids) is holds


@pytest.mark.parametrize("fault", [faults.half_written, faults.mixed])
def test_a_version_that_is_not_whole_is_not_served_and_the_old_one_is(folder, fault):
    async def work(service):
        before = service.version.name
        fault(folder)
        with pytest.raises(ArtifactError, match=r"item_factors\.npy"):
            await service.reload()
        answer = await service.recommend(1)
        return before, answer, counts(service, "reloads_total", "refused"), counts(service, "version", before)

    before, answer, refused, served = serve(folder, work)
    assert (answer["version"], answer["outcome"], refused, served) == (before, "full", 1, 1)
    with pytest.raises(ArtifactError):
        Service(folder)


def test_a_version_has_its_histories_and_no_others(folder):
    """Published, but not loaded yet; loaded; and the way back. The first readers open their file after that."""

    async def work(service):
        first = service.version.name
        likes, items = made()
        build.build(folder, likes.assign(user_id=likes["user_id"] + 1), items)
        answers = [await service.recommend(N_USERS + 1)]
        await service.reload()
        answers.append(await service.recommend(N_USERS + 1))
        artifact.point(folder, first)
        await service.reload()
        return [*answers, await service.recommend(N_USERS + 1)]

    answers = serve(folder, work)
    assert [answer["outcome"] for answer in answers] == ["fallback", "full", "fallback"]
    assert {answer["fallbacks"][0]["reason"] for answer in answers[::2]} == {"unknown_user"}
    assert len(list(folder.glob("histories-*"))) == 2


def test_two_reloads_at_once_are_one(folder):
    async def work(service):
        return await asyncio.gather(service.reload(), service.reload(), return_exceptions=True)

    first, second = serve(folder, work)
    assert first["version"] == first["before"]
    assert "another reload" in str(second)


def lines(folder):
    return [json.loads(line) for line in (folder / LOG).read_text().splitlines()]


def test_the_log_holds_what_an_estimate_from_it_needs(folder):
    async def work(service):
        return [await service.recommend(user) for user in (1, 2, 10**9)]

    answers = serve(folder, work, exploration=0.5)
    found = lines(folder)
    assert [line["request_id"] for line in found] == [answer["request_id"] for answer in answers]
    for line, answer in zip(found, answers, strict=True):
        assert line.pop("time").endswith("+00:00")
        assert line == answer
    assert {item["propensity"] for item in found[0]["items"]} > {1.0} or min(
        item["propensity"] for line in found for item in line["items"]
    ) < 0.5


def test_who_was_refused_is_in_the_log(folder, monkeypatch, gate):
    monkeypatch.setattr(store.Store, "history", lambda *given: gate.wait(20) and None)

    async def work(service):
        first = asyncio.create_task(service.recommend(1))
        await asyncio.sleep(0.05)
        with pytest.raises(Refused):
            await service.recommend(2)
        gate.set()
        await first

    serve(folder, work, at_a_time=1, waiting=0)
    assert [(line["user"], line["outcome"]) for line in lines(folder)] == [(2, "refused"), (1, "fallback")]


def test_a_full_disk_loses_lines_and_no_request(folder, monkeypatch):
    def full(*given, **options):
        raise OSError(28, "No space left on device")

    async def work(service):
        monkeypatch.setattr(log, "open", full, raising=False)
        answers = [await service.recommend(user) for user in (1, 2)]
        await asyncio.to_thread(service.log.close)
        return answers, counts(service, "log_lines_total", "lost")

    answers, lost = serve(folder, work)
    assert ([answer["outcome"] for answer in answers], lost) == (["full", "full"], 2)


def test_a_disk_that_hangs_holds_no_request_up(tmp_path, monkeypatch, gate):
    outcomes = []
    monkeypatch.setattr(log.RequestLog, "_write", lambda *_: gate.wait(20))
    found = log.RequestLog(tmp_path / "log", outcomes.append, waiting=2)
    for n in range(10):
        found.add({"n": n})
    assert outcomes.count("lost") >= 7
    gate.set()
    found.close()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"at_a_time": 0}, "at_a_time"),
        ({"waiting": -1}, "waiting"),
        ({"patience": 0}, "patience"),
        ({"exploration": 1.5}, "exploration"),
        ({"hedge_after": 0}, "hedge_after"),
        ({"hedge_share": 2}, "hedge_share"),
        ({"slow_store": (-1, 0)}, "slow_store"),
        ({"slow_store": (1, 2)}, "slow_store"),
        ({"budgets": {"features": 1}}, "budgets"),
        ({"budgets": {**PATIENT, "rank": -1}}, "rank"),
        ({"candidates": 0}, "candidates"),
        ({"readers": 0}, "readers"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(changes, name):
    with pytest.raises(ValueError, match=name):
        Settings(**changes)


def test_the_store_takes_each_pair_once(tmp_path):
    likes, _ = made()
    with pytest.raises(ValueError, match="repeats a pair"):
        store.write(tmp_path, store.pd.concat([likes, likes.head(1)]))
    assert list(tmp_path.iterdir()) == []
    path = store.write(tmp_path, likes)
    assert store.write(tmp_path, likes.sample(frac=1, random_state=0)) == path
    assert store.Store(path).history(np.int64(7)).tolist() == sorted(likes_of(7))
    assert list(tmp_path.iterdir()) == [path]
