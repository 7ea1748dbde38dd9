"""A training run as data: task, sources, student, teacher, stages, evaluation, export. Every key known and checked.

The shape follows torchdistill (Matsubara 2021: models, data, stages, losses and schedules declared in one file), with
one difference: YAML names things that are registered here; it never imports or calls code. What stands at the top
(`losses`, `augmentation`, `optimiser`, `frozen`) is the default of every stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, field_validator, model_validator

from extractor.task import Task, load_task
from training.losses.registry import LOSSES, LossChoice, needs_teacher


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelledSource(Section):
    """A folder of pictures with the labels a teacher wrote for them. Every fifth document is held out as dev."""

    kind: Literal["labelled"] = "labelled"
    name: str
    pictures: Path
    labels: Path
    terms: str = Field(default="", description="a sentence for the model card: whose documents, under what terms")
    weight: float = Field(default=1.0, ge=0, description="how often a document is drawn in an epoch, on average")
    trusted_above: float = Field(
        default=0.0, ge=0, le=1, description="values that the critic trusts less than this teach nothing"
    )
    hold_out: bool = Field(default=True, description="keep every fifth document for dev; else learn from all")


class SyntheticSource(Section):
    """Documents made here, with exact labels: words through the learned OCR noise, or pictures through the OCR."""

    kind: Literal["synthetic"] = "synthetic"
    name: str = "synthetic"
    documents: int = Field(default=1000, ge=1)
    seed: int = 1
    way: Literal["words", "pictures"] = "words"
    locales: tuple[str, ...] | None = Field(
        default=None, description="for instance de_DE; all but held-out ones if none"
    )
    kinds: tuple[str, ...] | None = Field(default=None, description="for instance receipt, invoice; all if none")
    templates: Literal["trained", "held_out", "all"] = Field(
        default="trained", description="held_out: the layouts that are kept from training, for measuring"
    )
    weight: float = Field(default=1.0, ge=0)
    terms: str = "Synthetic documents, made by Tailor."


class UnlabelledSource(Section):
    """A folder of pictures without labels. A stage learns from it by what a student before it read there (`pseudo`).
    Pictures that are held out of a labelled source are left out here too."""

    kind: Literal["unlabelled"] = "unlabelled"
    name: str = "unlabelled"
    pictures: Path
    terms: str = Field(default="", description="a sentence for the model card: whose documents, under what terms")
    weight: float = Field(default=1.0, ge=0, description="how often a document is drawn in an epoch, on average")


Source = Annotated[LabelledSource | SyntheticSource | UnlabelledSource, Discriminator("kind")]


class Data(Section):
    sources: tuple[Source, ...] = Field(min_length=1)
    ocr: Literal["rapidocr", "tesseract", "auto"] = "rapidocr"
    ocr_cache: Path | None = Field(default=None, description="where OCR readings are kept; default: the user's cache")
    cache: Path | None = Field(default=None, description="where prepared documents are kept; default: the user's cache")
    limit: int | None = Field(default=None, description="at most this many documents a source and split: a quick look")

    @field_validator("sources", mode="before")
    @classmethod
    def _kinds(cls, declared: Any) -> Any:
        """A source that names no kind is a labelled one."""
        if not isinstance(declared, (list, tuple)):
            return declared
        return [{"kind": "labelled", **each} if isinstance(each, dict) else each for each in declared]

    @model_validator(mode="after")
    def _distinct(self) -> Data:
        names = [each.name for each in self.sources]
        if len(set(names)) < len(names):
            raise ValueError("two sources have the same name")
        return self


class StudentChoice(Section):
    """Which student, and its sizes. `compact` is Tailor's own; `layout` is a layout encoder of transformers (LiLT,
    LayoutLMv3 and the like, by path or hub name), see training/students; `generative` is a vision-language model that
    writes JSON, see the section Generative."""

    kind: Literal["compact", "layout", "generative"] = "compact"
    hidden: int = 256
    layers: int = 6
    heads: int = 8
    spelling: int = 128
    pointer: int = 16
    dropout: float = Field(default=0.1, ge=0, lt=1)
    picture: bool = Field(default=True, description="false: the student never sees the page picture")
    layout: bool = Field(default=True, description="false: places are hidden, words alone count")
    initial: Path | None = Field(default=None, description="a saved student to start from")
    backbone: str | None = Field(
        default=None,
        description="compact: a pretrained text encoder of transformers in place of own layers (BERT, RoBERTa, MiniLM; "
        "it gives the width); layout: the layout encoder. A local path or a hub name",
    )
    pooling: Literal["first", "mean"] = Field(
        default="first", description="layout: what stands for a word, its first sub-word or the mean of them"
    )

    @model_validator(mode="after")
    def _fits(self) -> StudentChoice:
        if self.kind == "layout" and self.backbone is None and self.initial is None:
            raise ValueError("a layout student needs a backbone: the path or hub name of a layout encoder")
        return self


class Generative(Section):
    """A vision-language model that writes the label as JSON, fine-tuned by low-rank adapters (LoRA, Hu et al. 2021) on
    a teacher's answers: the student of the TAIL paper (arXiv 2411.14957). For `student.kind: generative`."""

    model: str = Field(description="a folder of transformers weights with its processor, or a hub name")
    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: tuple[str, ...] = Field(
        default=("q_proj", "k_proj", "v_proj", "o_proj"), min_length=1, description="ends of names of adapted layers"
    )
    rate: float = Field(default=1e-4, gt=0)
    warmup: float = Field(default=0.03, ge=0, lt=1, description="share of the steps")
    epochs: float = Field(default=3, gt=0)
    batch: int = Field(default=1, ge=1, description="documents that go through the model together")
    accumulation: int = Field(default=8, ge=1, description="batches a step of the optimiser")
    longest_answer: int = Field(default=1536, ge=8, description="tokens; documents with longer labels are left out")
    longest_side: int = Field(default=1280, ge=28, description="pixels that a page is scaled down to")
    pages: int = Field(default=4, ge=1, description="pages of a document that are shown, from the first on")
    quantise: Literal["none", "4bit"] = Field(
        default="none", description="4bit: the frozen weights in four bits (QLoRA, Dettmers et al. 2023); CUDA only"
    )
    checkpointing: bool = Field(default=False, description="less memory for more time")
    merge: bool = Field(default=False, description="also save the whole model with the adapters worked into it")


class TeacherChoice(Section):
    """An intermediate teacher between the labels and the student: a larger student that was trained before."""

    student: Path = Field(description="the `student` folder of its run")


class Augmentation(Section):
    """How training documents are varied; each is a chance, a share or a size."""

    misread: float = Field(default=0.03, description="chance that a word has a letter misread")
    forget: float = Field(default=0.06, description="chance that a word's spelling is hidden")
    digits: float = Field(default=0.5, description="chance that numbers of a document are written anew")
    drop_rows: float = Field(default=0.3, description="chance that some rows of a document are lost")
    drop_words: float = Field(default=0.01, description="chance that a word is lost")
    stretch: float = Field(default=0.08, description="how far places are scaled, shifted and slanted")
    picture_off: float = Field(default=0.2, description="chance that the picture is hidden")
    picture_noise: float = Field(default=0.3, description="how far brightness, contrast and noise vary")
    hard: int = Field(
        default=1,
        ge=1,
        description="of so many variations of a document, the one with the largest loss is learnt from (MaxUp, Gong et "
        "al. 2021); each beyond the first, and the first with it, costs a forward pass. 1: a single one, unlooked at",
    )


class Optimiser(Section):
    rate: float = 6e-4
    decay: float = 0.05
    warmup: float = Field(default=0.08, ge=0, lt=1, description="share of the steps")
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    floor: float = Field(default=0.02, ge=0, le=1, description="what the rate falls to, as a share")
    clip: float = 1.0
    batch: int = Field(default=8, ge=1, description="documents a step, all processes together")
    epochs: float = Field(default=30, gt=0)
    steps: int | None = Field(default=None, ge=1, description="in place of epochs")
    average: float = Field(default=0.998, ge=0, lt=1, description="decay of the averaged weights that are kept")


class EarlyStop(Section):
    """A stage ends where a figure of dev has not grown for so many looks; its best weights go on."""

    figure: str = Field(default="mean", description="a figure of the log, for instance wild.total or mean")
    patience: int = Field(default=3, ge=1)


class Pseudo(Section):
    """Self-distillation: before the stage, a student reads an unlabelled source, and what it is sure of is learnt
    (pseudo-labels, Lee 2013, with the confidence filter of noisy-student training, Xie et al. 2020). Several rounds
    are several such stages. Confidences are the student's own probabilities: a calibration would need dev."""

    source: str = Field(description="the unlabelled source")
    student: Literal["previous"] | Path = Field(
        default="previous", description="the `student` folder of a run, or the student that the stage before kept"
    )
    least_confidence: float = Field(default=0.9, gt=0, le=1, description="what is read less surely is not learnt")
    fields: tuple[str, ...] | None = Field(
        default=None, description="the fields (and line_items) that are learnt so; all of the task if none"
    )
    absent: bool = Field(default=True, description="learn also that a field is not on the document, where sure of it")


class Reweight(Section):
    """Domain weights that follow the student's gap (the idea of DDK, Liu et al. 2024): a source where the student lags
    is drawn more often. Gaps are of the loss on a fixed sample of each source: to the intermediate teacher's loss where
    there is one, else to the student's own best so far; or (`dev`) of the mean figure of dev to 1: dev then steers what
    is learnt from, though nothing is learnt from it."""

    every: int = Field(default=1, ge=1, description="epochs between changes of the weights")
    temperature: float = Field(default=1.0, gt=0, description="the lower, the more a gap counts")
    smoothing: float = Field(default=0.5, ge=0, lt=1, description="the share of the old weights in the new ones")
    by: Literal["loss", "dev"] = "loss"
    sample: int = Field(default=32, ge=1, description="documents of each source whose loss is looked at")


class Stage(Section):
    """One part of the training: what is learnt from, by which losses, for how long."""

    name: str
    sources: dict[str, float] | None = Field(
        default=None,
        description="which sources, and how often a document of each is drawn; all by their weights if none",
    )
    losses: dict[str, LossChoice]
    augmentation: Augmentation
    optimiser: Optimiser
    frozen: tuple[str, ...] = Field(default=(), description="beginnings of names of parameters that stay as they are")
    early_stop: EarlyStop | None = None
    mixup: float = Field(
        default=0.0,
        ge=0,
        description="documents are mixed in pairs, their embeddings and their losses, in shares drawn from "
        "Beta(mixup, mixup) (Zhang et al. 2018; words: Guo et al. 2019). 0: none are",
    )
    pseudo: Pseudo | None = None
    reweight: Reweight | None = None

    @field_validator("losses", mode="before")
    @classmethod
    def _losses(cls, declared: Any) -> Any:
        """A bare number is a weight; every loss must be known, and its settings valid."""
        if not isinstance(declared, Mapping):
            return declared
        return {name: LOSSES.choice(name, given) for name, given in declared.items()}


class Evaluation(Section):
    every: int = Field(default=5, ge=1, description="epochs between looks at dev")
    limit: int | None = Field(default=None, description="at most this many dev documents a look and source")


class Export(Section):
    precision: Literal["fp32", "int8"] = "int8"


class Run(Section):
    """A whole training run."""

    name: str
    seed: int = 1
    task: str = Field(default="receipts", description="the name of a task that ships, or a YAML file")
    data: Data
    student: StudentChoice = StudentChoice()
    generative: Generative | None = None
    teacher: TeacherChoice | None = None
    stages: tuple[Stage, ...]
    evaluation: Evaluation = Evaluation()
    export: Export = Export()
    precision: Literal["fp32", "bf16"] = "bf16"
    processes: int = Field(default=1, ge=1, description="data-parallel processes on this machine")
    threads: int = Field(default=1, ge=1, description="threads a process")
    checkpoint_minutes: float = Field(default=3.0, ge=0, description="minutes between checkpoints; 0: after each step")
    output: Path = Path("runs")
    limits: str = Field(
        default="", description="a sentence for the model card: where the student should not be trusted"
    )

    @cached_property
    def schema_of_task(self) -> Task:
        return load_task(self.task)

    @model_validator(mode="after")
    def _has_the_teacher_it_asks(self) -> Run:
        asked = {name for stage in self.stages for name, loss in stage.losses.items() if loss.weight}
        taught = sorted(name for name in asked if needs_teacher(name))
        if taught and self.teacher is None:
            raise ValueError(
                f"the loss {taught[0]} compares the student with a teacher: declare teacher: {{student: FOLDER}}"
            )
        return self

    @model_validator(mode="after")
    def _fits(self) -> Run:
        if (self.student.kind == "generative") != (self.generative is not None):
            raise ValueError("student.kind: generative and the section generative go together")
        known = {source.name for source in self.data.sources}
        for stage in self.stages:
            strangers = sorted(set(stage.sources or ()) - known)
            if strangers:
                raise ValueError(f"stage {stage.name} asks for the source {strangers[0]}, which is not declared")
            self._reads_what_it_can(stage)
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise ValueError("two stages have the same name")
        return self

    def _reads_what_it_can(self, stage: Stage) -> None:
        unlabelled = self._unlabelled()
        own = stage.pseudo.source if stage.pseudo else None
        for name in stage.sources or ():
            if name in unlabelled and name != own:
                raise ValueError(
                    f"stage {stage.name} can't learn from {name}: it has no labels, and no `pseudo` names it"
                )
        if stage.pseudo is None:
            return
        if own not in unlabelled:
            raise ValueError(f"stage {stage.name}: pseudo.source must name an unlabelled source, which {own} is not")
        if stage.pseudo.student == "previous" and stage == self.stages[0] and self.student.initial is None:
            raise ValueError(f"stage {stage.name} has no student before it whose readings could be learnt")

    def _unlabelled(self) -> set[str]:
        return {source.name for source in self.data.sources if isinstance(source, UnlabelledSource)}

    def weights_of(self, stage: Stage) -> dict[str, float]:
        """How often a document of each source is drawn in an epoch of a stage. An unlabelled source counts where the
        stage's `pseudo` names it, by its own weight if the stage gives none."""
        unlabelled = self._unlabelled()
        declared = {source.name: source.weight for source in self.data.sources}
        weights = {name: weight for name, weight in declared.items() if name not in unlabelled}
        if stage.sources is not None:
            weights = dict(stage.sources)
        if stage.pseudo is not None:
            weights.setdefault(stage.pseudo.source, declared[stage.pseudo.source])
        return weights
