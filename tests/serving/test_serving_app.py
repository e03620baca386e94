"""The service as a caller sees it: by HTTP, in this process, and in one of its own."""

import asyncio
import json
import os
import socket
import threading
from unittest.mock import ANY

import numpy as np
import psutil
import pytest
from serving_world import settings
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from mlpipe.serving import app, faults, store
from mlpipe.serving.load import ask as ask_once
from mlpipe.serving.load import open_loop
from mlpipe.serving.running import started
from mlpipe.serving.service import LOG


def ask(folder, *requests, **changes):
    """The answers to requests (method and path, or more of a request), one after the other: status, headers, JSON."""

    async def run():
        found = []
        async with app.listening(folder, 0, settings(**changes)) as running:
            client = AsyncHTTPClient(force_instance=True)
            for request in requests:
                method, path, *more = request
                given = {"method": method, "body": "" if method == "POST" else None, **dict(*more)}
                response = await client.fetch(HTTPRequest(running.url + path, **given), raise_error=False)
                body = response.body.decode()
                found.append((response.code, response.headers, body if path == "/metrics" else json.loads(body)))
            client.close()
        return found

    return asyncio.run(run())


def test_a_list_by_http(folder):
    ((status, headers, answer),) = ask(folder, ("GET", "/recommend?user=1&k=5"))
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert (answer["user"], answer["outcome"], len(answer["items"])) == (1, "full", 5)


BAD = {
    "/recommend": "user comes 0 times",
    "/recommend?user=": "user is ''",
    "/recommend?user=abc": "user is 'abc'",
    "/recommend?user=-1": "user is '-1'",
    "/recommend?user=1.0": "user is '1.0'",
    "/recommend?user=%D9%A3": "user is '٣'",  # a digit, of another script
    "/recommend?user=1%0A": "user is '1\\n'",
    "/recommend?user=%FF": "user is",
    "/recommend?user=9223372036854775808": "user is '9223372036854775808'",
    f"/recommend?user={'9' * 190}": "user is '9999",
    f"/recommend?user={'9' * 300}": "305 characters",
    "/recommend?user=1&user=2": "user comes 2 times",
    "/recommend?user=1&k=0": "k is '0'",
    "/recommend?user=1&k=51": "k is '51'",
    "/recommend?user=1&k=": "k is ''",
    "/recommend?user=1&n=3": "'n'",
}


def test_a_bad_request_is_one_sentence(folder):
    found = ask(folder, *(("GET", path) for path in BAD), ("GET", "/metrics"), ("GET", "/recommend?user=1"))
    *bad, (_, _, metrics), (status, _, _) = found
    for (code, _, answer), words in zip(bad, BAD.values(), strict=True):
        assert (code, set(answer)) == (400, {"error"})
        assert words in answer["error"]
        assert "expected" in answer["error"]
        assert len(answer["error"]) < 200
    assert f'mlpipe_requests_total{{outcome="bad"}} {len(BAD)}.0' in metrics
    assert status == 200


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        (("GET", "/"), 404, "nothing here"),
        (("GET", "/versions/../current"), 404, "nothing here"),
        (("GET", "/../../etc/passwd"), 404, "nothing here"),
        (("POST", "/recommend?user=1"), 405, "expected GET"),
        (("GET", "/reload"), 405, "expected GET, and POST for /reload"),
        (("DELETE", "/health"), 405, "DELETE is not for this address"),
        (("GET", "/health", {"headers": {"Host": "evil.example"}}), 403, "the host is 'evil.example'"),
        (("GET", "/health", {"headers": {"Host": "127.0.0.1.evil.example:80"}}), 403, "this machine"),
        (("GET", "/health", {"headers": {"Host": "["}}), 403, "the host is '['"),
        (("POST", "/reload", {"headers": {"Origin": "http://evil.example"}}), 403, "a web page"),
    ],
)
def test_what_no_honest_caller_sends_is_refused(folder, request_, status, words):
    ((code, _, answer),) = ask(folder, request_)
    assert code == status
    assert words in answer["error"]


def test_a_body_that_is_too_large_is_not_read(folder):
    async def run():
        async with app.listening(folder, 0, settings()) as running:
            client = AsyncHTTPClient(force_instance=True)
            sent = client.fetch(running.url + "/reload", method="POST", body="x" * 10_000, raise_error=False)
            large = await sent
            after = await client.fetch(running.url + "/health")
            client.close()
            return large.code, after.code

    large, after = asyncio.run(run())
    assert large != 200
    assert after == 200


def test_health_metrics_and_reload(folder):
    faults.without_index(folder)
    health, metrics, reload = ask(folder, ("GET", "/health"), ("GET", "/metrics"), ("POST", "/reload"))
    version = (folder / "current").read_text().strip()
    assert health[0] == 200
    assert {**health[2], "age_seconds": 0} == {"ready": True, "version": version, "age_seconds": 0, "index": False}
    assert 0 <= health[2]["age_seconds"] < 600
    assert metrics[1]["Content-Type"].startswith("text/plain")
    assert f'mlpipe_version{{version="{version}"}} 1.0' in metrics[2]
    assert reload[2] == {"version": version, "before": version}


def test_a_reload_of_a_version_that_is_not_whole_says_which_file(folder):
    before = (folder / "current").read_text().strip()

    async def run():
        async with app.listening(folder, 0, settings()) as running:
            faults.half_written(folder)
            client = AsyncHTTPClient(force_instance=True)
            refused = await client.fetch(running.url + "/reload", method="POST", body="", raise_error=False)
            answer = await client.fetch(running.url + "/recommend?user=1")
            client.close()
            return refused.code, json.loads(refused.body), json.loads(answer.body)

    code, refused, answer = asyncio.run(run())
    assert (code, refused["version"], answer["version"]) == (409, before, before)
    assert "item_factors.npy: found" in refused["error"]


def test_who_finds_the_queue_full_is_told_when_to_come_again(folder, monkeypatch, gate):
    monkeypatch.setattr(store.Store, "history", lambda *given: gate.wait(20) and None)

    async def run():
        async with app.listening(folder, 0, settings(at_a_time=1, waiting=0)) as running:
            client = AsyncHTTPClient(force_instance=True)
            first = asyncio.ensure_future(client.fetch(running.url + "/recommend?user=1"))
            while not running.service._busy:
                await asyncio.sleep(0.01)
            refused = await client.fetch(running.url + "/recommend?user=2", raise_error=False)
            health = await client.fetch(running.url + "/health")
            gate.set()
            answer = await first
            client.close()
            return refused, health, answer

    refused, health, answer = asyncio.run(run())
    assert (refused.code, refused.headers["Retry-After"], health.code, answer.code) == (503, "1", 200, 200)
    assert "too busy" in json.loads(refused.body)["error"]


def test_requests_under_way_get_their_lists_when_it_ends(folder, monkeypatch, gate):
    monkeypatch.setattr(store.Store, "history", lambda *given: gate.wait(20) and None)

    async def run():
        client = AsyncHTTPClient(force_instance=True)
        async with app.listening(folder, 0, settings()) as running:
            under_way = asyncio.ensure_future(client.fetch(running.url + "/recommend?user=1"))
            while not running.service._busy:
                await asyncio.sleep(0.01)
            threading.Timer(0.2, gate.set).start()
        answer = await under_way
        client.close()
        return json.loads(answer.body)

    assert len(asyncio.run(run())["items"]) == 10
    assert len((folder / LOG).read_text().splitlines()) == 1


def test_it_listens_on_this_machine_only_and_says_when_the_port_is_taken(folder):
    async def run():
        async with app.listening(folder, 0, settings()) as running:
            port = int(running.url.rpartition(":")[2])
            open_to = {one.laddr.ip for one in psutil.Process().net_connections("tcp") if one.laddr.port == port}
            assert open_to == {"127.0.0.1"}
            with pytest.raises(ValueError, match=f"port {port} is taken.*--port"):
                async with app.listening(folder, port, settings()):
                    pass

    asyncio.run(run())


@pytest.mark.filterwarnings("error")  # it ends by itself
def test_in_a_process_of_its_own_it_answers_refuses_and_ends(folder):
    """Lists that are whole while the store is locked, while a version is refused, and under a flood of bad requests."""
    paths = [f"/recommend?user={user}&k=10" for user in range(1, 61)]
    options = ("--exploration", "0.1", "--waiting", "1000")
    with started(folder, *options) as url:
        calm = open_loop(url, paths, rate=60, timeout=60)
        with faults.locked_store(folder):
            locked = open_loop(url, paths[:20], rate=60, timeout=60)
        assert ask_once(url, "/reload", "POST")[0] == 200
        assert ask_once(url, "/recommend?user=x") == (400, {"error": ANY})
        sent = np.random.default_rng(0).permutation([*paths, *list(BAD) * 10]).tolist()  # bad ones before good ones
        flood = open_loop(url, sent, rate=400, timeout=60)
    good = flood["path"].isin(paths)
    for found, n in ((calm, 60), (locked, 20), (flood[good], 60)):
        lists = found[found["status"] == 200]
        assert set(found["status"]) <= {200, 503}
        assert len(lists) >= n / 2  # a busy machine refuses some
        assert len(found) == n
        assert {len(set(one)) for one in lists["item_ids"]} == {10}
        assert lists["version"].nunique() == 1
    lists = locked[locked["status"] == 200]
    assert set(lists["policy"]) == {"popular"}
    assert lists["fallbacks"].isin(["features:locked", "features:late"]).all()
    assert set(flood.loc[~good, "status"]) == {400}
    assert set(flood.loc[~good, "outcome"]) == {"bad"}
    logged = [json.loads(line) for line in (folder / LOG).read_text().splitlines()]
    assert len(logged) == len(calm) + len(locked) + 60
    with pytest.raises(OSError, match=r"refused|reset|10061"):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=5)


def test_a_service_that_cannot_start_says_why(folder):
    os.truncate(next(folder.glob("versions/*/popular.npy")), 50)
    with pytest.raises(RuntimeError, match=r"popular\.npy: found 50 bytes"), started(folder):
        pass


@pytest.mark.filterwarnings("error")  # it ends by itself
def test_a_block_that_fails_ends_the_service_too_also_while_its_store_hangs(folder):
    with pytest.raises(KeyError, match="popular"), started(folder, "--slow-store", "60:1") as url:  # noqa: PT012
        _, answer = ask_once(url, "/recommend?user=1")
        raise KeyError(answer["policy"])
    with pytest.raises(OSError, match=r"refused|reset|10061"):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=5)


def test_times_count_from_the_intended_moment_and_nothing_waits_for_an_answer(folder, monkeypatch, gate):
    """Twenty requests are sent while the first one is not answered: a closed loop would have sent one."""
    seen = []

    def waits(self, user):
        seen.append(user)
        if len(seen) == 20:
            gate.set()
        gate.wait(20)

    monkeypatch.setattr(store.Store, "history", waits)

    async def run():
        async with app.listening(folder, 0, settings(readers=20, at_a_time=20)) as running:
            paths = [f"/recommend?user={user}" for user in range(20)]
            return await asyncio.to_thread(open_loop, running.url, paths, 50, 0, 60)

    found = asyncio.run(run())
    assert len(seen) == 20
    assert (found["status"] == 200).all()
    last = found["intended"].max()
    assert (found["seconds"] >= last - found["intended"] - 0.01).all()


def test_a_request_that_is_sent_late_has_waited_since_it_was_meant_to_be_sent(monkeypatch):
    sleep = asyncio.sleep
    monkeypatch.setattr("mlpipe.serving.load.asyncio.sleep", lambda seconds: sleep(seconds + 0.3))
    found = open_loop("http://127.0.0.1:1", ["/health"] * 3, 100)  # nobody listens, and says so at once
    assert (found["seconds"] >= 0.3).all()
    assert (np.diff(found["intended"]) > 0).all()


@pytest.mark.parametrize(("paths", "rate", "name"), [([], 10, "paths"), (["/health"], 0, "rate")])
def test_a_load_without_requests_is_refused(paths, rate, name):
    with pytest.raises(ValueError, match=name):
        open_loop("http://127.0.0.1:1", paths, rate)


def test_where_nobody_listens_requests_are_lost_and_counted():
    found = open_loop("http://127.0.0.1:1", ["/health"] * 3, 100)
    assert found["outcome"].tolist() == ["lost"] * 3
    assert found["status"].tolist() == [0] * 3
