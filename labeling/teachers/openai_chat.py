"""Models behind OpenAI's chat interface as teachers, through the official SDK: OpenAI itself, vLLM, Ollama, LM Studio.

Servers differ in what they take. The strict schema is asked for first; a server that refuses it gets the schema in
words, and its answer is read out of the text.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from extractor.task import Task
from labeling.answers import AnswerProblem
from labeling.base import TeacherError, Tokens
from labeling.pictures import PictureRule
from labeling.prices import Price
from labeling.teachers.chat import ChatTeacher, Reply, Request, TeacherSettings
from labeling.teachers.http import need_key, translated
from labeling.teachers.keys import Secret

VARIABLE = "OPENAI_API_KEY"

_TRUNCATED = AnswerProblem(
    "truncated", "The answer ran out of room before it ended. Write it without any spaces to spare."
)
_REFUSED = AnswerProblem(
    "refused", "You declined. The document is a purchase document of the user's own company, read for its bookkeeping."
)

# Words in the complaint of a server about a part of our call, and the part that is left out or changed from then on.
_COMPLAINTS = {
    "response_format": "schema",
    "json_schema": "schema",
    "strict": "schema",
    "guided": "schema",
    "grammar": "schema",
    "structured output": "schema",
    "max_completion_tokens": "max_completion_tokens",
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "detail": "detail",
}


class OpenAITeacher(ChatTeacher):
    """The chat completions API."""

    provider = "openai"

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
    ) -> None:
        super().__init__(model, task, price, rule, settings)
        self._key = key
        self._base_url = base_url
        # Older servers know only max_tokens; OpenAI's own newer models only the other.
        self._not_taken = frozenset({"max_completion_tokens"} if base_url else {"max_tokens"})

    @cached_property
    def client(self) -> Any:
        from openai import OpenAI

        key = need_key(self._key, VARIABLE, self._base_url)
        return OpenAI(api_key=key, base_url=self._base_url, max_retries=0, timeout=self.settings.timeout)

    def message(self, request: Request) -> dict[str, Any]:
        """The parameters of one call."""
        schema = dict(request.prompt.schema)
        closing = request.closing
        found: dict[str, Any] = {"model": self.model}
        if "schema" in self._not_taken:
            closing += (
                f"\n\nThe answer is one JSON object of this schema, without any other text:\n{json.dumps(schema)}"
            )
        else:
            form = {"name": "label", "strict": True, "schema": schema}
            found["response_format"] = {"type": "json_schema", "json_schema": form}
        content: list[dict[str, Any]] = []
        for caption, picture in zip(request.captions, request.pictures, strict=True):
            url = {"url": picture.data_url} | ({} if "detail" in self._not_taken else {"detail": "high"})
            content += [{"type": "text", "text": caption}, {"type": "image_url", "image_url": url}]
        content.append({"type": "text", "text": closing})
        found["messages"] = [
            {"role": "system", "content": request.prompt.system},
            {"role": "user", "content": content},
        ]
        limit = "max_tokens" if "max_completion_tokens" in self._not_taken else "max_completion_tokens"
        found[limit] = request.answer_tokens
        if self.settings.temperature is not None and "temperature" not in self._not_taken:
            found["temperature"] = self.settings.temperature
        return found

    def _ask(self, request: Request) -> Reply:
        failed: TeacherError | None = None
        for _ in range(len(set(_COMPLAINTS.values()))):
            sent_without = self._not_taken
            try:
                return self._reply(
                    self.client.chat.completions.create(**self.message(request), extra_headers=request.headers), request
                )
            except _sdk_errors() as error:
                lost = self._charged_blindly(request)
                failed = translated(error, self._key, lost=lost, service=self._base_url or "OpenAI")
                if not self._leave_out(error, sent_without):
                    break
        assert failed is not None
        raise failed

    def _reply(self, completion: Any, request: Request) -> Reply:
        if not completion.choices:
            raise ValueError("a completion without a choice")
        choice = completion.choices[0]
        said = choice.message.content or ""
        problem = None
        if getattr(choice.message, "refusal", None) or choice.finish_reason == "content_filter":
            problem, said = _REFUSED, said or choice.message.refusal or ""
        elif choice.finish_reason == "length":
            problem = _TRUNCATED
        return Reply(said, self._tokens(completion.usage), problem)

    def _tokens(self, usage: Any) -> Tokens:
        """The usage that a server reports; some report none."""
        if usage is None:
            return Tokens()
        details = usage.prompt_tokens_details
        cached = (details.cached_tokens or 0) if details else 0
        written = (getattr(details, "cache_write_tokens", None) or 0) if details else 0
        return Tokens(usage.prompt_tokens, usage.completion_tokens, cached, written)

    def _leave_out(self, error: Exception, sent_without: frozenset[str]) -> bool:
        if getattr(error, "status_code", None) not in (400, 404, 415, 422, 501):
            return False
        told = str(error).lower()
        parts = {part for word, part in _COMPLAINTS.items() if word in told}
        if "max_completion_tokens" in parts:
            parts.discard("max_tokens")
        parts -= sent_without
        # Several threads may be told the same at once: each tries again.
        with self._lock:
            if {"max_tokens", "max_completion_tokens"} & parts:
                # One of the two is always sent: the other takes its place.
                self._not_taken -= {"max_tokens", "max_completion_tokens"}
            self._not_taken |= parts
        return bool(parts)


def _sdk_errors() -> tuple[type[Exception], ...]:
    """What a call of the SDK may raise: its own errors, and ValueError where a body is no JSON or no completion."""
    from openai import OpenAIError

    return OpenAIError, ValueError, AttributeError, TypeError
