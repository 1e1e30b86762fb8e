"""The first two layers: may these bytes be opened at all, and are they well-formed XML?

One streaming pass looks at what the document *is* before any tree is built; it stops at the
first thing refused. Only then the bytes are handed on, as an open resource and never as a string
(a string that is not XML would be taken for an address to fetch).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from xml.parsers import expat

from xmlschema import XMLResource, XMLSchemaException

from wizard.plan.model import Finding

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_ELEMENTS = 5000
_BOM = b"\xef\xbb\xbf"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

_MALFORMED = {
    "mismatched tag": "an element is closed by the wrong end tag",
    "no element found": "the document ends too early",
    "unclosed token": "the document ends in the middle of a tag",
    "undefined entity": "it uses an entity that does not exist",
    "duplicate attribute": "an attribute is given twice",
    "junk after document element": "there is text after the end of the plan",
    "XML or text declaration not at start of entity": "the XML declaration does not stand first",
    "reference to invalid character number": "it refers to a character that XML does not allow",
    "unbound prefix": "a name has a prefix that is not declared",
    "not well-formed (invalid token)": "a character stands where it may not",
}


class _Refused(Exception):
    def __init__(self, finding: Finding) -> None:
        self.finding = finding


def open_envelope(raw: bytes) -> tuple[XMLResource | None, list[Finding]]:
    """The parsed document, or one finding that says why it stays closed."""
    try:
        _check_bytes(raw)
        raw = raw.removeprefix(_BOM)
        _check_markup(raw)
        resource = XMLResource(
            io.BytesIO(raw), defuse="always", allow="none", block="url file", lazy=False
        )
    except _Refused as refused:
        return None, [refused.finding]
    except XMLSchemaException:  # the defused parser found what the first pass let through
        return None, [_envelope("refused", "The document holds something plans may not hold.")]
    return resource, []


def _envelope(code: str, message: str, hint: str = "") -> Finding:
    return Finding("envelope", code, message, hint)


def _check_bytes(raw: bytes) -> None:
    if len(raw) > MAX_BYTES:
        message = f"The plan is too large: {len(raw) // 1024} KiB, at most {MAX_BYTES // 1024} KiB."
        raise _Refused(_envelope("too_large", message, "Split it into several plans."))
    if b"\0" in raw:
        message = "The document is not UTF-8 text: it holds NUL bytes."
        raise _Refused(_envelope("nul", message, "Save it as UTF-8, not as UTF-16 or UTF-32."))
    try:
        text = raw.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"The document is not UTF-8 text (byte {error.start + 1} is not)."
        raise _Refused(_envelope("not_utf8", message, "Save it as UTF-8.")) from None
    if not text.lstrip(" \t\r\n").startswith("<"):
        message = "This is not an XML document: it does not start with “<”."
        raise _Refused(_envelope("not_xml", message, "A plan starts with <TaskPlan …>."))


def _check_markup(raw: bytes) -> None:
    parser = expat.ParserCreate(namespace_separator="}")
    _refuse_declarations(parser)
    _limit_elements(parser)
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        reason = _MALFORMED.get(expat.ErrorString(error.code), "its markup is broken")
        message = f"The document is not well-formed XML: in line {error.lineno} {reason}."
        hint = f"Look at line {error.lineno}, column {error.offset + 1}."
        raise _Refused(Finding("xml", "malformed", message, hint)) from None


def _refuse(code: str, message: str, hint: str = "") -> Callable[..., None]:
    def handler(*_: object) -> None:
        raise _Refused(_envelope(code, message, hint))

    return handler


def _refuse_declarations(parser: expat.XMLParserType) -> None:
    parser.StartDoctypeDeclHandler = _refuse(
        "doctype", "The plan has a document type declaration (DOCTYPE).", "Remove it."
    )
    parser.EntityDeclHandler = _refuse("entity", "The plan declares an entity.", "Remove it.")
    parser.ProcessingInstructionHandler = _refuse(
        "processing_instruction", "The plan has a processing instruction (<?…?>).", "Remove it."
    )

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            message = f"The plan says it is written in “{encoding}”; plans are UTF-8."
            raise _Refused(_envelope("encoding", message, 'Declare encoding="UTF-8" or nothing.'))

    parser.XmlDeclHandler = declaration


def _limit_elements(parser: expat.XMLParserType) -> None:
    depth = count = 0

    def start(_tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > MAX_DEPTH:
            message = f"The plan is nested too deeply: more than {MAX_DEPTH} levels."
            raise _Refused(_envelope("too_deep", message))
        if count > MAX_ELEMENTS:
            message = f"The plan has too many elements: more than {MAX_ELEMENTS}."
            raise _Refused(_envelope("too_many_elements", message, "Split it into several plans."))
        if any(name.startswith(_INSTANCE) for name in attributes):
            message = "The plan names a schema of its own (an attribute of the “xsi” kind)."
            raise _Refused(_envelope("schema_hint", message, "Remove the xsi attributes."))

    def end(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
