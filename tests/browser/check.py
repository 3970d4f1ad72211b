"""Opens pages in headless Chromium and checks that they run, ask the network for nothing, and keep hostile texts text.

Speaks the browser's own protocol over a pipe (`--remote-debugging-pipe`), so it needs nothing but
Python's standard library and Chromium:

    python3 tests/browser/check.py page.html [--screenshots FOLDER]
"""

import argparse
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
]
PATIENCE_SECONDS = 30


class Browser:
    """A Chromium that answers over a pipe."""

    def __init__(self, folder):
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()

        def connect():
            # The pipes are to be file descriptors 3 and 4; they may be one of these already.
            into, out = os.dup(to_browser), os.dup(from_browser)
            into, out = os.dup2(into, 30), os.dup2(out, 31)
            os.dup2(into, 3)
            os.dup2(out, 4)

        self.process = subprocess.Popen(
            ["chromium", *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            preexec_fn=connect,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.last = 0
        self.events = []

    def message(self):
        while b"\0" not in self.buffer:
            chunk = os.read(self.read, 1 << 20)
            if not chunk:
                sys.exit("chromium ended; is it installed (Debian: apt-get install chromium)?")
            self.buffer += chunk
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, session=None, **params):
        self.last += 1
        question = {"id": self.last, "method": method, "params": params}
        if session:
            question["sessionId"] = session
        os.write(self.write, json.dumps(question).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            answer = self.message()
            if answer.get("id") == self.last:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)
        sys.exit(f"{method}: no answer in {PATIENCE_SECONDS} s")

    def close(self):
        self.ask("Browser.close")
        self.process.wait(PATIENCE_SECONDS)


class Page:
    """One page in a tab of its own."""

    def __init__(self, browser, path, width=1200, height=900, dark=False, script=True):
        self.browser = browser
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        browser.events.clear()
        for domain in ["Page", "Runtime", "Network", "Log"]:
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        scheme = "dark" if dark else "light"
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        if not script:
            self.ask("Emulation.setScriptExecutionDisabled", value=True)
        self.ask("Page.navigate", url=path.resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in browser.events):
            browser.events.append(browser.message())

    def ask(self, method, **params):
        return self.browser.ask(method, self.session, **params)

    def run(self, expression):
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            sys.exit(f"{expression}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    def key(self, name):
        for kind in ["keyDown", "keyUp"]:
            self.ask("Input.dispatchKeyEvent", type=kind, key=name, code=name)

    def troubles(self):
        """Errors on the console, exceptions, and requests for anything but the page itself."""
        found = []
        for event in self.browser.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(f"exception: {params['exceptionDetails']['text']}")
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
                found.append(f"console: {params['args']}")
            elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
                found.append(f"log: {params['entry']['text']}")
            elif method == "Network.requestWillBeSent" and params["type"] != "Document":
                found.append(f"request: {params['request']['url']}")
        return found

    def screenshot(self, path, whole=False):
        picture = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(picture["data"]))


failed = []


def expect(what, is_so):
    if not is_so:
        failed.append(what)
    print(f"{'ok' if is_so else 'FAILED'}: {what}")


def check(browser, path):
    page = Page(browser, path)
    count = "document.querySelectorAll('{}').length".format
    expect("there is a picture", page.run(count("figure svg")) > 0)
    expect("every picture has marks", page.run("[...document.querySelectorAll('figure svg')].every(s => s.querySelector('.mark'))"))
    boxes = "[...document.querySelectorAll('figure svg')].filter(s => s.checkVisibility()).every(s => s.getBoundingClientRect().height > 100)"
    expect("every picture has a size", page.run(boxes))
    colours = "new Set([...document.querySelectorAll('figure svg .mark')].map(m => getComputedStyle(m).fill)).size"
    expect("the style sheet is applied", page.run(colours) > 1)
    # By keyboard.
    page.run("document.querySelector('figure svg').focus()")
    page.key("ArrowRight")
    first = page.run("document.querySelector('.tip').textContent")
    page.key("ArrowRight")
    second = page.run("document.querySelector('.tip').textContent")
    expect("arrow keys go from mark to mark", bool(first) and bool(second) and first != second)
    expect("a mark says what it is", page.run("document.activeElement.getAttribute('aria-label')").startswith(second.split("\n")[0]))
    page.key("Escape")
    expect("escape takes the note away", page.run("document.querySelector('.tip').hidden"))
    # By mouse.
    place = page.run("(() => { const r = document.querySelector('figure .point .mark').getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()")
    page.ask("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])
    expect("a mark that is pointed at is told", not page.run("document.querySelector('.tip').hidden"))
    if page.run(count(".choices button")):
        page.run("document.querySelector('.choices button').click()")
        expect("a button leaves one series", page.run(count("figure:first-of-type svg .off")) > 0)
        page.run("document.querySelector('.choices button').click()")
        expect("and brings the others back", page.run(count("svg .off")) == 0)
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.run("(() => { const f = document.querySelector('input[type=search]'); f.value = 'no row has this'; f.dispatchEvent(new Event('input')); })()")
    expect("a table can be searched", page.run("[...document.querySelector('table.long').tBodies[0].rows].every(r => r.hidden)"))
    ids = "[...document.querySelectorAll('[id]')].map(e => e.id)"
    expect("no id comes twice", page.run(f"new Set({ids}).size === {ids}.length"))
    expect("headings skip no level", page.run("[...document.querySelectorAll('h1,h2,h3,h4')].every((h, i, all) => i === 0 || h.tagName[1] - all[i - 1].tagName[1] <= 2)"))
    expect("nothing of another is markup", page.run(count("main img, main iframe, main b, main script")) == 0)
    expect("nothing was run but our own script", page.run("typeof window.owned === 'undefined'"))
    troubles = page.troubles()
    expect(f"no error and no request {troubles or ''}".strip(), not troubles)
    narrow = Page(browser, path, width=390, height=800)
    expect("a phone need not scroll sideways", narrow.run("document.documentElement.scrollWidth <= innerWidth"))
    dark = Page(browser, path, dark=True)
    expect("dark is dark", dark.run("getComputedStyle(document.body).backgroundColor") != page.run("getComputedStyle(document.body).backgroundColor"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        for path in given.pages:
            print(path.name)
            check(browser, path)
            if given.screenshots:
                given.screenshots.mkdir(parents=True, exist_ok=True)
                looks = {"light": {}, "dark": {"dark": True}, "phone": {"width": 390, "height": 800}}
                for name, look in looks.items():
                    Page(browser, path, **look).screenshot(given.screenshots / f"{path.stem}-{name}.png")
                Page(browser, path).screenshot(given.screenshots / f"{path.stem}-whole.png", whole=True)
        browser.close()
    sys.exit(1 if failed else 0)


main()
