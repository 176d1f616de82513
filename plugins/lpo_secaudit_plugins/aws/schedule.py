"""Work for many threads: one queue per service, so that a throttled service slows only itself."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

__all__ = ["Scheduler"]

LIMITS = {"s3": 64, "lambda": 24, "iam": 4, "cloudtrail": 4, "kms": 16, "sts": 8, "organizations": 2}
DEFAULT_LIMIT = 16

Job = Callable[[], None]


class Scheduler:
    """Runs jobs until none is left; jobs may add jobs.

    A service's limit halves when it throttles and grows by one for each full round of served
    requests (additive increase, multiplicative decrease), up to its own ceiling.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._changed = threading.Condition()
        self._queues: dict[str, deque[Job]] = {}
        self._flying: dict[str, int] = {}
        self._limit: dict[str, float] = {}
        self._running = 0
        self._idle = 0
        self._alive = 0
        self._error: BaseException | None = None
        self._started: list[threading.Thread] = []

    def add(self, service: str, job: Job) -> None:
        """Queue a job that mostly asks one service."""
        with self._changed:
            queue = self._queues.get(service)
            if queue is None:
                queue = self._queues[service] = deque()
                self._flying.setdefault(service, 0)
                self._limit.setdefault(service, float(LIMITS.get(service, DEFAULT_LIMIT)))
            queue.append(job)
            if self._idle:
                self._changed.notify()
            elif self._running and self._alive < self._threads:
                self._start()

    def throttled(self, service: str, hit: bool) -> None:
        """Tell how a request went."""
        limit = self._limit.get(service)
        if limit is None:
            return
        if not hit and limit >= LIMITS.get(service, DEFAULT_LIMIT):
            return  # the common case needs no lock
        with self._changed:
            limit = self._limit[service]
            top = float(LIMITS.get(service, DEFAULT_LIMIT))
            self._limit[service] = max(1.0, limit / 2) if hit else min(top, limit + 1.0 / limit)

    def run(self) -> None:
        """Work until all is done; raises what a job let escape, after the others have ended."""
        with self._changed:
            self._running = 1
            waiting = sum(len(q) for q in self._queues.values())
            for _ in range(min(self._threads, waiting)):
                self._start()
            self._changed.wait_for(lambda: self._alive == 0)
            self._running = 0
        for thread in self._started:
            thread.join()
        self._started.clear()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _start(self) -> None:
        self._alive += 1
        thread = threading.Thread(target=self._work, name="aws", daemon=True)
        self._started.append(thread)
        thread.start()

    def _next(self) -> tuple[str, Job] | None:
        """With the lock held: a job whose service has room; the fullest queue first."""
        best: str | None = None
        for service, queue in self._queues.items():
            if not queue or self._flying[service] >= int(self._limit[service]):
                continue
            if best is None or len(queue) > len(self._queues[best]):
                best = service
        if best is None:
            return None
        return best, self._queues[best].popleft()

    def _work(self) -> None:
        while True:
            with self._changed:
                while (found := self._next()) is None:
                    if not any(self._queues.values()) and not any(self._flying.values()):
                        self._alive -= 1
                        self._changed.notify_all()
                        return
                    self._idle += 1
                    self._changed.wait()
                    self._idle -= 1
                service, job = found
                self._flying[service] += 1
            try:
                job()
            except BaseException as error:
                with self._changed:
                    self._error = self._error or error
                    for queue in self._queues.values():
                        queue.clear()
            finally:
                with self._changed:
                    self._flying[service] -= 1
                    if self._idle:
                        done = not any(self._queues.values()) and not any(self._flying.values())
                        self._changed.notify_all() if done else self._changed.notify()
