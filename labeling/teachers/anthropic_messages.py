"""Claude as a teacher, through the official SDK: structured output by tool use, prompt caching, and the batch API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from extractor.task import Task
from labeling.answers import AnswerProblem
from labeling.base import TeacherAnswer, TeacherDocument, TeacherError, Tokens
from labeling.pictures import PictureRule
from labeling.prices import Price
from labeling.prompt import Prompt
from labeling.teachers.chat import ChatTeacher, Reply, Request, TeacherSettings
from labeling.teachers.http import need_key, translated
from labeling.teachers.keys import Secret

TOOL = "record_label"
VARIABLE = "ANTHROPIC_API_KEY"
SERVICE = "Anthropic"

_TRUNCATED = AnswerProblem(
    "truncated", "The answer ran out of room before it ended. Write it without any spaces to spare."
)
_REFUSED = AnswerProblem(
    "refused", "You declined. The document is a purchase document of the user's own company, read for its bookkeeping."
)

# Words in the complaint of a server (400) about a part of our call, and the part to leave out from then on.
_COMPLAINTS = {"tool_choice": "tool_choice", "strict": "strict", "schema": "strict", "temperature": "temperature"}


class AnthropicTeacher(ChatTeacher):
    """The Messages API. What a model does not take (a forced tool, a strict schema) is left out after it said so."""

    provider = "anthropic"

    def __init__(
        self,
        model: str,
        task: Task,
        price: Price,
        rule: PictureRule,
        settings: TeacherSettings,
        *,
        key: Secret | None,
        base_url: str | None,
        poll_seconds: float = 30.0,
    ) -> None:
        super().__init__(model, task, price, rule, settings)
        self._key = key
        self._base_url = base_url
        self.poll_seconds = poll_seconds
        self._not_taken: frozenset[str] = frozenset()

    def label_batch(
        self,
        documents: Sequence[TeacherDocument],
        task: Task,
        *,
        resume: Sequence[str] = (),
        started: Callable[[str, Sequence[str]], None] | None = None,
    ) -> Iterator[tuple[str, TeacherAnswer | TeacherError]]:
        """Labels documents through the Message Batches API, at its price: (document's id, answer or error).

        Answers come in any order, within a day. `started` is told each batch's id and its documents as soon as it is
        made, so that a caller can write it down; `resume` names batches that an earlier process made of these
        documents, in the order made: they are only fetched, not made again. Faulty answers are repaired in a second
        batch. Raises
        TeacherError where a batch can't be made or fetched at all.
        """
        from labeling.teachers.batches import run_batches

        yield from run_batches(self, documents, task, resume=resume, started=started)

    @cached_property
    def client(self) -> Any:
        from anthropic import Anthropic

        key = need_key(self._key, VARIABLE, self._base_url)
        # The run repeats what failed, and counts it; the SDK repeating by itself would hide calls.
        return Anthropic(api_key=key, base_url=self._base_url, max_retries=0, timeout=self.settings.timeout)

    def message(self, request: Request) -> dict[str, Any]:
        """The parameters of one message, for the Messages API and for a batch alike."""
        tool: dict[str, Any] = {
            "name": TOOL,
            "description": "Record what was read off the document.",
            "input_schema": dict(request.prompt.schema),
        }
        if "strict" not in self._not_taken:
            tool["strict"] = True
        content: list[dict[str, Any]] = []
        for caption, picture in zip(request.captions, request.pictures, strict=True):
            source = {"type": "base64", "media_type": picture.media_type, "data": picture.base64}
            content += [{"type": "text", "text": caption}, {"type": "image", "source": source}]
        content.append({"type": "text", "text": request.closing})
        # The mark stands behind the tool and the system text, which are the same for every document of a task.
        system = {"type": "text", "text": request.prompt.system, "cache_control": {"type": "ephemeral"}}
        choice: dict[str, Any] = {"type": "tool", "name": TOOL, "disable_parallel_tool_use": True}
        if "tool_choice" in self._not_taken:
            choice = {"type": "auto", "disable_parallel_tool_use": True}
        return {
            "model": self.model,
            "max_tokens": request.answer_tokens,
            "system": [system],
            "tools": [tool],
            "tool_choice": choice,
            "messages": [{"role": "user", "content": content}],
        }

    def reply(self, message: Any) -> Reply:
        """What an SDK's Message holds."""
        usage = message.usage
        cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
        tokens = Tokens(usage.input_tokens + cached + written, usage.output_tokens, cached, written)
        used = [block.input for block in message.content if block.type == "tool_use" and block.name == TOOL]
        said = "\n".join(block.text for block in message.content if block.type == "text")
        answer = used[0] if used and isinstance(used[0], dict) else str(used[0]) if used else said
        problem = None
        if message.stop_reason == "refusal":
            problem = _REFUSED
        elif message.stop_reason in ("max_tokens", "model_context_window_exceeded"):
            problem = _TRUNCATED
        return Reply(answer, tokens, problem)

    def error(self, error: Exception, lost: Decimal = Decimal(0)) -> TeacherError:
        return translated(error, self._key, lost=lost, service=SERVICE)

    def _ask(self, request: Request) -> Reply:
        failed: TeacherError | None = None
        for _ in range(len(_COMPLAINTS)):
            sent_without = self._not_taken
            try:
                message = self.client.messages.create(
                    **self.message(request), extra_headers=request.headers, extra_body=self._extra()
                )
                return self.reply(message)
            except sdk_errors() as error:
                failed = self.error(error, self._charged_blindly(request))
                if not self._leave_out(error, sent_without):
                    break
        assert failed is not None
        raise failed

    def _extra(self) -> dict[str, Any] | None:
        if self.settings.temperature is None or "temperature" in self._not_taken:
            return None
        return {"temperature": self.settings.temperature}

    def _leave_out(self, error: Exception, sent_without: frozenset[str]) -> bool:
        """Whether the server complained of a part that can be left out, which is then left out for good."""
        if getattr(error, "status_code", None) != 400:
            return False
        told = str(error).lower()
        parts = {part for word, part in _COMPLAINTS.items() if word in told} - sent_without
        # Several threads may be told the same at once: each tries again.
        with self._lock:
            self._not_taken |= parts
        return bool(parts)

    def _count_prompt(self, prompt: Prompt) -> int | None:
        """Asks the provider, free of charge; where that fails, the estimate rests on the length of the text."""
        request = Request("estimate", prompt, (), (), 1)
        asked = self.message(request)
        try:
            if self._key is None and not self._base_url:
                return None
            counted = self.client.messages.count_tokens(
                model=self.model,
                system=asked["system"],
                tools=asked["tools"],
                tool_choice=asked["tool_choice"],
                messages=[{"role": "user", "content": "?"}],
                timeout=10.0,
            )
        except sdk_errors():
            return None
        return int(counted.input_tokens)


def sdk_errors() -> tuple[type[Exception], ...]:
    """What a call of the SDK may raise: its own errors, and ValueError where a body is no JSON."""
    from anthropic import AnthropicError

    return AnthropicError, ValueError
