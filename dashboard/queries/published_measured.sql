-- What landlords' ledgers say, in the words that their verdict allows.
select verdict, sentence, ratio, low, high, landlords, residences, months, starts_on, ends_on, detail
from w.published_measured
