"""Our own mail as headless Chromium shows it, on a phone and at a desk, light and dark, against approved pictures.

KEYWARD_UPDATE_PICTURES=1 writes the pictures instead: look at them then."""

import email
import email.policy
import os
import pathlib
import re

import pytest

from keyward_process import Keyward
from pictures import Picture, distance, picture_of, width_needed

APPROVED = pathlib.Path(__file__).parent / "pictures"
SIZES = {"phone": (376, 1400), "desktop": (800, 1000)}
# Measured: other dates come to a mean of 0.1 and a largest of 16, another word to 0.9 and 45, cards without their padding
# to 11 and 77, cards without their dark background to 90 and 221.
MEAN, LARGEST = 3, 80


@pytest.fixture(scope="module")
def mail(tmp_path_factory):
    """The HTML of a test mail, with the same dates every day and fonts that are installed by name."""
    folder = tmp_path_factory.mktemp("mail")
    keyward = Keyward(folder, {"AWS_REGION": "us-east-1"}, notify={"channels": [{"type": "file", "directory": "out"}]})
    keyward("notify", "test", "--to", "owner@example.org").expect(0)
    (file,) = (folder / "out").glob("*.eml")
    text = email.message_from_bytes(file.read_bytes(), policy=email.policy.default).get_body(("html",)).get_content()
    text = re.sub(r"Run test-\S+ \S+Z", "Run 1", re.sub(r"\d{4}-\d\d-\d\d(?!T)", "2026-12-01", text))
    text = re.sub(r"font-family:[^;\"]*sans-serif", "font-family:DejaVu Sans", text)
    return text.replace("20px monospace", "20px DejaVu Sans Mono")


def alike(one, other):
    mean, largest = distance(one, other)
    return mean <= MEAN and largest <= LARGEST


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_looks_as_approved(mail, size, scheme):
    picture = picture_of(mail, *SIZES[size], scheme)
    file = APPROVED / f"mail-{size}-{scheme}.png"
    if os.environ.get("KEYWARD_UPDATE_PICTURES"):
        file.write_bytes(picture.png())
    approved = Picture.parse(file.read_bytes())
    assert alike(picture, approved), f"mean and largest difference {distance(picture, approved)}: look at {file}"
    # What would be seen at once is told apart.
    broken = {
        "light": mail.replace("padding:16px 20px", "padding:2px"),
        "dark": re.sub(r"\.card \{[^}]*\}", "", mail),
    }[scheme]
    assert broken != mail and not alike(picture_of(broken, *SIZES[size], scheme), approved)


@pytest.mark.parametrize("width", [320, 376, 800])
def test_no_reader_has_to_scroll_sideways(mail, width):
    long_names = mail.replace("sample-service", "x" * 64)
    assert width_needed(long_names, width) == width
