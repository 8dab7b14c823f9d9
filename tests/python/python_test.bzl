"""Tests in Python, run by the distribution's interpreter and its packages."""

def python_test(name, main, srcs = [], data = [], args = [], imports = [], isolated = False, tags = [], **kwargs):
    """A test program made of unittest cases; each case is counted on its own.

    Args:
      name: the test.
      main: the file with the cases.
      srcs: other Python files.
      data: what the cases open or run.
      args: passed to the cases in sys.argv[1:].
      imports: folders to import from, relative to the workspace; this package always is one.
      isolated: gives the test network, process and mount namespaces of its own, with only
        a loopback interface, so that it may use any port and all its processes end with it,
        and in $TEST_SCRATCH a directory in memory that every user may enter. Needs root.
      tags: as for any test.
      **kwargs: as for any test.
    """
    package = native.package_name()
    options = ["--import=" + folder for folder in [package] + imports]
    native.sh_test(
        name = name,
        srcs = ["//tests/python:run_python_test.sh"],
        args = (["--isolated"] if isolated else []) + options + ["$(location {})".format(main)] + args,
        data = [main, "//tests/python:unittest_xml.py"] + srcs + data,
        # A sandbox leaves no right to make namespaces.
        tags = tags + (["local"] if isolated else []),
        **kwargs
    )
