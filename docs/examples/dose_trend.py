"""Rates of brain atrophy against dose, from the long tables of a Wane output folder. Negative = loss.

    python3 dose_trend.py OUT

Needs pandas and statsmodels (Debian: python3-pandas, python3-statsmodels). Prints a table, tab-separated: for each tissue
  mean       of the annual rates of each dose group, percent per year
  slope      of the rates on dose by least squares, percent per year for one unit of dose
  mixed      the same slope by a mixed model of all visits: 100 ln(volume), random intercept for each participant
"""
import pathlib
import sys

import numpy
import pandas
import statsmodels.formula.api as models


def table(folder, name):
    return pandas.read_table(folder / name, dtype={"participant_id": str, "dose_group": str})


def print_row(tissue, what, group, estimate, error, n):
    print(tissue, what, group, f"{estimate:.7g}", f"{error:.7g}", n, sep="\t")


def visits_taken_out(changes):
    """Changes that a quality check or a person took out count in no rate: the visits that they belong to."""
    out = changes[changes["counts"] == "no"]
    return set(zip(out["participant_id"], out["from"])) | set(zip(out["participant_id"], out["to"]))


def main(folder):
    rates = table(folder, "rates_long.tsv")  # a row for each participant and tissue
    changes = table(folder, "changes_long.tsv")  # a row for each pair of visits and tissue
    volumes = table(folder, "volumes_long.tsv")  # a row for each visit and tissue
    taken_out = visits_taken_out(changes)

    print("tissue\twhat\tdose_group\testimate\tstandard_error\tn")
    for tissue in ("brain", "gray_matter", "white_matter"):
        rows = rates[rates["tissue"] == tissue].dropna(subset=["rate_percent_per_year"])

        for group, of_group in rows.sort_values("dose", kind="stable").groupby("dose_group", sort=False):
            rate = of_group["rate_percent_per_year"]
            print_row(tissue, "mean", group, rate.mean(), rate.sem(), len(rate))

        line = models.ols("rate_percent_per_year ~ dose", rows).fit()
        print_row(tissue, "slope", "all", line.params["dose"], line.bse["dose"], len(rows))

        visits = volumes[(volumes["tissue"] == tissue) & volumes["participant_id"].isin(rows["participant_id"])]
        keys = zip(visits["participant_id"], visits["session"])
        visits = visits[[key not in taken_out for key in keys]].dropna(subset=["volume_ml", "days", "dose"])
        visits = visits.assign(log_volume=100 * numpy.log(visits["volume_ml"]), years=visits["days"] / 365.25)
        model = models.mixedlm("log_volume ~ years * dose", visits, groups=visits["participant_id"]).fit(reml=True)
        print_row(tissue, "mixed", "all", model.params["years:dose"], model.bse["years:dose"], len(visits))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Give the output folder of Wane: python3 dose_trend.py OUT")
    main(pathlib.Path(sys.argv[1]))
