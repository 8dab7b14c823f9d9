"""Runs the unittest cases of one file and reports each of them in Bazel's test.xml.

unittest_xml.py TEST_FILE [ARGUMENT]...: the cases find the arguments in sys.argv[1:].
"""

import importlib.util
import os
import sys
import time
import traceback
import unittest
import xml.etree.ElementTree as ElementTree

# What XML 1.0 cannot hold.
_FORBIDDEN = {code: "?" for code in range(32) if chr(code) not in "\t\n\r"}


class XmlResult(unittest.TextTestResult):
    """Prints as usual, and collects one <testcase> for each case."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.suite = ElementTree.Element("testsuite", name="unittest")
        self._started = time.monotonic()

    def startTest(self, test):
        self._started = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._add(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._add(test, "failure", err)

    def addError(self, test, err):
        super().addError(test, err)
        self._add(test, "error", err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        ElementTree.SubElement(self._add(test), "skipped", message=reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._add(subtest, "failure", err)

    def _add(self, test, outcome=None, err=None):
        class_name, _, name = test.id().rpartition(".")
        case = ElementTree.SubElement(
            self.suite,
            "testcase",
            classname=class_name.rpartition(".")[2],
            name=name,
            time=f"{time.monotonic() - self._started:.3f}",
        )
        if outcome:
            text = "".join(traceback.format_exception(*err)).translate(_FORBIDDEN)
            ElementTree.SubElement(case, outcome, message=str(err[1])[:200].translate(_FORBIDDEN)).text = text
        return case


def load_module(path):
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def main():
    del sys.argv[0]
    suite = unittest.defaultTestLoader.loadTestsFromModule(load_module(sys.argv[0]))
    only = os.environ.get("TESTBRIDGE_TEST_ONLY")
    if only:
        suite = unittest.TestSuite(case for case in flatten(suite) if only in case.id())
    result = unittest.TextTestRunner(resultclass=XmlResult, verbosity=2).run(suite)
    path = os.environ.get("XML_OUTPUT_FILE")
    if path:
        ElementTree.ElementTree(result.suite).write(path, encoding="utf-8", xml_declaration=True)
    return 0 if result.wasSuccessful() and result.testsRun else 1


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


if __name__ == "__main__":
    sys.exit(main())
