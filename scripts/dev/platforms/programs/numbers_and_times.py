"""Counts in decimals, fractions and random numbers, and in a zone of its own."""

import datetime, decimal, fractions, math, random, statistics

assert decimal.Decimal("0.1") + decimal.Decimal("0.2") == decimal.Decimal("0.3")
assert fractions.Fraction(1, 3) * 3 == 1
assert math.isclose(math.gamma(5), 24) and math.comb(50, 25) == 126410606437752
random.seed(1)
assert abs(statistics.fmean(random.gauss(0, 1) for _ in range(10000))) < 0.1
zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
assert datetime.datetime(2026, 11, 25, 12, tzinfo=zone).astimezone(datetime.timezone.utc).hour == 6
print("ok numbers_and_times.py")
