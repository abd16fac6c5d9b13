"""Files that memory reads and writes: Axon's own JSONL, chats in OpenAI's JSONL, Markdown and plain text."""
