"""What adapters share to select and rank: words out of text, BM25, and the fusion of two rankings."""
