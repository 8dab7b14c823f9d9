"""Tests of mailstromd with real mail and DNS servers around it."""

load("//tests/python:python_test.bzl", "python_test")

def end_to_end_test(name, size = "medium", tags = [], files = [], data = []):
    """The cases of NAME.py, with paths of mailstromd, mailstrom and `files` as arguments.

    Args:
      name: the test, and its file without `.py`.
      size: as for any test.
      tags: as for any test.
      files: labels of other files that the cases open.
      data: labels of what they find by its path in the source tree.
    """
    python_test(
        name = name,
        size = size,
        srcs = [":harness"],
        args = [
            "$(location //server:mailstromd)",
            "$(location //clients/cli:mailstrom)",
        ] + ["$(location {})".format(file) for file in files],
        data = [
            ":stubs",
            "//clients/cli:mailstrom",
            "//server:mailstromd",
        ] + files + data,
        imports = [native.package_name() + "/stubs"],
        isolated = True,
        main = name + ".py",
        tags = tags,
    )
