"""The door to a dask.distributed cluster, and a `map` over its workers for work that falls into independent parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from .errors import Finding, Refusal

ANSWER = 5  # seconds within which a scheduler answers
PATIENCE = 60  # seconds to wait for the first worker, or for another one after the last was lost
RETRIES = 3  # of what a lost worker had in hand, or had no room for


def over(address: str) -> Callable[..., Iterable[Any]]:
    """`map`, or with the address of a scheduler (tcp://host:8786) a map whose calls its workers do.

    Results come in order. Calls go ahead of jobs that wait on the same cluster; what a lost worker had is done again.
    Functions and arguments are pickled, so every worker must have the same dxlib. Raises Refusal, when it is first
    asked for a result, where nobody answers or there is no worker.
    """
    return partial(over_workers, address) if address else map


def over_workers(address: str, function: Callable[..., Any], *lists: Iterable[Any]) -> Iterator[Any]:
    with connected(address) as client:
        staffed(client, address)
        for future in client.map(function, *lists, pure=False, retries=RETRIES, priority=1):
            yield future.result()


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the scheduler. Raises Refusal where dask is not installed or nobody answers."""
    try:
        from distributed import Client
    except ImportError:
        raise Refusal([Finding("E_CLUSTER", "cluster_library")]) from None
    try:
        knock(address)
        client = Client(address, timeout=ANSWER, set_as_default=False)
    except Exception as error:  # what listens there may be no scheduler at all, and its answer anything
        facts = {"detail": f"{type(error).__name__}: {error}".split("\n")[0][:200]}
        raise Refusal([Finding("E_CLUSTER", "cluster_unreachable", value=address, facts=facts)]) from None
    try:
        yield client
    finally:
        client.close(ANSWER)


def knock(address: str) -> None:
    """Whether a scheduler answers; a Client waits without end for one who says nothing. Raises what went wrong."""
    with ThreadPoolExecutor(1) as aside:  # a notebook's own thread has a loop running already
        aside.submit(asyncio.run, greeted(address)).result()


async def greeted(address: str) -> None:
    """Somebody is there who speaks as dask does."""
    from distributed.comm import connect
    from distributed.security import Security

    async with asyncio.timeout(ANSWER):
        comm = await connect(address, timeout=ANSWER, **Security().get_connection_args("client"))
        await comm.close()


def staffed(client: Any, address: str) -> None:
    """Wait for the first worker. Raises Refusal where none comes."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise Refusal([Finding("E_CLUSTER", "cluster_empty", value=address)]) from None
