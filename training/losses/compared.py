"""Student and intermediate teacher asked the same questions: their logits side by side, restricted to what both can
answer. What distils from a teacher's distributions (distil.py, taid.py, sinkhorn.py) starts here.

An intermediate teacher's answers are not labels, so the critic's trust in the labels does not weigh them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from extractor.errors import UsageError
from training.losses.base import Batch
from training.students.base import Heads

IMPOSSIBLE = -5e3
"""Students give what can't be (padding, a span that ends before it begins) a logit below this."""


@dataclass(frozen=True)
class Pair:
    """Logits of the same questions, b × questions × cells each. `cells` (the same shape, or None for all) is true where
    both may answer; `share` b × questions says how much each question counts in its document."""

    student: Tensor
    teacher: Tensor
    cells: Tensor | None
    share: Tensor

    def per_document(self, values: Tensor) -> Tensor:
        """One number a document from one a question."""
        return (values * self.share).sum(dim=1)


def taught(batch: Batch) -> tuple[Mapping[str, Tensor], Heads]:
    """The teacher's answers, without a way back into the teacher, and what they stand for."""
    if batch.taught is None or batch.taught_heads is None:
        raise UsageError(
            "A loss compares the student with a teacher, and the run has none.",
            hint="Declare teacher: {student: FOLDER}, the `student` folder of a run of `tailor train`.",
        )
    return {name: answer.detach() for name, answer in batch.taught.items()}, batch.taught_heads


def span_pairs(batch: Batch) -> list[Pair]:
    """Each span field that both know: a softmax over the spans that are possible to both, and absence. All fields count
    alike."""
    answers, heads = taught(batch)
    shared = [name for name in batch.spans if name in heads.spans]
    if not shared:
        return []
    ours = [list(batch.spans).index(name) for name in shared]
    theirs = [list(heads.spans).index(name) for name in shared]
    student, teacher = batch.answers["spans"][:, ours].flatten(2), answers["spans"][:, theirs].flatten(2)
    words = (batch.mask[:, :, None] & batch.mask[:, None, :]).flatten(1).unsqueeze(1)
    cells = words & (student.detach() > IMPOSSIBLE) & (teacher > IMPOSSIBLE)
    # Most of the square is impossible to all documents and fields: spans are short. Only the rest is worth a softmax.
    kept = cells.flatten(0, 1).any(dim=0).nonzero().squeeze(1)
    student = _with_absence(student.index_select(2, kept), batch.answers["absent"][:, ours])
    teacher = _with_absence(teacher.index_select(2, kept), answers["absent"][:, theirs])
    cells = torch.cat([cells.index_select(2, kept), torch.ones_like(cells[..., :1])], dim=-1)
    return [Pair(student, teacher, cells, torch.full(student.shape[:2], 1.0 / len(shared), device=batch.device))]


def tag_pairs(batch: Batch) -> list[Pair]:
    """Each word's tag; all words of a document count alike."""
    answers, _ = taught(batch)
    student, teacher = batch.answers["tags"].float(), answers["tags"].float()
    if student.shape != teacher.shape:
        raise UsageError("Student and teacher tag words differently: no loss can compare their tags.")
    return [Pair(student, teacher, None, word_shares(batch))]


def begin_pairs(batch: Batch) -> list[Pair]:
    """For each word whether an item begins there; all words of a document count alike."""
    answers, _ = taught(batch)
    student, teacher = batch.answers["begins"].float(), answers["begins"].float()
    return [Pair(_two_classes(student), _two_classes(teacher), None, word_shares(batch))]


def inferred_pairs(batch: Batch) -> list[Pair]:
    """Each inferred field that both know, over the classes that both know, matched by name.

    Both distributions are conditional on these classes; a document counts as far as the teacher holds them for
    possible: of a class that the student can't name it teaches nothing.
    """
    answers, heads = taught(batch)
    pairs = []
    for field, kinds in batch.inferred.items():
        theirs = list(heads.inferred.get(field, ()))
        shared = [kind for kind in kinds if kind in theirs]
        if len(shared) < 2:
            continue
        student = _chosen(batch.answers[f"inferred_{field}"].float(), kinds, shared)
        everything = answers[f"inferred_{field}"].float()
        teacher = _chosen(everything, theirs, shared)
        mass = (teacher.logsumexp(dim=-1) - everything.logsumexp(dim=-1)).exp().clamp(max=1.0)
        pairs.append(Pair(student.unsqueeze(1), teacher.unsqueeze(1), None, mass.unsqueeze(1)))
    return pairs


PAIRS = {"spans": span_pairs, "tags": tag_pairs, "begins": begin_pairs, "inferred": inferred_pairs}
"""The questions by the student's head."""


def _with_absence(spans: Tensor, absent: Tensor) -> Tensor:
    return torch.cat([spans.float(), absent.float().unsqueeze(-1)], dim=-1)


def _two_classes(logits: Tensor) -> Tensor:
    return torch.stack([torch.zeros_like(logits), logits], dim=-1)


def _chosen(logits: Tensor, kinds: Sequence[str], shared: Sequence[str]) -> Tensor:
    return logits[:, [list(kinds).index(kind) for kind in shared]]


def word_shares(batch: Batch) -> Tensor:
    """b × n: one over the number of words at words, 0 at padding."""
    words = batch.mask.float()
    return words / words.sum(dim=1, keepdim=True).clamp(min=1.0)


def log_shares(logits: Tensor, cells: Tensor | None, temperature: float = 1.0) -> Tensor:
    """Log probabilities over the cells, −inf elsewhere."""
    if cells is not None:
        logits = logits.masked_fill(~cells, -torch.inf)
    return (logits / temperature).log_softmax(dim=-1)


def divergence(student: Tensor, teacher: Tensor, cells: Tensor | None, temperature: float = 1.0) -> Tensor:
    """KL(teacher ‖ student) of each question, in nats, from logits b × questions × cells."""
    ours, theirs = log_shares(student, cells, temperature), log_shares(teacher, cells, temperature)
    chances = theirs.exp()
    apart = theirs - ours
    if cells is not None:
        apart = apart.masked_fill(~cells, 0.0)
    return (chances * apart).sum(dim=-1)


def over_processes(value: Tensor) -> Tensor:
    """The sum over all processes of a run, without gradient: the same number in each of them. Where nothing is learnt
    (no gradient is asked) a process may look at losses alone, and the sum is over what it sees itself."""
    value = value.detach().clone()
    if torch.is_grad_enabled() and torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.all_reduce(value)
    return value
