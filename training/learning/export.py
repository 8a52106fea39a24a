"""A trained LightGBM booster to the plain arrays that serving predicts and explains from.

The source is the booster's own model text (format v4), because it carries every number with 17 significant digits, so
that thresholds and leaf values come back bit for bit. Whatever the text holds that this module does not know is
refused: a tree read wrongly would be a wrong answer given with confidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.tree_decisions import LARGEST
from models.trees import Rule, TreeEnsemble

_VERSIONS = ("v4",)
_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_RULES = {
    0: (Rule.NAN_IS_ZERO, Rule.NAN_IS_ZERO),
    1: (Rule.ZERO_GOES_RIGHT, Rule.ZERO_GOES_LEFT),
    2: (Rule.NAN_GOES_RIGHT, Rule.NAN_GOES_LEFT),
}
"""LightGBM's missing type (bits 2 and 3 of a decision type) to our rule, by default direction: right, left."""

_HEADER = (
    "tree version num_class num_tree_per_iteration label_index max_feature_idx objective average_output feature_names "
    "monotone_constraints feature_infos tree_sizes"
)
_TREE = (
    "num_leaves num_cat split_feature split_gain threshold decision_type left_child right_child leaf_value leaf_weight "
    "leaf_count internal_value internal_weight internal_count cat_boundaries cat_threshold is_linear shrinkage "
    "leaf_const num_features leaf_features leaf_coeff"
)
"""The fields of a section that this module understands, or knows to be beside the point."""

Fields = dict[str, str]


class UnsupportedBoosterError(ValueError):
    """The booster holds something the arrays cannot express; the message says what and what to do."""


def export_trees(booster: lightgbm.Booster) -> TreeEnsemble:
    """The trees that `booster.predict` uses: up to `best_iteration` after early stopping, else all.

    `raw` of the result equals `booster.predict(raw_score=True)` bit for bit. Categorical columns are expected as their
    integer codes.

    Raises:
        UnsupportedBoosterError: linear trees, averaged output (random forests), categories that pandas encoded, a model
            text of another version, or no tree at all.
    """
    header, trees = _read(booster)
    return _Forest(header, trees).ensemble()


def export_mean(boosters: Sequence[lightgbm.Booster]) -> TreeEnsemble:
    """The trees of several boosters over the same columns as one ensemble, whose scores are the mean of theirs.

    Raises:
        UnsupportedBoosterError: see `export_trees`.
    """
    (header, _), *_ = read = [_read(booster) for booster in boosters]
    whole = _Forest(header, [tree for _, trees in read for tree in trees]).ensemble()
    return whole if len(boosters) == 1 else replace(whole, leaf_value=whole.leaf_value / len(boosters))


def _read(booster: lightgbm.Booster) -> tuple[Fields, list[_Tree]]:
    _refuse_pandas_categories(booster)
    header, trees = _parse(booster.model_to_string(num_iteration=booster.best_iteration))
    _check_header(header)
    if not trees:
        raise UnsupportedBoosterError("the booster holds no tree; train at least one iteration")
    return header, [_Tree(fields) for fields in trees]


def _refuse_pandas_categories(booster: lightgbm.Booster) -> None:
    if booster.pandas_categorical:
        raise UnsupportedBoosterError(
            "the booster was trained on pandas categories, whose codes the trees do not carry; "
            "train on integer codes and name the columns in categorical_feature"
        )


def _parse(text: str) -> tuple[Fields, list[Fields]]:
    """The header's fields and those of each tree, in order."""
    body, end, _ = text.partition("\nend of trees")
    if not end:
        raise UnsupportedBoosterError("the model text has no 'end of trees' line; it is truncated or of another format")
    header, *trees = body.split("\nTree=")
    return _fields(header, _HEADER), [_fields(tree.partition("\n")[2], _TREE) for tree in trees]


def _fields(text: str, known: str) -> Fields:
    fields: Fields = {}
    for line in filter(None, text.splitlines()):
        name, _, value = line.partition("=")
        if name not in known.split():
            raise UnsupportedBoosterError(f"the model text holds {name!r}, which this exporter does not know")
        if name in fields:
            raise UnsupportedBoosterError(f"the model text gives {name!r} twice in one section; it has been edited")
        fields[name] = value
    return fields


def _check_header(header: Fields) -> None:
    version = header.get("version")
    if version not in _VERSIONS:
        raise UnsupportedBoosterError(f"model text version {version!r}; this exporter reads {', '.join(_VERSIONS)}")
    if "average_output" in header:
        raise UnsupportedBoosterError("averaged output (boosting=rf) is not supported; train with boosting=gbdt")


class _Tree:
    """One tree's fields as arrays, with indexes still local to the tree."""

    def __init__(self, fields: Fields) -> None:
        if fields.get("is_linear", "0") != "0":
            raise UnsupportedBoosterError("linear trees are not supported; train with linear_tree=false")
        self.n_splits = int(fields["num_leaves"]) - 1
        split, leaf = self.n_splits, self.n_splits + 1
        self.leaf_value = _numbers(fields, "leaf_value", np.float64, leaf)
        self.leaf_cover = _numbers(fields, "leaf_count", np.float64, leaf)
        self.feature = _numbers(fields, "split_feature", np.int32, split)
        self.left = _numbers(fields, "left_child", np.int32, split)
        self.right = _numbers(fields, "right_child", np.int32, split)
        self.decision = _numbers(fields, "decision_type", np.int32, split)
        self.cut = _numbers(fields, "threshold", np.float64, split)
        self._read_sets(fields)

    def _read_sets(self, fields: Fields) -> None:
        n_sets = int(fields["num_cat"])
        self.boundaries = _numbers(fields, "cat_boundaries", np.int64, n_sets + 1) if n_sets else np.zeros(1, np.int64)
        self.words = _numbers(fields, "cat_threshold", np.uint32, int(self.boundaries[-1])) if n_sets else _NO_WORDS

    @property
    def categorical(self) -> NDArray[np.bool_]:
        return (self.decision & _CATEGORICAL) > 0

    @property
    def threshold(self) -> NDArray[np.float64]:
        """LightGBM's thresholds, its infinity (all that is not missing goes left) as the largest number."""
        return np.where(self.categorical, 0.0, np.minimum(self.cut, LARGEST))

    def rules(self) -> list[Rule]:
        return [_rule(int(decision)) for decision in self.decision]

    def words_of_splits(self) -> Iterator[NDArray[np.uint32]]:
        """The category words of each split in turn; a categorical split's threshold numbers its set."""
        for is_categorical, cut in zip(self.categorical, self.cut, strict=True):
            yield self._set(int(cut)) if is_categorical else _NO_WORDS

    def _set(self, number: int) -> NDArray[np.uint32]:
        return self.words[self.boundaries[number] : self.boundaries[number + 1]]


_NO_WORDS: NDArray[np.uint32] = np.empty(0, np.uint32)


def _rule(decision: int) -> Rule:
    if decision & _CATEGORICAL:
        return Rule.CATEGORY
    missing = decision >> 2
    if missing not in _RULES:
        raise UnsupportedBoosterError(f"decision type {decision} has an unknown missing type; expected one of 0, 1, 2")
    return _RULES[missing][bool(decision & _DEFAULT_LEFT)]


def _numbers(fields: Fields, name: str, dtype: type[np.generic], length: int) -> NDArray[Any]:
    numbers = np.array(fields.get(name, "").split(), dtype=dtype)
    if len(numbers) != length:
        raise UnsupportedBoosterError(f"a tree gives {len(numbers)} values of {name}; expected {length}")
    return numbers


class _Forest:
    """Trees put behind one another, with indexes that hold across all of them."""

    def __init__(self, header: Fields, trees: Sequence[_Tree]) -> None:
        self.n_features = int(header["max_feature_idx"]) + 1
        self.n_classes = int(header["num_tree_per_iteration"])
        self.trees = trees
        self.first_split = np.cumsum([0, *(tree.n_splits for tree in trees)])
        self.n_splits = int(self.first_split[-1])

    def ensemble(self) -> TreeEnsemble:
        words = [split for tree in self.trees for split in tree.words_of_splits()]
        return TreeEnsemble(
            n_features=self.n_features,
            n_classes=self.n_classes,
            tree_class=np.arange(len(self.trees), dtype=np.int32) % np.int32(self.n_classes),
            first_split=self.first_split.astype(np.int32),
            feature=self._joined("feature"),
            rule=np.array([rule for tree in self.trees for rule in tree.rules()], dtype=np.uint8),
            threshold=np.concatenate([tree.threshold for tree in self.trees]),
            left=self._children("left"),
            right=self._children("right"),
            first_word=np.cumsum([0, *(len(split) for split in words)]).astype(np.int32),
            category_words=np.concatenate([_NO_WORDS, *words]),
            leaf_value=self._joined("leaf_value"),
            leaf_cover=self._joined("leaf_cover"),
        )

    def _joined(self, name: str) -> NDArray[Any]:
        return np.concatenate([getattr(tree, name) for tree in self.trees])

    def _children(self, side: str) -> NDArray[np.int32]:
        return np.concatenate([self._nodes(number, getattr(tree, side)) for number, tree in enumerate(self.trees)])

    def _nodes(self, number: int, child: NDArray[np.int32]) -> NDArray[np.int32]:
        """Our node numbers for LightGBM's children: split k as k, leaf k as -1 - k, both local to the tree."""
        start = self.first_split[number]
        nodes = np.where(child >= 0, start + child, self.n_splits + start + number - 1 - child)
        return np.asarray(nodes, dtype=np.int32)
