"""Those that recall by words, by a tag or by both ways: see ``benchmarks.contenders.recall_jobs``."""
