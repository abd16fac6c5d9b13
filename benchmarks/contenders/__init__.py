"""Who does the same work: Axon and what a user would take instead, each in a process of its own."""
