"""A server that behaves like Ollama, for tests and development. Its answers are made up.

It speaks real HTTP on a real port: ``/api/…`` as Ollama does, ``/v1/…`` as OpenAI-compatible
servers do, with the same errors, the same silences, the same bad habits. There is no model behind
it, and nothing uses it unless it is told to. Two ways to have one::

    async with StandIn(script) as server:        # inside an event loop
        await client.chat(base_url=server.url)

    with running(script) as server:              # anywhere else; the handle is thread-safe
        call(server.url)

**What it says and does** is a ``Script`` (models, library, limits) with ``Behaviour``s in it. The
words for behaviours, each of which also takes any field of ``Behaviour`` (or ``.but(rate=5)``)::

    says("Hello.")  pieces("He", "llo")  thinks("Hm.", "Yes.")  calls("sales", region="North")
    fails(503)  error_line("out of memory", after=2)  cut(after=2, abrupt=True)  hangs()
    holds(after=2)  endless()  long_line()  wrong_json()  lines(b"…")  html()  garbage()
    redirects("http://…")

**Which requests** it is for: ``on`` is ``GENERATING`` (the default: chat, generate, completions),
``EVERYTHING``, a path ("/api/tags") or a model's name ("qwen3:4b").

1. An answer inside which the bytes are split anywhere::

       running(says("Grüße, größer", write_sizes=(1, 3)))

2. Busy twice, then well (one request each, in this order)::

       server.then(fails(503), fails(503), says("At last."))

3. A stream that breaks off, once per kind::

       server.script(cut(after=3))                    # a clean end without "done"
       server.script(cut(after=3, abrupt=True))       # the connection breaks
       server.script(error_line("boom", after=3))     # {"error": "boom"}, status still 200

4. Stop in the middle, and see that the server was told::

       server.script(holds(after=2))                  # or endless(rate=50)
       …the client leaves…
       server.wait_until(lambda: server.closed_early == 1)

5. Something that is no Ollama, at every address::

       server.script(html(), on=EVERYTHING)           # garbage(), redirects("http://10.0.0.1/")

6. Slow to load, slow to begin, slow to speak::

       server.script(says("…", load_delay=2, first_token_delay=1, rate=20), on="llama3.2")

7. Pulls: layers in bytes, a disk that is full, a pull that waits for ``release()``::

       server.offer(pullable("tiny", 1000, 50, rate=500), disk_full("big", 9000, at=4000),
                    pullable("held", 1000, hold_at=300))

8. Two requests for one model: the second waits without a word, as with the real one::

       server.script(holds(after=1))
       server.wait_until(lambda: server.waiting == 1)
       server.release()                               # what holds goes on

What was seen: ``server.requests`` (``method``, ``path``, ``headers``, ``json``, ``outcome``,
``chunks``, ``dropped_messages``), ``closed_early``, ``open``, ``waiting``, ``installed``,
``loaded``, ``loads``, ``reloads``. Tokens are words. Vectors of texts that share words are near
each other. The version ends in ``+standin``, which comparisons ignore.
"""

from llm.standin.models import LIBRARY, MODELS, Model, Pullable, disk_full, pullable
from llm.standin.running import Running, running
from llm.standin.script import (
    EVERYTHING,
    GENERATING,
    VERSION,
    Behaviour,
    Script,
    calls,
    cut,
    endless,
    error_line,
    fails,
    garbage,
    hangs,
    holds,
    html,
    lines,
    long_line,
    pieces,
    redirects,
    says,
    thinks,
    wrong_json,
)
from llm.standin.server import StandIn
from llm.standin.wire import Seen

__all__ = [
    "EVERYTHING",
    "GENERATING",
    "LIBRARY",
    "MODELS",
    "VERSION",
    "Behaviour",
    "Model",
    "Pullable",
    "Running",
    "Script",
    "Seen",
    "StandIn",
    "calls",
    "cut",
    "disk_full",
    "endless",
    "error_line",
    "fails",
    "garbage",
    "hangs",
    "holds",
    "html",
    "lines",
    "long_line",
    "pieces",
    "pullable",
    "redirects",
    "running",
    "says",
    "thinks",
    "wrong_json",
]
