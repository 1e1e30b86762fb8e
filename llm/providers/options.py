"""Generation options: which there are, what they may hold, and how layers of them combine."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Think = bool | Literal["low", "medium", "high", "max"]
Stop = Annotated[str, Field(min_length=1, max_length=100)]
Strict = {"strict": True}


class GenerationOptions(BaseModel):
    """All optional: what is None is not sent, so that the server's own default holds.

    Names are those of Ollama's wire; an unknown one is refused here, because Ollama would only
    note it in its log (facts 3.4). ``num_ctx`` is the context window in tokens, ``num_predict``
    the longest answer in tokens.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    v: Literal[1] = 1
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=1, le=1000, **Strict)] | None = None
    repeat_penalty: Annotated[float, Field(ge=0.5, le=2)] | None = None
    num_ctx: Annotated[int, Field(ge=512, le=1_048_576, **Strict)] | None = None
    num_predict: Annotated[int, Field(ge=1, le=131_072, **Strict)] | None = None
    stop: Annotated[tuple[Stop, ...], Field(max_length=8)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, **Strict)] | None = None
    think: Think | None = None

    def over(self, lower: GenerationOptions) -> GenerationOptions:
        """These, and where they say nothing those of the layer below."""
        return GenerationOptions.model_validate(lower.set() | self.set())

    def set(self) -> dict[str, Any]:
        """What is said, by name."""
        return {
            name: value
            for name in type(self).model_fields
            if name != "v" and (value := getattr(self, name)) is not None
        }


def layered(*layers: GenerationOptions) -> GenerationOptions:
    """From the lowest layer (instance) to the highest (conversation)."""
    combined = GenerationOptions()
    for layer in layers:
        combined = layer.over(combined)
    return combined
