"""Pictures of a report.html as headless Chromium shows it: whole, at three widths, light and dark, as WebP.

    report_pictures.py REPORT FOLDER

Needs the packages of tests/conformance/requirements.txt and chromium. docs/pictures/ holds those of the demo:

    ./demo && .venv/bin/python3 scripts/report_pictures.py demo-out/state/runs/LAST/report.html docs/pictures
"""

import base64
import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

WIDTHS = [400, 1000, 1600]
QUALITY = 40  # letters stay sharp, and all six together stay small


def pictures(report, folder):
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for scheme in ("light", "dark"):
            for width in WIDTHS:
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                page.goto(report.resolve().as_uri())
                height = page.evaluate("document.documentElement.scrollHeight")
                clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
                session = page.context.new_cdp_session(page)
                shot = session.send(
                    "Page.captureScreenshot",
                    {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True},
                )
                file = folder / f"report-{width}-{scheme}.webp"
                file.write_bytes(base64.b64decode(shot["data"]))
                print(f"{file}: {width} x {height}, {file.stat().st_size // 1024} KiB")
                page.close()
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    pictures(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
