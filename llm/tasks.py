"""Jobs of the models, and what they do every so often."""

from __future__ import annotations

from common.jobs import JobContext, job
from llm import pulling


@job(
    "llm.pull_model",
    title="Download a model",
    max_attempts=10,
    on_failure=pulling.ended_badly,
    lane="transfer",
)
def pull_model(ctx: JobContext, *, pull_id: str) -> None:
    pulling.run(ctx, pull_id)
