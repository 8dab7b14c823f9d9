"""Every scenario in every language: conformance_test.py MAILSTROMD LANGUAGE[_VARIANT]=SDK...

SDK is the folder that the language's library was built into. A variant is another interface of the same library
with a driver of its own, `driver_VARIANT`. The cases of each are one class; in the end comes a table of all.
"""

import os
import sys
import time
import unittest

import scenarios
from lab import Lab, World

_MAILSTROMD = os.path.abspath(sys.argv[1])
# Column of the table to folder.
_SDKS = dict(argument.split("=") for argument in sys.argv[2:])

# Column and scenario to what became of it.
_outcomes = {}


class _Conformance(unittest.TestCase):
    column = None
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        language, _, variant = cls.column.partition("_")
        driver = f"driver_{variant}" if variant else "driver"
        cls.world = World(language, driver, os.path.abspath(_SDKS[cls.column]), _MAILSTROMD)
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()

    def play(self, scenario):
        key = self.column, scenario.__name__
        _outcomes[key] = "FAILED"
        if not self.world.server.is_running():
            # An earlier scenario failed in the middle.
            self.world.server.start()
        lab = Lab(self.world, self, scenario.__name__)
        begin = time.monotonic()
        try:
            scenario(lab)
        except BaseException:
            print(f"--- before {scenario.__name__} failed in {self.column}:\n{lab.explain()}", flush=True)
            raise
        _outcomes[key] = f"ok {time.monotonic() - begin:.1f} s"


def _case(scenario):
    return lambda self: self.play(scenario)


def _class(column):
    # The whole projects show the language, not one of its interfaces.
    wanted = [each for each in scenarios.ALL if "_" not in column or each not in scenarios.WHOLE_PROJECTS]
    cases = {f"test_{scenario.__name__}": _case(scenario) for scenario in wanted}
    return type(column, (_Conformance,), {"column": column, **cases})


for _column in _SDKS:
    globals()[_column] = _class(_column)


def tearDownModule():  # noqa: N802
    """Prints the table; lines with NOTE reach the end of ./test."""
    header = ["scenario", *_SDKS]
    rows = [header, ["-" * len(name) for name in header]]
    for scenario in scenarios.ALL:
        name = scenario.__name__
        rows.append([name, *(_outcomes.get((column, name), "-") for column in _SDKS)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        print("NOTE: | " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
    sys.stdout.flush()
