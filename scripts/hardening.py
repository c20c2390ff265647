#!/usr/bin/env python3
"""Looks in a program for the protections that the preset release asks the compiler and linker for.

    scripts/hardening.py PROGRAM

One line for each protection; exit code 1 when one is missing. It reads the file, not the flags: what a linker dropped is missing.
"""

import argparse
import re
import subprocess
import sys

# What may not be called where glibc has a checked twin, when the compiler knows the size of the target. Calls whose size it
# cannot know stay as they are, so only that checked ones are there can be asked for.
CHECKED = re.compile(r"\b__(?:mem|str|sn?printf|v?s?n?printf|read|recv|poll|realpath|longjmp|explicit_bzero|fdelt)\w*_chk\b")


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], check=True, capture_output=True, text=True).stdout


def code_of(program):
    return subprocess.run(["objdump", "-d", "--no-show-raw-insn", "--section=.text", program], check=True, capture_output=True, text=True).stdout


def protections(program):
    """Name, whether it is there, and what was seen."""
    header, segments, dynamic = readelf("-h", program), readelf("-l", program), readelf("-d", program)
    symbols, sections, notes = readelf("--dyn-syms", program), readelf("-S", program), readelf("-n", program)
    flags = " ".join(re.findall(r"\((?:FLAGS|FLAGS_1)\)\s+(.*)", dynamic))
    yield "position independent (PIE)", "DYN (" in header and "PIE" in flags, "type DYN, flag PIE"
    yield "relocations read-only (RELRO)", "GNU_RELRO" in segments, "segment GNU_RELRO"
    yield "all symbols bound at the start (NOW)", "NOW" in flags, f"flags {flags.strip() or 'none'}"
    stack = re.search(r"GNU_STACK\s+(?:0x\S+\s+){5}(\S+)", segments)
    yield "stack not executable (NX)", stack is not None and "E" not in stack[1], f"GNU_STACK {stack[1] if stack else 'absent'}"
    both = [line.strip() for line in segments.splitlines() if re.match(r"\s+LOAD\b.*\bRWE\b", line)]
    yield "nothing both writable and executable", not both, "; ".join(both) or "no segment RWE"
    yield "code needs no relocation", "TEXTREL" not in dynamic, "no TEXTREL"
    yield "no library path of its own", not re.search(r"\((?:RPATH|RUNPATH)\)", dynamic), "no RPATH or RUNPATH"
    yield "stack protector", "__stack_chk_fail" in symbols, "calls __stack_chk_fail"
    checked = sorted(set(CHECKED.findall(symbols)))
    yield "checked C functions (_FORTIFY_SOURCE)", bool(checked), ", ".join(checked) or "none"
    code = code_of(program)
    # A large frame is probed page by page: the stack pointer goes down by a page and the page is touched.
    probes = len(re.findall(r"sub\s+\$0x1000,%rsp\n[^\n]*(?:movq?\s+\$0x0,|or[ql]?\s+\$0x0,)[^\n]*\(%rsp\)", code))
    yield "stack probed page by page (stack clash)", probes > 0, f"{probes} probes"
    landings = len(re.findall(r"\bendbr64\b", code))
    yield "indirect calls land on endbr64 (CET, IBT)", landings > 100, f"{landings} landings"
    feature = re.search(r"x86 feature: (.*)", notes)
    # The mark is only set when every object of the system has it, too; a system without it says so here.
    yield "marked for shadow stacks (CET, SHSTK)", feature is not None and "SHSTK" in feature[1], feature[1] if feature else "no mark"
    yield "libstdc++ checks its preconditions (_GLIBCXX_ASSERTIONS)", "__glibcxx_assert_fail" in symbols, "calls __glibcxx_assert_fail"
    yield "no symbols of the debugger's", ".debug_info" not in sections, "no .debug_info"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    options = parser.parse_args()
    missing = 0
    for name, there, seen in protections(options.program):
        print(f"{'yes' if there else 'NO':<4} {name:<58} {seen}")
        missing += not there
    print(f"{missing} missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
