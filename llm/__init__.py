"""Language models: providers, orchestration, prompts. It moves in with its first real content."""
