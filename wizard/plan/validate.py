"""All that can be said of a plan without a database: layers 1 to 5, in this order.

Envelope, XML, schema and the reading of values stop at the first layer that objects, since the
next one would only stumble over the same thing; graph and parameters are both asked, so that
people see everything there is to mend. Layers 6 to 8 (database, permissions, impact) return the
same findings from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from wizard.plan.checks import check_parameters
from wizard.plan.graph import check_graph
from wizard.plan.model import Finding, Plan
from wizard.plan.parse import read_document


def validate_document(raw: bytes) -> tuple[Plan | None, list[Finding]]:
    """The plan, and what is to be said of it. There is no plan as soon as one finding is an
    error; warnings come with the plan."""
    document, findings = read_document(raw)
    if document is None:
        return None, findings
    findings = validate_plan(document.plan, document.estimated_steps)
    return (None if has_errors(findings) else document.plan), findings


def validate_plan(plan: Plan, estimated_steps: int | None = None) -> list[Finding]:
    """Layers 4 and 5 for a plan in memory."""
    return [*check_graph(plan, estimated_steps), *check_parameters(plan)]


def has_errors(findings: Sequence[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)
