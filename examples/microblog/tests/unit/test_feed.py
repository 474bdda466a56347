"""Feeds are merged from timelines as if all tweets were in one list."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from microblog.models.tweet import CHUNK, Chunk, Timeline
from microblog.services.feed import merge


class InMemory:
    """Timelines that count how often they are read."""

    def __init__(self) -> None:
        self.heads: dict[str, Timeline] = {}
        self.chunks: dict[tuple[str, int], Chunk] = {}
        self.reads = 0

    def add(self, author: str, tweet_id: str) -> None:
        self.heads[author], older = self.heads.get(author, Timeline()).add(tweet_id)
        if older:
            self.chunks[author, older[0]] = older[1]

    async def read_timelines(self, authors: Iterable[str]) -> dict[str, Timeline]:
        self.reads += 1
        return {author: self.heads[author] for author in authors if author in self.heads}

    async def read_chunks(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Chunk]:
        self.reads += 1
        return {each: self.chunks[each] for each in wanted}


@given(st.lists(st.sampled_from("abc"), max_size=400), st.integers(1, 130), st.integers(0, 400))
@settings(max_examples=100)
async def test_pages_have_what_one_list_would_have(posts: list[str], limit: int, place: int) -> None:
    timelines = InMemory()
    for number, author in enumerate(posts):
        timelines.add(author, f"{number:06}")
    expected = [f"{number:06}" for number, author in reversed(list(enumerate(posts))) if author in "ab"]
    before = f"{place:06}"
    assert await merge(timelines, ["a", "b", "absent"], None, limit) == expected[:limit]
    assert await merge(timelines, ["a", "b"], before, limit) == [each for each in expected if each < before][:limit]


async def test_the_first_page_of_many_authors_is_one_read() -> None:
    timelines = InMemory()
    for number in range(CHUNK * 100 * 2):
        timelines.add(f"author-{number % 100}", f"{number:06}")
    assert len(await merge(timelines, timelines.heads, None, 20)) == 20
    assert timelines.reads == 1


async def test_a_deep_page_reads_only_the_parts_that_it_needs() -> None:
    timelines = InMemory()
    for number in range(CHUNK * 40):
        timelines.add("anna", f"{number:06}")
    assert await merge(timelines, ["anna"], "000120", 20) == [f"{number:06}" for number in range(119, 99, -1)]
    assert timelines.reads <= 3
