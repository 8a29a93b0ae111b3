# Values that come from generic functions and from methods of keys.
from collections import Counter
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    text: str


class Words(Flow[Input]):
    @flow.step("split")
    def split(self, text):
        return {"words": text.split(), "counts": Counter(text.split())}

    @flow.step("top")
    def top(self, words, counts):
        assert_type(words, list[str])
        assert_type(counts, Counter[str])
        return {"longest": max(words, key=len), "sorted": sorted(words), "top": counts.most_common(3)}

    @flow.step("read")
    def read(self, longest, top):
        assert_type(longest, str)
        assert_type(top, list[tuple[str, int]])
