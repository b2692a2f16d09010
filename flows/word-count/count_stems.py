from collections import Counter

from promptflow.core import tool
from snowballstemmer import stemmer


@tool
def count_stems(words: list, top: int) -> dict:
    """Counts words that share a stem as one: `deploy`, `deploys` and `deployed` are one word."""
    stems = stemmer("english").stemWords(words)
    return {"words": len(words), "frequent": dict(Counter(stems).most_common(top))}
