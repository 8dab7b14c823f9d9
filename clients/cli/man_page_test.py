"""The manual page: complete, and without a warning of the formatters."""

import json
import os
import re
import subprocess
import sys
import unittest

_PAGE = sys.argv[1]
_MAILSTROM = os.path.abspath(sys.argv[2])


def _run(*words):
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


class ManPageTest(unittest.TestCase):
    def test_mandoc_finds_nothing_to_say(self):
        checked = _run("mandoc", "-T", "lint", "-W", "style", _PAGE)
        self.assertEqual(checked.stdout + checked.stderr, "")

    def test_groff_warns_of_nothing(self):
        formatted = _run("groff", "-man", "-ww", "-T", "utf8", _PAGE)
        self.assertEqual(formatted.stderr, "")
        self.assertEqual(formatted.returncode, 0)

    def test_names_every_command_and_option(self):
        text = _run("mandoc", "-T", "ascii", _PAGE).stdout
        text = re.sub(".\b", "", text)
        for line in _run(_MAILSTROM, "help", "--json").stdout.splitlines():
            command = json.loads(line)
            self.assertIn(command["name"], text)
            for option in command["options"]:
                self.assertIn(option, text)


class VersionTest(unittest.TestCase):
    def test_is_that_of_all_clients(self):
        with open("clients/VERSION", encoding="utf-8") as file:
            version = file.read().strip()
        shown = json.loads(_run(_MAILSTROM, "version", "--json").stdout)
        self.assertEqual(shown, {"version": version})
        with open(_PAGE, encoding="utf-8") as file:
            self.assertIn(f'"mailstrom {version}"', file.readline())


if __name__ == "__main__":
    unittest.main()
