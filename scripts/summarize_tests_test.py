"""Counting test cases from build events."""

import os
import tempfile
import unittest

import summarize_tests


class SummarizeTestsTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def result(self, label, status, xml=None):
        event = {"id": {"testResult": {"label": label}}, "testResult": {"status": status}}
        if xml is not None:
            path = os.path.join(self.directory, label.strip("/:") + " x.xml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(xml)
            output = {"name": "test.xml", "uri": "file://" + path.replace(" ", "%20")}
            event["testResult"]["testActionOutput"] = [output]
        return event

    def test_counts_cases(self):
        count = summarize_tests.count_events(
            [
                self.result(
                    "//:a",
                    "FAILED",
                    '<testsuites><testsuite><testcase classname="S" name="good"/>'
                    '<testcase classname="S" name="bad"><failure/></testcase>'
                    '<testcase classname="S" name="off" status="notrun"/></testsuite></testsuites>',
                ),
                self.result("//:b", "PASSED", '<testsuite><testcase name="b"/></testsuite>'),
            ]
        )
        self.assertEqual((count.passed, count.skipped), (2, 1))
        self.assertEqual(count.failed, ["//:a S.bad"])

    def test_a_target_that_died_counts_as_failed(self):
        for xml in (None, "<testsuite>", "<testsuite><testcase name='a'/></testsuite>"):
            count = summarize_tests.count_events([self.result("//:a", "TIMEOUT", xml)])
            self.assertEqual(count.failed, ["//:a (TIMEOUT)"])

    def test_a_target_that_was_not_built_counts_as_failed(self):
        failed = {"id": {"targetCompleted": {"label": "//:lib"}}, "completed": {}}
        built = {"id": {"targetCompleted": {"label": "//:x"}}, "completed": {"success": True}}
        count = summarize_tests.count_events([failed, built])
        self.assertEqual(count.failed, ["//:lib (not built)"])


if __name__ == "__main__":
    unittest.main()
