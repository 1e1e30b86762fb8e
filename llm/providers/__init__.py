"""Servers of language models, one directory a kind. Engine code: no Django here.

provider = open_provider("ollama", Endpoint("http://127.0.0.1:11434", policy))   # registry.py
async for delta in provider.stream(ChatRequest("llama3.2", (ChatMessage("user", "Hello"),))): ...
"""
