# Lists, tuples, sets, dicts and comprehensions as values keep their types.
from probe import assert_type
from stepkit import Flow, flow


class Containers(Flow):
    @flow.step("give")
    def give(self):
        return {"numbers": [1, 2], "pair": (1, "x"), "names": {"a", "b"}, "prices": {"apple": 1.5}}

    @flow.step("compute")
    def compute(self, numbers, pair, names, prices):
        assert_type(numbers, list[int])
        assert_type(pair, tuple[int, str])
        assert_type(names, set[str])
        assert_type(prices, dict[str, float])
        return {
            "doubled": [number * 2 for number in numbers],
            "lengths": {name: len(name) for name in names},
            "total": sum(price for price in prices.values()),
            "first": pair[0],
        }

    @flow.step("read")
    def read(self, doubled, lengths, total, first):
        assert_type(doubled, list[int])
        assert_type(lengths, dict[str, int])
        assert_type(first, int)
