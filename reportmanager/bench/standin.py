"""A stand-in for a model server in a process of its own: ``python -m reportmanager.bench.standin``.

Arguments: tokens of each answer, tokens per second (0: as fast as it can). Prints its address and
stays until its standard input is closed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from llm.standin import Script, pieces, running


def main(tokens: int, rate: float) -> None:
    # Words differ: a server ends an answer that repeats itself.
    answer = pieces(*(f"word{number % 97} " for number in range(tokens)))
    with running(Script(default=answer, rate=rate, load_delay=0.0, num_parallel=64)) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


@contextmanager
def standing_in(tokens: int, rate: float) -> Iterator[str]:
    """Its address, while it runs."""
    command = [sys.executable, "-m", "reportmanager.bench.standin", str(tokens), str(rate)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101  (it is a pipe)
        yield process.stdout.readline().strip()
        process.terminate()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
