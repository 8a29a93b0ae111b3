"""Keeps a search index up to date. The key was renamed from "tokens" to "terms", and one reader was forgotten."""

import re
from collections import defaultdict
from typing import TypedDict

from stepkit import Flow, flow

STOP = frozenset({"a", "the", "of"})


class Page(TypedDict):
    url: str
    html: str


class Index:
    def __init__(self) -> None:
        self.postings: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, url: str, terms: list[str]) -> int:
        for term in terms:
            self.postings[term].add(url)
        return len(terms)


class IndexPage(Flow[Page]):
    def __init__(self, index: Index, boost: float = 1.0) -> None:
        self.index = index
        self.boost = boost

    @flow.step("strip")
    def strip(self, html):
        return {"text": re.sub(r"<[^>]+>", " ", html)}

    @flow.step("tokenize")
    def tokenize(self, text):
        return {"terms": [word for word in re.findall(r"\w+", text.lower()) if word not in STOP]}

    @flow.step("stem")
    def stem(self, tokens):  # E(tokens): [stepkit-missing-key] step "stem" reads "tokens", which no earlier step provides
        return {"stems": [token.removesuffix("s") for token in tokens]}

    @flow.step("store")
    def store(self, url, stems):
        return {"count": self.index.add(url, stems)}

    @flow.step("score")
    def score(self, count, terms):
        return {"score": self.boost * count / max(len(terms), 1)}


def reindex(pages: list[Page], index: Index) -> dict[str, float]:
    scores = {}
    for page in pages:
        result = IndexPage(index).run_sync(page)
        scores[result["url"]] = result["scor"]  # E: [misc] "scor" is not a valid TypedDict key
    return scores


if __name__ == "__main__":
    assert IndexPage(Index()).strip(html="<b>tea</b>") == {"text": " tea "}
