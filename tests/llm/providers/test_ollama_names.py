"""Names of models to download: only from known places, written the way lists write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.providers.errors import RequestRefused
from llm.providers.ollama import HUGGING_FACE, OLLAMA_REGISTRIES, check_pull_name
from tests.llm.providers.servers import RawServer, ollama


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("llama3.2", "llama3.2:latest"),
        (" llama3.2:3b ", "llama3.2:3b"),
        ("Qwen3:30b-A3B-q4_K_M", "Qwen3:30b-A3B-q4_K_M"),
        ("library/llama3.2", "llama3.2:latest"),
        ("someone/their-model:v1.0", "someone/their-model:v1.0"),
        ("registry.ollama.ai/library/llama3.2:3b", "llama3.2:3b"),
        ("ollama.com/library/llama3.2", "llama3.2:latest"),
        ("Ollama.com/someone/model", "someone/model:latest"),
        ("ollama.com/llama3.2", "llama3.2:latest"),
    ],
)
def test_names_that_are_fine(name: str, normal: str) -> None:
    assert check_pull_name(name) == normal
    assert check_pull_name(normal) == normal


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Name the model"),
        ("   ", "Name the model"),
        ("http://evil.example/model", "not a web address"),
        ("https://ollama.com/library/llama3.2", "not a web address"),
        ("evil.example/library/model", "from evil.example"),
        ("evil.example/model", "from evil.example"),
        ("127.0.0.1:5000/a/b", "from 127.0.0.1:5000"),
        ("evil:5000/b:tag", "from evil:5000"),
        ("localhost/model", "from localhost"),
        ("registry.ollama.ai:8080/library/m", "from registry.ollama.ai:8080"),
        ("hf.co/someone/model-GGUF:Q4_K_M", "from hf.co"),
        ("two words", "not the name"),
        ("../../etc/passwd", "not the name"),
        ("a/../b", "not the name"),
        ("user@evil.example/model", "not the name"),
        ("model@sha256:abc", "not the name"),
        ("-rf", "not the name"),
        (".hidden", "not the name"),
        ("model:", "not the name"),
        ("model:-tag", "not the name"),
        ("a:b:c", "not the name"),
        ("/model", "not the name"),
        ("model/", "not the name"),
        ("a//b", "from a"),
        ("ollama.com/a/b/c", "not the name"),
        ("mödel", "not the name"),
        ("model\nX", "not the name"),
        ("a" * 81, "not the name"),
        ("a" * 300, "longer than"),
        ("[::1]/a/b", "not the name"),
    ],
)
def test_names_that_are_refused(name: str, words: str) -> None:
    with pytest.raises(RequestRefused, match=words):
        check_pull_name(name)


def test_another_registry_only_where_it_is_allowed() -> None:
    allowed = OLLAMA_REGISTRIES | HUGGING_FACE | {"models.lan:5000"}
    name = "hf.co/someone/model-GGUF:Q4_K_M"
    assert check_pull_name(name, allowed) == name
    assert check_pull_name("HF.co/someone/m", allowed) == "hf.co/someone/m:latest"
    assert check_pull_name("models.lan:5000/a/m:v1", allowed) == "models.lan:5000/a/m:v1"


@given(st.text(st.sampled_from("ab./:-@_ \n"), max_size=20))
def test_what_passes_names_no_other_server(name: str) -> None:
    try:
        normal = check_pull_name(name)
    except RequestRefused:
        return
    path, _, tag = normal.partition(":")
    assert tag
    assert ":" not in tag
    assert "/" not in tag
    assert path.count("/") <= 1
    assert "." not in path.rpartition("/")[0]
    assert check_pull_name(normal) == normal


async def test_a_name_that_is_refused_is_never_sent() -> None:
    async with RawServer() as server:
        with pytest.raises(RequestRefused):
            [_ async for _ in ollama(server).pull("evil.example/a/b")]
        assert server.seen == []
