"""C++ code from .proto files, by the distribution's protoc."""

def cc_proto(name, srcs, deps = [], grpc = False, strip_prefix = "", **kwargs):
    """A cc_library with the messages of `srcs` and, with `grpc`, their services.

    Args:
      name: the library.
      srcs: .proto files of this package.
      deps: other cc_proto libraries that they import.
      grpc: whether to generate services (and their mock-free stubs) too.
      strip_prefix: the import root relative to the workspace: "." or this package.
      **kwargs: passed on to the library.
    """
    package = native.package_name()
    root = strip_prefix or "."
    suffixes = [".pb.h", ".pb.cc"] + ([".grpc.pb.h", ".grpc.pb.cc"] if grpc else [])
    outs = [src[:-len(".proto")] + suffix for src in srcs for suffix in suffixes]
    out_root = "$(RULEDIR)" if root == package else "$(GENDIR)"
    command = "protoc -I{root} --cpp_out={out}".format(root = root, out = out_root)
    if grpc:
        command += " --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out={}".format(out_root)
    native.filegroup(
        name = name + "_srcs",
        srcs = srcs + [dep + "_srcs" for dep in deps],
        visibility = kwargs.get("visibility"),
    )
    native.genrule(
        name = name + "_generate",
        srcs = [":" + name + "_srcs"],
        outs = outs,
        cmd = command + " " + " ".join(["{}/{}".format(package, src) for src in srcs]),
        message = "Generating C++ from",
    )
    native.cc_library(
        name = name,
        srcs = [out for out in outs if out.endswith(".cc")],
        hdrs = [out for out in outs if out.endswith(".h")],
        includes = ["."] if root == package else [],
        deps = deps + ["@system//:protobuf"] + (["@system//:grpc"] if grpc else []),
        **kwargs
    )
