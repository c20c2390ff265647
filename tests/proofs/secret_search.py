"""Looks for secrets in files, texts and the memory of a process: as they are, in pieces, and in the forms in which programs
write them. GNU grep does the searching (`grep -F`, all patterns at once)."""

import base64
import collections
import dataclasses
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.parse

# A piece of so many characters counts as the secret. Pieces begin at every STEP-th character, so of a secret that was partly
# overwritten any PIECE + STEP - 1 characters in a row are found; of the 40 of a secret access key 17 then remain unknown.
PIECE, STEP = 16, 8

SEPARATOR = b"\n\0\n"


@dataclasses.dataclass(frozen=True, order=True)
class Copy:
    """Where a secret was found."""

    kind: str  # of the secret
    name: str  # of the secret
    form: str
    place: str
    offset: int  # in the place, of the secret's beginning

    def __str__(self):
        return f"{self.kind} {self.name} ({self.form}) in {self.place} at {self.offset:#x}"


def pieces(text):
    """(where it begins, piece) of a text, however short."""
    last = max(0, len(text) - PIECE)
    return [(at, text[at : at + PIECE]) for at in sorted({*range(0, last + 1, STEP), last})]


def forms(secret):
    """The texts as which a secret may stand somewhere, by the name of the form. All are ASCII."""
    yield "plain", secret
    yield "backwards", secret[::-1]
    yield "hex", secret.encode().hex()
    yield "HEX", secret.encode().hex().upper()
    for shift in range(3):
        # Base64 of a text that has the secret in its middle: what is the same whatever stands around it.
        coded = base64.b64encode(b"\0" * shift + secret.encode()).decode().rstrip("=")
        yield "base64", coded[(shift * 8 + 5) // 6 : -1]
        yield "base64url", coded[(shift * 8 + 5) // 6 : -1].replace("+", "-").replace("/", "_")
    for safe in ("", "/", "+"):
        yield "percent-encoded", urllib.parse.quote(secret, safe=safe)
        yield "percent-encoded twice", urllib.parse.quote(urllib.parse.quote(secret, safe=safe), safe="")
    yield "JSON", secret.replace("/", "\\/")
    yield "JSON", secret.replace("+", "\\u002b").replace("/", "\\u002f").replace("=", "\\u003d")
    yield "HTML", secret.replace("+", "&#43;").replace("/", "&#47;").replace("=", "&#61;")
    yield "HTML", secret.replace("+", "&#x2B;").replace("/", "&#x2F;").replace("=", "&#x3D;")


class Search:
    """For secrets, given as {kind: {name: text}}. Bytes instead of a text are searched for as they are."""

    def __init__(self, secrets, only=None):
        self.patterns = {}  # piece -> (kind, name, form, where it begins in the form)
        self.without_pattern = {}  # the same, of those that grep cannot look for
        for kind, some in secrets.items():
            for name, text in some.items():
                if isinstance(text, bytes):
                    found = {piece: (kind, name, "raw", at) for at, piece in pieces(text)}
                    # grep takes patterns by the line, and none with a zero byte.
                    for_grep = {piece: what for piece, what in found.items() if b"\n" not in piece and b"\0" not in piece}
                    self.patterns.update(for_grep)
                    if not for_grep:
                        self.without_pattern.update(found)
                    continue
                assert len(text) >= 8 and text.isascii() and text.isprintable(), f"{kind} {name} cannot be told from other text"
                for form, written in forms(text):
                    if only is not None and form not in only:
                        continue
                    for at, piece in pieces(written):
                        self.patterns.setdefault(piece.encode(), (kind, name, form, at))
        self.secrets = sum(map(len, secrets.values()))

    def __call__(self, parts):
        """The copies in these (place, bytes), and how many bytes there were."""
        starts, size, copies = [], 0, set()
        with tempfile.TemporaryDirectory(prefix="keyward-search-") as folder:
            haystack, patterns = pathlib.Path(folder) / "haystack", pathlib.Path(folder) / "patterns"
            patterns.write_bytes(b"\n".join(self.patterns) + b"\n")
            with haystack.open("wb") as out:
                for place, content in parts:
                    starts.append((size, place))
                    out.write(content + SEPARATOR)
                    size += len(content) + len(SEPARATOR)
                    for piece, (kind, name, form, piece_at) in self.without_pattern.items():
                        at = content.find(piece)
                        if at >= 0:
                            copies.add(Copy(kind, name, form, place, at - piece_at))
            command = ["grep", "--text", "--only-matching", "--byte-offset", "--fixed-strings", f"--file={patterns}", haystack]
            found = subprocess.run(command, capture_output=True, env={**os.environ, "LC_ALL": "C"})
        assert found.returncode in (0, 1), found.stderr
        return sorted(copies | self._copies(found.stdout, starts)), size - len(SEPARATOR) * len(starts)

    def _copies(self, lines, starts):
        copies, part = set(), 0
        for line in lines.split(b"\n")[:-1]:  # bytes that are searched for may hold what else ends a line
            number, _, match = line.partition(b":")
            at = int(number)
            while part + 1 < len(starts) and starts[part + 1][0] <= at:
                part += 1
            start, place = starts[part]
            kind, name, form, piece_at = self.patterns[match]
            # Pieces of the same copy agree on where it begins.
            copies.add(Copy(kind, name, form, place, at - start - piece_at))
        return copies


def files_below(folder):
    return [(str(path.relative_to(folder)), path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]


def may_look_into_others():
    """keyward is not dumpable: its memory, environment and mappings are for who may trace every process (CAP_SYS_PTRACE)."""
    effective = re.search(r"^CapEff:\s+(\w+)$", pathlib.Path("/proc/self/status").read_text(), re.MULTILINE)[1]
    return bool(int(effective, 16) >> 19 & 1)


MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \S+\s*(.*)")


def memory_of(pid):
    """All that a process could read of itself, mapping by mapping. It should stand still meanwhile."""
    parts = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end, access, name = MAPPING.match(line).groups()
            if access[0] != "r" or name in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
                continue
            memory.seek(int(begin, 16))
            left, content = int(end, 16) - int(begin, 16), []
            while left:
                try:
                    block = memory.read(left)
                except OSError:  # a file that is shorter than its mapping
                    break
                if not block:
                    break
                content.append(block)
                left -= len(block)
            parts.append((f"{name or 'anonymous'} {begin}", b"".join(content)))
    return parts


def by_kind(copies):
    """{kind: (copies, different secrets)}."""
    seen = collections.defaultdict(set)
    count = collections.Counter()
    for copy in copies:
        count[copy.kind] += 1
        seen[copy.kind].add(copy.name)
    return {kind: (count[kind], len(seen[kind])) for kind in count}


def around(parts, copy, before=64, after=96):
    """What stands around a copy, for finding out where it comes from. For people at work on it, not for output of tests."""
    content = dict(parts)[copy.place]
    return content[max(0, copy.offset - before) : copy.offset + after]
