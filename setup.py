"""Puts lessons, notebooks and data into the wheel, as `mlpipe/files`. All else stands in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCourse(build_py):
    """An editable install takes lessons, notebooks and data from the checkout, and copies nothing."""

    def run(self):
        """Build the modules, then copy the course's own files beside them."""
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)  # what an earlier build left there would be shipped
        super().run()
        if not self.editable_mode:
            unwanted = shutil.ignore_patterns("__pycache__", ".*")
            for folder in ("data", "lessons", "notebooks"):
                shutil.copytree(folder, Path(self.build_lib, "mlpipe", "files", folder), ignore=unwanted)


setup(cmdclass={"build_py": BuildWithCourse})
