"""The types that the stages share; they hold facts and compute nothing beyond digests."""
