"""The measurement itself."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from reportmanager.bench import data
from reportmanager.bench.figures import Figure
from reportmanager.bench.load import Browser, milliseconds, per_second
from reportmanager.bench.server import Server, served

CLIENTS = 16
SECONDS = 4.0  # for each measurement of many clients
BROWSER_CONNECTIONS = 6
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """The server with everything that is asked of it."""

    server: Server
    cookie: str
    trivial: str
    chart: str
    dashboard: str
    widgets: tuple[str, ...]
    report: int
    dashboard_id: int
    table: str
    parquet: str

    @property
    def fresh(self) -> str:
        return f"{self.chart}?refresh=true"

    def browser(self, **headers: str) -> Browser:
        return Browser(self.server.port, self.cookie, headers)


def measure(say: Say, *, rows: int = data.ROWS, seconds: float = SECONDS) -> Iterator[Figure]:
    """Every figure, one after the other."""
    samples = max(3, int(15 * seconds))
    with tempfile.TemporaryDirectory(prefix="rm-bench-") as folder:
        file = Path(folder) / "sales.csv"
        say("Making the data …")
        data.write_csv(file, rows)
        say("Starting the server …")
        with served(Path(folder)) as server:
            known = server.seed("begin")
            say("Uploading …")
            upload, source = _upload(server, known, file)
            yield upload
            place = _place(server, known, server.seed("finish", str(source)))
            say("One client …")
            yield from _dashboard(place)
            yield from _one_client(place, samples)
            say(f"{CLIENTS} clients …")
            yield from _many_clients(place, seconds)
            yield from _memory(server)
            say("Asking the stand-in …")
            yield from _relay(server, seconds)
            say("Counting queries …")
            yield from _queries(place)


def _upload(server: Server, known: dict[str, str], file: Path) -> tuple[Figure, int]:
    browser, size = Browser(server.port, ""), file.stat().st_size / 2**20
    begun = time.perf_counter()
    answer = json.loads(browser.upload("/api/v1/sources/upload", file, known["token"]))
    seconds = time.perf_counter() - begun
    figure = Figure(
        f"CSV of {size:.0f} MiB: upload until it can be queried",
        seconds,
        "s",
        "≤ 3 s",
        seconds <= 3,
        "one API call: received, inspected, converted, stored",
    )
    return figure, int(answer["id"])


def _place(server: Server, known: dict[str, str], made: dict[str, Any]) -> Place:
    board = f"/dashboards/{made['dashboard']}/"
    return Place(
        server=server,
        cookie=known["cookie"],
        trivial=f"/api/v1/jobs/{known['job']}",
        chart=f"/api/v1/reports/{made['report']}/data",
        dashboard=board,
        widgets=tuple(f"{board}widgets/{widget}/" for widget in made["widgets"]),
        report=made["report"],
        dashboard_id=made["dashboard"],
        table=made["table"],
        parquet=made["parquet"],
    )


def _one_client(place: Place, samples: int) -> Iterator[Figure]:
    browser = place.browser()
    sql = str(json.loads(browser.get(place.fresh))["sql"])
    engine = _engine(place)
    median = milliseconds(
        {
            "direct": lambda: engine.execute(sql).fetchall(),
            "trivial": lambda: browser.get(place.trivial),
            "fresh": lambda: browser.get(place.fresh),
            "cached": lambda: browser.get(place.chart),
        },
        samples,
    )
    direct, trivial = median["direct"], median["trivial"]
    fresh, cached = median["fresh"], median["cached"]
    yield Figure("Engine called directly, same SQL", direct, "ms", note="DuckDB on the Parquet")
    yield Figure("Trivial view", trivial, "ms", note="session, user, one row as JSON")
    yield Figure("Chart data, cache off", fresh, "ms")
    yield _at_most("… over engine", fresh - direct, "ms", 10)
    yield Figure("Chart data, cache on", cached, "ms")
    yield _at_most("… over trivial view", cached - trivial, "ms", 10)


def _many_clients(place: Place, seconds: float) -> Iterator[Figure]:
    sql = str(json.loads(place.browser().get(place.chart))["sql"])
    cursors = [_engine(place) for _number in range(2)]
    direct = per_second([lambda c=c: c.execute(sql).fetchall() for c in cursors], seconds)  # type: ignore[misc]
    trivial = per_second(_clients(place, place.trivial), seconds)
    cached = per_second(_clients(place, place.chart), seconds)
    fresh = per_second(_clients(place, place.fresh), seconds)
    ratio = cached / trivial
    yield Figure(f"Trivial view, {CLIENTS} clients", trivial, "/s")
    yield Figure(f"Chart data, {CLIENTS} clients, cache on", cached, "/s")
    yield Figure("… ratio to trivial view", ratio, "×", "≥ 0.6 ×", ratio >= 0.6)
    yield Figure("Engine called directly, 2 threads", direct, "/s")
    yield Figure(f"Chart data, {CLIENTS} clients, cache off", fresh, "/s")
    yield Figure("… ratio to engine", fresh / direct, "×", note="client and server share the cores")


def _dashboard(place: Place) -> Iterator[Figure]:
    """As a browser does it: the page, then its widgets over six connections."""
    with ThreadPoolExecutor(BROWSER_CONNECTIONS) as pool:
        browsers = [place.browser(**{"HX-Request": "true"}) for _ in range(BROWSER_CONNECTIONS)]
        page = place.browser()

        def load() -> None:
            page.get(place.dashboard)
            shares = [place.widgets[number::BROWSER_CONNECTIONS] for number in range(len(browsers))]
            list(pool.map(_get_all, browsers, shares))

        begun = time.perf_counter()
        load()
        first = (time.perf_counter() - begun) * 1000
        again = milliseconds({"again": load}, 10)["again"]
    count = len(place.widgets)
    yield Figure(f"Dashboard of {count} charts, first visit", first, "ms", note="nothing cached")
    yield Figure(f"Dashboard of {count} charts, again", again, "ms")


def _memory(server: Server) -> Iterator[Figure]:
    memory = server.memory()
    yield Figure("Memory of the server", memory["server"], "MB")
    yield Figure("Memory of its children", memory["children"], "MB", note="query and file workers")


def _relay(server: Server, seconds: float) -> Iterator[Figure]:
    """A model's answer through the orchestrator, and the same read directly."""
    found = server.run("reportmanager.bench.relay", str(seconds))
    note = "processor time of the reader"
    yield Figure("Model's answer, read directly, per token", found["direct_us"], "µs", note=note)
    yield Figure("Model's answer through the relay, per token", found["relay_us"], "µs", note=note)
    ratio = found["relay_us"] / found["direct_us"]
    yield Figure("… ratio to direct", ratio, "×", "≤ 1.5 ×", ratio <= 1.5)
    yield Figure("Same, time per token: directly", found["direct_wall_us"], "µs", note="as it goes")
    yield Figure("Same, time per token: through the relay", found["relay_wall_us"], "µs")
    yield Figure("First token, directly", found["direct_first_ms"], "ms")
    yield Figure("First token through the relay", found["relay_first_ms"], "ms", note="rights too")
    yield Figure(
        "8 answers at 50 tokens/s at once: ratio to direct",
        found["paced_ratio"],
        "×",
        "≤ 1.05 ×",
        found["paced_ratio"] <= 1.05,
    )


def _queries(place: Place) -> Iterator[Figure]:
    counts = place.server.seed("pages", str(place.report), str(place.dashboard_id))
    for name, count in counts.items():
        yield _at_most(f"Queries: {name}", count, "", 15)


def _at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(name, value, unit, f"≤ {limit:g} {unit}".strip(), value <= limit)


def _clients(place: Place, path: str) -> list[Callable[[], object]]:
    browsers = [place.browser() for _number in range(CLIENTS)]
    return [lambda b=browser: b.get(path) for browser in browsers]  # type: ignore[misc]


def _get_all(browser: Browser, paths: tuple[str, ...]) -> None:
    for path in paths:
        browser.get(path)


def _engine(place: Place) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 2})
    name, path = place.table.replace('"', '""'), place.parquet.replace("'", "''")
    connection.execute(f"CREATE VIEW \"{name}\" AS FROM read_parquet('{path}')")
    return connection
