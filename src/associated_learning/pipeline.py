"""Pipelined AL: components spread over processes that all train at once (thesis 2.2).

Worker 0 prepares the batches. Each worker computes the forward and target path of its components,
sends (s_i, t_i) on to the next and, while that one works on it, trains its own and takes up the
next batch. What a component computes depends on nothing but its own weights and what it is fed
with, batch after batch: so every number is that of one process, bit for bit.
"""

import contextlib
import copy
import functools
import itertools
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import timedelta
from multiprocessing import connection, forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from associated_learning import datasets, training
from associated_learning.network import AssociatedNetwork
from associated_learning.optimiser import Adam
from associated_learning.training import Config, Run, TrainingError

TRAIN, COLLECT, SAVE, END = range(4)  # what worker 0 tells the others to do
AHEAD = 4  # batches that a worker may be ahead of the next one
PEER_LOST = 75  # exit status of a worker that lost another one: not the cause of the end
GRACE = 10.0  # seconds to end by themselves for those that lost another one


def train(
    config: Config, data: Path, out: Path, workers: int, checkpoint_seconds: float = 300.0
) -> None:
    """Train as `training.train` does, by several processes of `config.threads` threads each.

    Parameters
    ----------
    config
        What to compute; the method has local losses.
    data
        Folder of prepared data.
    out
        Folder of this run. A run may be taken up with another number of workers.
    workers
        How many; at most one a component. With CUDA, each has a GPU of its own.
    checkpoint_seconds
        Least time between two checkpoints.

    Raises
    ------
    SystemExit
        A worker ended early: all are ended, and the status is that of the one that caused it.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # torch is imported once for all workers
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    forkserver.ensure_running()  # inherits that: a signal to the whole group must not end it
    signal.signal(signal.SIGTERM, before)
    # Not in a folder of its own: where that was gone already, torch would wait for it for minutes,
    # holding Python's lock, and the worker could not see that its parent has died.
    descriptor, name = tempfile.mkstemp(prefix="associated_learning_")
    os.close(descriptor)
    meeting_point = Path(name)
    with training.stop_signals() as stop:
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
    with training.clear_errors(config.name):
        loopback = "lo0" if sys.platform == "darwin" else "lo"
        os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback)
        if config.device == "cuda":
            if torch.cuda.device_count() < workers:
                raise TrainingError(
                    f"--workers: {workers}, but there are {torch.cuda.device_count()} GPUs"
                )
            torch.cuda.set_device(rank)
        with _peers():
            dist.init_process_group(
                "nccl" if config.device == "cuda" else "gloo",
                init_method=meeting_point.as_uri(),
                rank=rank,
                world_size=workers,
                timeout=timedelta(days=7),
            )
        dataset = datasets.load(data, config.dataset)
        saved = out / "checkpoint.pt"
        if rank == 0:
            training.require_writable(out)
            run = PipelinedRun(config, dataset, saved)
        with _peers():
            dist.barrier()  # worker 0 sets a damaged checkpoint aside before the others look
        if rank:
            run = PipelinedRun(config, dataset, saved)
        run.share_out()
        if rank:
            run.serve()
        else:
            try:
                training.run_to_end(run, stop, checkpoint_seconds)
                training.write_results(run, out)
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
        """Agree on who trains which components, and forget what the others do."""
        self.rank, self.workers = dist.get_rank(), dist.get_world_size()
        agreed = [balanced(self._costs(), self.workers) if self.rank == 0 else None]
        with _peers():
            dist.broadcast_object_list(agreed, device=self.device)
        self.shares: list[range] = agreed[0]
        self.own = self.shares[self.rank]
        self.inputs = self._shapes()[self.own.start]
        self.on_their_way: deque[list[dist.Work]] = deque()
        self._forget_moments()
        if self.rank:
            for k in self._others():
                self.network.components[k], self.optimisers[k] = nn.Identity(), None

    def serve(self) -> None:
        """Do what worker 0 tells until the end (workers 1, 2, ...)."""
        while (task := self._receive_task()) != END:
            if task == TRAIN:
                index = self.step % self.steps_per_epoch
                s, t = (torch.empty(shape, device=self.device) for shape in self.inputs)
                _receive(s, self.rank - 1)
                _receive(t, self.rank - 1)
                self.losses[index] = self._train_own(s, t)
                self.step += 1
                if self.step % training.LOSS_CHECK_STEPS == 0 or index + 1 == self.steps_per_epoch:
                    self.check_finite(index + 1)
            else:
                self.tell(task)
                for tensor in self._tensors(self.own, moments=task == SAVE):
                    _send(tensor, 0).wait()
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

    def evaluate(self) -> str:
        """As in one process; all weights are collected before."""
        self._collect(COLLECT)
        return super().evaluate()

    def save(self) -> None:
        """As in one process; all weights and moments are collected before."""
        self._collect(SAVE)
        super().save()
        self._forget_moments()

    def _update(self, x: Tensor, labels: Tensor) -> Tensor:
        return self._train_own(x, F.one_hot(labels, self.network.classes).to(x.dtype))

    def _train_own(self, s: Tensor, t: Tensor) -> Tensor:
        """Update the own components; returns all losses, flat, the others' zero."""
        losses = torch.zeros(len(self.columns), device=self.device)
        factor = self.schedule_factor()
        for k in self.own:
            associated, inverse, s, t = self.network.components[k].losses(s, t)
            if k + 1 == self.own.stop and self.rank + 1 < self.workers:
                task = torch.tensor(TRAIN, device=self.device)
                self._post([task, s.contiguous(), t.contiguous()])
            sum((associated, inverse)).backward()
            self.optimisers[k].step(factor)
            losses[2 * k : 2 * k + 2] = torch.stack([associated, inverse]).detach()
        return losses

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
                _receive(received, rank)
                if place == 0:  # until it has trained all batches: a part of the training
                    self.training_seconds += time.monotonic() - began
                tensor.copy_(received)

    def _tensors(self, share: range, moments: bool) -> list[Tensor]:
        """What the worker of some components knows better than worker 0."""
        tensors = [self.losses[:, 2 * share.start : 2 * share.stop]]
        for k in share:
            tensors += self.network.components[k].state_dict().values()
            if moments:
                tensors += [tensor for group in self.optimisers[k].state() for tensor in group]
        return tensors

    def _others(self) -> set[int]:
        return set(range(len(self.optimisers))) - set(self.own)

    def _forget_moments(self) -> None:
        for k in self._others():
            self.optimisers[k].moments = []

    def _costs(self) -> list[float]:
        """Seconds that a step of each component takes: least of three, on a copy."""
        network, size = copy.deepcopy(self.network), self.config.batch_size
        optimisers = training.make_optimisers(network, self.config)
        x, labels = self.prepared(self.images[:size]), self.labels[:size]
        steps = [stage_seconds(network, optimisers, x, labels) for _ in range(3)]
        return [min(times) for times in zip(*steps, strict=True)]

    def _shapes(self) -> list[tuple[torch.Size, torch.Size]]:
        """Shapes of what is fed into each component: s_{i-1} and t_{i-1}."""
        network = copy.deepcopy(self.network).to("meta")
        size = self.config.batch_size
        s = torch.empty(size, *self.images.shape[1:], device="meta")
        t = torch.empty(size, network.classes, device="meta")
        shapes = []
        for component in network.components:
            shapes.append((s.shape, t.shape))
            *_, s, t = component.losses(s, t)
        return shapes


def stage_seconds(
    network: AssociatedNetwork, optimisers: Sequence[Adam], x: Tensor, labels: Tensor
) -> list[float]:
    """Seconds that a step of each component takes, one after the other in one process.

    Input x and labels are those of `AssociatedNetwork.losses`; the components are updated.
    """
    stamps = [time.perf_counter()]
    for losses, optimiser in zip(network.losses(x, labels), optimisers, strict=True):
        sum(losses).backward()
        optimiser.step()
        if x.is_cuda:
            torch.cuda.synchronize()
        stamps.append(time.perf_counter())
    return [end - start for start, end in itertools.pairwise(stamps)]


def balanced(costs: Sequence[float], workers: int) -> list[range]:
    """Split components into consecutive shares such that the dearest share is as cheap as can be.

    Parameters
    ----------
    costs
        Of each component.
    workers
        Number of shares; none is empty.

    Raises
    ------
    TrainingError
        There are fewer components than workers.
    """
    if workers > len(costs):
        raise TrainingError(f"--workers: {workers}; allowed: 1 to {len(costs)}, one a component")

    @functools.cache
    def best(start: int, shares: int) -> tuple[float, tuple[int, ...]]:
        """Cost of the dearest share and ends of all, from a component on."""
        if shares == 1:
            return sum(costs[start:]), (len(costs),)
        return min(
            (max(sum(costs[start:end]), best(end, shares - 1)[0]), (end, *best(end, shares - 1)[1]))
            for end in range(start + 1, len(costs) - shares + 2)
        )

    ends = best(0, workers)[1]
    return [range(start, end) for start, end in zip((0, *ends), ends, strict=False)]


@contextlib.contextmanager
def _peers() -> Iterator[None]:
    """End quietly if another worker is gone; the parent knows which, and why."""
    try:
        yield
    except RuntimeError as error:
        raise SystemExit(PEER_LOST) from error


def _send(tensor: Tensor, to: int) -> Any:
    with _peers():
        return dist.isend(tensor.contiguous(), to)


def _receive(tensor: Tensor, sender: int) -> None:
    with _peers():
        dist.recv(tensor, sender)


def _wait(work: Any) -> None:
    with _peers():
        work.wait()
