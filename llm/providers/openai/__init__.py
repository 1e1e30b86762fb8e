"""Any server with OpenAI's API: vLLM, llama.cpp, LM Studio, Ollama's /v1, a cloud one."""

from llm.providers.openai.provider import OpenAIProvider

__all__ = ["OpenAIProvider"]
