import time
from collections.abc import Iterator


class Typewriter:
    """Gives a text back word by word: server-sent events where the client accepts them."""

    def __init__(self, pause_ms: int = 50):
        self.pause = pause_ms / 1000

    # `-> str`, as promptflow describes an output that is streamed: it refuses Iterator[str] here.
    def __call__(self, text: str) -> str:
        return self.words(text)

    def words(self, text: str) -> Iterator[str]:
        for number, word in enumerate(text.split()):
            if number:
                time.sleep(self.pause)
                yield " "
            yield word
