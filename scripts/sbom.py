#!/usr/bin/env python3
"""Says what a built keyward consists of: an SPDX 2.3 document, or the notices of the libraries whose code is in it.

    scripts/sbom.py PROGRAM BUILD-FOLDER [--notices] [-o FILE]

What is compiled in is taken from the headers that the build read, what is loaded from the program's own list of libraries and theirs. A header or
a library that PARTS does not know is an error: it has to be looked at first (docs/dependencies.md). The time in it is SOURCE_DATE_EPOCH, else that
of the last commit; the same build gives the same bytes. For Debian, whose packages are named with their versions.
"""

import argparse
import datetime
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Licences of all that keyward includes or links: by the Debian package whose headers the build reads.
PARTS = {
    "libboost1.81-dev": ("Boost", "BSL-1.0"),
    "libcli11-dev": ("CLI11", "BSD-3-Clause"),
    "libcurl4-openssl-dev": ("libcurl", "curl"),
    "libfmt-dev": ("fmt", "MIT"),
    "libkainjow-mustache-dev": ("kainjow Mustache", "BSL-1.0"),
    "libpugixml-dev": ("pugixml", "MIT"),
    "libspdlog-dev": ("spdlog", "MIT"),
    "libssl-dev": ("OpenSSL", "Apache-2.0"),
    "libyaml-cpp-dev": ("yaml-cpp", "MIT"),
}
# Of the libraries that keyward itself names; what those need in turn is of the system.
LOADED = {
    "libboost-container1.81.0": "BSL-1.0",
    "libboost-json1.81.0": "BSL-1.0",
    "libcurl4": "curl",
    "libfmt9": "MIT",
    "libpugixml1v5": "MIT",
    "libspdlog1.10": "MIT",
    "libssl3": "Apache-2.0",
    "libyaml-cpp0.7": "MIT",
    # Of the compiler and the system; the runtime library exception lets any program be linked with the first two.
    "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libc6": "LGPL-2.1-or-later",
}
# Headers of the compiler and the C library leave code in every program; the licences allow it, and no notice is asked for.
TOOLCHAIN = re.compile(r"libc6-dev|libcrypt-dev|linux-libc-dev|libstdc\+\+-\d+-dev|libgcc-\d+-dev|libclang-common-\d+-dev|libclang-\d+-dev")


class Unknown(Exception):
    """Something is part of the program that nobody has looked at."""


def printed(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@functools.cache
def package_fields(package):
    architecture, version, homepage = printed("dpkg-query", "-W", "-f", "${Architecture}\t${Version}\t${Homepage}\n", package).splitlines()[0].split("\t")
    return architecture, version, homepage


def packages_of(paths):
    """Debian's packages of files, which it may know by a name below /lib or below /usr/lib."""
    wanted = {}
    for path in paths:
        real = os.path.realpath(path)
        wanted[path] = {path, real, real.removeprefix("/usr"), "/usr" + path}
    names = sorted(set().union(*wanted.values()))
    found = {}
    answer = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True).stdout
    for line in answer.splitlines():
        owners, separator, path = line.partition(": ")
        if separator:
            found[path] = owners.split(", ")[0].partition(":")[0]
    owned = {}
    for path, same in wanted.items():
        owners = {found[name] for name in same if name in found}
        if not owners:
            raise Unknown(f"{path} is of no Debian package")
        owned[path] = min(owners)
    return owned


def headers_read(build):
    """The headers outside of the repository that the program's own files were compiled with."""
    headers = set()
    ours = False
    # -n: only look; this may run inside of the build.
    for line in printed("ninja", "-n", "-C", str(build), "-t", "deps").splitlines():
        if line.startswith("    "):
            path = os.path.normpath(os.path.join(build, line.strip()))
            if ours and path.startswith("/usr/"):
                headers.add(path)
        elif line:
            ours = not line.startswith(("tests/", "benchmarks/", "sandbox/"))
    if not headers:
        raise Unknown(f"{build} knows no headers: build the program there with Ninja first")
    return headers


def compiled_in(build):
    packages = set(packages_of(headers_read(build)).values())
    unknown = sorted(package for package in packages if package not in PARTS and not TOOLCHAIN.fullmatch(package))
    if unknown:
        raise Unknown(f"headers of {', '.join(unknown)} are compiled in: look at the licence and name it in scripts/sbom.py")
    return sorted(packages & PARTS.keys())


def needed(path):
    """The libraries that a file of ELF names."""
    return re.findall(r"\(NEEDED\).*\[(.+)\]", printed("readelf", "-d", "-W", path))


def libraries(program):
    """Paths of everything that is loaded, by name; and who asks for what."""
    paths = {}
    for line in printed("ldd", program).splitlines():
        name, _, path = line.strip().partition(" => ")
        found = re.match(r"(/\S+)", path or name)
        if found:
            paths[os.path.basename(name.split(" (")[0])] = found[1]
        elif "not found" in line:
            raise Unknown(f"{name} is not installed")
    graph = {"": [name for name in needed(program) if name in paths]}
    for name, path in paths.items():
        graph[name] = [other for other in needed(path) if other in paths]
    return paths, graph


def identifier(package, kind):
    return f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]", "-", package)


def licences_named(package):
    """What Debian's copyright file, where machines can read it, names."""
    text = pathlib.Path(f"/usr/share/doc/{package}/copyright")
    if not text.exists():
        return []
    return sorted(set(re.findall(r"^License:[ \t]*(\S.*?)\s*$", text.read_text(errors="replace"), re.MULTILINE)))


def debian_package(package, kind, name, licence, comment):
    architecture, version, homepage = package_fields(package)
    said = {
        "SPDXID": identifier(package, kind),
        "name": name,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        "comment": comment,
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{package.replace('+', '%2B')}@{version.replace('+', '%2B')}?arch={architecture}",
        }],
    }  # fmt: skip
    if homepage:
        said["homepage"] = homepage
    if licence == "NOASSERTION" and licences_named(package):
        said["licenseComments"] = "Debian's copyright file names: " + "; ".join(licences_named(package))
    return said


def time_of_creation():
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        try:
            epoch = printed("git", "-C", str(ROOT), "log", "-1", "--format=%ct")
        except (OSError, subprocess.CalledProcessError):
            epoch = "0"
    return datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def keyward_version():
    return re.search(r"project\(keyward VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]


def document(program, build):
    content = pathlib.Path(program).read_bytes()
    version = keyward_version()
    own = {
        "SPDXID": "SPDXRef-keyward",
        "name": "keyward",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "primaryPackagePurpose": "APPLICATION",
        "licenseConcluded": "Apache-2.0 AND BSD-3-Clause AND BSL-1.0 AND MIT",
        "licenseDeclared": "Apache-2.0",
        "copyrightText": "Copyright 2026 keyward maintainers",
        "checksums": [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()}],
        "comment": "The checksum is of the program without symbols, as it is packed.",
    }
    packages, relations = [own], [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-keyward")]
    for package in compiled_in(build):
        name, licence = PARTS[package]
        packages.append(debian_package(package, "Headers", name, licence, "Its headers are compiled in."))
        relations.append((identifier(package, "Headers"), "BUILD_DEPENDENCY_OF", "SPDXRef-keyward"))
    paths, graph = libraries(program)
    owners = packages_of(paths.values())
    of = {name: owners[path] for name, path in paths.items()}
    direct = {of[name] for name in graph[""]}
    unknown = sorted(direct - LOADED.keys())
    if unknown:
        raise Unknown(f"{', '.join(unknown)} is linked: look at the licence and name it in scripts/sbom.py")
    for package in sorted(set(of.values())):
        licence = LOADED.get(package, "NOASSERTION")
        comment = "Loaded at run time, from the system." if package in direct else "Loaded at run time by another library, from the system."
        packages.append(debian_package(package, "Library", package, licence, comment))
    for package in sorted(direct):
        relations.append(("SPDXRef-keyward", "DYNAMIC_LINK", identifier(package, "Library")))
    asked = {(of[name], of[other]) for name, others in graph.items() if name for other in others}
    for package, other in sorted(pair for pair in asked if pair[0] != pair[1]):
        relations.append((identifier(package, "Library"), "DEPENDS_ON", identifier(other, "Library")))
    body = {
        "packages": packages,
        "relationships": [{"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other} for one, kind, other in relations],
    }
    name = f"keyward-{version}"
    unique = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/{name}-{unique}",
        "creationInfo": {"created": time_of_creation(), "creators": [f"Tool: keyward-sbom-{version}"]},
        **body,
    }


def notices(build):
    yield f"keyward {keyward_version()} is under the Apache License 2.0. It holds code of these libraries:\n"
    for package in compiled_in(build):
        name, licence = PARTS[package]
        version = package_fields(package)[1]
        if licence == "BSL-1.0":
            yield f"{'=' * 78}\n{name} {version}: under the Boost Software License 1.0, which asks for no notice beside machine code.\n"
            continue
        text = pathlib.Path(f"/usr/share/doc/{package}/copyright").read_text(errors="replace").strip()
        yield f"{'=' * 78}\n{name} {version} ({licence}), as its Debian package {package} says:\n\n{text}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="as it is packed: without symbols")
    parser.add_argument("build", help="the folder that Ninja built it in")
    parser.add_argument("--notices", action="store_true", help="the notices of what is compiled in, as text")
    parser.add_argument("-o", "--output", help="else standard output")
    options = parser.parse_args()
    try:
        if options.notices:
            text = "\n".join(notices(options.build))
        else:
            text = json.dumps(document(options.program, options.build), indent=2) + "\n"
    except Unknown as error:
        print(f"sbom.py: {error}", file=sys.stderr)
        return 1
    if options.output:
        pathlib.Path(options.output).write_text(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
