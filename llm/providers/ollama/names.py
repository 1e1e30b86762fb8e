"""Names of models to download. A name may name the server it comes from: only known ones pass."""

from __future__ import annotations

import re
from collections.abc import Collection

from llm.providers.errors import RequestRefused

OLLAMA_REGISTRIES = frozenset({"registry.ollama.ai", "ollama.com", "www.ollama.com"})
HUGGING_FACE = frozenset({"hf.co", "huggingface.co"})
"""For ``allowed_registries`` where an operator allows them."""

LONGEST_NAME = 250
LONGEST_PART = 80
NAMESPACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
MODEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
EXAMPLE = "A name looks like “llama3.2” or “llama3.2:3b”."


def check_pull_name(name: str, allowed_registries: Collection[str] = OLLAMA_REGISTRIES) -> str:
    """``[registry/][namespace/]model[:tag]`` as Ollama's own lists write it: with a tag, and
    without what goes without saying (its registry, "library"). ``RequestRefused`` with a sentence
    for anything else, and for registries that are not allowed."""
    registry, path = _split_registry(_checked_shape(name.strip()))
    if registry and registry.lower() not in {name.lower() for name in allowed_registries}:
        raise RequestRefused(f"Models may not be downloaded from {registry}.")
    path, _, tag = path.partition(":")
    *spaces, model = path.split("/")
    _check_parts(spaces, model, tag or "latest")
    if registry.lower() in OLLAMA_REGISTRIES:
        registry = ""
    if not registry and spaces == ["library"]:
        spaces = []
    return "/".join(filter(None, (registry.lower(), *spaces, model))) + f":{tag or 'latest'}"


def _checked_shape(name: str) -> str:
    if not name:
        raise RequestRefused(f"Name the model to download. {EXAMPLE}")
    if len(name) > LONGEST_NAME:
        raise RequestRefused(f"The name is longer than {LONGEST_NAME} characters.")
    if "://" in name:
        raise RequestRefused(f"Give the name of the model, not a web address. {EXAMPLE}")
    if ".." in name or re.search(r"[^A-Za-z0-9_./:-]", name) or name.endswith(":"):
        raise RequestRefused(f"This is not the name of a model. {EXAMPLE}")
    return name


def _split_registry(name: str) -> tuple[str, str]:
    """The first of three parts is a server, and the first of two when it looks like one:
    namespaces hold neither dots nor ports."""
    first, slash, rest = name.partition("/")
    if slash and ("/" in rest or first == "localhost" or re.search(r"[.:]", first)):
        return first, rest
    return "", name


def _check_parts(spaces: list[str], model: str, tag: str) -> None:
    fits = (
        len(spaces) <= 1
        and all(NAMESPACE.fullmatch(space) for space in spaces)
        and MODEL.fullmatch(model)
        and MODEL.fullmatch(tag)
        and all(len(part) <= LONGEST_PART for part in (*spaces, model, tag))
    )
    if not fits:
        raise RequestRefused(f"This is not the name of a model. {EXAMPLE}")
