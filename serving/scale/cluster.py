"""Ray, as far as the engine needs it. All of these calls wait: the engine makes them in a thread."""

from __future__ import annotations

import logging
import os
import secrets
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from extractor.errors import MissingExtra, TailorError, UsageError
from serving.engine.base import EngineState
from serving.engine.local import Assemble
from serving.engine.settings import EngineSettings
from serving.scale.replica import Replica
from serving.scale.settings import ScaleSettings

logger = logging.getLogger(__name__)

DEPLOYMENT = "Reader"

_LOOPBACK = {"_node_ip_address": "127.0.0.2"} if sys.platform == "linux" else {}
"""Keeps a Ray that is started here to this machine. 127.0.0.1 Ray would replace by an address that others can reach; on
other systems it stays on the loopback by itself."""

TRIES = 3
"""How often Ray is started, or asked for, before it is given up."""

ASK = 30.0
"""Seconds that a replica, or Ray's controller, may take to answer a question about itself."""


@dataclass
class Cluster:
    """One application on Ray Serve, under a name of its own: services that share a cluster don't meet."""

    engine: EngineSettings
    scale: ScaleSettings
    assemble: Assemble | None = None
    name: str = field(default_factory=lambda: f"tailor-{secrets.token_hex(4)}")
    handle: Any = None
    _ray: Any = None
    _started_here: bool = False

    def join(self) -> None:
        """Joins the cluster of RAY_ADDRESS, or starts Ray on this machine.

        Raises MissingExtra, UsageError (ray_unusable, too_few_cpus, too_few_gpus).
        """
        self._ray = _ray()
        self._join()
        if self._started_here:
            self._check_room()

    def start(self) -> EngineState:
        """Once it has joined, starts the replicas; returns when all have warmed up.

        Raises UsageError (not_scaled), or what kept a replica from being built.
        """
        from ray import serve

        # The service's own HTTP side guards the door; Ray's proxies would be a second one without keys.
        serve.start(proxy_location="Disabled")
        room = self.engine.queue + self.engine.processes
        deployment = serve.deployment(
            name=DEPLOYMENT,
            num_replicas=self.scale.replicas,
            max_ongoing_requests=room,
            graceful_shutdown_timeout_s=10.0,
            health_check_period_s=5.0,
            ray_actor_options={"num_cpus": self.scale.cpus, "num_gpus": self.scale.gpus},
        )(Replica)
        application = deployment.bind(self.engine, self.assemble)
        # Deployed in a thread of its own, since there is no other way to stop waiting for a cluster that never grows.
        self.handle = _within(
            self.scale.start, lambda: serve.run(application, name=self.name, route_prefix=None), self._not_scaled
        )
        problem: TailorError | None = self.handle.problem.remote().result(timeout_s=ASK)
        if problem is not None:
            raise problem
        return self.ask_state()

    def ask_state(self) -> EngineState:
        """What one of the replicas tells of itself."""
        found: EngineState = self.handle.state.remote().result(timeout_s=ASK)
        return found

    def running(self) -> int:
        """How many replicas Ray counts as running."""
        from ray import serve

        application = serve.status().applications.get(self.name)
        if application is None:
            return 0
        states = application.deployments[DEPLOYMENT].replica_states if application.deployments else {}
        return sum(count for state, count in states.items() if str(getattr(state, "value", state)) == "RUNNING")

    def stop(self) -> None:
        """Takes the application off the cluster, and ends Ray where it was started here."""
        if self._ray is None or not self._ray.is_initialized():
            return
        from ray import serve

        try:
            if self._started_here:
                serve.shutdown()
            else:
                serve.delete(self.name)
        except Exception as error:  # Ray is going, or gone
            logger.warning("the application could not be taken off the cluster", extra={"error": type(error).__name__})
        if self._started_here:
            self._ray.shutdown()

    def lost(self, error: BaseException) -> bool:
        """Whether an error says that a replica is gone, and not that its work failed."""
        from ray import exceptions
        from ray.serve import exceptions as serving

        gone = (
            exceptions.RayActorError,
            exceptions.WorkerCrashedError,
            exceptions.NodeDiedError,
            exceptions.ObjectLostError,
            serving.ReplicaUnavailableError,
        )
        return isinstance(error, gone)

    def _join(self) -> None:
        if self._ray.is_initialized():
            return
        address = os.environ.get("RAY_ADDRESS")
        self._started_here = not address
        local = {"include_dashboard": False, **_LOOPBACK} if self._started_here else {}
        # On a busy machine Ray's own processes miss their deadlines at first; the next time their files are warm.
        for attempt in range(TRIES):
            try:
                self._ray.init(log_to_driver=False, configure_logging=False, namespace="tailor", **local)
                return
            except Exception as error:  # plain Exception where they don't come up in time
                logger.warning("Ray did not start", extra={"attempt": attempt + 1, "error": type(error).__name__})
                self._ray.shutdown()
                problem = error
        where = f"reached at {address}" if address else "started on this machine"
        raise UsageError(
            f"Ray can't be {where} ({type(problem).__name__}).",
            code="ray_unusable",
            hint="Check RAY_ADDRESS, free memory and the load of the machine; Ray's logs are in /tmp/ray.",
        ) from problem

    def _check_room(self) -> None:
        resources = self._ray.cluster_resources()
        for kind, share in (("CPU", self.scale.cpus), ("GPU", self.scale.gpus)):
            wanted, there = share * self.scale.replicas, resources.get(kind, 0.0)
            if wanted > there:
                raise UsageError(
                    f"{self.scale.replicas} replicas need {wanted:g} {kind}s; Ray has {there:g} here.",
                    code=f"too_few_{kind.lower()}s",
                    hint="Ask for fewer --replicas or --workers, or name a larger cluster in RAY_ADDRESS.",
                )

    def _not_scaled(self) -> TailorError:
        return UsageError(
            f"The replicas did not start within {self.scale.start:g} seconds.",
            code="not_scaled",
            hint="Look at the cluster's free CPUs and GPUs, and at Ray's logs.",
        )


def _within(seconds: float, work: Callable[[], Any], late: Callable[[], TailorError]) -> Any:
    """The work's result. Raises what `late` gives where it takes too long; the work then goes on unheard."""
    outcome: list[Any] = []
    problem: list[BaseException] = []

    def do() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            problem.append(error)

    thread = threading.Thread(target=do, name="ray-deploy", daemon=True)
    thread.start()
    thread.join(seconds)
    if problem:
        raise TailorError(
            f"Ray could not start the replicas ({type(problem[0]).__name__}).",
            code="not_scaled",
            hint="See Ray's logs.",
        ) from problem[0]
    if not outcome:
        raise late()
    return outcome[0]


_QUIET = {
    # A service that reads receipts tells nobody else about itself; Ray would report its use.
    "RAY_USAGE_STATS_ENABLED": "0",
    # The service's log is JSON lines; Ray keeps its own in files.
    "RAY_SERVE_LOG_TO_STDERR": "0",
    # Replicas share their cores with OCR, and answer later than Ray expects by default.
    "RAY_SERVE_QUEUE_LENGTH_RESPONSE_DEADLINE_S": "1.0",
}


def _ray() -> Any:
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.serve
    except ModuleNotFoundError as error:
        hint = "Run: pip install 'tailor[scale]'"
        raise MissingExtra("--engine ray needs Ray Serve, which is not installed.", hint=hint) from error
    _speak_through_our_log()
    return ray


def _speak_through_our_log() -> None:
    """What Ray has to say goes where the service's own lines go, and only what somebody may want to act on."""
    for name, level in (("ray", logging.ERROR), ("ray.serve", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(level)
