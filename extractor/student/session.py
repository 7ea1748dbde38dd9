"""ONNX Runtime sessions: TensorRT or CUDA where they really load, else the CPU, and what was tried told plainly."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from extractor.errors import BadModel, MissingExtra

logger = logging.getLogger(__name__)

TENSORRT, CUDA, CPU = "TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"

Cuda = Literal["auto", "on", "off"]


@dataclass(frozen=True)
class Opened:
    """A session, and a sentence for each faster provider that was offered here and didn't load."""

    session: Any
    notes: tuple[str, ...] = ()


def on_gpu(provider: str) -> bool:
    """Whether this execution provider, in ONNX Runtime's words, runs on a GPU of NVIDIA."""
    return provider in (TENSORRT, CUDA)


def open_session(path: Path, threads: int, cuda: Cuda, engines: Path | None = None) -> Opened:
    """The session of a model on the best provider that loads. With `cuda` "on", BadModel where no GPU can be used.

    `engines` is a folder for TensorRT's compiled engines; without it TensorRT isn't tried, since compiling takes
    minutes. ONNX Runtime lists providers that then fail to load, so what the session says afterwards is what counts.
    """
    runtime = _onnxruntime()
    offered = runtime.get_available_providers() if cuda != "off" else []
    notes: list[str] = []
    for wanted in (TENSORRT, CUDA):
        if wanted in offered and (wanted != TENSORRT or engines is not None):
            session = _tried(runtime, path, threads, _providers(wanted, engines), notes)
            if session is not None and session.get_providers()[0] == wanted:
                logger.info("student runs on %s", wanted)
                return Opened(session, tuple(notes))
            if session is not None:
                notes.append(f"{wanted} is offered by ONNX Runtime but did not load.")
    if cuda == "on":
        raise BadModel(
            "CUDA was asked for, but ONNX Runtime can't use it here.",
            hint="Install 'tailor[gpu]' with CUDA 13 and cuDNN 9, or leave the choice to Tailor.",
        )
    try:
        session = runtime.InferenceSession(str(path), _options(runtime, threads), providers=[CPU])
    except Exception as error:
        raise BadModel(f"{path} can't be loaded by ONNX Runtime ({type(error).__name__}).") from error
    logger.info("student runs on %s", CPU)
    return Opened(session, tuple(notes))


def run_bound(
    session: Any, inputs: Mapping[str, npt.NDArray[np.generic]], outputs: Sequence[str], device: str = "cuda"
) -> list[npt.NDArray[np.generic]]:
    """One run with inputs and outputs bound to a device: each crosses to it, and back, once and with no copy between.

    Outputs come in the order of `outputs`, as arrays of the host.
    """
    runtime = _onnxruntime()
    binding = session.io_binding()
    for name, array in inputs.items():
        value = runtime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), device, 0)
        binding.bind_ortvalue_input(name, value)
    for name in outputs:
        binding.bind_output(name, device, 0)
    session.run_with_iobinding(binding)
    arrays: list[npt.NDArray[np.generic]] = binding.copy_outputs_to_cpu()
    return arrays


def _tried(runtime: Any, path: Path, threads: int, providers: list[Any], notes: list[str]) -> Any | None:
    try:
        return runtime.InferenceSession(str(path), _options(runtime, threads), providers=providers)
    except Exception as error:  # a provider may fail in as many ways as it has libraries
        notes.append(f"{providers[0][0]} failed to start ({type(error).__name__}).")
        return None


def _providers(wanted: str, engines: Path | None) -> list[Any]:
    # Lengths differ from batch to batch: the exhaustive search of convolutions would be paid anew for each.
    cuda = (CUDA, {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"})
    if wanted != TENSORRT or engines is None:
        return [cuda, CPU]
    engines.mkdir(parents=True, exist_ok=True)
    kept = {
        "trt_engine_cache_enable": "True",
        "trt_engine_cache_path": str(engines),
        "trt_timing_cache_enable": "True",
        "trt_timing_cache_path": str(engines),
    }
    return [(TENSORRT, kept), cuda, CPU]


def _options(runtime: Any, threads: int) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Documents differ in length: else memory for every length seen is kept. It costs no time that can be measured.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return options


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra(
            "ONNX Runtime is not installed.", hint="Install it: pip install 'tailor[cpu]' (or 'tailor[gpu]')."
        ) from error
    return onnxruntime
