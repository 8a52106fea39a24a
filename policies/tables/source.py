"""Strict YAML: the subset a policy needs, exact numbers, and every mapping knowing its lines.

Plain scalars follow the YAML 1.2 core schema, so that `NO` is a label and not a refusal; numbers with a point become
`Decimal`. Refused: anchors and aliases (a small file that unfolds into gigabytes), explicit tags, duplicate keys,
nesting deeper than a policy has, files larger than a policy is.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from policies.tables.problems import Place, PolicyError, Problem, Problems, shown

LARGEST_FILE = 256 * 1024
"""Bytes. The default policy is a tenth of it."""

DEEPEST = 12

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Block(dict[str, Any]):
    """A mapping that knows the line it starts on and the line of each key."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """The line of a key, or of the mapping where the key is absent."""
        return self.lines.get(key, self.line)


def read_documents(path: Path) -> list[Any]:
    """The documents of a YAML file as dicts (`Block`), lists, text, bool, int, Decimal and None.

    Raises `PolicyError` with every problem found.
    """
    with path.open("rb") as file:
        return parse_documents(file.read(LARGEST_FILE + 1), path.name)


def parse_documents(content: bytes | str, name: str) -> list[Any]:
    """As `read_documents`, from the content itself; `name` is the file name for messages."""
    text = _text(content, Place(name))
    try:
        _refuse_dangerous(text, name)
        nodes = list(yaml.compose_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise PolicyError([Problem(Place(name, line), f"this is not YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise PolicyError([Problem(Place(name), "this is not YAML: it has unreadable characters")]) from error
    problems = Problems()
    documents = [_value(node, Place(name), problems) for node in nodes]
    problems.raise_if_any()
    return documents


def _text(content: bytes | str, place: Place) -> str:
    encoded = content.encode() if isinstance(content, str) else content
    if len(encoded) > LARGEST_FILE:
        raise PolicyError([Problem(place, f"the file is over {LARGEST_FILE} bytes: split it into several")])
    try:
        return encoded.decode()
    except UnicodeDecodeError as error:
        raise PolicyError([Problem(place, f"byte {error.start} is not UTF-8: save the file as UTF-8")]) from error


def _refuse_dangerous(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        place = Place(name, event.start_mark.line + 1 if event.start_mark else None)
        if getattr(event, "anchor", None) is not None:
            raise PolicyError([Problem(place, "anchors and aliases (&, *) are not allowed: write the value out")])
        if getattr(event, "tag", None) is not None:
            raise PolicyError([Problem(place, "tags (!) are not allowed: write a plain value")])
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise PolicyError([Problem(place, f"nested deeper than {DEEPEST} levels: a policy is flatter")])


def _value(node: yaml.Node | None, place: Place, problems: Problems) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _block(node, place, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, place, problems) for each in node.value]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    return None


def _block(node: yaml.MappingNode, place: Place, problems: Problems) -> Block:
    block = Block(node.start_mark.line + 1)
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            problems.add(place.at(line=line), "a key is a list or a mapping: a key is a name")
            continue
        key = str(key_node.value)
        if key in block:
            problems.add(place.at(line=line), f"{shown(key)} stands twice (first in line {block.lines[key]}): keep one")
        block[key] = _value(value_node, place, problems)
        block.lines[key] = line
    return block


def _scalar(node: yaml.ScalarNode) -> str | bool | int | Decimal | None:
    text = str(node.value)
    if node.style:  # quoted or a block: text whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= 15 else text
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
