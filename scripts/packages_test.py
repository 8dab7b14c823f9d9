"""The package list for building must hold every package that the build refuses to start without."""

import unittest


def packages_of_workspace():
    """Reads WORKSPACE, whose language is a part of Python, with its rules replaced."""
    named = set()

    def system_libraries(packages, header_only, tools, **_):
        named.update(packages.values(), header_only.values(), tools)

    class Rules(dict):
        def __missing__(self, _):
            return lambda *args, **kwargs: None

    with open("WORKSPACE", encoding="utf-8") as file:
        exec(compile(file.read(), "WORKSPACE", "exec"), Rules(system_libraries=system_libraries))
    return named


def packages_of_list(path):
    with open(path, encoding="utf-8") as file:
        return {word for line in file for word in line.split("#")[0].split()}


class PackagesTest(unittest.TestCase):
    def test_list_holds_all_that_workspace_names(self):
        named = packages_of_workspace()
        self.assertIn("libabsl-dev", named)
        self.assertEqual(named - packages_of_list("scripts/packages/build"), set())


if __name__ == "__main__":
    unittest.main()
