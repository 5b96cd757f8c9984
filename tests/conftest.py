import os

import pytest

# Before torch is imported anywhere: tests run beside one another on few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # a thread that waits must not keep a core


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """Folder with digits as trainings read them."""
    from associated_learning import datasets

    folder = tmp_path_factory.mktemp("prepared")
    datasets.prepare("digits", folder, folder)
    return folder
