"""Takes the pictures of the README from a freshly built sample company: `python -m tests.pictures` (needs Chromium)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "images"
PORT = 8765
HERE = f"http://127.0.0.1:{PORT}"
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main() -> int:
    chromium = (
        os.environ.get("DUNLIN_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if not chromium:
        print("no Chromium found; set DUNLIN_CHROMIUM to its path")
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DUNLIN_DATA_DIR": folder, "DUNLIN_DATABASE_URL": ""}
        dunlin = [sys.executable, "-m", "dunlin"]
        subprocess.run([*dunlin, "demo", "--no-serve"], env=environment, check=True)
        server = subprocess.Popen([*dunlin, "serve", "--port", str(PORT), "--no-jobs"], env=environment)
        try:
            _wait()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
                page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
                _take(page)
                browser.close()
        finally:
            server.terminate()
            server.wait(20)
    return 0


def _take(page: Page) -> None:
    page.goto(f"{HERE}/sign-in/login/")
    page.fill("input[name=login]", "ana")
    page.fill("input[name=password]", "wading-bird-2026")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{HERE}/")
    _shot(page, "today")
    first = page.locator("a[data-open]").first.get_attribute("href") or "/accounts/"
    page.goto(HERE + first)
    _shot(page, "account")
    page.goto(f"{HERE}/call")
    _shot(page, "call")
    page.goto(f"{HERE}/aging?by=customer")
    _shot(page, "aging")
    page.goto(f"{HERE}/measures")
    _shot(page, "measures")


def _shot(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(FOLDER / f"{name}.png"))


def _wait() -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{HERE}/healthz", timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    sys.exit(main())
