"""What all tests share: the mark for slow ones, and which tests must stay in one process."""

import os
import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

OFFLINE = Path(__file__).parent / "offline"
collect_ignore = ["offline"]  # no tests: it acts where it is imported
SLOW = {
    f"test_{name}.py"
    for name in (
        "als",
        "answers",
        "checking",
        "ctr",
        "ctr_models",
        "estimators",
        "exercises",
        "recommenders",
        "run",
        "seen",
        "simulator",
    )
}
LONG = ("test_notebooks.py", "test_run.py")

# Times say how busy the machine is, so none decides. The examples are the same in every run: what turns red is the
# change, and it is red for everyone. `pytest --hypothesis-profile=explore` draws others, for who writes a test.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeat", settings.get_profile("explore"), derandomize=True)
settings.load_profile("repeat")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: executes lessons or fits models; `make check` leaves it out")
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests of one file share fixtures, so they go to one worker, except where a test names a smaller group itself.

    What takes longest comes first: else one worker is busy with it at the end, and the others wait.
    """
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
    for item in items:
        if item.path.name in SLOW:
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture
def offline(tmp_path):
    """The environment of a run by the tests: no network, and a reader's record of its own."""
    return offline_environment(tmp_path)


def offline_environment(home):
    return {
        "PYTHONPATH": str(OFFLINE),
        "MLPIPE_HOME": str(home / "record"),
        "MLPIPE_HIDE_TIMES": "1",  # as where outputs are stored
        "MLPIPE_REFUSED": str(home / "refused"),  # appears when something asks for another machine
    }


@pytest.fixture(params=["process", "thread"])
def way(request, monkeypatch):
    """Both ways of trying an answer: the one of Linux, and the one that every platform has."""
    from mlpipe.course import trial

    if request.param == "process" and not trial.FORK:
        pytest.skip("this platform has no safe fork")
    monkeypatch.setattr(trial, "FORK", request.param == "process")
    return request.param


# For tests/serving: a second conftest.py there would hide this one from who imports it.


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A folder to copy; nobody writes there."""
    from serving_world import made

    from mlpipe.serving import build

    folder = tmp_path_factory.mktemp("published")
    build.build(folder, *made())
    return folder


@pytest.fixture
def folder(published, tmp_path):
    """A folder of one's own that can be served."""
    return shutil.copytree(published, tmp_path / "served")


@pytest.fixture
def gate():
    """What a stage can wait for; it is opened in any case, or threads would never end."""
    opened = threading.Event()
    yield opened
    opened.set()
