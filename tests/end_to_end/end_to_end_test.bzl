"""Tests of mailstromd with real mail and DNS servers around it."""

load("//tests/python:python_test.bzl", "python_test")

def end_to_end_test(name, size = "medium", tags = []):
    """The cases of NAME.py, with paths of mailstromd and mailstrom as arguments.

    Args:
      name: the test, and its file without `.py`.
      size: as for any test.
      tags: as for any test.
    """
    python_test(
        name = name,
        size = size,
        srcs = [":harness"],
        args = [
            "$(location //server:mailstromd)",
            "$(location //clients/cli:mailstrom)",
        ],
        data = [
            ":stubs",
            "//clients/cli:mailstrom",
            "//server:mailstromd",
        ],
        imports = [native.package_name() + "/stubs"],
        isolated = True,
        main = name + ".py",
        tags = tags,
    )
