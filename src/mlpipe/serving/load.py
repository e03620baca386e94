"""Requests that come when they come, whether or not the earlier ones are answered."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from mlpipe import arguments

CONNECTIONS = 2000  # at once: the load must not wait for itself
TIMEOUT = 5.0  # seconds
COLUMNS = ("path", "intended", "status", "outcome", "policy", "fallbacks", "version", "item_ids", "seconds")


def ask(url: str, path: str, method: str = "GET") -> tuple[int, dict[str, Any]]:
    """One request, and what came back.

    Parameters
    ----------
    url : of the service
    path : such as "/recommend?user=42&k=10"
    method : "POST" for "/reload"

    Returns
    -------
    status : of HTTP
    answer : the JSON

    Raises
    ------
    OSError
        When nobody answers.
    """
    request = urllib.request.Request(url + path, method=method)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:  # it is an answer
        with refused:
            return refused.code, json.load(refused)


def open_loop(
    url: str, paths: Sequence[str], rate: float, random_state: int = 0, timeout: float = TIMEOUT
) -> pd.DataFrame:
    """Send requests at random times, `rate` a second on average, and wait for all of them.

    The times are a Poisson process: a slow answer keeps no later request from being sent, as the users of a product do
    not wait for each other. `seconds` counts from the intended moment, not from when this machine came to send it:
    otherwise the requests that suffer most from a stall would not show it (coordinated omission).

    Parameters
    ----------
    url : of the service
    paths : one a request, such as "/recommend?user=42&k=10"
    rate : requests a second, above 0
    random_state : seed of the times
    timeout : seconds after which a request counts as lost

    Returns
    -------
    DataFrame
        One row a request, in the order of `paths`: `path`; `intended` (seconds from the start); `status` of HTTP, 0
        where there was no answer; `outcome` ("full", "fallback", "refused", "bad", "lost"); `policy`; `fallbacks`
        ("features:locked", several with a space between them); `version`; `item_ids` (a tuple); `seconds`.

    Raises
    ------
    ValueError
        On no path and a rate that is not above 0.
    RuntimeError
        When the requests cannot be sent at all.

    References
    ----------
    Schroeder, Wierman and Harchol-Balter 2006, Open versus closed: a cautionary tale, NSDI.
    """
    arguments.positive("rate", rate)
    if not len(paths):
        raise ValueError("paths is empty; expected one a request, such as ['/recommend?user=42&k=10']")
    gaps = np.random.default_rng(random_state).exponential(1 / rate, len(paths))
    found: list[list[dict[str, Any]]] = []
    # a thread, because a notebook runs a loop of its own
    sender = threading.Thread(target=lambda: found.append(asyncio.run(_send(url, paths, np.cumsum(gaps), timeout))))
    sender.start()
    sender.join()
    if not found:
        raise RuntimeError("the requests could not be sent; the error is shown above")
    return pd.DataFrame(found[0], columns=list(COLUMNS))


async def _send(url: str, paths: Sequence[str], times: np.ndarray, timeout: float) -> list[dict[str, Any]]:
    client = SimpleAsyncHTTPClient(force_instance=True, max_clients=CONNECTIONS)
    start = time.perf_counter() + 0.05
    try:
        return list(
            await asyncio.gather(
                *(_one(client, url, path, start, at, timeout) for path, at in zip(paths, times.tolist(), strict=True))
            )
        )
    finally:
        client.close()


async def _one(client: AsyncHTTPClient, url: str, path: str, start: float, at: float, timeout: float) -> dict[str, Any]:
    await asyncio.sleep(max(0.0, start + at - time.perf_counter()))
    row: dict[str, Any] = {"path": path, "intended": at, "status": 0, "outcome": "lost", "item_ids": ()}
    try:
        limits = {"connect_timeout": timeout, "request_timeout": timeout}
        response = await client.fetch(url + path, raise_error=False, **limits)
        row["status"] = response.code if response.code != 599 else 0
        said = json.loads(response.body)
        outcomes = {400: "bad", 503: "refused"}
        row["outcome"] = said.get("outcome") or outcomes.get(response.code, "failed")
        row["item_ids"] = tuple(one["item_id"] for one in said.get("items", ()))
        row |= {"policy": said.get("policy"), "version": said.get("version")}
        row["fallbacks"] = " ".join(f"{one['stage']}:{one['reason']}" for one in said.get("fallbacks", ()))
    except (OSError, HTTPClientError, ValueError, TypeError):
        pass  # lost, and said so
    return {**row, "seconds": time.perf_counter() - start - at}
