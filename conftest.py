"""For all tests, the examples in docstrings too: none reads or writes the record of who runs them."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def _record_of_nobody(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLPIPE_HOME", str(tmp_path_factory.mktemp("record") / "mlpipe"))
        yield
