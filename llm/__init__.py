"""Language models: providers, orchestration, prompts, usage. Nobody else connects to a model.

What other apps use: ``llm.orchestrator`` (``run``, ``stream``), ``llm.prompts`` (building what is
sent) and ``llm.registry`` (saying which of their things use a model).
"""
