"""Pipelined training: the parts of a local method spread over processes that all train at once.

Thesis 2.2, where the parts are AL's components. Worker 0 prepares the batches. Each worker computes
what its parts pass on, in AL (s_i, t_i), sends it to the next and, while that one works on it,
trains its own and starts on the next batch. What a part computes depends on nothing but its own
weights and what it is fed with, batch after batch: so every number is that of one process, bit for
bit.
"""

import contextlib
import copy
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import connection, forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from associated_learning.data import load
from associated_learning.errors import TrainingError
from associated_learning.machine import network_interface
from associated_learning.training import loop
from associated_learning.training.config import Config
from associated_learning.training.run import LOSS_CHECK_STEPS, Run
from associated_learning.training.shares import balanced, stage_seconds
from associated_learning.training.step import as_it_lies

TRAIN, COLLECT, SAVE, END = range(4)  # what worker 0 tells the others to do
AHEAD = 4  # batches that a worker may be ahead of the next one
PEER_LOST = 75  # exit status of a worker that lost another one: not the cause of the end
GRACE = 10.0  # seconds to end by themselves for those that lost another one


def train(
    config: Config, data: Path, out: Path, workers: int, checkpoint_seconds: float = 300.0
) -> None:
    """Train as `loop.train` does, by several processes of `config.threads` threads each.

    Parameters
    ----------
    config
        What to compute; the method has local losses.
    data
        Folder of prepared data.
    out
        Folder of this run. A run may go on with another number of workers.
    workers
        How many; at most one per part. With CUDA, each has a GPU of its own.
    checkpoint_seconds
        Least time between two checkpoints.

    Raises
    ------
    SystemExit
        A worker ended early: all are ended, and the status is that of the one that caused it. Or
        there is no network interface by which they could speak.
    """
    network_interface()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # torch is imported once for all workers
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        forkserver.ensure_running()  # inherits that: a signal to the whole group must not end it
    except OSError as error:  # the path of a socket holds some 100 characters
        sys.exit(f"error: TMPDIR: {tempfile.gettempdir()}: {error}. Set it to a shorter path")
    finally:
        signal.signal(signal.SIGTERM, before)
    # Not in a folder of its own: where that was gone already, torch would wait for it for minutes,
    # holding Python's lock, and the worker could not see that its parent has died.
    descriptor, name = tempfile.mkstemp(prefix="associated_learning_")
    os.close(descriptor)
    meeting_point = Path(name)
    with loop.stop_signals() as stop:
        settings = (workers, meeting_point, config, data, out, checkpoint_seconds)
        processes = [context.Process(target=_work, args=(k, *settings)) for k in range(workers)]
        try:
            for process in processes:
                process.start()
            _supervise(processes, stop, config.name)
        finally:
            for process in processes:
                if process.is_alive():
                    process.kill()
            meeting_point.unlink(missing_ok=True)


def _supervise(processes: list[BaseProcess], stop: list[int], name: str) -> None:
    """Wait until all workers have ended; where one fails, see that all do."""
    told, kill_at, killed = False, math.inf, set()
    while alive := [process for process in processes if process.is_alive()]:
        connection.wait([process.sentinel for process in alive], timeout=0.5)
        if stop and not told and processes[0].is_alive():
            os.kill(processes[0].pid, signal.SIGUSR1)  # it saves, and sends the others home
            told = True
        if kill_at == math.inf and any(process.exitcode for process in processes):
            kill_at = time.monotonic() + GRACE
        if time.monotonic() > kill_at:
            killed |= {process for process in alive if process.is_alive()}
            for process in killed:
                process.kill()
    if told:
        sys.exit(128 + stop[0])
    failed = [k for k, p in enumerate(processes) if p.exitcode and p not in killed]
    for worker in sorted(failed, key=lambda k: processes[k].exitcode == PEER_LOST)[:1]:
        code = processes[worker].exitcode
        if code > 0:
            sys.exit(code)
        sys.exit(
            f"error: {name}: worker {worker} was killed by signal {-code}. Run it again: it goes "
            "on from its last checkpoint"
        )


def _work(
    rank: int,
    workers: int,
    meeting_point: Path,
    config: Config,
    data: Path,
    out: Path,
    checkpoint_seconds: float,
) -> None:
    """Run one worker."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    stop: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, _frame: stop.append(number))
    for number in (signal.SIGTERM, signal.SIGINT):  # the parent's business
        signal.signal(number, signal.SIG_IGN)
    with loop.clear_errors(config.name):
        os.environ["GLOO_SOCKET_IFNAME"] = network_interface()
        if config.device == "cuda":
            if torch.cuda.device_count() < workers:
                raise TrainingError(
                    f"--workers: {workers}, but there are {torch.cuda.device_count()} GPUs"
                )
            torch.cuda.set_device(rank)
        with _peers():
            dist.init_process_group(
                "nccl" if config.device == "cuda" else "gloo",
                store=dist.FileStore(str(meeting_point), workers),
                rank=rank,
                world_size=workers,
                timeout=timedelta(days=7),
            )
        dataset = load.load(data, config.dataset)
        saved = out / "checkpoint.pt"
        if rank == 0:
            loop.require_writable(out)
            run = loop.start(PipelinedRun(config, dataset), saved)
        with _peers():
            dist.barrier()  # worker 0 sets a damaged checkpoint aside before the others look
        if rank:
            run = loop.start(PipelinedRun(config, dataset), saved)
        run.share_out()
        if rank:
            run.serve()
        else:
            try:
                loop.run_to_end(run, saved, stop, checkpoint_seconds)
                loop.finish(run, out, saved)
            finally:
                run.tell(END)
        run.drain()
        dist.destroy_process_group()


def _die_with_parent() -> None:
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


class PipelinedRun(Run):
    """One worker's part of a run. Worker 0 has all weights whenever it evaluates or saves."""

    def share_out(self) -> None:
        """Agree on who trains which parts, and forget what the others do."""
        self.rank, self.workers = dist.get_rank(), dist.get_world_size()
        agreed: list[Any] = [None, None]
        if self.rank == 0:
            agreed = [balanced(self._costs(), self.workers), self._forms()]
        with _peers():
            dist.broadcast_object_list(agreed, device=self.device)
        self.shares: list[range] = agreed[0]
        self.own = self.shares[self.rank]
        self.inputs = agreed[1][self.own.start]
        self.parts: list[nn.Module | None] = list(self.network.parts())
        self.on_their_way: deque[list[dist.Work]] = deque()
        self._forget_moments()
        if self.rank:
            for k in self._others():
                self.parts[k] = self.optimisers[k] = None
            self.network = None

    def serve(self) -> None:
        """Do what worker 0 tells until the end (workers 1, 2, ...)."""
        while (task := self._receive_task()) != END:
            if task == TRAIN:
                index = self.step % self.steps_per_epoch
                state = [
                    torch.empty_strided(shape, strides, dtype=dtype, device=self.device)
                    for shape, strides, dtype in self.inputs
                ]
                for tensor in state:
                    _receive(as_it_lies(tensor), self.rank - 1)
                self.losses[index] = self._train_own(*state)
                self.step += 1
                if self.step % LOSS_CHECK_STEPS == 0 or self.ends_epoch():
                    self.check_finite(index + 1)
            else:
                self.tell(task)
                for tensor in self._tensors(self.own, moments=task == SAVE):
                    _send(as_it_lies(tensor.clone()), 0).wait()
        self.tell(END)

    def tell(self, task: int) -> None:
        """Pass on to the next worker what is to be done."""
        if self.rank + 1 < self.workers:
            self._post([torch.tensor(task, device=self.device)])

    def drain(self) -> None:
        """Wait until all that was sent has been received."""
        while self.on_their_way:
            for work in self.on_their_way.popleft():
                _wait(work)

    def evaluate(self) -> dict[str, float]:
        """As in one process; all weights are collected before."""
        self._collect(COLLECT)
        return super().evaluate()

    def state(self) -> dict[str, Any]:
        """As in one process; all weights and moments are collected before."""
        self._collect(SAVE)
        state = super().state()
        self._forget_moments()
        return state

    def update(self, x: Tensor, labels: Tensor) -> Tensor:
        """Take a step with the own parts, and pass on what the next worker is fed with."""
        return self._train_own(*self.network.start(x, labels))

    def _train_own(self, *state: Tensor) -> Tensor:
        """Update the own parts; returns all losses, flat, the others' zero."""
        each = len(self.columns) // len(self.parts)
        flat = torch.zeros(len(self.columns), device=self.device)
        factor = self.schedule_factor(self.step)
        for k in self.own:
            losses, state = self.parts[k].losses(*state)
            if k + 1 == self.own.stop and self.rank + 1 < self.workers:
                task = torch.tensor(TRAIN, device=self.device)
                self._post([task, *map(as_it_lies, state)])
            sum(losses).backward()
            self.optimisers[k].step(factor)
            flat[each * k : each * (k + 1)] = torch.stack(losses).detach()
        return flat

    def _post(self, tensors: list[Tensor]) -> None:
        if len(self.on_their_way) == AHEAD:
            for work in self.on_their_way.popleft():
                _wait(work)
        self.on_their_way.append([_send(tensor, self.rank + 1) for tensor in tensors])

    def _receive_task(self) -> int:
        task = torch.zeros((), dtype=torch.int64, device=self.device)
        _receive(task, self.rank - 1)
        return int(task)

    def _collect(self, task: int) -> None:
        self.tell(task)
        for rank, share in enumerate(self.shares[1:], start=1):
            began = time.monotonic()
            for place, tensor in enumerate(self._tensors(share, moments=task == SAVE)):
                received = torch.empty_like(tensor)
                _receive(as_it_lies(received), rank)
                if place == 0:  # until it has trained all batches: a part of the training
                    self.training_seconds += time.monotonic() - began
                tensor.copy_(received)

    def _tensors(self, share: range, moments: bool) -> list[Tensor]:
        """What the worker of some parts knows better than worker 0."""
        each = len(self.columns) // len(self.parts)
        tensors = [self.losses[:, each * share.start : each * share.stop]]
        for k in share:
            tensors += self.parts[k].state_dict().values()
            if moments:
                tensors += [tensor for group in self.optimisers[k].state() for tensor in group]
        return tensors

    def _others(self) -> set[int]:
        return set(range(len(self.optimisers))) - set(self.own)

    def _forget_moments(self) -> None:
        for k in self._others():
            self.optimisers[k].moments = []

    def _costs(self) -> list[float]:
        """Seconds that a step of each part takes: least of three, on a copy."""
        network, size = copy.deepcopy(self.network), self.config.batch_size
        optimisers = self.make_optimisers(network)
        x, labels = self.prepared(self.images[:size]), self.labels[:size]
        steps = [stage_seconds(network, optimisers, x, labels) for _ in range(3)]
        return [min(times) for times in zip(*steps, strict=True)]

    def _forms(self) -> list[list[tuple[torch.Size, tuple[int, ...], torch.dtype]]]:
        """Shapes, strides and types of what is fed into each part: in AL s_{i-1} and t_{i-1}."""
        network, size = copy.deepcopy(self.network), self.config.batch_size
        state = network.start(self.prepared(self.images[:size]), self.labels[:size])
        forms = []
        for part in network.parts():
            forms.append([(tensor.shape, tensor.stride(), tensor.dtype) for tensor in state])
            with torch.no_grad():
                _, state = part.losses(*state)
        return forms


@contextlib.contextmanager
def _peers() -> Iterator[None]:
    """End quietly if another worker is gone; the parent knows which, and why."""
    try:
        yield
    except RuntimeError as error:
        raise SystemExit(PEER_LOST) from error


def _send(tensor: Tensor, to: int) -> Any:
    with _peers():
        return dist.isend(tensor, to)


def _receive(tensor: Tensor, sender: int) -> None:
    with _peers():
        dist.recv(tensor, sender)


def _wait(work: Any) -> None:
    with _peers():
        work.wait()
