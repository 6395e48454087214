"""Someone who looks at the pages, and remembers all that a browser complained of."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)


@dataclass
class Visitor:
    """Opens pages of one service; what goes wrong in them is in ``complaints``, unless it was expected."""

    browser: Browser
    url: str
    complaints: list[str] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    async def visit(
        self,
        path: str = "/",
        *,
        phone: bool = False,
        dark: bool = False,
        clock: bool = False,
        now: datetime | None = None,
    ) -> Page:
        """Open a page; with a clock that the test may stop and turn, or with one that always says ``now``."""
        context = await self.browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            has_touch=phone,
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            timezone_id="Europe/Oslo",
        )
        self._contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", self._on_request)
        if clock:
            await page.clock.install()
        if now:
            await page.clock.set_fixed_time(now)
        await page.goto(self.url + path)
        return page

    def expect(self, *texts: str) -> None:
        """From now on these are no complaints: a browser calls every refused request an error."""
        self._expected += texts

    async def leave(self) -> None:
        for context in self._contexts:
            await context.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        said = f"{message.text} ({message.location.get('url')})"
        if not any(text in said for text in self._expected):
            self.complaints.append(said)

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.complaints.append(f"another host was asked: {request.url}")


async def stop_clock(page: Page) -> None:
    """From now on time passes in the page only as the test says."""
    # It can be stopped only at a moment to come, and goes on until it is told.
    await page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))


async def accessibility_flaws(page: Page) -> list[str]:
    """What axe-core has against the page as it is now."""
    found = await Axe().run(page)
    return [
        f"{flaw['id']}: {flaw['help']}: {[node['html'][:200] for node in flaw['nodes']]}"
        for flaw in found.response["violations"]
    ]
