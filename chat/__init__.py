"""The chat: conversations over one's own data. It moves in with its first real content."""
