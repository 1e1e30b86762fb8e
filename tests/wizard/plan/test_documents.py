"""Layers 1 to 3: which documents are opened at all, and what is said of the others."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wizard.plan.examples import PLAN, SAMPLE
from wizard.plan.build import build
from wizard.plan.grammar import schema
from wizard.plan.model import ChartShorthand, Finding, Ref
from wizard.plan.parse import parse
from wizard.plan.validate import validate_document

TEXT = SAMPLE.decode()
LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;">]><TaskPlan>&c;</TaskPlan>"""
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def only(raw: bytes) -> Finding:
    plan, findings = validate_document(raw)
    assert plan is None
    assert len(findings) == 1
    assert_for_people(findings)
    return findings[0]


def assert_for_people(findings: list[Finding]) -> None:
    for finding in findings:
        for text in filter(None, (finding.message, finding.hint)):
            assert text[-1] in ".!?", text
            assert not re.search(r"<class|0x[0-9a-f]{4}|Xsd|None\b|\w+\(.*=|\['", text), text
            assert len(text) < 600
        assert finding.message[0].isupper()


def test_the_sample_is_valid_as_it_is() -> None:
    plan, findings = validate_document(SAMPLE)
    assert findings == []
    assert plan is not None
    assert [step.output for step in plan.steps] == ["ds-1", "report-1", "dashboard-1"]
    assert plan.steps[1].params["sourceId"] == Ref("ds-1")
    assert plan.steps[1].params["config"] == ChartShorthand("bar", "Month", "Revenue")
    assert parse(build(plan)) == plan


@pytest.mark.parametrize(
    ("raw", "layer", "code"),
    [
        (b"", "envelope", "not_xml"),
        (b"/etc/passwd", "envelope", "not_xml"),
        (b"http://example.com/plan.xml", "envelope", "not_xml"),
        (b'{"steps": []}', "envelope", "not_xml"),
        (b" " * 300 * 1024, "envelope", "too_large"),
        (SAMPLE + b"<!-- " + b"x" * 300 * 1024 + b" -->", "envelope", "too_large"),
        (TEXT.encode("utf-16"), "envelope", "nul"),
        (TEXT.encode("utf-16-le"), "envelope", "nul"),
        (TEXT.encode("utf-32"), "envelope", "nul"),
        (SAMPLE.replace(b"Sales", b"Sa\x00les"), "envelope", "nul"),
        (TEXT.encode("cp1252", "xmlcharrefreplace").replace(b"Sales", b"S\xe4les"),
         "envelope", "not_utf8"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>' + SAMPLE.lstrip(), "envelope", "encoding"),
        (b'<?xml version="1.0" encoding="utf-7"?>' + SAMPLE.lstrip(), "envelope", "encoding"),
        (LAUGHS.encode(), "envelope", "doctype"),
        (b'<!DOCTYPE TaskPlan SYSTEM "http://example.com/x.dtd">' + SAMPLE, "envelope", "doctype"),
        (b'<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><t>&x;</t>',
         "envelope", "doctype"),
        (b"<!DOCTYPE TaskPlan>" + SAMPLE, "envelope", "doctype"),
        (b"<!-- x --><!DOCTYPE TaskPlan []>" + SAMPLE, "envelope", "doctype"),
        (b'<?xml-stylesheet href="x"?>' + SAMPLE, "envelope", "processing_instruction"),
        (SAMPLE.replace(b"<steps>", b"<steps><?php x ?>"), "envelope", "processing_instruction"),
        (TEXT.replace("<TaskPlan", f'<TaskPlan {XSI} xsi:noNamespaceSchemaLocation="x.xsd"')
         .encode(), "envelope", "schema_hint"),
        (TEXT.replace("<steps>", f'<steps {XSI} xsi:type="x">').encode(),
         "envelope", "schema_hint"),
        (TEXT.replace("<TaskPlan", f'<TaskPlan {XSI.replace("xsi", "q")} q:schemaLocation="a b"')
         .encode(), "envelope", "schema_hint"),
        (b"<a>" * 33, "envelope", "too_deep"),
        (b"<a>" * 20_000, "envelope", "too_deep"),
        (b"<a>" + b"<b/>" * 5001 + b"</a>", "envelope", "too_many_elements"),
        (SAMPLE.replace(b"</steps>", b"</step>"), "xml", "malformed"),
        (SAMPLE[:-20], "xml", "malformed"),
        (SAMPLE + b"<x/>", "xml", "malformed"),
        (SAMPLE.replace(b"Sales", b"&sales;"), "xml", "malformed"),
        (SAMPLE.replace(b"Sales", b"&#7;"), "xml", "malformed"),
        (SAMPLE.replace(b"Sales", b"\x07"), "xml", "malformed"),
        (SAMPLE.replace(b'type="bar"', b'type="bar" type="line"'), "xml", "malformed"),
        (b' <?xml version="1.0"?>' + SAMPLE, "xml", "malformed"),
        (b"<", "xml", "malformed"),
        (b"<TaskPlan/>", "schema", "missing_attribute"),
    ],
)  # fmt: skip
def test_documents_that_stay_closed(raw: bytes, layer: str, code: str) -> None:
    plan, findings = validate_document(raw)
    assert plan is None
    assert (findings[0].layer, findings[0].code) == (layer, code)
    assert_for_people(findings)


def test_a_byte_order_mark_and_blanks_before_the_plan_are_fine() -> None:
    for raw in (b"\xef\xbb\xbf" + SAMPLE, b"\n\n" + SAMPLE, build(parse(SAMPLE))):
        assert validate_document(raw)[1] == []


def test_markup_in_text_is_text() -> None:
    raw = SAMPLE.replace(b"Sales Data Q4", b"<![CDATA[<!DOCTYPE x> <?php ?>]]>")
    plan, findings = validate_document(raw)
    assert findings == []
    assert plan is not None
    assert plan.steps[0].params["name"] == "<!DOCTYPE x> <?php ?>"


def test_comments_say_nothing() -> None:
    plan = parse(SAMPLE.replace(b"Sales Data", b"Sales<!-- x --> Data"))
    assert plan == parse(SAMPLE)


@pytest.mark.parametrize(
    ("old", "new", "step", "message", "hint"),
    [
        ('operation="CREATE" entity="DATA', 'operation="DROP" entity="DATA', "step-1",
         "Step 1: operation “DROP” is not allowed.",
         "Use one of: CREATE, UPDATE, DELETE, LIST, RESTORE."),
        ('type="bar"', 'type="gauge"', "step-2", "Step 2: type “gauge” is not allowed.",
         "Use one of: bar, line, area, pie, scatter, table, number."),
        ('type="bar"', 'type="bar" colour="red"', "step-2",
         "Step 2: <chartConfig> has no attribute “colour”.",
         "It has: aggregate, series, type, xAxis, yAxis."),
        (' position="0,0"', "", "step-3", "Step 3: <widget> needs the attribute “position”.", ""),
        ('position="0,0"', 'position="left"', "step-3",
         "Step 3: position “left” is not of the right form.", "Give column and row: 0,0."),
        ('name="type">', 'name="name">', "step-1", "Step 1: the parameter “name” is given twice.",
         ""),
        ('name="type">', 'name="colour">', "step-1", "Step 1: name “colour” is not allowed.", None),
        ('dependsOn="step-1"', 'dependsOn="1"', "step-2",
         "Step 2: dependsOn “1” is not of the right form.",
         "Name steps, separated by blanks: step-1 step-2."),
        ("<estimatedSteps>3</estimatedSteps>", "", "", "The plan: <metadata> is not complete.",
         "Expected here: <estimatedSteps>."),
        ("<estimatedSteps>3", "<estimatedSteps>99", "",
         "The plan: estimatedSteps “99” is too large.", "At most 50."),
        ("<estimatedSteps>3", "<estimatedSteps>0", "",
         "The plan: estimatedSteps “0” is too small.", "At least 1."),
        ("2026-02-20T13", "2026-02-30T13", "",
         "The plan: generatedAt “2026-02-30T13:00:00Z” is not of the right form.",
         "Give a time like 2026-02-20T13:00:00Z."),
        ('version="1.0"', 'version="2.0"', "", "The plan: version “2.0” is not allowed.",
         "Use one of: 1.0."),
        ("<steps>", "<steps>stray", "",
         "The plan: <steps> holds text where only elements may stand.",
         "Remove the text around its elements."),
        ("<steps>", "<actions/><steps>", "",
         "The plan: <actions> may not stand here in <TaskPlan>.", "Expected here: <steps>."),
        ("<TaskPlan", '<TaskPlan xmlns="urn:x"', "",
         "The plan: it declares a namespace (xmlns), which plans do not have.",
         "A plan starts with <TaskPlan …>."),
        ('sheet="Q4 Data"', 'sheet=""', "step-1",
         "Step 1: the attribute “sheet” of <file> is empty.",
         "Leave it out, or give a value."),
        ('name="sales_q4.xlsx"', 'name="../q4.xlsx"', "step-1",
         "Step 1: name “../q4.xlsx” is not of the right form.", ""),
        ('"report-1" position', '"table-1" position', "step-3",
         "Step 3: reportId “table-1” is not of the right form.",
         "Give the ID of a report, or an output such as report-1."),
        ('name="name">Q4 Revenue by Month', 'name="name" ref="ds-1">Q4 Revenue by Month', "step-2",
         "Step 2: “name” takes text, not a reference.", "Give the value itself."),
        ('name="sourceId" ref="ds-1"/>', 'name="sourceId" ref="ds-1">5</param>', "step-2",
         "Step 2: “sourceId” takes an ID or a reference, not both a reference and a value.",
         "Keep one of the two."),
        ('name="sourceId" ref="ds-1"/>', 'name="sourceId">sales</param>', "step-2",
         "Step 2: “sourceId” takes an ID or a reference, not “sales”.", ""),
        ('name="sourceId" ref="ds-1"/>', f'name="sourceId">{"9" * 5000}</param>', "step-2",
         f"Step 2: “sourceId” takes an ID or a reference, not “{'9' * 60}…”.", ""),
        ('name="sourceId" ref="ds-1"/>', 'name="sourceId">0</param>', "step-2",
         "Step 2: “sourceId” takes an ID or a reference, not “0”.", ""),
        ('name="config"', 'name="query"', "step-2",
         "Step 2: “query” takes a query, not a chart.", ""),
        ('<chartConfig', 'bar<chartConfig', "step-2",
         "Step 2: “config” takes a chart, not text beside an element.",
         "Remove the text around the element."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(
    old: str, new: str, step: str, message: str, hint: str | None
) -> None:
    assert old in TEXT
    finding = only(TEXT.replace(old, new, 1).encode())
    assert finding.message == message
    assert hint is None or finding.hint == hint
    assert finding.step == step
    assert finding.path.startswith("/TaskPlan")


def test_every_wrong_step_is_named() -> None:
    _, findings = validate_document(SAMPLE.replace(b'operation="CREATE"', b'operation="DROP"'))
    assert [finding.step for finding in findings] == ["step-1", "step-2", "step-3"]


def test_findings_do_not_flood() -> None:
    many = b'<param name="x"/>' * 200
    _, findings = validate_document(SAMPLE.replace(b"<params>", b"<params>" + many))
    assert 0 < len(findings) <= 20


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("<integer>1.5</integer>", "integer “1.5” is not of the right form."),
        ("<integer>007</integer>", "integer “007” is not of the right form."),
        (f"<integer>{'9' * 5000}</integer>", "is not of the right form."),
        ("<decimal>INF</decimal>", "decimal “INF” is not of the right form."),
        ("<decimal>1e999</decimal>", "“query” takes a query, not “1e999”."),
        ("<date>2026-02-30</date>", "date “2026-02-30” is not of the right form."),
        ("<datetime>2026-02-20T25:00:00</datetime>", "is not of the right form."),
        ("<datetime>2026-02-20T24:00:00</datetime>", "not “2026-02-20T24:00:00”."),
        ("<boolean>yes</boolean>", "boolean “yes” is not allowed."),
        ("<number>5</number>", "<number> may not stand here in <filter>."),
        ("", ""),
    ],
)
def test_typed_values_are_checked(value: str, message: str) -> None:
    query = f"""<query v="1"><table>t</table><filter operator="eq"><column>c</column>{value}
      </filter></query>"""
    raw = TEXT.replace('<param name="config">', f'<param name="query">{query}</param>\n'
                       '<param name="config">')  # fmt: skip
    _, findings = validate_document(raw.encode())
    assert findings
    assert findings[0].message.endswith(message)
    assert_for_people(findings)


def test_blanks_around_words_and_numbers_do_not_matter() -> None:
    query = """<query v=" 1 " limit=" 10 "><table> t </table>
      <filter operator=" eq "><column>c</column><integer> 5 </integer></filter></query>"""
    raw = TEXT.replace(
        '<param name="config"><chartConfig type="bar" xAxis="Month" yAxis="Revenue"/>',
        f'<param name=" query ">\n  {query}\n',
    ).replace('operation="CREATE"', 'operation=" CREATE "')
    plan, findings = validate_document(raw.encode())
    assert findings == []
    assert plan is not None
    read = plan.steps[1].params["query"]
    assert (read.table, read.limit, read.filters[0].values) == (" t ", 10, (5,))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    plan, findings = validate_document(raw)
    assert plan is None
    assert_for_people(findings)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from([SAMPLE, build(PLAN)]),
    st.integers(0, 2500),
    st.integers(0, 40),
    st.sampled_from(
        [b"", b"<", b">", b'"', b"&", b"x", b"<x/>", b"</step>", b' a="b"', b"9" * 5000, b"-1",
         b"step-1", b"ds-1", b"\xc3\xa9", b"\xff", b"<!--", b"]]>", b"\n", b"report-99", b"ALL"]
    ),
)  # fmt: skip
def test_a_damaged_plan_is_refused_in_words_or_still_a_plan(
    whole: bytes, position: int, length: int, patch: bytes
) -> None:
    raw = whole[:position] + patch + whole[position + length :]
    plan, findings = validate_document(raw)
    assert_for_people(findings)
    assert (plan is None) == any(finding.severity == "error" for finding in findings)
    if plan is not None:
        assert parse(build(plan)) == plan


def test_many_threads_share_one_schema() -> None:
    documents = [SAMPLE, SAMPLE.replace(b'type="bar"', b'type="gauge"')] * 20
    with ThreadPoolExecutor(8) as pool:
        counts = [len(findings) for _, findings in pool.map(validate_document, documents)]
    assert counts == [0, 1] * 20
    assert schema() is schema()
