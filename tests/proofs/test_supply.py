"""What keyward consists of, and how it is built: the bill of materials, the protections in the program, the same bytes twice."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("KEYWARD_BUILD", ROOT / "build" / "dev" / "bin")).resolve()
BUILD = PROGRAMS.parent
PERMISSIVE = {"BSL-1.0", "BSD-3-Clause", "curl", "MIT", "Apache-2.0"}
RUNTIME = {"libc6", "libgcc-s1", "libstdc++6"}  # of the system and the compiler, whose licences let any program be linked


def sbom(program, *options):
    command = [sys.executable, ROOT / "scripts" / "sbom.py", program, BUILD, *options]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600"})


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The program as it is packed."""
    path = tmp_path_factory.mktemp("packed") / "keyward"
    subprocess.run(["strip", "-o", path, PROGRAMS / "keyward"], check=True)
    return path


@pytest.fixture(scope="module")
def document(packed):
    made = sbom(packed)
    assert made.returncode == 0, made.stderr
    return made.stdout


def related(document, kind):
    names = {package["SPDXID"]: package for package in document["packages"]}
    return [names[one["relatedSpdxElement"]] for one in document["relationships"] if one["relationshipType"] == kind and one["spdxElementId"] == "SPDXRef-keyward"]


def test_the_bill_of_materials_is_valid_and_complete(packed, document, tmp_path, show):
    path = tmp_path / "sbom.spdx.json"
    path.write_text(document)
    complaints = validate_full_spdx_document(parse_file(str(path)))
    assert not complaints, complaints
    said = json.loads(document)
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", subprocess.run(["readelf", "-d", "-W", packed], check=True, capture_output=True, text=True).stdout)
    loaded = [package["name"] for package in related(said, "DYNAMIC_LINK")]
    # One package may hold two of the libraries.
    assert 8 <= len(loaded) <= len(needed)
    headers = [one["spdxElementId"] for one in said["relationships"] if one["relationshipType"] == "BUILD_DEPENDENCY_OF"]
    for name in ("libboost1.81-dev", "libcli11-dev", "libkainjow-mustache-dev"):  # in no list of libraries, and yet in the program
        assert f"SPDXRef-Headers-{name}" in headers
    assert sbom(packed).stdout == document
    show(f"SPDX 2.3, {len(said['packages'])} packages: {len(headers)} compiled in, {len(loaded)} linked, 0 complaints of spdx-tools")


def test_nothing_copyleft_is_linked(document, show):
    said = json.loads(document)
    linked = {package["name"]: package["licenseConcluded"] for package in related(said, "DYNAMIC_LINK") if package["name"] not in RUNTIME}
    compiled = {p["name"]: p["licenseConcluded"] for p in said["packages"] if "-Headers-" in p["SPDXID"]}
    assert linked and compiled
    assert set(linked.values()) | set(compiled.values()) <= PERMISSIVE, linked | compiled
    show(f"licences of what is compiled in or linked: {', '.join(sorted(set(linked.values()) | set(compiled.values())))}")


def test_a_library_that_nobody_looked_at_is_an_error():
    made = sbom("/usr/bin/cmake")  # links other libraries than keyward
    assert made.returncode == 1
    assert "is linked: look at the licence" in made.stderr


def test_the_notices_hold_the_licences_that_ask_for_it(packed):
    text = sbom(packed, "--notices").stdout
    for holder in ("University of Cincinnati", "Gabi Melman", "Victor Zverovich", "Jesse Beder", "Arseny Kapoulkine"):
        assert holder in text, holder


def hardening(program):
    ended = subprocess.run([sys.executable, ROOT / "scripts" / "hardening.py", program], capture_output=True, text=True)
    lines = re.findall(r"^(yes|NO)\s+(.*?)\s{2,}", ended.stdout, re.MULTILINE)
    missing = {name for there, name in lines if there == "NO"}
    assert ended.returncode == (1 if missing else 0), ended.stderr
    return [name for _, name in lines], missing


PROGRAM = """
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>
#define TEN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define FUNCTION(N) __attribute__((noinline)) static int f##N(const char* s) { char b[64]; std::strcpy(b, s); return b[N] + std::printf("%s", b); }
TEN(FUNCTION)
template <int N> __attribute__((noinline)) int g(const char* s) { volatile char b[32]; b[N % 32] = s[0]; return b[N % 32]; }
using F = int (*)(const char*);
template <int... N> constexpr auto all(std::integer_sequence<int, N...>) { return std::vector<F>{&g<N>...}; }
int main(int count, char** arguments) {
  char large[100000];
  std::strncpy(large, arguments[0], sizeof large - 1);
  F some[] = {f0, f1, f2, f3, f4, f5, f6, f7, f8, f9};
  auto more = all(std::make_integer_sequence<int, 200>());
  return some[count % 10](arguments[0]) + more[count](large) + large[count];
}
"""


def test_missing_protections_are_seen(tmp_path, show):
    source = tmp_path / "program.cpp"
    source.write_text(PROGRAM)
    presets = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
    (release,) = [preset["cacheVariables"] for preset in presets if preset["name"] == "release"]
    asked = [*release["CMAKE_CXX_FLAGS"].split(), *release["CMAKE_EXE_LINKER_FLAGS"].split()]
    common = ["clang++-19", "-std=c++20", "-O2", "-fuse-ld=lld-19", source]
    subprocess.run([*common, "-fPIE", *asked, "-o", tmp_path / "with"], check=True)
    bare = ["-no-pie", "-fno-stack-protector", "-g", "-Wl,-z,execstack,-z,lazy,-z,norelro,-rpath,/tmp"]
    subprocess.run([*common, *bare, "-o", tmp_path / "without"], check=True)
    names, missing = hardening(tmp_path / "with")
    assert not missing
    _, missing = hardening(tmp_path / "without")
    # No linker of today makes these two any more.
    assert set(names) - missing == {"nothing both writable and executable", "code needs no relocation"}
    show(f"{len(names)} protections looked for; in a program built without them {len(missing)} are missed, in one with the flags of preset release none")


@pytest.fixture(scope="module")
def released():
    """The program of preset release, built when it is not there or older than its sources: a plain ./check does not make it."""
    command = ["bash", "-c", ". scripts/common.sh && build release keyward"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert ended.returncode == 0, f"preset release does not build; scripts/package.sh builds it, too:\n{ended.stdout[-4000:]}{ended.stderr[-2000:]}"
    return ROOT / "build" / "release" / "bin" / "keyward"


@pytest.mark.full
def test_the_program_has_every_protection(released, show):
    names, missing = hardening(released)
    assert not missing
    show(f"{len(names)} protections looked for in build/release/bin/keyward, 0 missing")


@pytest.mark.full
def test_two_builds_make_the_same_bytes(show):
    ended = subprocess.run([ROOT / "scripts" / "reproducible.sh"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    show("\n".join(ended.stdout.strip().splitlines()[-2:]))
