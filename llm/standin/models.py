"""The models of the stand-in: what it says about them. None of them exists here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

GIB = 2**30
FIRST_MODIFIED = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


def full_name(name: str) -> str:
    """The name with its tag, as the lists show it ("llama3.2" is "llama3.2:latest")."""
    last = name.rsplit("/", 1)[-1]
    return name if ":" in last else f"{name}:latest"


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    size: int = 2 * GIB
    family: str = "llama"
    parameter_size: str = "3.2B"
    parameters: int = 3_200_000_000
    quantization: str = "Q4_K_M"
    capabilities: tuple[str, ...] = ("completion", "tools")
    context_length: int = 131_072
    embedding_length: int = 3072
    """What is said; the vectors themselves have ``dimensions`` numbers."""
    dimensions: int = 64
    shifts: bool = True
    """Can drop the middle of a context; where not, an overflow is an error."""
    remote_host: str = ""
    remote_model: str = ""
    num_ctx: int | None = None
    """Set by the model's own parameters."""
    system: str = ""
    modified_at: datetime = FIRST_MODIFIED

    @property
    def full_name(self) -> str:
        return full_name(self.name)

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"manifest {self.full_name}".encode()).hexdigest()

    @property
    def remote(self) -> bool:
        return bool(self.remote_host)

    def can(self, capability: str) -> bool:
        return capability in self.capabilities

    def details(self) -> dict[str, Any]:
        return {
            "parent_model": "",
            "format": "" if self.remote else "gguf",
            "family": self.family,
            "families": [self.family],
            "parameter_size": self.parameter_size,
            "quantization_level": self.quantization,
        }

    def facts(self) -> dict[str, Any]:
        return {
            "general.architecture": self.family,
            "general.parameter_count": self.parameters,
            f"{self.family}.context_length": self.context_length,
            f"{self.family}.embedding_length": self.embedding_length,
        }


@dataclass(frozen=True, slots=True)
class Pullable:
    """A model of the library. ``layers`` in bytes, in the order they come.

    ``rate``: bytes per second. ``fails_at``: after so many bytes of all layers ``error`` comes.
    ``hold_at``: there it waits for ``release()``.
    """

    model: Model
    layers: tuple[int, ...] = ()
    rate: float | None = None
    fails_at: int | None = None
    error: str = ""
    hold_at: int | None = None

    def sizes(self) -> tuple[int, ...]:
        return self.layers or (self.model.size, 1429, 77, 487)

    def digests(self) -> list[str]:
        """Equal layers of one model and size have equal digests, also in two scripts."""
        name = self.model.full_name
        return [
            "sha256:" + hashlib.sha256(f"{name} {index} {size}".encode()).hexdigest()
            for index, size in enumerate(self.sizes())
        ]


def pullable(name: str, *layers: int, **more: Any) -> Pullable:
    """``pullable("tiny", 1000, 200, rate=500)``; a model of the library by that name, if any."""
    known = LIBRARY.get(full_name(name))
    model = known.model if known else Model(name=full_name(name), size=sum(layers) or 2 * GIB)
    return Pullable(model=model, layers=layers, **more)


def disk_full(name: str, *layers: int, at: int) -> Pullable:
    digest = pullable(name, *layers).digests()[0].removeprefix("sha256:")
    path = f"/root/.ollama/models/blobs/sha256-{digest}-partial-0"
    return pullable(name, *layers, fails_at=at, error=f"write {path}: no space left on device")


MODELS = (
    Model(name="llama3.2:latest", size=2_019_393_189),
    Model(
        name="qwen3:4b",
        size=2_497_293_931,
        family="qwen3",
        parameter_size="4.0B",
        parameters=4_022_468_096,
        capabilities=("completion", "tools", "thinking"),
        context_length=262_144,
        embedding_length=2560,
        modified_at=FIRST_MODIFIED + timedelta(days=1),
    ),
    Model(
        name="nomic-embed-text:latest",
        size=274_302_450,
        family="nomic-bert",
        parameter_size="137M",
        parameters=136_727_040,
        quantization="F16",
        capabilities=("embedding",),
        context_length=2048,
        embedding_length=768,
        modified_at=FIRST_MODIFIED + timedelta(days=2),
    ),
    Model(
        name="gemma3:4b",
        size=3_338_801_804,
        family="gemma3",
        parameter_size="4.3B",
        parameters=4_299_915_632,
        capabilities=("completion", "vision"),
        context_length=131_072,
        embedding_length=2560,
        modified_at=FIRST_MODIFIED + timedelta(days=3),
    ),
    Model(
        name="gpt-oss:120b-cloud",
        size=384,
        family="gptoss",
        parameter_size="116.8B",
        parameters=116_829_156_672,
        quantization="MXFP4",
        capabilities=("completion", "tools", "thinking"),
        embedding_length=2880,
        remote_host="https://ollama.com:443",
        remote_model="gpt-oss:120b",
        modified_at=FIRST_MODIFIED + timedelta(days=4),
    ),
)


def _library() -> dict[str, Pullable]:
    small = Model(name="tinyllama:latest", size=637_699_456, parameter_size="1B")
    models = (
        *(model for model in MODELS if not model.remote),
        small,
        replace(small, name="mistral:latest", size=4_372_812_000, parameter_size="7.2B"),
        replace(MODELS[1], name="qwen3:0.6b", size=522_640_096, parameter_size="751.63M"),
        replace(MODELS[1], name="deepseek-r1:8b", size=5_225_376_047, parameter_size="8.2B"),
        replace(MODELS[2], name="all-minilm:latest", size=45_949_216, parameter_size="23M"),
        replace(MODELS[3], name="gemma3:1b", size=815_319_791, capabilities=("completion",)),
        Model(name="library/team/assistant:v2", size=1_000_000_000),
    )
    return {model.full_name: Pullable(model=model) for model in models}


LIBRARY: dict[str, Pullable] = _library()
