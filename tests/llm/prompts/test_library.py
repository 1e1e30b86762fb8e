"""Prompt files: which are found, what is refused, and that values are put in as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm.prompts import Library, PromptFileError, check_all, prompt


def library(tmp_path: Path, **files: str) -> Library:
    for name, text in files.items():
        stem, _, number = name.rpartition("_v")
        version, _, kind = number.partition("_")
        end = "schema.json" if kind else "txt"
        (tmp_path / f"{stem.replace('_', '-')}.v{version}.{end}").write_text(text, encoding="utf-8")
    made = Library()
    made.add(tmp_path)
    return made


def test_every_prompt_of_ours_renders() -> None:
    keys = {each.key for each in check_all()}
    assert {"system@1", "title@1", "summary@1", "extract@1", "sql@1"} <= keys


def test_the_system_prompt_never_changes() -> None:
    """It is the beginning of each prompt: what varies would cost the prefix cache."""
    assert not prompt("system").placeholders


def test_a_constrained_prompt_says_its_fields_in_words_too() -> None:
    for each in check_all():
        if each.schema:
            text = "".join(m.content for m in each.messages(**dict.fromkeys(each.placeholders, "")))
            assert all(f'"{name}"' in text for name in each.schema["properties"])
            assert "JSON" in text


def test_the_newest_version_counts_unless_one_is_named(tmp_path: Path) -> None:
    made = library(tmp_path, hello_v2="two", hello_v10="ten", hello_v1="one")
    assert made.get("hello").render() == "ten"
    assert made.get("hello", 2).render() == "two"
    assert [each.key for each in made.all()] == ["hello@1", "hello@2", "hello@10"]
    with pytest.raises(LookupError, match="hello"):
        made.get("hello", 3)
    with pytest.raises(LookupError, match="bye"):
        made.get("bye")


def test_a_value_is_never_expanded_again(tmp_path: Path) -> None:
    made = library(tmp_path, greet_v1="{{a}} and {{b}} and {{a}}")
    assert made.get("greet").render(a="{{b}}", b="{{a}} \\1 {") == (
        "{{b}} and {{a}} \\1 { and {{b}}"
    )


@pytest.mark.parametrize(
    ("values", "named"),
    [({}, "name"), ({"name": "x", "other": "y"}, "other"), ({"name": 3}, "name")],
)
def test_values_must_be_those_of_the_file(
    tmp_path: Path, values: dict[str, str], named: str
) -> None:
    made = library(tmp_path, greet_v1="Hello {{name}}")
    with pytest.raises(PromptFileError, match=rf"greet\.v1\.txt.*{named}"):
        made.get("greet").render(**values)


@pytest.mark.parametrize(
    "text",
    ["{{ name }}", "{{Name}}", "{{name}", "name}}", "{{}}", "  \n", "# only notes\n",
     "text\n--- user\nmore", "--- system\n--- user\nx"],
)  # fmt: skip
def test_a_broken_file_is_refused_by_name_when_it_is_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(PromptFileError, match=r"^wrong\.v1\.txt: "):
        library(tmp_path, wrong_v1=text)


def test_notes_and_message_marks(tmp_path: Path) -> None:
    made = library(tmp_path, two_v1="# note {{x}}\n# more\n\n--- system\nRules\n--- user\n{{q}}\n")
    system, user = made.get("two").messages(q="--- system")
    assert (system.role, system.content) == ("system", "Rules")
    assert (user.role, user.content) == ("user", "--- system")
    with pytest.raises(PromptFileError, match="two"):
        made.get("two").render(q="x")


def test_json_braces_are_just_text(tmp_path: Path) -> None:
    made = library(tmp_path, json_v1='Answer with {"a": {"b": 1} } for {{q}}')
    assert made.get("json").render(q="x") == 'Answer with {"a": {"b": 1} } for x'


@pytest.mark.parametrize("name", ["Title.v1.txt", "title.txt", "title.v0.txt", "title.v1.json"])
def test_a_file_name_nobody_would_find_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(PromptFileError, match=name):
        Library().add(tmp_path)


def test_other_directories_add_names_and_never_take_them(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    made = library(first, hello_v1="one")
    made.add(first)  # again: nothing happens
    (second / "hello.v2.txt").write_text("mine now")
    with pytest.raises(PromptFileError, match="hello"):
        made.add(second)
    assert made.get("hello").render() == "one"
    with pytest.raises(PromptFileError):
        made.add(tmp_path / "nowhere")


def test_bytes_that_are_no_utf8_are_named(tmp_path: Path) -> None:
    (tmp_path / "odd.v1.txt").write_bytes(b"caf\xe9")
    with pytest.raises(PromptFileError, match=r"odd\.v1\.txt.*UTF-8"):
        Library().add(tmp_path)


FLAT = (
    '{"type":"object","properties":{"a":{"type":"string"},'
    '"b":{"type":"array","items":{"type":"integer"}}},"required":["a"]}'
)


def test_a_flat_schema_comes_with_its_prompt(tmp_path: Path) -> None:
    made = library(tmp_path, form_v1="x", form_v1_schema=FLAT)
    schema = made.get("form").schema
    assert schema is not None
    assert set(schema["properties"]) == {"a", "b"}


@pytest.mark.parametrize(
    "schema",
    [
        "[]",
        "{",
        '{"type":"object"}',
        '{"type":"object","properties":{}}',
        '{"type":"object","properties":{"a":{"type":"object"}}}',
        '{"type":"object","properties":{"a":{"anyOf":[{"type":"string"}]}}}',
        '{"type":"object","properties":{"a":{"type":"string","pattern":"x"}}}',
        '{"type":"object","properties":{"a":{"type":"array","items":{"type":"object"}}}}',
        '{"type":"object","properties":{"a":{"type":"string"}},"required":["b"]}',
        '{"type":"object","properties":{"a":{"type":"string"}},"$defs":{}}',
        '{"type":"object","properties":{'
        + ",".join(f'"p{n}":{{"type":"string"}}' for n in range(16))
        + "}}",
    ],
)
def test_a_schema_models_do_not_keep_to_is_refused(tmp_path: Path, schema: str) -> None:
    with pytest.raises(PromptFileError, match="form"):
        library(tmp_path, form_v1="x", form_v1_schema=schema)


def test_a_schema_without_a_prompt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PromptFileError, match="form"):
        library(tmp_path, form_v1_schema=FLAT)
