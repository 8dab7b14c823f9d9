"""Prints what is in the image's file system, as SPDX 2.3 in JSON: sbom.py ROOTFS VERSION LINKED.

The Debian packages are those that base.sh noted in var/lib/dpkg/status.d; our programs are there with their digests. LINKED is
a file with the packages, each `NAME VERSION`, that our programs have parts of inside.
"""

import datetime
import email.parser
import hashlib
import json
import os
import sys
import urllib.parse

_PROGRAMS = ("mailstrom", "mailstrom-store", "mailstromd")


def debian_package(name, version, architecture, supplier):
    locator = f"pkg:deb/debian/{name}@{urllib.parse.quote(version)}?arch={architecture}&distro=debian-12"
    return {
        "SPDXID": f"SPDXRef-debian-{name.replace('+', '-plus')}",
        "name": name,
        "versionInfo": version,
        "supplier": supplier,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        # Of what is in the image as a package: usr/share/doc/NAME/copyright.
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": locator,
            }
        ],
    }


def debian_packages(root):
    """An SPDX package for each Debian package, by name."""
    folder = os.path.join(root, "var/lib/dpkg/status.d")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            fields = email.parser.HeaderParser().parse(file)
        yield debian_package(name, fields["Version"], fields["Architecture"], f"Person: {fields['Maintainer']}")


def linked_packages(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, version = line.split()
            yield debian_package(name, version, "source", "NOASSERTION")


def mailstrom_package(version):
    return {
        "SPDXID": "SPDXRef-mailstrom",
        "name": "mailstrom",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "Apache-2.0",
        "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION",
    }


def program_file(root, name):
    with open(os.path.join(root, "usr/bin", name), "rb") as file:
        data = file.read()
    return {
        "SPDXID": f"SPDXRef-file-{name}",
        "fileName": f"./usr/bin/{name}",
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
            {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()},
        ],
        "licenseConcluded": "Apache-2.0",
        "copyrightText": "NOASSERTION",
    }


def document(root, version, linked, created):
    mailstrom = mailstrom_package(version)
    shared = list(debian_packages(root))
    inside = list(linked_packages(linked))
    packages = [mailstrom, *shared, *inside]
    files = [program_file(root, name) for name in _PROGRAMS]
    content = hashlib.sha256(json.dumps([packages, files]).encode()).hexdigest()

    def relation(subject, kind, thing):
        return {"spdxElementId": subject, "relationshipType": kind, "relatedSpdxElement": thing["SPDXID"]}

    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"mailstrom-{version}",
        "documentNamespace": f"https://github.com/mailstrom/mailstrom/sbom/{version}/{content}",
        "creationInfo": {"created": created, "creators": ["Tool: mailstrom-sbom"]},
        "packages": packages,
        "files": files,
        "relationships": [relation("SPDXRef-DOCUMENT", "DESCRIBES", mailstrom)]
        + [relation("SPDXRef-mailstrom", "CONTAINS", file) for file in files]
        + [relation("SPDXRef-mailstrom", "DEPENDS_ON", package) for package in shared]
        + [relation("SPDXRef-mailstrom", "STATIC_LINK", package) for package in inside],
    }


def main():
    root, version, linked = sys.argv[1:]
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    zone = datetime.timezone.utc
    now = datetime.datetime.fromtimestamp(int(seconds), zone) if seconds else datetime.datetime.now(zone)
    json.dump(document(root, version, linked, now.strftime("%Y-%m-%dT%H:%M:%SZ")), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
