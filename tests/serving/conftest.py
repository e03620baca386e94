import shutil
import threading

import pytest
from serving_world import made

from mlpipe.serving import build


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A folder to copy; nobody writes there."""
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
