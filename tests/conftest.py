"""Fixtures that all tests share; torch is imported by those alone that need it."""

import contextlib
import os
import resource
import subprocess
import threading
from collections.abc import Iterator

import pytest

# Before torch is imported anywhere: tests run beside one another on few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # a thread that waits must not keep a core


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """Folder with digits as trainings read them."""
    from associated_learning.data.prepare import prepare

    folder = tmp_path_factory.mktemp("prepared")
    prepare("digits", folder, folder)
    return folder


@pytest.fixture(scope="session")
def digits(prepared):
    """The data set of the same name."""
    from associated_learning.data import load

    return load.load(prepared, "digits")


@pytest.fixture(scope="session")
def trained(digits, tmp_path_factory):
    """Gives the folder of an undisturbed run (see `helpers.config`), trained once a session."""
    from helpers import config

    from associated_learning.training import loop

    folders = {}

    def run(**options):
        key = tuple(sorted(options.items()))
        if key not in folders:
            out = tmp_path_factory.mktemp("run")
            loop.train(config(**options), digits, out)
            folders[key] = out
        return folders[key]

    return run


@pytest.fixture(scope="session")
def commanded(prepared, tmp_path_factory):
    """What an undisturbed `helpers.command` says, and the folder it writes to."""
    from helpers import command

    out = tmp_path_factory.mktemp("commanded")
    return subprocess.run(command(prepared, out), capture_output=True, text=True, check=True), out


@pytest.fixture
def server(monkeypatch):
    """A server that answers nothing yet (see `web`)."""
    from web import Server

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def little_space():
    """Within it no file can grow beyond so many bytes: to a program that looks like a full disk."""

    @contextlib.contextmanager
    def limited(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited
