"""A value the schema refused, in one sentence: by the facet that refused it."""

from __future__ import annotations

import re

from xmlschema import XMLSchemaValidationError
from xmlschema.validators import (
    XsdEnumerationFacets,
    XsdLengthFacet,
    XsdMaxInclusiveFacet,
    XsdMaxLengthFacet,
    XsdMinInclusiveFacet,
    XsdMinLengthFacet,
)

# By attribute or element: what its values look like.
_FORMS = {
    "ref": "An output is called like ds-1, report-2, dashboard-1, schedule-1 or list-1.",
    "reportId": "Give the ID of a report, or an output such as report-1.",
    "id": "A step is called like step-1; an item by its ID or an output such as report-1.",
    "dependsOn": "Name steps, separated by blanks: step-1 step-2.",
    "position": "Give column and row: 0,0.",
    "size": "Give columns and rows: 6,4.",
    "generatedAt": "Give a time like 2026-02-20T13:00:00Z.",
    "uploadId": "Give the upload's ID, as the upload page or the API shows it.",
    "sha256": "Give 64 hexadecimal digits.",
    "currency": "Give three capital letters, such as EUR.",
    "date": "Give a date like 2026-02-20.",
    "datetime": "Give a time like 2026-02-20T13:00:00.",
    "integer": "Give a whole number without blanks or leading zeros.",
    "decimal": "Give a number with a point, such as 12.5.",
    "goal": "Give a number with a point, such as 12.5.",
    "secret": "Give the secret's name: letters, digits, “.”, “_” and “-”.",
    "field": "Names of fields are letters, digits and “_”.",
}


def explain_value(error: XMLSchemaValidationError, tag: str) -> tuple[str, str, str]:
    """Code, sentence without its "Step n:", hint."""
    reason = error.reason or ""
    match = re.match(r"attribute (\w+)=", reason)
    place = match[1] if match else tag
    subject = f"the attribute “{place}” of <{tag}>" if match else f"<{tag}>"
    shown = _shown(error.obj, error)
    facet = error.validator
    if isinstance(facet, XsdEnumerationFacets):
        choices = ", ".join(str(value) for value in facet.enumeration or ())
        return "not_allowed", f"{place} {shown} is not allowed.", f"Use one of: {choices}."
    limit = getattr(facet, "value", None)
    if isinstance(facet, XsdMaxLengthFacet):
        return "too_long", f"{subject} is too long.", f"At most {limit} characters or entries."
    if isinstance(facet, XsdMinLengthFacet):
        return "empty", f"{subject} is empty.", "Leave it out, or give a value."
    if isinstance(facet, XsdLengthFacet):
        return "wrong_length", f"{subject} must be exactly {limit} character.", ""
    if isinstance(facet, XsdMaxInclusiveFacet):
        return "too_large_number", f"{place} {shown} is too large.", f"At most {limit}."
    if isinstance(facet, XsdMinInclusiveFacet):
        return "too_small_number", f"{place} {shown} is too small.", f"At least {limit}."
    form = _FORMS.get(place, "")
    return "wrong_form", f"{place} {shown} is not of the right form.", form


def _shown(value: object, error: XMLSchemaValidationError) -> str:
    element = error.elem
    text = element.text if element is not None and not isinstance(value, str | int) else value
    words = " ".join(str("" if text is None else text).split())
    return f"“{words[:60]}…”" if len(words) > 60 else f"“{words}”"
