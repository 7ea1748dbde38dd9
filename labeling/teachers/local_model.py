"""A vision-language model on this machine as a teacher, by its folder, through transformers."""

from __future__ import annotations

import hashlib
import json
import threading
from functools import cached_property
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.task import Task
from labeling.base import TeacherDown, TeacherRefused, Tokens
from labeling.pictures import PictureRule
from labeling.prices import FREE
from labeling.teachers.chat import ChatTeacher, Reply, Request, TeacherSettings


class TransformersTeacher(ChatTeacher):
    """Any model that AutoModelForImageTextToText loads and whose processor has a chat template.

    Greedy generation (sampling where a temperature is set), one document at a time: the model is not shared between
    threads. Costs nothing but time.
    """

    provider = "transformers"

    def __init__(self, path: str, task: Task, rule: PictureRule, settings: TeacherSettings) -> None:
        self.path = Path(path)
        if not (self.path / "config.json").is_file():
            raise UsageError(
                f"{path} is not a model folder: it holds no config.json.",
                code="bad_model",
                hint="Give the folder that save_pretrained or a download wrote.",
            )
        super().__init__(self.path.resolve().name, task, FREE, rule, settings)
        self._turn = threading.Lock()

    def _version(self, task: Task) -> str:
        # Two folders may have one name: what the model is made of tells them apart.
        config = (self.path / "config.json").read_bytes()
        return hashlib.sha256(super()._version(task).encode() + config).hexdigest()[:12]

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """The processor and the model. Nothing is fetched from a hub, and no code of the folder is run."""
        import torch
        import transformers

        # Untyped: its classes are made for any model.
        library: Any = transformers

        try:
            processor = library.AutoProcessor.from_pretrained(self.path, local_files_only=True)
            model = library.AutoModelForImageTextToText.from_pretrained(self.path, local_files_only=True, dtype="auto")
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise UsageError(
                f"The model in {self.path} can't be loaded: {str(error).splitlines()[0][:200]}", code="bad_model"
            ) from error
        if getattr(processor, "chat_template", None) is None:
            raise UsageError(f"The model in {self.path} has no chat template.", code="bad_model")
        model = model.to("cuda" if torch.cuda.is_available() else "cpu")
        return processor, model.eval()

    def _ask(self, request: Request) -> Reply:
        with self._turn:
            try:
                return self._generated(request)
            except (RuntimeError, MemoryError) as error:
                # Out of memory, most of all.
                raise TeacherDown(f"{self.name} failed: {str(error).splitlines()[0][:200]}") from error
            except (ValueError, IndexError, TypeError) as error:
                raise TeacherRefused(f"{self.name} can't read this document: {str(error)[:200]}") from error

    def _generated(self, request: Request) -> Reply:
        import torch

        processor, model = self._loaded
        inputs = processor.apply_chat_template(
            self._turns(request), add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        ).to(model.device)
        length = int(inputs["input_ids"].shape[1])
        temperature = self.settings.temperature
        how = {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
        with torch.inference_mode():
            made = model.generate(**inputs, max_new_tokens=request.answer_tokens, **how)
        answer = made[0][length:]
        text = processor.decode(answer, skip_special_tokens=True)
        return Reply(text, Tokens(length, len(answer)))

    def _turns(self, request: Request) -> list[dict[str, Any]]:
        schema = json.dumps(dict(request.prompt.schema), ensure_ascii=False)
        content: list[dict[str, Any]] = []
        for caption, picture in zip(request.captions, request.pictures, strict=True):
            content += [{"type": "text", "text": caption}, {"type": "image", "image": picture.opened()}]
        closing = f"{request.closing}\n\nThe answer is one JSON object of this schema:\n{schema}"
        content.append({"type": "text", "text": closing})
        system = [{"type": "text", "text": request.prompt.system}]
        return [{"role": "system", "content": system}, {"role": "user", "content": content}]
