"""Answers that must fit a JSON schema: which schemas work, how to say them, reading the answer.

Servers that take a schema (``format``) do not guarantee that it holds, and the larger the schema
the less so (facts 3.17). So schemas are flat: one object of at most 15 properties, each a text, a
number, true or false, or a list of those. They are said in the prompt as well, and every answer
is validated here. An answer cut by its length limit is the caller's to refuse: it may parse.
"""

from llm.providers.structured.answer import MOST_FINDINGS, InvalidAnswer, parse
from llm.providers.structured.schema import MOST_PROPERTIES, check_schema, schema_sentence

__all__ = [
    "MOST_FINDINGS",
    "MOST_PROPERTIES",
    "InvalidAnswer",
    "check_schema",
    "parse",
    "schema_sentence",
]
