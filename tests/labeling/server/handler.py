"""The wire: paths, headers and bodies of the two interfaces."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from tests.labeling.server.faults import spoilt
from tests.labeling.server.metering import TOOL_OVERHEAD, Usage, anthropic_parts, openai_parts, text_tokens

if TYPE_CHECKING:
    from tests.labeling.server.app import FaultServer

_REFUSED = "I can't help with this document."


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: FaultServer

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to standard error; the provider keeps the log."""

    def do_GET(self) -> None:
        self._answered(self._get)

    def do_POST(self) -> None:
        self._answered(self._post)

    def _answered(self, method: Any) -> None:
        from tests.labeling.server.app import Refusal

        self._cut = False
        try:
            self._send(200, method())
        except Refusal as refusal:
            error = {"type": refusal.kind, "message": refusal.message}
            self._send(refusal.status, {"type": "error", "error": error})
        except (KeyError, TypeError, ValueError, OSError) as error:
            said = {"type": "invalid_request_error", "message": f"{type(error).__name__}: {error}"}
            self._send(400, {"type": "error", "error": said})

    def _get(self) -> Any:
        if self.path == "/report":
            return self.provider.report()
        self._authorised()
        parts = self.path.strip("/").split("/")
        batch = self.provider.batches[parts[3]]
        if parts[-1] == "results":
            return "\n".join(json.dumps(entry) for entry in batch["results"]).encode()
        batch["polls"] += 1
        return self._batch_object(parts[3], ended=batch["polls"] > self.provider.polls)

    def _post(self) -> Any:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._authorised()
        self._refuse_parameters(body)
        match self.path:
            case "/v1/messages":
                return self._once(lambda: self._message(body, self.headers.get("X-Tailor-Document", "")))
            case "/v1/messages/count_tokens":
                return self._counted(body)
            case "/v1/messages/batches":
                return self._batch(body)
            case "/v1/chat/completions" | "/chat/completions":
                return self._once(lambda: self._completion(body, self.headers.get("X-Tailor-Document", "")))
        raise ValueError(f"no such path: {self.path}")

    def _refuse_parameters(self, body: dict[str, Any]) -> None:
        """As servers that take less do: a tool may be offered, but not forced; other names are not to occur at all."""
        sent = {key: body[key] for key in body if key != "messages"}
        if sent.get("tool_choice", {}).get("type") != "tool":
            sent.pop("tool_choice", None)
        for parameter in self.provider.refuses:
            if f'"{parameter}"' in json.dumps(sent):
                raise ValueError(f"{parameter} is not supported")

    def _once(self, ask: Callable[[], Any]) -> Any:
        """A call with an Idempotency-Key that was answered before is answered the same again, and not charged; while
        the first is under way the second waits for it."""
        key = self.headers.get("Idempotency-Key")
        if not key:
            return ask()
        with self.provider.lock_of(key):
            if key in self.provider.answered:
                self.provider.replayed[key] += 1
                return self.provider.answered[key]
            answer = ask()
            self.provider.answered[key] = answer
            if self._cut:  # it was paid, and can still be had
                self.provider.keep_intact(self.headers.get("X-Tailor-Document", ""))
            return answer

    def _authorised(self) -> None:
        from tests.labeling.server.app import Refusal

        given = self.headers.get("x-api-key") or self.headers.get("Authorization", "").removeprefix("Bearer ")
        if given != self.provider.key:
            # Some providers quote the key they were given: it must not reach any output of ours.
            raise Refusal(401, "authentication_error", f"invalid key: {given}")

    def _counted(self, body: dict[str, Any]) -> dict[str, int]:
        from tests.labeling.server.app import Refusal

        if not self.provider.counts_tokens:
            raise Refusal(404, "not_found_error", "no such endpoint")
        prefix, rest = anthropic_parts(body)
        return {"input_tokens": text_tokens(prefix) + TOOL_OVERHEAD + rest}

    def _message(self, body: dict[str, Any], key: str, *, batch: bool = False) -> dict[str, Any]:
        provider = self.provider
        provider.keep_body(body)
        document = provider.document_of(key)
        pictures = provider.check_order(body["messages"][-1]["content"])
        fault = provider.next_fault(document)
        answer = spoilt(fault, provider.labels[document], pictures)
        prefix, rest = anthropic_parts(body)
        usage = provider.metered(prefix, rest, _text(answer), overhead=TOOL_OVERHEAD)
        stop, content = "tool_use", [_tool_use(answer, body)]
        if fault == "refusal":
            stop, content = "refusal", [{"type": "text", "text": _REFUSED}]
            usage = Usage(usage.fresh, usage.read, usage.written, text_tokens(_REFUSED))
        elif fault == "truncated":
            stop, content = "max_tokens", [_tool_use({}, body)]
        elif fault == "broken_json":
            stop, content = "end_turn", [{"type": "text", "text": f"Here it is:\n```json\n{answer}\n```"}]
        provider.charge(document, fault, usage, batch=batch)
        self._cut = fault == "cut" and not batch
        return {
            "id": f"msg_{secrets.token_hex(8)}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {
                "input_tokens": usage.fresh,
                "output_tokens": usage.output,
                "cache_read_input_tokens": usage.read,
                "cache_creation_input_tokens": usage.written,
            },
        }

    def _batch(self, body: dict[str, Any]) -> dict[str, Any]:
        from tests.labeling.server.app import Refusal

        results = []
        for entry in body["requests"]:
            try:
                message = self._message(entry["params"], entry["custom_id"], batch=True)
                result: dict[str, Any] = {"type": "succeeded", "message": message}
            except Refusal as refusal:
                error = {"type": refusal.kind, "message": refusal.message}
                result = {"type": "errored", "error": {"type": "error", "error": error}}
            results.append({"custom_id": entry["custom_id"], "result": result})
        # The real interface promises no order.
        random.Random(len(results)).shuffle(results)
        batch = f"msgbatch_{secrets.token_hex(8)}"
        self.provider.batches[batch] = {"results": results, "polls": 0}
        return self._batch_object(batch, ended=False)

    def _batch_object(self, batch: str, *, ended: bool) -> dict[str, Any]:
        results = self.provider.batches[batch]["results"]
        won = sum(entry["result"]["type"] == "succeeded" for entry in results)
        now = datetime.now(UTC)
        counts = {"processing": 0 if ended else len(results), "succeeded": won if ended else 0}
        return {
            "id": batch,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts | {"errored": len(results) - won if ended else 0, "canceled": 0, "expired": 0},
            "created_at": now.isoformat(),
            "expires_at": (now + timedelta(hours=24)).isoformat(),
            "ended_at": now.isoformat() if ended else None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": f"{self.provider.url}/v1/messages/batches/{batch}/results" if ended else None,
        }

    def _completion(self, body: dict[str, Any], key: str) -> dict[str, Any]:
        provider = self.provider
        provider.keep_body(body)
        document = provider.document_of(key)
        pictures = provider.check_order(body["messages"][-1]["content"])
        fault = provider.next_fault(document)
        answer = spoilt(fault, provider.labels[document], pictures)
        prefix, rest = openai_parts(body)
        usage = provider.metered(prefix, rest, _text(answer), writes=False)
        message: dict[str, Any] = {"role": "assistant", "content": _text(answer), "refusal": None}
        finish = "length" if fault == "truncated" else "stop"
        if fault == "refusal":
            message |= {"content": None, "refusal": _REFUSED}
            usage = Usage(usage.fresh, usage.read, 0, text_tokens(_REFUSED))
        provider.charge(document, fault, usage)
        self._cut = fault == "cut"
        prompt = usage.fresh + usage.read
        return {
            "id": f"chatcmpl-{secrets.token_hex(8)}",
            "object": "chat.completion",
            "created": int(datetime.now(UTC).timestamp()),
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": usage.output,
                "total_tokens": prompt + usage.output,
                "prompt_tokens_details": {"cached_tokens": usage.read},
            },
        }

    def _send(self, status: int, answer: Any) -> None:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("Retry-After", self.provider.faults.retry_after)
        self.end_headers()
        if self._cut:
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
            return
        self.wfile.write(content)


def _text(answer: dict[str, Any] | str) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _tool_use(answer: dict[str, Any] | str, body: dict[str, Any]) -> dict[str, Any]:
    """The block with which a model calls the tool that was offered."""
    name = body["tools"][0]["name"]
    return {"type": "tool_use", "id": f"toolu_{secrets.token_hex(8)}", "name": name, "input": answer}
