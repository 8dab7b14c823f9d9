"""Mail servers of packages that conflict with Postfix, so that they are unpacked and not installed."""

import os
import shlex

from harness import processes

# Where scripts/install-packages puts them.
_PACKAGES = "/var/cache/mailstrom/unpacked"


def path(package, name):
    """The path of a file of the package."""
    found = os.path.join(_PACKAGES, package, name)
    if not os.path.exists(found):
        raise RuntimeError(f"{found} is missing; scripts/install-packages brings it")
    return found


def spawn(command, directory, users, mounts, log_path):
    """Starts a server that believes to be installed.

    The server alone sees `users`, a dict of names and numbers of users that have a group of the same
    name and number, and directories of `mounts`, a dict of system paths and of what is to be there.
    `directory` keeps files for that.
    """
    lines = ["set -e"]
    for file, entry in (("passwd", "{name}:x:{id}:{id}::/nonexistent:/bin/false"), ("group", "{name}:x:{id}:")):
        copy = os.path.join(directory, file)
        with open(f"/etc/{file}", encoding="utf-8") as original, open(copy, "w", encoding="utf-8") as own:
            own.write(original.read())
            own.writelines(entry.format(name=name, id=number) + "\n" for name, number in users.items())
        lines.append(shlex.join(["mount", "--bind", copy, f"/etc/{file}"]))
    lines += [shlex.join(["mount", "--bind", source, target]) for target, source in mounts.items()]
    lines.append(shlex.join(["exec", *command]))
    return processes.spawn(["unshare", "--mount", "bash", "-c", "\n".join(lines)], log_path)
