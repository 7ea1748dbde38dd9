"""What every test can rely on: no network, the examples, the shared data where it lies, and golden files."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Set before anything numerical is imported: tests share two cores, and spinning threads would slow them tenfold.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Libraries that would ask a model hub take what is on disk instead; the guard below fails them if they ask.
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_DATASETS_OFFLINE="1")

ROOT = Path(__file__).resolve().parent.parent
_attempts: list[str] = []


class NetworkForbidden(RuntimeError):
    """A test tried to leave this machine."""


def _is_local(host: object) -> bool:
    """Whether a host is this machine; no host at all means every local address."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: Python reports each connection and look-up here, whichever library asks for it."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not _is_local(host):
        _attempts.append(f"{event} {host}")
        raise NetworkForbidden(f"Tests may not leave this machine: {event} {host}")


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[list[str]]:
    """Fails a test that tried to reach another machine, even where the code under test swallowed the refusal."""
    _attempts.clear()
    yield _attempts
    if _attempts:
        pytest.fail(f"tried to reach another machine: {', '.join(_attempts)}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="rewrite the golden files instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)` compares a text with `goldens/name` beside the test; --update-goldens rewrites it."""

    def check(name: str, text: str) -> None:
        path = request.path.parent / "goldens" / name
        if request.config.getoption("--update-goldens"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if not path.exists():
            pytest.fail(f"no golden file {path.relative_to(ROOT)}: run `make goldens` and read what it wrote")
        assert text == path.read_text(encoding="utf-8"), "differs from its golden: `make goldens` if that is meant"

    return check


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of receipts that the project rendered itself."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the repository; the test is skipped where there is none."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the shared data: no folder ../shared/data beside the repository")
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model folder of a tiny student that has learnt nothing, exported once; its run lies beside it."""
    pytest.importorskip("torch", reason="needs the extra training")
    from tests.training.tiny import exported

    return exported(tmp_path_factory.mktemp("tiny"))
