r"""Several processes, on one machine or on many: how they are set up, and how they agree.

Three ways lead here. `processes: 2` in a configuration starts so many on this machine. `torchrun` and `accelerate
launch` start `tailor train` once a process and say by the environment (RANK, WORLD_SIZE, MASTER_ADDR …) which each is:

    torchrun --nproc_per_node 2 -m extractor.cli train configs/student.yaml
    accelerate launch --multi_gpu --num_processes 8 --num_machines 2 --machine_rank 0 --main_process_ip ADDRESS \
        --main_process_port 29500 -m extractor.cli train configs/student.yaml

CUDA devices talk by NCCL, CPUs by gloo; on CPUs `accelerate launch` starts a single process, `torchrun` several. One
process leads: it writes the run's folder, looks at dev and keeps checkpoints. The others are told by it where the run
stands, so that the folder need not be shared between machines (but for its pseudo-labels, where a run goes on amid a
stage that learns from them). `optimiser.batch` counts the documents of all processes together, so that a run means the
same however it is started.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TypeVar

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs, InitProcessGroupKwargs

from training.config import Run

Value = TypeVar("Value")

PATIENCE = timedelta(hours=12)
"""How long processes wait for the one that leads: it may be reading pictures for hours."""


def launched() -> bool:
    """Whether a launcher started this process as one of several."""
    return "WORLD_SIZE" in os.environ


def leads() -> bool:
    """Whether this process is the one that writes and speaks; known before any process group exists."""
    return int(os.environ.get("RANK", "0")) == 0


def world_size(run: Run) -> int:
    """How many processes a run has: what the launcher says, else what the configuration says."""
    return int(os.environ["WORLD_SIZE"]) if launched() else run.processes


def join(run: Run) -> Accelerator:
    """This process's part in the run; joins the process group that the environment speaks of."""
    return Accelerator(
        cpu=not torch.cuda.is_available(),
        mixed_precision="bf16" if run.precision == "bf16" else "no",
        kwargs_handlers=[
            DistributedDataParallelKwargs(find_unused_parameters=True),
            InitProcessGroupKwargs(timeout=PATIENCE),
        ],
    )


def told(accelerator: Accelerator, value: Value) -> Value:
    """The leading process's value, in every process. What is sent is plain data and tensors on the CPU."""
    if accelerator.num_processes == 1:
        return value
    kept = [value]
    torch.distributed.broadcast_object_list(kept)
    return kept[0]
