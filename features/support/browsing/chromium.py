"""Debian's Chromium, driven by its own chromedriver: nothing is downloaded, nothing is shared.

Each browser has an empty profile of its own in a temporary directory, and speaks to nobody but the
pages that a test opens. What it logs tells afterwards whether that was so: see `Observer`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from features.support import scratch
from features.support.private_servers import WITHOUT, Unavailable

KIND = "chromium"

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
DRIVERS = ("chromedriver", "/usr/lib/chromium/chromedriver")

GUARD = Path(__file__).with_name("guard.py")

SWITCHES = (
    "--headless=new",
    # As root, as in most containers, Chromium refuses to start with its sandbox.
    "--no-sandbox",
    # A container's /dev/shm is often too small for it.
    "--disable-dev-shm-usage",
    "--disable-gpu",
    # By itself it would look for updates, for lists of bad pages, for its account, and for names.
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-first-run",
    # The same pictures whatever the machine's screen is.
    "--disable-lcd-text",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--font-render-hinting=none",
)

PREFERENCES = {
    "download.prompt_for_download": False,
    "intl.accept_languages": "en-GB,en",
    # Debian's own start page would be asked for otherwise.
    "homepage": "about:blank",
    "homepage_is_newtabpage": False,
    "session.restore_on_startup": 4,
    "session.startup_urls": ["about:blank"],
}

WIDTH, HEIGHT = 1280, 800
"""The window, in CSS pixels."""

PAGE_SECONDS = 30
"""How long a page may take to load."""

BLOCKED = 2
"""Chromium's own number for a content setting that forbids."""


def programs() -> tuple[str, str]:
    """Return the paths of the browser and of its driver.

    Raises:
        Unavailable: One of them, or the library that drives them, cannot be had.
    """
    if KIND in os.environ.get(WITHOUT, "").replace(" ", "").split(","):
        raise Unavailable(KIND, f"{WITHOUT} names it")
    try:
        import selenium  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise Unavailable(KIND, f"{error}: pip install robotframework-seleniumlibrary") from error
    found = []
    for what, names in (("chromium", PROGRAMS), ("chromium-driver", DRIVERS)):
        path = next((path for path in map(shutil.which, names) if path), None)
        if path is None:
            raise Unavailable(KIND, f"there is none here: apt-get install {what}")
        found.append(path)
    return found[0], found[1]


def start(*, scripts: bool = True) -> Any:
    """Start a browser.

    Args:
        scripts: Whether pages may run scripts.

    Returns:
        Selenium's driver.

    Raises:
        Unavailable: It cannot be had, or does not start.
    """
    browser, driver = programs()
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    directory = scratch.new_directory()
    options = ChromeOptions()
    options.binary_location = browser
    for switch in SWITCHES:
        options.add_argument(switch)
    options.add_argument(f"--window-size={WIDTH},{HEIGHT}")
    options.add_argument(f"--user-data-dir={directory / 'profile'}")
    preferences = {**PREFERENCES, "download.default_directory": str(directory / "downloads")}
    if not scripts:
        preferences["profile.managed_default_content_settings.javascript"] = BLOCKED
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # A dialog that nobody expects is to be found, and not to hang what comes next.
    options.set_capability("unhandledPromptBehavior", "dismiss and notify")
    environment = {
        **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        # What it would write to a home directory is not for the one who runs the tests.
        "HOME": str(directory),
    }
    # Given a path, Selenium neither looks for a driver nor downloads one.
    service = Service(executable_path=_guarded(driver, directory), env=environment)
    try:
        chrome = Chrome(options=options, service=service)
    except WebDriverException as error:
        reason = (error.msg or "it said nothing").splitlines()[0]
        raise Unavailable(KIND, f"{browser} does not start: {reason}") from error
    chrome.set_page_load_timeout(PAGE_SECONDS)
    return chrome


def _guarded(driver: str, directory: Path) -> str:
    """Return a program that is the driver, under the guard."""
    program = directory / "guarded-driver"
    program.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -I -S "{GUARD}" "{driver}" "$@"\n', encoding="utf-8"
    )
    program.chmod(0o700)
    return str(program)


@contextlib.contextmanager
def dismissed_dialogs() -> Iterator[None]:
    """Close a dialog that is open when the driver is asked for something; the log has it."""
    from selenium.common.exceptions import UnexpectedAlertPresentException

    with contextlib.suppress(UnexpectedAlertPresentException):
        yield


@dataclass
class Observer:
    """Finds in a browser's logs what a page of ours must not do.

    Attributes:
        host: The one host, with its port, that may be asked for anything.
        statuses: Statuses of errors that the test has caused on purpose.
    """

    host: str = ""
    statuses: set[int] = field(default_factory=set)

    def forget(self, driver: Any) -> None:
        """Begin anew: what has been logged so far is nobody's."""
        self.host = ""
        self.statuses = set()
        driver.get_log("browser")
        driver.get_log("performance")

    def complaints(self, driver: Any) -> list[str]:
        """Return what has gone wrong since the last look, a line each."""
        with dismissed_dialogs():
            driver.execute_script("return 0")
        return [*self._console(driver), *self._network(driver)]

    def _console(self, driver: Any) -> Iterator[str]:
        for entry in driver.get_log("browser"):
            expected = any(f"status of {status} " in entry["message"] for status in self.statuses)
            if not (entry["source"] == "network" and expected):
                yield f"console: {entry['level']}: {entry['message']}"

    def _network(self, driver: Any) -> Iterator[str]:
        urls: dict[str, str] = {}
        for entry in driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            method, parameters = message["method"], message.get("params", {})
            if method == "Network.requestWillBeSent":
                urls[parameters["requestId"]] = url = parameters["request"]["url"]
                if self._is_foreign(url):
                    yield f"a request to elsewhere: {url}"
            elif method == "Network.responseReceived":
                status = int(parameters["response"]["status"])
                if status >= 400 and status not in self.statuses:
                    yield f"{status} from {parameters['response']['url']}"
            elif method == "Network.loadingFailed":
                # A download ends a navigation so, and leaving a page that still loads another.
                aborted = parameters["errorText"] == "net::ERR_ABORTED"
                if not (aborted or parameters.get("canceled")):
                    url = urls.get(parameters["requestId"], "a request")
                    yield f"{url} failed: {parameters['errorText']}"
            elif method == "Network.webSocketCreated":
                if self._is_foreign(parameters["url"]):
                    yield f"a connection to elsewhere: {parameters['url']}"
            elif method == "Page.javascriptDialogOpening":
                yield f"a dialog opened: {parameters['message']}"
            elif method == "Runtime.exceptionThrown":
                yield f"an exception: {parameters['exceptionDetails']['text']}"

    def _is_foreign(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme not in {"about", "chrome", "data"} and parts.netloc != self.host
