"""Limited child processes: what they pass on, and what they survive."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from common.sandbox import (
    Pool,
    SandboxBusy,
    SandboxCancelled,
    SandboxCrashed,
    SandboxError,
    SandboxMemory,
    SandboxTimeout,
)

HERE = "tests.common.sandbox_targets:"


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool("test", size=2, memory_bytes=600 * 2**20)
    yield pool
    pool.close()


@pytest.fixture
def single() -> Iterator[Pool]:
    pool = Pool("single", size=1, recycle_after=3)
    yield pool
    pool.close()


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """No such process, or only its unreaped remains."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_values_arrive_as_they_were_sent(pool: Pool) -> None:
    values = {"text": "Zürich 🏔 \udce9", "number": 1.5, "nested": [{"a": None, "b": [True]}]}
    assert pool.call(HERE + "echo", values) == values


def test_children_are_reused(single: Pool) -> None:
    first, second = single.call(HERE + "identity"), single.call(HERE + "identity")
    assert first["pid"] == second["pid"]
    assert (first["calls"], second["calls"]) == (1, 2)


def test_children_are_replaced_after_so_many_calls(single: Pool) -> None:
    pids = [single.call(HERE + "identity")["pid"] for _ in range(4)]
    assert pids[0] == pids[1] == pids[2] != pids[3]
    assert gone(pids[0])


def test_an_exception_brings_type_message_and_data(pool: Pool) -> None:
    with pytest.raises(SandboxError) as caught:
        pool.call(HERE + "refuse")
    assert type(caught.value) is SandboxError
    assert caught.value.type == "Refusal"
    assert caught.value.message == "That is too much."
    assert caught.value.data == {"hint": "Try less.", "code": "NO"}


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (HERE + "leave", "SystemExit"),
        (HERE + "unserialisable", "TypeError"),
        (HERE + "no_such_function", "AttributeError"),
        ("no.such.module:function", "ModuleNotFoundError"),
        ("os:system('true')", "ValueError"),
    ],
)
def test_bad_calls_are_errors_and_the_child_stays(single: Pool, target: str, kind: str) -> None:
    pid = single.call(HERE + "identity")["pid"]
    with pytest.raises(SandboxError) as caught:
        single.call(target)
    assert caught.value.type == kind
    assert single.call(HERE + "identity")["pid"] == pid


def test_an_endless_loop_is_stopped(single: Pool) -> None:
    pid = single.call(HERE + "identity")["pid"]
    with pytest.raises(SandboxTimeout, match=r"took longer than 0\.3 s"):
        single.call(HERE + "spin", timeout=0.3)
    assert gone(pid)
    assert single.call(HERE + "echo", {"a": 1}) == {"a": 1}


def test_processor_time_is_limited_for_a_life() -> None:
    pool = Pool("cpu", size=1, cpu_seconds=1)
    try:
        with pytest.raises(SandboxTimeout, match="processor time"):
            pool.call(HERE + "spin", timeout=60)
    finally:
        pool.close()


def test_a_memory_bomb_is_stopped(pool: Pool) -> None:
    with pytest.raises(SandboxMemory, match="more memory than is allowed"):
        pool.call(HERE + "devour")
    assert pool.call(HERE + "echo", {"a": 1}) == {"a": 1}


@pytest.mark.parametrize("limit", [None, 700 * 2**20])
def test_the_memory_limit_is_optional(limit: int | None) -> None:
    pool = Pool("roomy", size=1, memory_bytes=limit)
    try:
        assert pool.call(HERE + "address_space") == (limit or resource.RLIM_INFINITY)
    finally:
        pool.close()


def test_a_child_that_vanishes_is_reported_and_replaced(single: Pool) -> None:
    with pytest.raises(SandboxCrashed, match=r"ended unexpectedly \(code 7\)"):
        single.call(HERE + "vanish")
    assert single.call(HERE + "echo", {"a": 1}) == {"a": 1}


def test_a_child_killed_in_mid_call_is_reported(single: Pool, tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    def kill() -> None:
        wait_for(lambda: mark.exists() and mark.read_text() != "")
        os.kill(int(mark.read_text()), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(SandboxCrashed, match="stopped by the system"):
        single.call(HERE + "nap", {"seconds": 60, "mark": str(mark)})
    killer.join()
    assert single.call(HERE + "echo", {"a": 1}) == {"a": 1}


def test_a_child_that_died_while_idle_is_replaced(single: Pool) -> None:
    pid = single.call(HERE + "identity")["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: gone(pid))
    assert single.call(HERE + "identity")["pid"] != pid


def test_printing_does_not_break_the_protocol(pool: Pool) -> None:
    assert pool.call(HERE + "noise") == "quiet"
    assert pool.call(HERE + "read_stdin") == ""


def test_huge_answers_and_arguments_pass(pool: Pool) -> None:
    assert pool.call(HERE + "big", {"size": 10_000_000}) == "é" * 10_000_000
    assert pool.call(HERE + "echo", {"text": "x" * 20_000_000}) == {"text": "x" * 20_000_000}


def test_an_answer_over_the_limit_is_refused() -> None:
    pool = Pool("short", size=1, reply_limit=1_000)
    try:
        with pytest.raises(SandboxError, match="at most 1,000 can be passed on"):
            pool.call(HERE + "big", {"size": 600})
        assert pool.call(HERE + "big", {"size": 400}) == "é" * 400
    finally:
        pool.close()


def test_progress_is_passed_on_in_order(pool: Pool) -> None:
    seen: list[int] = []
    result = pool.call(HERE + "count", {"to": 50}, on_progress=lambda p: seen.append(p["done"]))
    assert result == 50
    assert seen == list(range(50))


def test_cancelling_kills_the_child(single: Pool, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    with pytest.raises(SandboxCancelled, match="was cancelled"):
        single.call(HERE + "nap", {"seconds": 60, "mark": str(mark)}, cancelled=mark.exists)
    assert single.call(HERE + "echo", {"a": 1}) == {"a": 1}
    if mark.read_text():
        assert gone(int(mark.read_text()))


def test_what_cancelled_raises_passes_through(single: Pool, tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    def cancelled() -> bool:
        if mark.exists():
            raise LookupError("the lease is lost")
        return False

    with pytest.raises(LookupError, match="lease"):
        single.call(HERE + "nap", {"seconds": 60, "mark": str(mark)}, cancelled=cancelled)
    assert single.call(HERE + "echo", {"a": 1}) == {"a": 1}


def test_eight_threads_share_two_children(pool: Pool) -> None:
    def work(number: int) -> tuple[int, int]:
        answer = pool.call(HERE + "echo", {"number": number, "pad": "x" * 100_000})
        return answer["number"], pool.call(HERE + "identity")["pid"]

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(work, range(64)))
    assert [number for number, _ in results] == list(range(64))
    assert len({pid for _, pid in results}) <= 2


def test_a_full_queue_and_a_long_wait_are_refused(tmp_path: Path) -> None:
    pool = Pool("tight", size=1, queue_limit=0)
    patient = Pool("patient", size=1, queue_seconds=0.2)
    try:
        for busy, sentence in ((pool, "Too much work"), (patient, "All workers are busy")):
            mark = tmp_path / busy.name
            thread = occupy(busy, mark)
            with pytest.raises(SandboxBusy, match=sentence):
                busy.call(HERE + "echo")
            busy.close()
            thread.join()
    finally:
        pool.close()
        patient.close()


def test_a_waiting_call_can_be_cancelled(single: Pool, tmp_path: Path) -> None:
    thread = occupy(single, tmp_path / "mark")
    with pytest.raises(SandboxCancelled, match="before it started"):
        single.call(HERE + "echo", cancelled=lambda: True)
    single.close()
    thread.join()


def occupy(pool: Pool, mark: Path) -> threading.Thread:
    def run() -> None:
        with pytest.raises(SandboxCancelled, match="shutting down"):
            pool.call(HERE + "nap", {"seconds": 60, "mark": str(mark)})

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(mark.exists)
    return thread


def test_affinity_prefers_the_child_that_knows_the_key(pool: Pool) -> None:
    first = pool.call(HERE + "identity", affinity="a")["pid"]
    second = pool.call(HERE + "identity", affinity="b")["pid"]
    assert first != second
    for key, pid in (("a", first), ("b", second), ("a", first), ("a", first), ("b", second)):
        assert pool.call(HERE + "identity", affinity=key)["pid"] == pid


def test_surroundings_hold_no_secrets(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    seen = pool.call(HERE + "surroundings")
    assert "hunter2" not in str(seen["environment"])
    assert set(seen["environment"]) <= {
        "PATH", "TZ", "LANG", "LC_CTYPE", "HOME", "TMPDIR", "PYTHONPATH", "PYTHONUTF8",
        "OMP_NUM_THREADS", "MALLOC_ARENA_MAX",
    }  # fmt: skip
    assert seen["session"]
    assert len(seen["files"]) <= 6  # three standard ones, two pipes, the listing itself
    assert seen["directory"] != os.getcwd()


def test_nothing_is_left_for_the_next_call(single: Pool) -> None:
    directory = single.call(HERE + "surroundings")["directory"]
    assert single.call(HERE + "entries") == []
    single.close()
    assert not Path(directory).exists()


def test_no_descriptors_leak() -> None:
    def round_trip() -> None:
        pool = Pool("leak", size=1)
        pool.call(HERE + "echo")
        with pytest.raises(SandboxCrashed):
            pool.call(HERE + "vanish")
        pool.call(HERE + "echo")
        pool.close()

    round_trip()
    before = open_files()
    for _ in range(3):
        round_trip()
    assert open_files() == before


def test_children_outlive_the_thread_that_asked_for_them(single: Pool) -> None:
    pids: list[int] = []
    thread = threading.Thread(target=lambda: pids.append(single.call(HERE + "identity")["pid"]))
    thread.start()
    thread.join()
    time.sleep(0.1)
    assert single.call(HERE + "identity")["pid"] == pids[0]


def test_children_die_with_their_parent(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    program = (
        "from common.sandbox import Pool\n"
        f"Pool('orphan').call('{HERE}nap', {{'seconds': 600, 'mark': {str(mark)!r}}}, timeout=600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    try:
        wait_for(lambda: mark.exists() and mark.read_text() != "")
    finally:
        parent.kill()
        parent.wait()
    wait_for(lambda: gone(int(mark.read_text())))


def test_a_forked_process_gets_children_of_its_own(single: Pool) -> None:
    pid = single.call(HERE + "identity")["pid"]
    read, write = os.pipe()
    fork = os.fork()
    if fork == 0:  # pragma: no cover - in the other process
        try:
            os.write(write, str(single.call(HERE + "identity")["pid"]).encode())
        finally:
            single.close()
            os._exit(0)
    os.close(write)
    other = int(os.read(read, 100))
    os.close(read)
    os.waitpid(fork, 0)
    assert other != pid
    assert single.call(HERE + "identity")["pid"] == pid


def test_a_closed_pool_refuses(single: Pool) -> None:
    single.call(HERE + "echo")
    single.close()
    with pytest.raises(SandboxCancelled):
        single.call(HERE + "echo")
