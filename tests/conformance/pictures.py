"""Pages as headless Chromium shows them, small enough to keep: PNG in and out, and how far two pictures are apart."""

import html
import pathlib
import shutil
import struct
import subprocess
import tempfile
import zlib

TIME_LIMIT = 60
SCALE = 4  # pictures are taken at a quarter of the page's size
BLOCK = 4  # and compared by squares of so many of their points: how letters are drawn differs between versions


class Picture:
    def __init__(self, width, height, points):
        self.width, self.height, self.points = width, height, points  # RGB, row by row

    @classmethod
    def parse(cls, data):
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        at, packed = 8, b""
        while at < len(data):
            (size,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
            body = data[at + 8 : at + 8 + size]
            if kind == b"IHDR":
                width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", body)
                assert depth == 8 and color in (2, 6) and not interlaced
            elif kind == b"IDAT":
                packed += body
            at += 12 + size
        channels = 3 if color == 2 else 4
        raw, stride, points, above = zlib.decompress(packed), width * channels, bytearray(), bytes(width * channels)
        for row in range(height):
            start = row * (stride + 1)
            line = bytearray(raw[start + 1 : start + 1 + stride])
            unfilter(raw[start], line, above, channels)
            for x in range(0, stride, channels):
                points += line[x : x + 3]
            above = line
        return cls(width, height, bytes(points))

    def png(self):
        rows = b"".join(
            b"\0" + self.points[y * self.width * 3 : (y + 1) * self.width * 3] for y in range(self.height)
        )
        chunks = [
            (b"IHDR", struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(rows, 9)),
            (b"IEND", b""),
        ]
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in chunks
        )

    def cropped(self, width, height):
        lines = (self.points[y * self.width * 3 :][: width * 3] for y in range(height))
        return Picture(width, height, b"".join(lines))

    def blocks(self):
        """The mean of every square, channel by channel."""
        for top in range(0, self.height - BLOCK + 1, BLOCK):
            for left in range(0, self.width - BLOCK + 1, BLOCK):
                for channel in range(3):
                    yield sum(
                        self.points[((top + y) * self.width + left + x) * 3 + channel]
                        for y in range(BLOCK)
                        for x in range(BLOCK)
                    ) / BLOCK**2


def unfilter(kind, line, above, channels):
    """PNG specification, section 9."""
    for i in range(len(line)):
        left = line[i - channels] if i >= channels else 0
        corner = above[i - channels] if i >= channels else 0
        if kind == 1:
            line[i] = (line[i] + left) & 255
        elif kind == 2:
            line[i] = (line[i] + above[i]) & 255
        elif kind == 3:
            line[i] = (line[i] + (left + above[i]) // 2) & 255
        elif kind == 4:
            guess = left + above[i] - corner
            near = min((left, above[i], corner), key=lambda value: abs(guess - value))
            line[i] = (line[i] + near) & 255


def distance(one, other):
    """(mean, largest) difference of their squares; 255 is black against white."""
    assert (one.width, one.height) == (other.width, other.height)
    differences = [abs(a - b) for a, b in zip(one.blocks(), other.blocks())]
    return sum(differences) / len(differences), max(differences)


def chromium(page, scheme, *options):
    with tempfile.TemporaryDirectory(prefix="keyward-chromium-") as folder:
        file = pathlib.Path(folder) / "page.html"
        file.write_text(page)
        program = shutil.which("chromium")
        assert program, "chromium is missing: scripts/install.sh test installs it"
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-lcd-text"]
        command += ["--font-render-hinting=none", "--force-device-scale-factor=1", "--window-size=800,800"]
        command += [f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}", f"--user-data-dir={folder}/profile"]
        done = subprocess.run(
            [*command, *(option.format(folder=folder) for option in options), file.as_uri()],
            capture_output=True,
            timeout=TIME_LIMIT,
        )
        assert done.returncode == 0, done.stderr.decode()
        picture = pathlib.Path(folder) / "picture.png"
        return done.stdout.decode(), picture.read_bytes() if picture.exists() else b""


def framed(text, width, height, scheme, scale):
    """A frame has the width it is told, a window of Chromium at least 500."""
    return (
        f"<!DOCTYPE html><html style='color-scheme:{scheme}'><body style='margin:0'>"
        f"<iframe style='border:0;width:{width}px;height:{height}px;transform-origin:0 0;transform:scale({1 / scale})' "
        f'srcdoc="{html.escape(text)}"></iframe><pre></pre><script>onload = () => '
        "document.querySelector('pre').textContent = document.querySelector('iframe').contentDocument.documentElement.scrollWidth"
        "</script></body></html>"
    )


def picture_of(text, width, height, scheme):
    _, png = chromium(framed(text, width, height, scheme, SCALE), scheme, "--screenshot={folder}/picture.png")
    return Picture.parse(png).cropped(width // SCALE, height // SCALE)


def width_needed(text, width):
    page, _ = chromium(framed(text, width, 600, "light", 1), "light", "--dump-dom")
    return int(page.split("<pre>")[1].split("</pre>")[0])
