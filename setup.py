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
            files = Path(self.build_lib, "mlpipe", "files")
            for folder in ("data", "docs", "lessons", "notebooks"):
                shutil.copytree(folder, files / folder, ignore=unwanted)
            shutil.copy("INSTRUCTING.md", files)  # a page of the site


setup(cmdclass={"build_py": BuildWithCourse})
