"""Every scenario in every language: conformance_test.py MAILSTROMD LANGUAGE=SDK...

SDK is the folder that the language's library was built into. The cases of a language are one class; in
the end comes a table of all.
"""

import os
import sys
import time
import unittest

import scenarios
from lab import Lab, World

_MAILSTROMD = os.path.abspath(sys.argv[1])
_SDKS = dict(argument.split("=") for argument in sys.argv[2:])

# Language and scenario to what became of it.
_outcomes = {}


class _Conformance(unittest.TestCase):
    language = None
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.world = World(cls.language, os.path.abspath(_SDKS[cls.language]), _MAILSTROMD)
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()

    def play(self, scenario):
        key = self.language, scenario.__name__
        _outcomes[key] = "FAILED"
        if not self.world.server.is_running():
            # An earlier scenario failed in the middle.
            self.world.server.start()
        lab = Lab(self.world, self, scenario.__name__)
        begin = time.monotonic()
        try:
            scenario(lab)
        except BaseException:
            print(f"--- before {scenario.__name__} failed in {self.language}:\n{lab.explain()}", flush=True)
            raise
        _outcomes[key] = f"ok {time.monotonic() - begin:.1f} s"


def _case(scenario):
    return lambda self: self.play(scenario)


def _class(language):
    cases = {f"test_{scenario.__name__}": _case(scenario) for scenario in scenarios.ALL}
    return type(language, (_Conformance,), {"language": language, **cases})


for _language in _SDKS:
    globals()[_language] = _class(_language)


def tearDownModule():  # noqa: N802
    """Prints the table; lines with NOTE reach the end of ./test."""
    header = ["scenario", *_SDKS]
    rows = [header, ["-" * len(name) for name in header]]
    for scenario in scenarios.ALL:
        name = scenario.__name__
        rows.append([name, *(_outcomes.get((language, name), "-") for language in _SDKS)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        print("NOTE: | " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
    sys.stdout.flush()
