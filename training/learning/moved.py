"""Which features moved between the cases that a rehearsal learned from and the latest ones.

Judged as `fairlead drift` judges later days (see `models.drift`), so that a card does not say of a fact what the
command takes back: what a party's rate strays by within the cases that were learned from is chance in the latest too.
"""

from __future__ import annotations

from collections.abc import Collection

from features.catalogue import FeatureSet
from features.chain import is_chained
from models.drift import features_drift
from models.drift_records import FeatureDrift
from models.profile import Profile
from training.histories.split import is_timeless
from training.learning.profiling import feature_profiles, spread
from training.report.rehearsal import Rehearsal


def moved(features: FeatureSet, rehearsal: Rehearsal, telling: Collection[str]) -> tuple[FeatureDrift, ...]:
    """How far the features that can tell it lie from where they were, those that moved first.

    Which can tell it, see `models.task_model`. Cases that carry one moment have no later ones.
    """
    columns = [column for column, name in enumerate(features.names) if name in telling]
    if not columns or is_timeless(rehearsal.rows.times):
        return ()
    read = FeatureSet(tuple(features.features[column] for column in columns))
    early, late = rehearsal.rows.upto(rehearsal.split.test), rehearsal.latest
    told = feature_profiles(read, early.features[:, columns], early.times, early.selection)
    # What earlier tasks say is compared where they could say it: the first cases taught them.
    known = (each.of_known() if is_chained(each.name) else each for each in told)
    profile = Profile(tuple(each for each in known if each is not None), ())
    weight = None if late.selection is None else spread(late.selection)
    return features_drift(profile, read.as_shown(spread(late.features[:, columns])), read.names, weight)
