"""report.html as headless Chromium shows it: read, searched, sorted and saved, by keyboard, without JavaScript, on paper."""

import csv
import pathlib
import re
import shutil
import time

import axe_playwright_python
import pytest
from playwright.sync_api import sync_playwright

from report_pages import FORMULAS, HOSTILE, key_line, made_up_page, organization

AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
WIDTHS = [400, 1000, 1600]
MOST_BYTES = 8 << 20
MOST_SECONDS_TO_OPEN = 3
MOST_MILLISECONDS_TO_SEARCH = 100


@pytest.fixture(scope="module")
def browser():
    program = shutil.which("chromium")
    assert program, "chromium is missing: scripts/install.sh test installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    with organization(tmp_path_factory.mktemp("organization")) as run:
        return run / "report.html"


@pytest.fixture
def browse(browser):
    """Opens a page. At the test's end: nothing was asked of a network, no error was logged, no dialog came up."""
    contexts, wrong = [], []

    def page_of(file, width=1000, hash="", **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        url = file.as_uri()
        page.on("request", lambda request: wrong.append(request.url) if request.url.split("#")[0] != url and not request.url.startswith("blob:") else None)
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.goto(url + hash)
        return page

    yield page_of
    for context in contexts:
        context.close()
    assert wrong == []


def column(page, table, number):
    return page.locator(f"#{table} tbody tr td:nth-child({number})").all_text_contents()


def count(page, table="keys"):
    return page.locator(f"#{table}-count").text_content()


def test_tells_coverage_first_then_what_needs_a_person(browse, report):
    page = browse(report)
    assert page.locator("h1").count() == 1
    titles = page.locator("main h2").all_text_contents()
    assert titles[0] == "1 account NOT covered"
    assert re.match(r"\d+ matters? needs? a person", titles[1])
    uncovered = page.locator("section[aria-labelledby=coverage] tbody tr").first
    assert "legacy" in uncovered.text_content() and "or longer" in uncovered.text_content()
    # Four days are on record: compared with the third, drawn day by day, with AWS's ids of what was done.
    assert "since last run" in page.locator(".tiles").text_content()
    assert page.locator("svg:has(#back-title) rect").count() >= 2
    runs = sorted(folder for folder in report.parent.parent.iterdir())
    requests = [text for text in page.locator("td.request").all_text_contents() if text]
    events = (runs[-1] / "events.jsonl").read_text()
    for request in requests:
        assert f'"request_id":"{request}"' in events
    exemptions = page.locator("section[aria-labelledby=exemptions]").text_content()
    for words in ("EXPIRED", "<b>old</b> promise", "platform team", "vendor-fax", "ciso@example.org", "2099-03-31"):
        assert words in exemptions
    heat = page.locator("table.heat")
    assert [head.split(" ")[0] for head in heat.locator("th[scope=rowgroup]").all_text_contents()] == [
        "ou-ab12-play0003", "ou-ab12-prod0001", "ou-ab12-pay00002"]
    shop = heat.locator("tr", has_text="shop-frontend").locator("td").all_text_contents()
    assert sum(int(cell) for cell in shop) >= 10


def test_first_day_has_ids_of_aws_for_each_change(report):
    runs = sorted(folder for folder in report.parent.parent.iterdir())
    text = (runs[0] / "report.html").read_text()
    changes = text.split('id="actions"')[1].split("</section>")[0]
    made = re.findall(r">(rotated|deactivated|deleted)<.*?<td[^>]* class=\"request\">([^<]*)</td>", changes)
    assert made and all(re.fullmatch(r"[0-9a-f-]{36}", request) for _, request in made), made
    assert "nothing is compared" in text


def test_searches_filters_and_sorts(browse, report):
    page = browse(report)
    total = int(count(page).split()[0])
    page.fill("#keys-filter", "PAYMENTS ledger")
    assert set(column(page, "keys", 2)) == {"ledger"}
    page.fill("#keys-filter", "no such user")
    assert count(page) == f"0 of {total}"
    page.fill("#keys-filter", "")
    page.fill("#keys-where", "222222222222")
    assert set(column(page, "keys", 1)) == {"shop-frontend 222222222222"}
    page.select_option("#keys-pick", "ok")
    assert set(column(page, "keys", 4)) == {"ok"}
    assert count(page).endswith(f"of {total}")
    page.fill("#keys-where", "")
    page.select_option("#keys-pick", "")
    assert page.locator("#keys-pick option").all_text_contents()[0] == "all"
    age = page.get_by_role("button", name="Age", exact=True)
    age.click()
    ages = [int(text.split()[0]) for text in column(page, "keys", 5)]
    assert ages == sorted(ages) and len(ages) > 20
    assert page.locator("#keys th[aria-sort]").get_attribute("aria-sort") == "ascending"
    age.click()
    ages = [int(text.split()[0]) for text in column(page, "keys", 5)]
    assert ages == sorted(ages, reverse=True)
    assert page.locator("#keys th[aria-sort]").get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name="User", exact=True).click()
    users = column(page, "keys", 2)
    assert users == sorted(users)


def test_saves_what_is_shown_as_csv_without_formulas(browse, report):
    page = browse(report, accept_downloads=True)
    page.fill("#keys-where", "555555555555")
    page.get_by_role("button", name="User", exact=True).click()
    with page.expect_download() as download:
        page.click("#keys-csv")
    assert re.fullmatch(r"keyward-\d{8}T\d{6}Z-[0-9a-f]{4}-keys\.csv", download.value.suggested_filename)
    data = pathlib.Path(download.value.path()).read_bytes()
    assert b"\r\n" in data and b"\n" not in data.replace(b"\r\n", b"")
    rows = list(csv.reader(data.decode().splitlines()))
    assert rows[0] == ["Account", "User", "Key", "Status", "Age", "Last used", "Why", "Next"]
    assert [row[1] for row in rows[1:]] == ["'" + name for name in sorted(FORMULAS)]
    assert {row[0] for row in rows[1:]} == {f"{HOSTILE} 555555555555"}


def focused(page):
    return page.evaluate("""() => { const e = document.activeElement, s = getComputedStyle(e);
        return {id: e.id, text: e.textContent.trim(), seen: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
                table: e.closest('table') ? e.closest('table').id : ''}; }""")


def tab_to(page, wanted):
    for _ in range(150):
        page.keyboard.press("Tab")
        here = focused(page)
        assert here["seen"], f"the focus is not to be seen on {here}"
        if wanted(here):
            return
    raise AssertionError("the keyboard does not reach it")


def test_works_by_keyboard_alone(browse, report):
    page = browse(report)
    page.keyboard.press("Tab")
    assert focused(page)["text"] == "Skip to the report"
    page.keyboard.press("Enter")
    assert focused(page)["id"] == "main"
    tab_to(page, lambda here: here["id"] == "keys-filter")
    page.keyboard.type("etl")
    assert set(column(page, "keys", 1)) == {"analytics-" + "long" * 9 + " 444444444444"}
    tab_to(page, lambda here: here["table"] == "keys" and here["text"] == "User")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    users = column(page, "keys", 2)
    assert users == sorted(users, reverse=True) and len(users) == 17
    page.keyboard.press("Home")
    page.keyboard.press("Shift+Tab")
    assert focused(page)["seen"]


def test_reads_without_javascript(browse, report):
    page = browse(report, java_script_enabled=False)
    assert page.locator("#keys tbody tr").count() >= 20
    assert page.locator("#accounts tbody tr").count() == 6
    for hidden in ("#keys-tools", "#theme", "#keys-more"):
        assert not page.locator(hidden).is_visible()
    page.locator("section[aria-labelledby=ages] summary").click()
    assert page.locator("section[aria-labelledby=ages] tbody tr").first.is_visible()


# The schemes differ in colours only.
@pytest.mark.parametrize("scheme, rules", [("light", {}), ("dark", {"runOnly": ["color-contrast", "link-in-text-block"]})])
def test_axe_finds_nothing(browse, report, scheme, rules):
    page = browse(report, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.fill("#keys-where", "payments")  # one row is as good as another, and these have a bit of everything
    assert {"OVERDUE", "exempt", "ok"} <= set(column(page, "keys", 4))
    page.evaluate(AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate("rules => axe.run(document, {resultTypes: ['violations'], preload: false, ...rules})", rules)
        assert found["passes"]
        assert [(one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"]) for one in found["violations"]] == []
        # What is wider than the window moves by itself; the page does not.
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_chosen_scheme_needs_no_storage(browse, report):
    page = browse(report, color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(background)
    assert dark != light and page.url.endswith("#theme=dark")
    # Another hash, as of a link within the page, does not undo it.
    page.get_by_role("link", name="All keys").click()
    assert page.evaluate(background) == dark
    assert browse(report, hash="#theme=dark").evaluate(background) == dark
    assert browse(report, color_scheme="dark").evaluate(background) == dark
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


def test_prints_in_ink_on_paper_with_everything_unfolded(browse, report):
    page = browse(report, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("#keys-tools").is_visible() and not page.locator("nav").is_visible()
    page.set_viewport_size({"width": 700, "height": 1000})  # A4 with margins
    assert page.evaluate("[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 1).length") == 0
    folded = page.locator("details:not([open])").count()
    assert folded > 0
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() == folded
    assert page.pdf().startswith(b"%PDF")


def test_hostile_texts_stay_text(browse, tmp_path):
    names = [
        HOSTILE,
        "<svg onload=alert(1)>",
        "--><script>alert(1)</script>",
        "\u202egnp.exe\u2066 \u200f",
        "a\x00b\x1b[2Jc\u2028d",
        "x" * 10_000,
        "e" + "\u0301" * 5_000,
        "\U0001f511\U0001f468\u200d\U0001f469\u200d\U0001f467 \u6771\u4eac",
        '"onmouseover="alert(1)',
        "&lt;b&gt; ' \\u003c ${7*7} {{7*7}}",
    ]
    events = [
        key_line(f"{200_000_000_000 + number}", name, name, f"AKIAEXAMPLEEXAMPLE{number:02}", 80 + number)
        for number, name in enumerate(names)
    ]
    events += [
        {**event, "event": "action", "action": "rotate", "outcome": "failed", "error": event["user"], "detail": event["user"]}
        for event in events
    ]
    file = made_up_page(tmp_path, events)
    text = file.read_text()
    assert len(text) < 200_000  # long names are cut
    for forbidden in ("\u202e", "\u2066", "\u200f", "\u2028", "\x00", "\x1b", "<img", "<svg onload", "alert(1)</script>"):
        assert forbidden not in text
    page = browse(file)
    assert page.locator("script").count() == 2 and page.locator("img").count() == 0
    # Shown as they are, but for characters that do something.
    users = column(page, "keys", 2)
    for name in (names[0], names[1], names[2], names[7].split()[1], names[8], names[9]):
        assert any(name in shown for shown in users), name
    for name in ("onerror", "svg onload", "\u6771\u4eac", "${7*7}"):
        page.fill("#keys-filter", name)
        assert count(page).startswith("1 of")
    page.set_viewport_size({"width": 400, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == 400


# Up to what is seen on the screen. The shortest of several times, apart from each other: other work of the machine only
# makes it longer.
SEARCH = """async words => {
    const box = document.getElementById('keys-filter'), times = [];
    for (const word of words) {
        let shortest = Infinity;
        for (let i = 0; i < 6; i++) {
            const begun = performance.now();
            box.value = word; box.dispatchEvent(new Event('input')); document.body.offsetHeight;
            shortest = Math.min(shortest, performance.now() - begun);
            await new Promise(resolve => setTimeout(resolve, 30));
        }
        times.push(shortest);
    }
    return times;
}"""


def hundred_thousand(more=0):
    for number in range(100_000 + more):
        account = 100_000_000_000 + number // 40
        yield key_line(str(account), f"business-unit-{account % 997}-production", f"svc-application-{number:06}",
                       f"AKIAEXAMPLE{number:09}", number % 120, last_used_service="s3")


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return made_up_page(tmp_path_factory.mktemp("large"), hundred_thousand())


def test_hundred_thousand_keys_open_and_answer_at_once(browse, large, show):
    size = large.stat().st_size
    assert size <= MOST_BYTES
    opened = []
    for _ in range(2):
        begun = time.monotonic()
        page = browse(large)
        opened.append(time.monotonic() - begun)
    assert count(page) == "100000 of 100000, first 50 shown"
    assert not page.locator("text=not listed here").is_visible()
    searched = page.evaluate(SEARCH, ["svc-application-07", "unit-33 00123", "OVERDUE", "e", "nothing has this", ""])
    assert count(page).startswith("100000 of")
    sorting = page.evaluate("""() => { const begun = performance.now(); document.querySelectorAll('#keys th button')[1].click();
        return performance.now() - begun; }""")
    show(f"100 000 keys: {size / 2**20:.2f} MiB, opened in {min(opened):.2f} s, searched in "
         f"{', '.join(f'{each:.0f}' for each in searched)} ms, sorted by user in {sorting:.0f} ms")
    assert min(opened) < MOST_SECONDS_TO_OPEN
    assert max(searched) < MOST_MILLISECONDS_TO_SEARCH
