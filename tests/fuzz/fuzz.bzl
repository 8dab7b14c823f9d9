"""Fuzzing by libFuzzer, with a corpus that every test run replays."""

def fuzz_target(name, srcs, corpus, deps):
    """A program that looks for inputs that break `srcs`, and a test that replays those at hand.

    To look for new ones for ten minutes:

        bazel build --config=fuzz //message:mime_parser_fuzz
        bazel-bin/message/mime_parser_fuzz -max_total_time=600 NEW message/mime_parser_corpus

    Args:
      name: the program; the test is `name`_replay_test.
      srcs: the file that defines LLVMFuzzerTestOneInput.
      corpus: the inputs, a list of files.
      deps: as for any program.
    """
    native.cc_binary(
        name = name,
        testonly = True,
        srcs = srcs,
        linkopts = ["-fsanitize=fuzzer"],
        # Of no use without the instrumentation of --config=fuzz.
        tags = ["manual"],
        deps = deps,
    )
    native.cc_test(
        name = name + "_replay_test",
        size = "small",
        srcs = srcs,
        args = ["$(location {})".format(file) for file in corpus],
        data = corpus,
        deps = deps + ["//tests/fuzz:replay_main"],
    )
