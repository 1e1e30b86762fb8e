"""The row about one attempt, begun from what was asked and where it went."""

from __future__ import annotations

from common.trace import trace_id
from llm.metrics import CallRecord
from llm.orchestration.outlook import Route
from llm.orchestration.request import Ask


def record_of(
    ask: Ask,
    route: Route | None = None,
    *,
    outcome: str,
    code: str = "",
    attempt: int = 1,
    total_ms: float = 0.0,
) -> CallRecord:
    """``route`` None: it went nowhere."""
    return CallRecord(
        purpose=ask.purpose.value,
        organization_id=ask.organization.pk,
        user_id=ask.user.pk if ask.user else None,
        provider_id=route.provider.pk if route else None,
        provider_name=route.provider.name if route else "",
        kind=route.provider.kind if route else "",
        model=route.model[:200] if route else "",
        prompt_key=ask.prompt_key[:60],
        attempt=attempt,
        outcome=outcome,
        error_code=code,
        total_ms=total_ms,
        trace_id=trace_id(),
    )
