"""A real browser in a container of the test-bed, and what it complains of."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserType, ConsoleMessage, Error, Page, Request, Response, sync_playwright
from servers import container

# What a policy of the server forbids, also where it only wants a report, is to be seen in the console.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`${event.disposition}: ${event.effectiveDirective} forbids ${event.blockedURI}`));
"""

# Open WebUI's own. Its side bar asks for channels whenever its socket connects, also where they are switched off.
KNOWN = [("/api/v1/channels/", 403)]


@contextlib.contextmanager
def chromium(services: dict[str, Any], site: str, address: str, authority: Path) -> Iterator[Browser]:
    """A browser on the network of the test hosts, which is gone at the end of the block.

    It finds `site` at `address`, and trusts the certificates of `authority`.
    """
    arguments = [
        "--init",
        f"--network={services['network']}",
        f"--add-host={site}:{address}",
        f"--volume={authority}:/etc/playwright/authority.crt:ro",
    ]
    with container(services["images"]["browser"], 3000, *arguments) as url, sync_playwright() as playwright:
        browser = connected(playwright.chromium, url.replace("http:", "ws:") + "/browser")
        try:
            yield browser
        finally:
            browser.close()


def connected(browsers: BrowserType, endpoint: str) -> Browser:
    """The browser behind `endpoint`, as soon as it has started."""
    for _attempt in range(60):
        with contextlib.suppress(Error):
            return browsers.connect(endpoint)
        time.sleep(0.5)
    return browsers.connect(endpoint)


class Complaints:
    """All that went wrong on a page from its first moment on, as its user's developer tools would show it."""

    def __init__(self, page: Page) -> None:
        self.seen: list[str] = []
        page.add_init_script(REPORT_VIOLATIONS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"uncaught: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        # An answer that says no, or none at all, is noted by what is below.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.seen.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        # The page itself lets go of searches that more typing has overtaken.
        if request.failure != "net::ERR_ABORTED":
            self.seen.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and (urlsplit(response.url).path, response.status) not in KNOWN:
            self.seen.append(f"{response.request.method} {response.url}: {response.status}")
