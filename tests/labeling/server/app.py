"""A provider that is none: speaks Anthropic's Messages API and OpenAI's chat completions on this machine.

It answers with recorded labels, meters tokens and money for each document, keeps a log, and fails as it is told to.
Which document a call is about it learns from the header `X-Tailor-Document` (in batches: `custom_id`).
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.labeling.server.faults import UNCHARGED, Faults
from tests.labeling.server.handler import Handler
from tests.labeling.server.metering import CACHE_FROM, Tariff, Usage, text_tokens

_CAPTION = re.compile(r"Picture (\d+) of (\d+): ")


class Refusal(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


class FaultServer:
    """`with FaultServer(labels) as server:` listens on a free port of this machine until the block ends.

    `labels` maps a document's id to its recorded label; `register` tells which picture file (by SHA-256) it is.
    A call that carries an Idempotency-Key is charged and answered once, and answered from memory ever after.
    `refuses` names parameters that this server does not take (400), as older or smaller servers do.
    """

    def __init__(
        self,
        labels: Mapping[str, Mapping[str, Any]],
        *,
        faults: Faults | None = None,
        tariff: Tariff | None = None,
        key: str = "test-key",
        refuses: frozenset[str] = frozenset(),
        counts_tokens: bool = True,
        polls: int = 1,
        keeps_bodies: bool = True,
        port: int = 0,
    ) -> None:
        self.labels = labels
        self.faults = faults or Faults()
        self.tariff = tariff or Tariff()
        self.key, self.refuses, self.counts_tokens, self.polls = key, refuses, counts_tokens, polls
        self.keeps_bodies = keeps_bodies
        self.lock = threading.Lock()
        self.answered: dict[str, Any] = {}
        self.replayed: Counter[str] = Counter()
        self._key_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self.ids: dict[str, str] = {}
        self.calls: Counter[str] = Counter()
        self.charged: Counter[str] = Counter()
        self.intact: Counter[str] = Counter()
        self.spent: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.log: list[dict[str, Any]] = []
        self.bodies: list[dict[str, Any]] = []
        self.prefixes: set[str] = set()
        self.batches: dict[str, dict[str, Any]] = {}
        handler = type("BoundHandler", (Handler,), {"provider": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def total(self) -> Decimal:
        with self.lock:
            return sum(self.spent.values(), Decimal(0))

    def lock_of(self, key: str) -> threading.Lock:
        with self.lock:
            return self._key_locks[key]

    def keep_intact(self, key: str) -> None:
        with self.lock:
            self.intact[self.ids[key]] += 1

    def keep_body(self, body: dict[str, Any]) -> None:
        if self.keeps_bodies:
            self.bodies.append(body)

    def register(self, sha256: str, document: str) -> None:
        self.ids[sha256[:32]] = document

    def start(self) -> FaultServer:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> FaultServer:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def document_of(self, key: str) -> str:
        if key not in self.ids:
            raise Refusal(400, "invalid_request_error", f"no recorded answer for {key!r}")
        return self.ids[key]

    def next_fault(self, document: str) -> str | None:
        """Counts a call, and says what goes wrong with it; refused calls are raised as they are answered."""
        with self.lock:
            call = self.calls[document]
            self.calls[document] += 1
        fault = self.faults.of(document, call)
        if fault in UNCHARGED:
            self.note(document, fault, Usage(), Decimal(0))
            status = {"rate_limit": 429, "overloaded": 529, "server_error": 500}[fault]
            kind = {"rate_limit": "rate_limit_error", "overloaded": "overloaded_error"}.get(fault, "api_error")
            raise Refusal(status, kind, f"injected: {fault}")
        if fault == "slow":
            time.sleep(self.faults.slow_seconds)
        return fault

    def metered(self, prefix: str, rest: int, answer: str, *, overhead: int = 0, writes: bool = True) -> Usage:
        """The usage of a call. A beginning that was seen before is read from the cache, if it is long enough."""
        fixed, output = text_tokens(prefix) + overhead, text_tokens(answer)
        if fixed < CACHE_FROM:
            return Usage(fixed + rest, output=output)
        with self.lock:
            seen = prefix in self.prefixes
            self.prefixes.add(prefix)
        if seen:
            return Usage(rest, read=fixed, output=output)
        return Usage(rest, written=fixed, output=output) if writes else Usage(fixed + rest, output=output)

    def charge(self, document: str, fault: str | None, usage: Usage, *, batch: bool = False) -> None:
        cost = self.tariff.bill(usage, batch=batch)
        with self.lock:
            self.spent[document] += cost
            self.charged[document] += 1
            if fault in (None, "slow"):
                self.intact[document] += 1
        self.note(document, fault, usage, cost)

    def note(self, document: str, fault: str | None, usage: Usage, cost: Decimal) -> None:
        entry = {"at": time.time(), "document": document, "fault": fault, "cost": str(cost), "usage": vars(usage)}
        with self.lock:
            self.log.append(entry)

    def check_order(self, blocks: list[dict[str, Any]]) -> int:
        """How many pictures there are. They must come in order, each behind its caption (else 400)."""
        found: list[tuple[int, int]] = []
        images, last = 0, ""
        for block in blocks:
            if block["type"] == "text":
                last = block["text"]
                continue
            images += 1
            match = _CAPTION.match(last)
            found.append((int(match[1]), int(match[2])) if match else (0, 0))
        if found != [(number, images) for number in range(1, images + 1)]:
            raise Refusal(400, "invalid_request_error", f"pictures out of order: {found}")
        return images

    def report(self) -> dict[str, Any]:
        """What was called, charged and answered, for a test in another process."""
        with self.lock:
            return {
                "calls": dict(self.calls),
                "charged": dict(self.charged),
                "intact": dict(self.intact),
                "replayed": self.replayed.total(),
                "spent": {document: str(cost) for document, cost in self.spent.items()},
                "total": str(sum(self.spent.values(), Decimal(0))),
                "faults": dict(Counter(entry["fault"] for entry in self.log if entry["fault"])),
            }


def load_labels(path: Any) -> dict[str, dict[str, Any]]:
    """Recorded labels of a JSON-lines file, by id."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        found[str(entry.pop("id"))] = entry
    return found
