"""A real browser for tests: Chromium without a window, spoken to through its debugging pipe."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One headless Chromium, spoken to through its debugging pipe."""

    def __init__(self, folder: Path) -> None:
        assert CHROMIUM is not None
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4; these copies are out of the way of both.
        copies = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20) for descriptor in (to_read, to_write)]

        def descriptors() -> None:
            os.dup2(copies[0], 3)
            os.dup2(copies[1], 4)

        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        self.process = subprocess.Popen(
            [CHROMIUM, *options, "--remote-debugging-pipe", f"--user-data-dir={folder}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=descriptors,
        )
        for descriptor in (to_read, to_write, *copies):
            os.close(descriptor)
        self.count, self.page_id, self.buffer = 0, "", b""
        self.events: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.page_id = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def close(self) -> None:
        self.send("Browser.close")
        self.process.wait(30)
        os.close(self.to)
        os.close(self.back)

    def receive(self) -> dict[str, Any]:
        while b"\0" not in self.buffer:
            chunk = os.read(self.back, 1 << 16)
            assert chunk, "the browser ended"
            self.buffer += chunk
        text, _, self.buffer = self.buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        os.write(self.to, json.dumps(message | ({"sessionId": self.page_id} if self.page_id else {})).encode() + b"\0")
        while (answer := self.receive()).get("id") != self.count:
            self.events.append(answer)
        assert "error" not in answer, answer
        found: dict[str, Any] = answer["result"]
        return found

    def open(self, page: Path) -> None:
        self.events.clear()
        self.send("Page.navigate", url=page.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())

    def __call__(self, script: str) -> Any:
        """The value of a piece of JavaScript in the page."""
        found = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def key(self, name: str, text: str = "") -> None:
        codes = {"Enter": 13, "Tab": 9, " ": 32, "ArrowDown": 40}
        pressed = {"key": name, "code": "Space" if name == " " else name, "windowsVirtualKeyCode": codes[name]}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **pressed)
        self.send("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def write(self, entry: int, text: str) -> None:
        """Replaces what is in the field, by typing, and sends it off by Enter."""
        self(f"document.querySelector('[data-entry=\"{entry}\"]').select()")
        self.send("Input.insertText", text=text)
        self.key("Enter", "\r")

    def said(self, part: int) -> str:
        """What stands under the part, as a reader sees it."""
        return " ".join(self(f"document.querySelectorAll('form.part .said')[{part}].innerText").split())

    def picture(self, file: Path) -> None:
        data = self.send("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        file.write_bytes(base64.b64decode(data))
