"""Keywords for real Chromium, beside those of SeleniumLibrary, which drives it.

*** Settings ***
Library           SeleniumLibrary
Library           Chromium
Test Setup        Use Chromium
Test Teardown     Nothing Should Have Gone Wrong

A browser is started when a test first uses it, and ends with the run. Where Chromium cannot be
had, a test is skipped, and the end of the run says so.
"""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from robot.api import SkipExecution, logger
from robot.api.deco import library
from robot.libraries.BuiltIn import BuiltIn

from features.support import scratch, servers, skips
from features.support.browsing import chromium, png, scripts

SCREENSHOTS = "INDELIBLE_SCREENSHOTS"
"""Environment variable: the directory that pictures go to, where Robot's variable says none."""

PICTURE_WIDTH, PICTURE_HEIGHT = 1024, 720
"""The screen of pictures for the documentation, in CSS pixels."""

MOST_PICTURE_BYTES = 64 * 1024
"""A picture for the documentation may have so many bytes."""

PRESSES = 20
"""Presses of the Tab key between two looks at where it has led to."""

MOST_PRESSES = 600
"""Presses of the Tab key after which a page counts as a trap."""

NAMED_ROLES = frozenset({
    "RootWebArea", "button", "checkbox", "combobox", "DisclosureTriangle", "heading", "image",
    "img", "link", "listbox", "menuitem", "radio", "searchbox", "spinbutton", "switch", "tab",
    "textbox", "Date", "DateTime", "InputTime",
})  # fmt: skip
"""Roles in Chromium's accessibility tree that are no use without a name (WCAG 2.2, SC 4.1.2)."""

READERS_ZONE = "Europe/Zurich"
"""The time zone of who reads, an hour or two ahead of UTC."""

DOWNLOAD_SECONDS = 15.0
COMPLAINT_SECONDS = 15.0
PARTS_SECONDS = 30.0

PHONE_WIDTH, PHONE_HEIGHT = 390, 844
"""A common phone's screen, in CSS pixels."""


@library(scope="GLOBAL", auto_keywords=True)
class Chromium:
    """Browsers, and what only Chromium's own protocol can do."""

    def __init__(self) -> None:
        self.ROBOT_LIBRARY_LISTENER = self
        self._observer = chromium.Observer()
        self._aliases: set[str] = set()
        self._used = False
        self._phone = False
        self._alias = ""

    def close(self) -> None:
        """End the browsers, with the run."""
        if self._aliases:
            self._aliases.clear()
            self._selenium.close_all_browsers()

    # Browsers -----------------------------------------------------------------------------------

    def use_chromium(self, alias: str = "scripts") -> None:
        """Go on in one of two browsers, with nothing left of what was done in it before.

        All suites share the two: 'scripts', and 'plain', which runs none.
        """
        self._used = False
        if alias in self._aliases:
            self._selenium.switch_browser(alias)
        else:
            self._open(alias)
        for command in (
            "Network.enable",
            "Network.clearBrowserCookies",
            "Network.clearBrowserCache",
        ):
            self._cdp(command)
        self._phone = False
        self._use_screen(chromium.WIDTH, chromium.HEIGHT)
        self._cdp("Emulation.setEmulatedMedia", media="", features=[])
        self._cdp("Emulation.setTimezoneOverride", timezoneId=READERS_ZONE)
        self._driver.get("about:blank")
        self._observer.forget(self._driver)
        self._used = True
        self._alias = alias

    def _open(self, alias: str) -> None:
        try:
            driver = chromium.start(scripts=alias == "scripts")
        except servers.Unavailable as unavailable:
            # Each test is skipped by itself, so that the end of the run counts them all.
            name = str(BuiltIn().get_variable_value("${TEST NAME}", "a suite's setup"))
            raise SkipExecution(skips.record(unavailable, name)) from unavailable
        self._selenium.register_driver(driver, alias)
        self._aliases.add(alias)

    def visit(self, address: str) -> None:
        """Open a page; from now on its host is the only one that may be asked for anything."""
        self._observer.host = urlsplit(address).netloc
        self._driver.get(address)
        if self._alias == "scripts":
            # The log tells of a dialog, and a test asks for that at its end.
            with chromium.dismissed_dialogs():
                self._wait_for_parts()

    def _wait_for_parts(self) -> None:
        """Wait for what the page loads by itself, such as a histogram that takes its time."""
        deadline = time.monotonic() + PARTS_SECONDS
        while waiting := self._run(scripts.WAITING):
            assert time.monotonic() < deadline, f"{waiting} was not loaded"
            time.sleep(0.02)

    def expect_status(self, status: int) -> None:
        """Let a page answer with an error, which the test has caused on purpose."""
        self._observer.statuses.add(status)

    def nothing_should_have_gone_wrong(self) -> None:
        """Fail on errors, warnings, failed requests, dialogs, and requests to another host."""
        if not self._used:
            return
        complaints = self._observer.complaints(self._driver)
        assert not complaints, "\n".join(complaints)

    def wait_for_complaint(self, text: str) -> None:
        """Wait until something has gone wrong, and fail if a text never occurs in what it was."""
        deadline = time.monotonic() + COMPLAINT_SECONDS
        complaints: list[str] = []
        while True:
            complaints += self._observer.complaints(self._driver)
            if any(text in complaint for complaint in complaints):
                return
            assert time.monotonic() < deadline, f"{text!r} is not in {complaints}"
            time.sleep(0.02)

    # What a reader has ------------------------------------------------------------------------

    def use_phone(self) -> None:
        """Give the page the screen of a phone."""
        self._phone = True
        self._use_screen(PHONE_WIDTH, PHONE_HEIGHT, mobile=True)

    def _use_screen(self, width: int, height: int, *, mobile: bool = False) -> None:
        self._cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, screenWidth=width, screenHeight=height,
            deviceScaleFactor=1, mobile=mobile,
        )  # fmt: skip

    def prefer(self, scheme: str) -> None:
        """Let the reader prefer 'dark' or 'light'."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._cdp("Emulation.setEmulatedMedia", features=[feature])

    def page_should_fit(self) -> None:
        """Fail if the page is wider than the window, and name what is."""
        found = self._run(scripts.WIDTHS)
        assert found["page"] <= found["window"], f"wider than the window: {found}"

    def text_should_have_contrast(self) -> None:
        """Fail on text whose contrast is below WCAG's level AA (SC 1.4.3)."""
        weak = self._run(scripts.CONTRAST)
        assert not weak, "\n".join(weak)

    def page_should_be_dark(self) -> None:
        luminance = self._run(scripts.LUMINANCE)
        assert luminance < 0.1, f"the background's luminance is {luminance}"

    def keyboard_should_reach_everything(self) -> int:
        """Walk through the page with the Tab key, and return how many stops there are.

        Raises:
            AssertionError: Something that can be used is never reached, is out of its order, or
                does not show that it has the focus.
        """
        expected: list[str] = self._run(scripts.WATCH_FOCUS)
        stops = self._walk(len(expected))
        hidden = [stop["what"] for stop in stops if not stop["shown"]]
        assert not hidden, f"these do not show that they have the focus: {hidden}"
        reached = list(dict.fromkeys(stop["number"] for stop in stops))
        missed = [what for number, what in enumerate(expected) if number not in reached]
        assert not missed, f"the Tab key does not reach {missed}"
        order = [stop["what"] for stop in stops]
        assert reached == sorted(reached), f"the Tab key goes another way than the text: {order}"
        return len(reached)

    def _walk(self, length: int) -> list[dict[str, Any]]:
        """Press the Tab key until all is reached, or nothing new is any more."""
        stops: list[dict[str, Any]] = []
        # Parts of one field, such as a date's, are stops that the page does not hear of.
        for _ in range(MOST_PRESSES // PRESSES):
            for _ in range(PRESSES):
                for kind in ("rawKeyDown", "keyUp"):
                    self._cdp(
                        "Input.dispatchKeyEvent",
                        type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9,
                    )  # fmt: skip
            before, stops = len(stops), self._run(scripts.STOPS)
            if len(stops) == before or len({stop["number"] for stop in stops}) == length:
                break
        return stops

    def everything_should_have_a_name(self) -> None:
        """Fail on what can be used or read and has no name for a screen reader."""
        nodes = self._driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        nameless = []
        for node in nodes:
            role = node.get("role", {}).get("value")
            if node["ignored"] or role not in NAMED_ROLES:
                continue
            if not node.get("name", {}).get("value", "").strip():
                nameless.append(f"{role} {node.get('properties', [])}"[:200])
        assert not nameless, f"without a name: {nameless}"
        lacking = self._run(scripts.LACKING)
        assert not lacking, f"the page lacks {lacking}"

    def nothing_should_be_injected(self) -> None:
        """Fail if a stored value has become anything but text."""
        found = self._run(scripts.INJECTED)
        assert not found, f"a stored value has become {found}"

    def attempts_should_fail(self) -> None:
        """Put into the page what an attacker would, and fail if the browser obeys any of it."""
        obeyed = self._driver.execute_async_script(scripts.ATTEMPTS)
        assert not obeyed, f"the browser obeys {obeyed}"

    def events_on_page(self) -> list[str]:
        """Return the ids of the events that the list shows, in its order."""
        found: list[str] = self._run(scripts.EVENTS)
        return found

    def text_of_page(self) -> str:
        """Return the text of the whole page, also of what is folded away."""
        return str(self._run("return document.body.textContent"))

    def wait_for_download(self, ending: str) -> str:
        """Wait until a file whose name ends so has arrived, and return its path."""
        deadline = time.monotonic() + DOWNLOAD_SECONDS
        downloads = Path(self._downloads)
        while True:
            found = [path for path in downloads.glob(f"*{ending}") if path.stat().st_size]
            if found:
                return str(found[0])
            names = [path.name for path in downloads.iterdir()]
            assert time.monotonic() < deadline, f"there is only {names}"
            time.sleep(0.02)

    def keep_downloads(self) -> None:
        """Let what is downloaded from now on arrive in an empty directory."""
        self._downloads = str(scratch.new_directory())
        self._cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=self._downloads)

    # Pictures -----------------------------------------------------------------------------------

    def take_picture(self, name: str, part: str = "") -> None:
        """Take a picture for the documentation, if this run is to make them.

        It is made when ${SCREENSHOTS} or the environment variable INDELIBLE_SCREENSHOTS names a
        directory: `INDELIBLE_SCREENSHOTS=docs/images ./dev test robot/suites/web`.

        Args:
            name: The file's name, without its ending.
            part: A selector of the element to take, for the screen's whole width; the whole screen
                by default.
        """
        directory = BuiltIn().get_variable_value("${SCREENSHOTS}") or os.environ.get(SCREENSHOTS)
        if not directory:
            return
        if not self._phone:
            self._use_screen(PICTURE_WIDTH, PICTURE_HEIGHT)
        self._run("document.activeElement.blur(); window.scrollTo(0, 0);")
        options: dict[str, Any] = {"format": "png"}
        if part:
            options["clip"] = {**self._run(scripts.BOX, part), "scale": 1}
            options["captureBeyondViewport"] = True
        shot = self._driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
        if not self._phone:
            self._use_screen(chromium.WIDTH, chromium.HEIGHT)
        picture = png.shrink(base64.b64decode(shot))
        assert len(picture) <= MOST_PICTURE_BYTES, f"{name}: {len(picture)} bytes are too many"
        path = Path(str(directory)) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
        logger.console(f"{path}: {len(picture) // 1024} KiB")

    # --------------------------------------------------------------------------------------------

    @property
    def _selenium(self) -> Any:
        return BuiltIn().get_library_instance("SeleniumLibrary")

    @property
    def _driver(self) -> Any:
        return self._selenium.driver

    def _cdp(self, command: str, **parameters: Any) -> None:
        self._driver.execute_cdp_cmd(command, parameters)

    def _run(self, script: str, *arguments: Any) -> Any:
        return self._driver.execute_script(script, *arguments)
