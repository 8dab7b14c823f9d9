"""The checks of one client library, in a copy of its sources: checks_test.py LANGUAGE."""

import os
import shutil
import subprocess
import sys
import unittest

_LANGUAGE = sys.argv[1]
_TREE = os.path.join(os.environ["TEST_TMPDIR"], "tree")
_PROGRAM = f"clients/{_LANGUAGE}/check"


def setUpModule():  # noqa: N802
    for folder in ("clients", "proto"):
        # The tools of some languages follow links, out of the tree.
        shutil.copytree(folder, os.path.join(_TREE, folder), symlinks=False)
    shutil.copy("LICENSE", _TREE)
    os.mkdir(os.path.join(_TREE, "home"))


class ChecksTest(unittest.TestCase):
    pass


def _steps():
    listed = subprocess.run([_PROGRAM, "--list"], check=True, capture_output=True, text=True)
    return listed.stdout.split()


def _case(step):
    def run(self):
        environment = {**os.environ, "HOME": os.path.join(_TREE, "home")}
        # The paths of this test's own modules.
        environment.pop("PYTHONPATH")
        done = subprocess.run(
            [_PROGRAM, step],
            cwd=_TREE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        print(done.stdout, flush=True)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])

    return run


for _step in _steps():
    setattr(ChecksTest, f"test_{_step}", _case(_step))
