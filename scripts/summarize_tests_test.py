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

    def result(self, label, status, **outputs):
        """The event of one test, with the texts of its outputs, such as xml or log."""
        files = []
        for kind, text in outputs.items():
            path = os.path.join(self.directory, f"{label.strip('/:')} x.{kind}")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            files.append({"name": f"test.{kind}", "uri": "file://" + path.replace(" ", "%20")})
        return {
            "id": {"testResult": {"label": label}},
            "testResult": {"status": status, "testActionOutput": files},
        }

    def test_counts_cases(self):
        count = summarize_tests.count_events(
            [
                self.result(
                    "//:a",
                    "FAILED",
                    xml='<testsuites><testsuite><testcase classname="S" name="good"/>'
                    '<testcase classname="S" name="bad"><failure/></testcase>'
                    '<testcase classname="S" name="off" status="notrun"/></testsuite></testsuites>',
                ),
                self.result("//:b", "PASSED", xml='<testsuite><testcase name="b"/></testsuite>'),
            ]
        )
        self.assertEqual((count.passed, count.skipped), (2, 1))
        self.assertEqual(count.failed, ["//:a S.bad"])

    def test_a_target_that_died_counts_as_failed(self):
        for outputs in ({}, {"xml": "<testsuite>"}, {"xml": "<testsuite><testcase name='a'/></testsuite>"}):
            count = summarize_tests.count_events([self.result("//:a", "TIMEOUT", **outputs)])
            self.assertEqual(count.failed, ["//:a (TIMEOUT)"])

    def test_a_target_that_was_not_built_counts_as_failed(self):
        failed = {"id": {"targetCompleted": {"label": "//:lib"}}, "completed": {}}
        built = {"id": {"targetCompleted": {"label": "//:x"}}, "completed": {"success": True}}
        count = summarize_tests.count_events([failed, built])
        self.assertEqual(count.failed, ["//:lib (not built)"])

    def test_notes_are_repeated(self):
        count = summarize_tests.count_events([self.result("//:a", "PASSED", log="x\nNOTE: 3 lost\ny NOTE: z\n")])
        self.assertEqual(count.notes, ["//:a: 3 lost"])
        self.assertEqual(count.logs, {})

    def test_end_of_a_failed_log_is_kept(self):
        log = "".join(f"line {i}\n" for i in range(1000))
        count = summarize_tests.count_events([self.result("//:a", "FAILED", log=log)])
        self.assertTrue(count.logs["//:a"].endswith("line 998\nline 999\n"))
        self.assertNotIn("line 1\n", count.logs["//:a"])


if __name__ == "__main__":
    unittest.main()
