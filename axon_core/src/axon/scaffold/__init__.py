"""The project that ``axon new-adapter`` writes."""
