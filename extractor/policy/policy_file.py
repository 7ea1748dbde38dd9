"""From YAML to a policy: every problem is told with its line, and an unknown name with the nearest known one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from extractor.errors import BadPolicy
from extractor.policy.policy import READING, Policy, VerdictSettings
from extractor.policy.rules import RULES
from extractor.policy.rules.base import NOT_COMPARABLE, RuleSettings
from extractor.task import RECEIPTS
from extractor.types import FIELD_NAMES

CATEGORIES = next(field.choices for field in RECEIPTS.fields if field.name == "expense_category")
"""The categories that receipts are read into."""

Loc = tuple[Any, ...]
Problem = tuple[Loc, str]


def default_text() -> str:
    """The policy that ships, with its comments."""
    return files("extractor.policy").joinpath("default.yaml").read_text("utf-8")


def read_text(path: Path) -> str:
    """A policy file's text. Raises BadPolicy where it can't be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadPolicy(f"The policy {path} is not text in UTF-8.", hint="Save it as UTF-8.") from error
    except OSError as error:
        hint = "Name a policy file, or `default` for the one that ships."
        raise BadPolicy(f"The policy {path} can't be read ({error.strerror}).", hint=hint) from error


def parse_policy(text: str, source: str = "policy") -> Policy:
    """The policy that YAML declares. Raises BadPolicy with all problems, each with its line."""
    data, lines = load_yaml(text, source)
    problems: list[Problem] = []
    rules = _rules(data.get("rules"), problems)
    try:
        policy = Policy.model_validate({**data, "rules": rules})
    except ValidationError as error:
        problems += [_told(problem, Policy, ()) for problem in error.errors()]
    else:
        problems += _names_problems(policy)
        if not problems:
            return policy
    raise bad_policy(f"The policy {source}", problems, lines)


def bad_policy(what: str, problems: Iterable[Problem], lines: Lines) -> BadPolicy:
    """The error that tells these problems in the order of their lines."""
    told = sorted({(lines.of(loc), _place(loc, said)) for loc, said in problems})
    if len(told) == 1:
        return BadPolicy(f"{what} is not valid: line {told[0][0]}: {told[0][1]}.")
    return BadPolicy(f"{what} is not valid:" + "".join(f"\n  line {line}: {said}" for line, said in told))


class Lines:
    """Where in a YAML file each key stands."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root

    def of(self, loc: Loc) -> int:
        """The line of the key or list member at `loc`, or of what holds it; from 1."""
        node, line = self._root, 1
        for part in loc:
            found = _child(node, part)
            if found is None:
                break
            key, node = found
            line = key.start_mark.line + 1
        return line


class _Plain(yaml.SafeLoader):
    """Leaves every scalar the text that it is, null apart: amounts stay exact (75.10), a time is a time (12:30), Norway
    is NO, and version 1.10 is not 1.1. The models make of each what it should be."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as the class above declares it
        first: [(tag, pattern) for tag, pattern in known if tag.endswith((":null", ":merge"))]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load_yaml(text: str, source: str) -> tuple[dict[str, Any], Lines]:
    """What a YAML file declares, and its lines. Raises BadPolicy where it is no YAML, or a key stands twice."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        data = yaml.load(text, _Plain)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        said = getattr(error, "problem", None) or str(error)
        raise BadPolicy(f"The file {source} is not valid YAML: {where}{said}.") from error
    if root is not None:
        for key in _twice(root):
            line = key.start_mark.line + 1
            raise BadPolicy(f"The file {source} is not valid: line {line}: the key {key.value} stands there twice.")
    if not isinstance(data, dict):
        raise BadPolicy(f"The file {source} must hold keys and values.")
    return {str(key): value for key, value in data.items()}, Lines(root)


def nearest(name: str, known: Iterable[str]) -> str:
    """ " (did you mean X?)" for a name that is nearly a known one, else nothing."""
    found = get_close_matches(name.casefold(), list(known), n=1, cutoff=0.6)
    return f" (did you mean {found[0]}?)" if found else ""


def _rules(declared: Any, problems: list[Problem]) -> tuple[RuleSettings, ...]:
    if declared is None:
        return ()
    if not isinstance(declared, list):
        problems.append((("rules",), "a list of rules is expected"))
        return ()
    made = []
    for at, each in enumerate(declared):
        kind = each.get("rule") if isinstance(each, dict) else None
        if not isinstance(kind, str):
            problems.append((("rules", at), "a rule needs the key `rule`, which says what kind it is"))
        elif kind not in RULES:
            problems.append((("rules", at, "rule"), f"there is no rule {kind}{nearest(kind, RULES) or _all_rules()}"))
        else:
            settings = RULES[kind].settings_type
            try:
                made.append(settings.model_validate(each))
            except ValidationError as error:
                problems += [_told(problem, settings, ("rules", at)) for problem in error.errors()]
    return tuple(made)


def _all_rules() -> str:
    return f" (there are {', '.join(sorted(RULES))})"


def _told(problem: Any, model: type[BaseModel], before: Loc) -> Problem:
    loc = (*before, *problem["loc"])
    if problem["type"] == "extra_forbidden":
        section = VerdictSettings if loc and loc[0] == "verdict" else model
        known = section.model_fields
        key = str(problem["loc"][-1])
        listed = f" (known are {', '.join(known)})"
        return loc, f"this key is not known{nearest(key, known) or listed}"
    if problem["type"] == "missing":
        return loc, "this key is needed"
    said = problem["msg"].removeprefix("Value error, ")
    return loc, said[:1].lower() + said[1:]


def _names_problems(policy: Policy) -> Iterator[Problem]:
    """Names that a policy uses for what there is not: categories, fields, rules, and rules called alike."""
    meant = set(policy.category_names.values())
    known = {*CATEGORIES, *meant}
    taken: set[str] = {READING, NOT_COMPARABLE}
    for at, rule in enumerate(policy.rules):
        if rule.called in taken:
            yield ("rules", at), f"two rules are called {rule.called}: give each a `name` of its own"
        taken.add(rule.called)
        for key in ("categories", "except_categories", "prohibited"):
            for name in getattr(rule, key, ()):
                if name not in known:
                    where = "add it to category_names if it is your own"
                    yield ("rules", at, key), f"there is no category {name}{nearest(name, known) or f' ({where})'}"
        yield from ((("rules", at, "fields", name), said) for name, said in _misspelt(getattr(rule, "fields", ())))
    yield from ((("verdict", "needs", name), said) for name, said in _misspelt(policy.verdict.needs))
    for name in policy.verdict.always_review:
        # Findings come from elsewhere too (duplicates, tampering), so a name is doubted only where nearly right.
        if name not in taken and (near := get_close_matches(name, taken, n=1, cutoff=0.8)):
            yield ("verdict", "always_review"), f"there is no rule {name} (did you mean {near[0]}?)"


def _misspelt(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Fields that are nearly, but not quite, ones of the record. A company's own task may have any others."""
    for name in names:
        near = get_close_matches(name, FIELD_NAMES, n=1, cutoff=0.8)
        if name not in FIELD_NAMES and near:
            yield name, f"there is no field {name} (did you mean {near[0]}?)"


def _place(loc: Loc, said: str) -> str:
    path = ".".join(str(part) for part in loc)
    return f"{path}: {said}" if path else said


def _child(node: yaml.Node | None, part: Any) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    return None


def _twice(node: yaml.Node) -> Iterator[yaml.Node]:
    """Keys that stand in one mapping a second time: YAML would silently take the last."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key
            seen.add(str(key.value))
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _twice(each)
