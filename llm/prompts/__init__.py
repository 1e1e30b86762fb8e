"""What is sent to a model: prompt files, parts other apps register, and a budget. No Django.

register_directory(path); prompt("title").render()
register_part(Part("catalog", Slot.CONTEXT, build))
assembled = await build_prompt(PromptContext(question=…), Window(num_ctx))
"""

from llm.prompts.assemble import (
    Assembled,
    Shares,
    Used,
    Window,
    assemble,
    build_prompt,
    left_out_sentence,
)
from llm.prompts.library import Library, check_all, check_schema, prompt, register_directory
from llm.prompts.messages import after_conversation
from llm.prompts.parts import (
    Gathered,
    Note,
    Part,
    PartRegistry,
    Piece,
    PromptContext,
    Said,
    Slot,
    default_registry,
    gather,
    register_part,
)
from llm.prompts.standard import data_part, prompt_part
from llm.prompts.template import Prompt, PromptFileError
from llm.prompts.tokens import Calibration, estimate_tokens, message_tokens, prompt_tokens
from llm.prompts.untrusted import data_block, neutralise, quoted, random_boundary

__all__ = [
    "Assembled",
    "Calibration",
    "Gathered",
    "Library",
    "Note",
    "Part",
    "PartRegistry",
    "Piece",
    "Prompt",
    "PromptContext",
    "PromptFileError",
    "Said",
    "Shares",
    "Slot",
    "Used",
    "Window",
    "after_conversation",
    "assemble",
    "build_prompt",
    "check_all",
    "check_schema",
    "data_block",
    "data_part",
    "default_registry",
    "estimate_tokens",
    "gather",
    "left_out_sentence",
    "message_tokens",
    "neutralise",
    "prompt",
    "prompt_part",
    "prompt_tokens",
    "quoted",
    "random_boundary",
    "register_directory",
    "register_part",
]
