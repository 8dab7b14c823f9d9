"""The Bazel targets of a client library that its own language's tools build and check."""

load("//tests/python:python_test.bzl", "python_test")

def _sdk_impl(ctx):
    out = ctx.actions.declare_directory(ctx.label.name)
    manifest = ctx.actions.declare_file(ctx.label.name + ".sources")
    ctx.actions.write(manifest, "".join([file.path + "\n" for file in ctx.files.srcs]))
    ctx.actions.run(
        executable = ctx.executable._run_in_copy,
        arguments = [manifest.path, "clients/{}/build".format(ctx.attr.language), out.path],
        inputs = ctx.files.srcs + [manifest],
        outputs = [out],
        mnemonic = "ClientLibrary",
        progress_message = "Building the client library for %s" % ctx.attr.language,
        # The tools keep their own caches beside the packages that clients/fetch downloaded.
        execution_requirements = {"no-sandbox": "1", "no-remote": "1"},
        use_default_shell_env = True,
    )
    return DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))

_sdk = rule(
    implementation = _sdk_impl,
    attrs = {
        "language": attr.string(mandatory = True),
        "srcs": attr.label_list(allow_files = True),
        "_run_in_copy": attr.label(
            default = "//clients:run_in_copy",
            allow_single_file = True,
            cfg = "host",
            executable = True,
        ),
    },
)

def client_checks(language, srcs):
    """A test of what `clients/LANGUAGE/check` checks, each step a case of its own.

    Args:
      language: the folder of the library.
      srcs: all its files.
    """
    native.filegroup(
        name = "srcs",
        srcs = srcs + ["//clients:shared"],
        visibility = [
            "//clients:__subpackages__",
            "//tests/end_to_end:__pkg__",
        ],
    )
    python_test(
        name = "checks_test",
        size = "large",
        args = [language],
        data = [":srcs"],
        main = "//clients:checks_test.py",
        # As for building.
        tags = ["no-sandbox"],
    )

def client_sdk(language, srcs):
    """The library as built by `clients/LANGUAGE/build`, for //clients/conformance, and its checks.

    Args:
      language: the folder of the library.
      srcs: all its files.
    """
    client_checks(language, srcs)
    _sdk(
        name = "sdk",
        language = language,
        srcs = [":srcs"],
        visibility = [
            "//clients/conformance:__pkg__",
            "//tests/end_to_end:__pkg__",
        ],
    )
