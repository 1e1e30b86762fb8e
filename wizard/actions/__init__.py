"""What changes a wizard session: its conversation, and its plan."""
