"""A vision-language model with low-rank adapters: what it is given, how much an answer surprises it, what it writes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from extractor.errors import MissingExtra, UsageError
from training.config import Generative

IGNORED = -100
"""The target of what is given and not to be learnt."""


@dataclass(frozen=True)
class Asked:
    """What one document is asked with: its pages and the instruction, and for training the answer."""

    pictures: Sequence[Image.Image]
    instruction: str
    answer: str | None = None


class VisionStudent:
    """A model of transformers with its processor. Greedy; on CUDA where there is one."""

    def __init__(self, model: Any, processor: Any) -> None:
        self.model, self.processor = model, processor
        self.tokenizer = processor.tokenizer
        self.device = next(model.parameters()).device

    def loss(self, documents: Sequence[Asked]) -> Tensor:
        """The mean negative log likelihood of a token of the answers; what was given is not counted."""
        inputs = _together([self._taught(each) for each in documents], self._padding)
        inputs = {name: tensor.to(self.device) for name, tensor in inputs.items()}
        with self._precision():
            found: Tensor = self.model(**inputs).loss
        return found

    @torch.inference_mode()
    def write(self, asked: Asked, longest: int) -> tuple[str, float]:
        """What the model writes of a document, and how sure it is of it: the geometric mean of the probabilities of its
        tokens."""
        self.model.eval()
        inputs = self._given(asked).to(self.device)
        length = int(inputs["input_ids"].shape[1])
        with self._precision():
            made = self.model.generate(
                **inputs, max_new_tokens=longest, do_sample=False, pad_token_id=self._padding["input_ids"]
            )
        answer = made[0][length:].tolist()
        text = str(self.tokenizer.decode(answer, skip_special_tokens=True))
        if not answer:
            return text, 0.0
        sure = self.loss([Asked(asked.pictures, asked.instruction, text)]) if text else None
        return text, min(1.0, math.exp(-float(sure))) if sure is not None else 0.0

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def length_of(self, answer: str) -> int:
        """Tokens of an answer, its end included."""
        return len(self._answer_ids(answer))

    def _given(self, asked: Asked) -> Any:
        content: list[dict[str, Any]] = [{"type": "image", "image": picture} for picture in asked.pictures]
        content.append({"type": "text", "text": asked.instruction})
        return self.processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )

    def _answer_ids(self, answer: str) -> list[int]:
        return [*self.tokenizer(answer, add_special_tokens=False)["input_ids"], int(self.tokenizer.eos_token_id)]

    def _taught(self, asked: Asked) -> dict[str, Tensor]:
        """What is given, the answer behind it: exactly the tokens that stand there when the model writes."""
        given = dict(self._given(asked))
        answer = torch.tensor([self._answer_ids(asked.answer or "")])
        length = given["input_ids"].shape[1]
        made: dict[str, Tensor] = {}
        for name, tensor in given.items():
            if tensor.shape[:2] != (1, length) or tensor.ndim != 2:
                made[name] = tensor  # of the pictures, not of the tokens
                continue
            more = answer if name == "input_ids" else torch.full_like(answer, int(name == "attention_mask"))
            made[name] = torch.cat([tensor, more.to(tensor.dtype)], dim=1)
        made["labels"] = torch.cat([torch.full((1, length), IGNORED), answer], dim=1)
        return made

    @property
    def _padding(self) -> dict[str, int]:
        pad = self.tokenizer.pad_token_id
        return {"input_ids": int(self.tokenizer.eos_token_id if pad is None else pad), "labels": IGNORED}


def _together(documents: Sequence[dict[str, Tensor]], padding: dict[str, int]) -> dict[str, Tensor]:
    """Several documents as one batch: rows of tokens padded at their ends, pictures one behind the other."""
    longest = max(each["input_ids"].shape[1] for each in documents)
    made: dict[str, Tensor] = {}
    for name in documents[0]:
        tensors = []
        for each in documents:
            tensor = each[name]
            if tensor.ndim == 2 and tensor.shape == each["input_ids"].shape:
                short = longest - tensor.shape[1]
                tensor = torch.nn.functional.pad(tensor, (0, short), value=padding.get(name, 0))
            tensors.append(tensor)
        if len({tensor.shape[1:] for tensor in tensors}) > 1:
            raise UsageError(
                "This model takes pictures of different sizes, which don't fit into one batch.",
                hint="Set generative.batch=1, and generative.accumulation higher.",
            )
        made[name] = torch.cat(tensors)
    return made


def open_student(choice: Generative, *, adapters: Path | None = None) -> VisionStudent:
    """The model of a configuration with fresh adapters, or with saved ones. Nothing of the model's own code is run.

    Raises MissingExtra and UsageError where it can't be loaded.
    """
    try:
        import peft
    except ImportError as error:
        raise MissingExtra(
            "The generative student needs the package peft.", hint="Install it: pip install 'tailor[generative]'."
        ) from error
    model, processor = _load(choice)
    if adapters is not None:
        try:
            return VisionStudent(peft.PeftModel.from_pretrained(model, str(adapters)), processor)
        except (OSError, ValueError) as error:
            raise UsageError(f"{adapters} holds no adapters ({type(error).__name__}).") from error
    if choice.quantise == "4bit":
        prepare: Any = peft.prepare_model_for_kbit_training
        model = prepare(model, use_gradient_checkpointing=choice.checkpointing)
    elif choice.checkpointing:
        model.gradient_checkpointing_enable()
        model.enable_input_require_grads()
    settings = peft.LoraConfig(
        r=choice.rank,
        lora_alpha=choice.alpha,
        lora_dropout=choice.dropout,
        target_modules=list(choice.targets),
        task_type="CAUSAL_LM",
    )
    try:
        return VisionStudent(peft.get_peft_model(model, settings), processor)
    except ValueError as error:
        raise UsageError(
            f"The model {choice.model} has no layers named {', '.join(choice.targets)}.",
            hint="Set generative.targets to the ends of names of its linear layers.",
        ) from error


def _load(choice: Generative) -> tuple[Any, Any]:
    import transformers

    # Untyped: its classes are made for any model.
    library: Any = transformers
    cuda = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": torch.bfloat16 if cuda else torch.float32}
    if choice.quantise == "4bit":
        options["quantization_config"] = _four_bits(library, cuda)
        options["device_map"] = {"": 0}
    try:
        processor = library.AutoProcessor.from_pretrained(choice.model)
        model = library.AutoModelForImageTextToText.from_pretrained(choice.model, **options)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise UsageError(
            f"The model {choice.model} can't be loaded: {str(error).splitlines()[0][:200]}",
            code="bad_model",
            hint="Give a folder of a vision-language model of transformers, or a hub name where it can be reached.",
        ) from error
    if getattr(processor, "chat_template", None) is None:
        raise UsageError(f"The model {choice.model} has no chat template.", code="bad_model")
    if choice.quantise == "none":
        model = model.to("cuda" if cuda else "cpu")
    return model, processor


def _four_bits(library: Any, cuda: bool) -> Any:
    from importlib.util import find_spec

    if not cuda:
        raise UsageError(
            "Four-bit weights need a CUDA GPU, and there is none.", hint="Set generative.quantise=none, or use a GPU."
        )
    if find_spec("bitsandbytes") is None:
        raise MissingExtra("Four-bit weights need the package bitsandbytes.", hint="pip install bitsandbytes")
    return library.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
