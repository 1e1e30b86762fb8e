"""From a question to an answer: choosing, queueing, calling, retrying, falling back, recording."""
