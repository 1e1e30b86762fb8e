"""Every error code of the product, in one place: its HTTP status and its words for people."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Code:
    status: int
    message: str | Promise
    next_step: str | Promise


CODES: dict[str, Code] = {
    "BAD_REQUEST": Code(400, _("The request could not be understood."), _("Check what was sent and try again.")),
    "VALIDATION_FAILED": Code(422, _("Some of the values are not right."), _("Correct the fields named below.")),
    "NOT_AUTHENTICATED": Code(401, _("You are not logged in."), _("Log in, or send a valid API token.")),
    "PERMISSION_DENIED": Code(403, _("Your role does not allow this."), _("Ask an Admin of your organization.")),
    "CSRF_FAILED": Code(403, _("This page was open too long, or the request came from elsewhere."), _("Reload the page and try again.")),
    "NOT_FOUND": Code(404, _("There is nothing here, or nothing that you may see."), _("Check the address, or search for it.")),
    "METHOD_NOT_ALLOWED": Code(405, _("This address does not do that."), _("Go back and use the buttons of the page.")),
    "CONFLICT": Code(409, _("This was changed in the meantime."), _("Look at the fresh version and decide again.")),
    "STALE_PLAN": Code(409, _("The plan no longer fits what is there."), _("Renew the plan and review it again.")),
    "PLAN_EXPIRED": Code(409, _("The plan waited too long to be confirmed."), _("Renew the plan and review it again.")),
    "FINGERPRINT_MISMATCH": Code(409, _("This is not the plan that was reviewed."), _("Review the plan as it is now, then confirm.")),
    "ILLEGAL_TRANSITION": Code(409, _("That is not possible in the present state."), _("Look at the present state and go on from there.")),
    "PAYLOAD_TOO_LARGE": Code(413, _("This is larger than what is accepted."), _("Send a smaller file.")),
    "FILE_REFUSED": Code(422, _("This file cannot be used."), _("See the reason, correct the file and upload it again.")),
    "QUERY_REFUSED": Code(422, _("This query cannot be run."), _("See the reason and change the query.")),
    "SOURCE_FAILED": Code(502, _("The data source did not answer as expected."), _("Test the data source, or try again later.")),
    "QUERY_TIMEOUT": Code(504, _("The query took too long."), _("Add a filter, or a coarser grouping.")),
    "MODEL_UNREACHABLE": Code(502, _("The model server cannot be reached."), _("Check that it runs and that its address is right; everything else works without it.")),
    "MODEL_FAILED": Code(502, _("The model server did not answer as expected."), _("Try again, or choose another model.")),
    "MODEL_CUT": Code(502, _("The answer broke off."), _("What came is kept. Try again.")),
    "MODEL_BUSY": Code(503, _("The model is busy."), _("Wait a moment and try again.")),
    "MODEL_TIMEOUT": Code(504, _("The model took too long."), _("Try again, or choose a smaller model.")),
    "MODEL_ENDLESS": Code(502, _("The model did not stop writing."), _("What came is kept. Try again, or choose another model.")),
    "MODEL_REFUSED": Code(422, _("The model server refused the request."), _("See the reason and change the request or its options.")),
    "MODEL_MISSING": Code(422, _("This model is not installed."), _("Download it on the Models page, or choose another.")),
    "MODEL_UNSUPPORTED": Code(422, _("The model or its server cannot do this."), _("Choose another model.")),
    "MODEL_UNAUTHORIZED": Code(502, _("The model server does not accept us."), _("Check the API key of the provider.")),
    "PROMPT_TOO_LONG": Code(422, _("The text is longer than the model can read."), _("Shorten it, or choose a model with a larger context window.")),
    "NO_MODEL": Code(503, _("No language model can answer this now."), _("An Admin can set one up on the Models page; everything else works without one.")),
    "EXTERNAL_REFUSED": Code(403, _("This model runs elsewhere, and prompts may not leave the machine."), _("An Admin can allow it on the Models page, or choose another model.")),
    "ADDRESS_REFUSED": Code(422, _("This address may not be connected to."), _("See the reason; the operator can allow a host with LLM_ALLOWED_HOSTS.")),
    "RATE_LIMITED": Code(429, _("Too many requests."), _("Wait a moment and try again.")),
    "INTERNAL_ERROR": Code(500, _("Something went wrong on our side."), _("Try again. If it happens again, report the trace ID.")),
    "SERVICE_UNAVAILABLE": Code(503, _("The database cannot be reached."), _("This page tries again by itself.")),
}  # fmt: skip
