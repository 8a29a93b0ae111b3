"""A quarterly report, in the house style of people who do not annotate."""

import datetime as dt
import statistics
from typing import TypedDict

from stepkit import Flow, flow


class ReportInput(TypedDict):
    figures: dict[str, list[float]]
    quarter: int
    year: int


class QuarterlyReport(Flow[ReportInput], name="quarterly-report"):
    @flow.step
    def period(self, quarter, year):
        start = dt.date(year, 3 * quarter - 2, 1)
        end = dt.date(year + quarter // 4, (3 * quarter) % 12 + 1, 1) - dt.timedelta(days=1)
        return {"start": start, "end": end, "title": f"Q{quarter} {year}"}

    @flow.step
    def totals(self, figures):
        return {
            "totals": {region: sum(values) for region, values in figures.items()},
            "means": {region: statistics.fmean(values) for region, values in figures.items() if values},
        }

    @flow.step
    def ranking(self, totals):
        ranking = sorted(totals, key=lambda region: totals[region], reverse=True)
        if not ranking:
            return None
        return {"ranking": ranking, "best": ranking[0]}

    @flow.step
    def outliers(self, means, figures):
        found = []
        for region, mean in means.items():
            for month, value in enumerate(figures[region], 1):
                if abs(value - mean) > mean / 2:
                    found.append((region, month, value))
        return {"outliers": found}

    @flow.step
    def text(self, title, start, end, totals, outliers, ranking=(), best=None):
        lines = [f"{title}: {start:%d.%m.} to {end:%d.%m.%Y}", ""]
        lines += [f"{place}. {region:<10} {totals[region]:>10.2f}" for place, region in enumerate(ranking, 1)]
        if best is not None:
            lines.append(f"Best: {best.title()}")
        lines += [f"! {region}, month {month}: {value}" for region, month, value in outliers]
        return {"text": "\n".join(lines), "pages": len(lines) // 40 + 1}


if __name__ == "__main__":
    figures = {"north": [11.0, 12.0, 40.0], "south": [5.0, 5.0, 6.0]}
    report = QuarterlyReport().run_sync({"figures": figures, "quarter": 4, "year": 2025})
    assert report["start"].isoformat() == "2025-10-01" and report["end"] == dt.date(2025, 12, 31)
    region, month, value = report["outliers"][0]
    assert (region.upper(), month + 0, value / 2) == ("NORTH", 3, 20.0)
    assert "Best: North" in report["text"]
    assert report.get("best", "nobody").startswith("n")
