"""rows: lines of the table that perf/run prints."""

import measure


class Row:
    """One line of the table: a figure and the most it may be."""

    def __init__(self, what, figure, bar, spread="", unit=""):
        self.what = what
        self.figure = figure
        self.bar = bar
        self.spread = spread
        self.unit = unit

    def passes(self):
        return self.figure <= self.bar

    def format(self):
        verdict = "pass" if self.passes() else "FAIL"
        digits = 2 if self.unit == "x" else 0
        return (f"{self.what:36} <= {self.bar:6.{digits}f} "
                f"{self.figure:8.{digits}f} {self.unit:3} "
                f"{self.spread:14} {verdict}")


class ReferenceRow(Row):
    """A figure that is printed for comparison and has no bar."""

    def __init__(self, what, text):
        super().__init__(what, 0, 0)
        self.text = text

    def passes(self):
        return True

    def format(self):
        return f"{self.what:36} {self.text}"


def quartiles(values, digits=2):
    return (f"{measure.quantile(values, 0.25):.{digits}f}"
            f"..{measure.quantile(values, 0.75):.{digits}f}")


def ratio_row(what, subject, peer, bar):
    """A row from figures of the same rounds."""
    found = measure.ratios(subject, peer)
    return Row(what, measure.median(found), bar, quartiles(found), "x")
