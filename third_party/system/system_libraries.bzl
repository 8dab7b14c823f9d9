"""Libraries that the distribution packages, as targets of one external repository.

A package that is not installed stops the build with its name and the command that installs it.
"""

def _installed(ctx, package):
    status = ctx.execute(["dpkg-query", "--show", "--showformat=${db:Status-Status}", package])
    return status.return_code == 0 and status.stdout == "installed"

def _link_options(ctx, modules, how = []):
    result = ctx.execute(["pkg-config", "--libs"] + how + modules)
    if result.return_code != 0:
        fail("pkg-config does not know {}:\n{}".format(" ".join(modules), result.stderr))
    return [option for option in result.stdout.strip().split(" ") if option.startswith("-l")]

def _matches(name, pattern):
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern

def _release_link_options(ctx, name, modules):
    """Like _link_options, with the archives of what a release has inside, and of all that they need."""
    options = _link_options(ctx, modules, ["--static"])
    options += ["-l" + library for library in ctx.attr.unnamed_needs.get(name, [])]
    return [
        "-l:lib{}.a".format(option[2:]) if any([_matches(option[2:], pattern) for pattern in ctx.attr.inside_release]) else option
        for option in options
    ]

def _include_folders(ctx, name, modules):
    """Links the folders outside the built-in ones to where a target may include from."""
    result = ctx.execute(["pkg-config", "--cflags-only-I"] + modules)
    if result.return_code != 0:
        # Some modules name private ones that are not installed; those need no folder.
        return []
    folders = []
    for option in result.stdout.strip().split(" "):
        if option.startswith("-I"):
            folders.append("{}_include/{}".format(name, len(folders)))
            ctx.symlink(option[2:], folders[-1])
    return folders

def _system_library(ctx, name):
    modules = ctx.attr.modules[name]
    lines = ["    name = \"{}\",".format(name)]
    folders = _include_folders(ctx, name, modules)
    if folders:
        lines.append("    hdrs = glob([\"{}_include/**/*.h\"]),".format(name))
        lines.append("    includes = {},".format(folders))
    shared = _link_options(ctx, modules)
    if any([_matches(option[2:], pattern) for option in shared for pattern in ctx.attr.inside_release]):
        lines.append("    linkopts = select({{\"{}\": {}, \"//conditions:default\": {}}}),".format(
            "@mailstrom//third_party/system:release",
            _release_link_options(ctx, name, modules),
            shared,
        ))
    else:
        lines.append("    linkopts = {},".format(shared))
    return "\n".join(["cc_library("] + lines + [")"])

def _system_libraries_impl(ctx):
    packages = {package: True for package in ctx.attr.tools + ctx.attr.header_only.values()}
    packages.update({package: True for package in ctx.attr.packages.values()})
    missing = [package for package in packages if not _installed(ctx, package)]
    if missing:
        fail("\n\nMissing Debian packages: {packages}\nInstall them with:\n\n    apt-get install {packages}\n".format(
            packages = " ".join(sorted(missing)),
        ))

    rules = ["package(default_visibility = [\"//visibility:public\"])"]
    for name in ctx.attr.packages:
        rules.append(_system_library(ctx, name))
    for name in ctx.attr.header_only:
        rules.append("cc_library(name = \"{}\")".format(name))
    ctx.file("BUILD.bazel", "\n".join(rules) + "\n", executable = False)

system_libraries = repository_rule(
    implementation = _system_libraries_impl,
    doc = "Targets for installed Debian packages, linked as pkg-config says.",
    attrs = {
        "packages": attr.string_dict(doc = "Target name to the Debian package that provides it."),
        "modules": attr.string_list_dict(doc = "Target name to its pkg-config modules."),
        "header_only": attr.string_dict(doc = "Target name to Debian package, for libraries without an archive."),
        "inside_release": attr.string_list(
            doc = "Libraries that `--config=release` links statically; a star stands for any end.",
        ),
        "unnamed_needs": attr.string_list_dict(
            doc = "Target name to the libraries that its archives need and pkg-config does not tell.",
        ),
        "tools": attr.string_list(doc = "Debian packages that the build runs."),
    },
    configure = True,
    local = True,
)
