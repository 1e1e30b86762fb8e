"""What an Ollama server answers about its models, read without trusting a single type."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from llm.providers import bounds
from llm.providers.base import ModelDetails, ModelInfo, PullProgress, RunningModel
from llm.providers.errors import NotUnderstood
from llm.providers.failures import error_line

CLOUD = "ollama.com"
LAST_YEAR = 9999
STRANGE = "This address answers, but not as an Ollama server does."


def text_of(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def word_of(data: dict[str, Any], key: str) -> str:
    return bounds.word(text_of(data, key))


def count_of(data: dict[str, Any], key: str) -> int:
    """A number that is not negative; 0 where it is absent, as servers leave zeros out."""
    return bounds.amount(data.get(key)) or 0


def tokens_of(data: dict[str, Any], key: str) -> int:
    return min(count_of(data, key), bounds.MOST_TOKENS)


def object_of(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def objects_of(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of a list. A list that is absent or null is empty, as Go writes empty ones."""
    value = data.get(key)
    if value is not None and not isinstance(value, list):
        raise NotUnderstood(STRANGE, detail=f"“{key}” is no list")
    return [entry for entry in value or [] if isinstance(entry, dict)]


def moment_of(data: dict[str, Any], key: str) -> datetime | None:
    """A time, aware, that every time zone can show. Go writes its zero time (year 1) where there
    is none."""
    try:
        moment = datetime.fromisoformat(text_of(data, key))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC) if 1 < moment.year < LAST_YEAR else None
    except (ValueError, OverflowError):
        return None


def listed(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The models of ``/api/tags`` and ``/api/ps``."""
    if "models" not in answer:
        raise NotUnderstood(STRANGE, detail="no list of models")
    return [entry for entry in objects_of(answer, "models") if name_of(entry)]


def models_of(answer: dict[str, Any]) -> list[ModelInfo]:
    return bounds.usable(model_info(entry) for entry in listed(answer))


def running_of(answer: dict[str, Any]) -> list[RunningModel]:
    return bounds.usable(running_model(entry) for entry in listed(answer))


def name_of(entry: dict[str, Any]) -> str:
    return text_of(entry, "model") or text_of(entry, "name")


def model_info(entry: dict[str, Any], name: str = "") -> ModelInfo:
    details = object_of(entry, "details")
    elsewhere = text_of(entry, "remote_host") or text_of(entry, "remote_model")
    remote = (word_of(entry, "remote_host") or CLOUD) if elsewhere else ""
    return ModelInfo(
        name=name or name_of(entry),
        size=count_of(entry, "size"),
        digest=word_of(entry, "digest"),
        modified_at=moment_of(entry, "modified_at"),
        family=word_of(details, "family"),
        parameters=word_of(details, "parameter_size"),
        quantization=word_of(details, "quantization_level"),
        context_length=count_of(details, "context_length") or None,
        capabilities=capabilities_of(entry),
        remote_host=remote,
    )


def capabilities_of(entry: dict[str, Any]) -> frozenset[str] | None:
    value = entry.get("capabilities")
    if not isinstance(value, list):
        return None
    return bounds.abilities(value)


def running_model(entry: dict[str, Any]) -> RunningModel:
    return RunningModel(
        name=name_of(entry),
        size=count_of(entry, "size"),
        vram=count_of(entry, "size_vram"),
        digest=word_of(entry, "digest"),
        expires_at=moment_of(entry, "expires_at"),
        context_length=count_of(entry, "context_length") or None,
    )


def model_details(name: str, answer: dict[str, Any]) -> ModelDetails:
    facts = object_of(answer, "model_info")
    info = model_info(answer, name)
    details = object_of(answer, "details")
    longest = longest_context(facts) or count_of(details, "context_length") or None
    return ModelDetails(
        info=ModelInfo(**(_fields(info) | {"context_length": longest})),
        template=bounds.long_text(text_of(answer, "template")),
        system=bounds.long_text(text_of(answer, "system")),
        license=bounds.long_text(text_of(answer, "license")),
        parameters=bounds.long_text(text_of(answer, "parameters")),
        modelfile=bounds.long_text(text_of(answer, "modelfile")),
        facts=bounds.plain_facts(facts),
    )


def _fields(info: ModelInfo) -> dict[str, Any]:
    return {name: getattr(info, name) for name in ModelInfo.__dataclass_fields__}


def longest_context(facts: dict[str, Any]) -> int | None:
    """``<architecture>.context_length``: what the model was made for (facts 3.5)."""
    architecture = text_of(facts, "general.architecture")
    return count_of(facts, f"{architecture}.context_length") or None


def pull_progress(line: dict[str, Any]) -> PullProgress:
    """One line of a pull; an error line, which comes with status 200, is raised."""
    if "error" in line:
        raise error_line(line["error"])
    if not text_of(line, "status"):
        raise NotUnderstood(STRANGE, detail="a line of a pull without a status")
    return PullProgress(
        status=text_of(line, "status"),
        digest=text_of(line, "digest"),
        total=count_of(line, "total"),
        completed=count_of(line, "completed"),
    )


def vectors(answer: dict[str, Any], count: int) -> list[list[float]]:
    """As many vectors as there were texts, all of one length."""
    rows = answer.get("embeddings")
    if not isinstance(rows, list) or len(rows) != count or not all(map(_is_vector, rows)):
        raise NotUnderstood(STRANGE, detail="no embeddings of the texts that were sent")
    if len({len(row) for row in rows}) > 1:
        raise NotUnderstood(STRANGE, detail="embeddings of different lengths")
    return [[float(value) for value in row] for row in rows]


def _is_number(value: Any) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and abs(value) < 1e300


def _is_vector(row: Any) -> bool:
    return isinstance(row, list) and bool(row) and all(map(_is_number, row))
