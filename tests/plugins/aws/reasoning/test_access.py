"""Policies against a reference that evaluates one request at a time, over a small universe.

The reference follows AWS's evaluation logic literally and shares no code with the evaluator.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit_plugins.aws.reasoning.access import Question, ask
from lpo_secaudit_plugins.aws.reasoning.callers import WORLD, Caller, CallerKind
from lpo_secaudit_plugins.aws.reasoning.policy import PolicyError, parse_policy

OWN, NAMED, FRESH = "111111111111", "222222222222", "333333333333"
ACTIONS = ("s3:getobject", "s3:putobject")
RESOURCES = ("arn:r/", "arn:r/a", "arn:r/b", "arn:r/aa", "arn:r/ab", "arn:r/bb", "arn:r/zz")

# ------------------------------------------------------------------------------------ the reference


def wild(text: str, pattern: str) -> bool:
    return (
        re.fullmatch("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), text) is not None
    )


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def holds(operator: str, key: str, values: Any, context: dict[str, Any]) -> bool:
    quantifier, _, plain = operator.rpartition(":")
    if_exists = plain.endswith("IfExists")
    plain = plain.removesuffix("IfExists")
    wanted = [str(v).lower() if isinstance(v, bool) else str(v) for v in listed(values)]
    present = next((v for k, v in context.items() if k.lower() == key.lower()), None)
    if plain == "Null":
        return (present is None) is (wanted[0] == "true")
    negated = "Not" in plain
    single = plain.replace("Not", "")

    def one(value: str) -> bool:
        match single:
            case "StringEquals":
                found = value in wanted
            case "StringEqualsIgnoreCase":
                found = value.lower() in [w.lower() for w in wanted]
            case "StringLike" | "ArnLike" | "ArnEquals":
                found = any(wild(value, w) for w in wanted)
            case "Bool":
                found = value.lower() in [w.lower() for w in wanted]
            case "IpAddress":
                found = any(ipaddress.ip_address(value) in ipaddress.ip_network(w) for w in wanted)
            case "NumericLessThan":
                found = any(float(value) < float(w) for w in wanted)
            case "NumericGreaterThanEquals":
                found = any(float(value) >= float(w) for w in wanted)
            case "NumericEquals":
                found = any(float(value) == float(w) for w in wanted)
            case _:
                raise AssertionError(single)
        return found is not negated

    if quantifier == "ForAllValues":
        return present is None or all(one(v) for v in listed(present))
    if quantifier == "ForAnyValue":
        return present is not None and any(one(v) for v in listed(present))
    if present is None:
        return negated or if_exists
    return one(listed(present)[0])


def names(principal: Any, account: str | None, arn: str | None) -> bool:
    if principal == "*":
        return True
    for name in listed(principal.get("AWS", [])):
        if name == "*":
            return True
        if account and (name in (account, f"arn:aws:iam::{account}:root") or name == arn):
            return True
    return False


def applies(statement: dict[str, Any], request: dict[str, Any]) -> bool:
    who = request["account"], request["arn"]
    if "Principal" in statement and not names(statement["Principal"], *who):
        return False
    if "NotPrincipal" in statement and names(statement["NotPrincipal"], *who):
        return False
    for word, value, fold in (("Action", request["action"], True), ("Resource", request["resource"], False)):
        for negate in ("", "Not"):
            if negate + word in statement:
                patterns = [p.lower() if fold else p for p in listed(statement[negate + word])]
                if any(wild(value, p) for p in patterns) is bool(negate):
                    return False
    return all(
        holds(operator, key, values, request["context"])
        for operator, block in statement.get("Condition", {}).items()
        for key, values in block.items()
    )


def allowed(statements: list[dict[str, Any]], request: dict[str, Any]) -> bool:
    here = [s for s in statements if applies(s, request)]
    return any(s["Effect"] == "Allow" for s in here) and not any(s["Effect"] == "Deny" for s in here)


def requests(kind: CallerKind, action: str, policy: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every request of the universe for a class of callers, in the keys that the policy looks at."""
    asked = {k.lower() for s in policy for block in s.get("Condition", {}).values() for k in block}
    own = kind is CallerKind.OWN
    account = {CallerKind.OWN: OWN, CallerKind.STRANGER: FRESH, CallerKind.ANONYMOUS: None}[kind]
    arn = f"arn:aws:iam::{account}:role/someone" if account else None
    organisations = [None, "o-9", *(("o-1", "o-2", "o-?*") if own else ())] if account else [None]
    addresses = [None, "8.8.8.8", "130.1.1.1", *(("10.1.1.1",) if own else ())]
    universe = {
        "aws:PrincipalOrgID": organisations,
        "aws:SecureTransport": ["true", "false"],
        "x:Free": [None, "u", "v", "U", "zz", "z*", "*", "?"],
        "x:Number": [None, "0", "1", "1.5", "2", "3"],
        "aws:TagKeys": [None, ["u"], ["v"], ["q"], ["u", "v"], ["u", "q"], ["v", "q"], ["u", "v", "q"]],
        "aws:SourceIp": addresses,
        "aws:PrincipalArn": [arn, arn.replace("role", "user")] if arn else [None],
        "aws:PrincipalAccount": [account],
    }
    universe = {key: values for key, values in universe.items() if key.lower() in asked}
    for resource in RESOURCES:
        for values in itertools.product(*universe.values()):
            context = {k: v for k, v in zip(universe, values, strict=True) if v is not None}
            yield {"account": account, "arn": arn, "action": action, "resource": resource, "context": context}


# ------------------------------------------------------------------------------------- the policies

PRINCIPALS = ["*", {"AWS": "*"}, {"AWS": NAMED}, {"AWS": [OWN, NAMED]}, {"AWS": f"arn:aws:iam::{OWN}:root"}]
PATTERNS = ["*", "arn:r/*", "arn:r/a", "arn:r/a*", "arn:r/?", "arn:other"]
WORDS = ["s3:GetObject", "S3:putobject", "s3:*Object", "*", "s3:Get*", "s3:List*"]


def some(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(values), st.lists(st.sampled_from(values), min_size=1, max_size=2))


def block(operators: list[str], key: list[str], values: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(st.sampled_from(operators), st.sampled_from(key), some(values)).map(
        lambda t: {t[0]: {t[1]: t[2]}}
    )


TEXT = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"]
QUANTIFIED = [f"{q}:{o}" for q in ("ForAllValues", "ForAnyValue") for o in TEXT[:4]]
CONDITIONS = st.one_of(
    block(
        [*TEXT, *(o + "IfExists" for o in TEXT)],
        ["aws:PrincipalOrgID", "aws:principalorgid"],
        ["o-1", "o-2", "o-?*"],
    ),
    block([*TEXT, "StringEqualsIfExists"], ["x:Free", "X:free"], ["u", "v", "*", "?", "z*"]),
    block(
        ["Bool", "BoolIfExists"],
        ["aws:SecureTransport", "aws:securetransport"],
        ["true", "false", False, True],
    ),
    block(
        ["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericLessThanIfExists"],
        ["x:Number"],
        ["1", "2"],
    ),
    block([o for o in QUANTIFIED if "Equals" in o], ["aws:TagKeys"], ["u", "v"]),
    block([o for o in QUANTIFIED if "Like" in o], ["aws:TagKeys"], ["u", "v", "*"]),
    block(
        ["IpAddress", "NotIpAddress", "IpAddressIfExists"],
        ["aws:SourceIp"],
        ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"],
    ),
    block(["Null"], ["x:Free", "aws:PrincipalOrgID", "aws:TagKeys", "x:Number"], ["true"]),
    block(["Null"], ["x:Free", "aws:PrincipalOrgID", "aws:TagKeys"], ["false"]),
    block(
        ["ArnLike", "ArnNotLike"],
        ["aws:PrincipalArn"],
        ["*", f"arn:aws:iam::{NAMED}:role/*", "arn:aws:iam::*:role/*"],
    ),
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    found[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = draw(
        st.sampled_from(PRINCIPALS)
    )
    found[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(some(WORDS))
    found[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(some(PATTERNS))
    conditions: dict[str, dict[str, Any]] = {}
    for part in draw(st.lists(CONDITIONS, max_size=2)):
        for operator, keys in part.items():
            conditions.setdefault(operator, {}).update(keys)
    if conditions:
        found["Condition"] = conditions
    return found


@settings(max_examples=150, deadline=None)
@given(
    policy=st.lists(statements(), min_size=1, max_size=3),
    kind=st.sampled_from([CallerKind.ANONYMOUS, CallerKind.STRANGER, CallerKind.OWN]),
    action=st.sampled_from(ACTIONS),
)
def test_the_answer_is_that_of_trying_every_request(
    policy: list[dict[str, Any]], kind: CallerKind, action: str
) -> None:
    caller = Caller(kind, OWN if kind is CallerKind.OWN else "")
    answer = ask(parse_policy({"Statement": policy}), Question((action,), ("arn:r/*",), OWN, (caller,)))
    expected = any(allowed(policy, request) for request in requests(kind, action, policy))
    assert not answer.doubts
    assert bool(answer.grants) is expected


def test_a_role_of_another_account_is_not_the_accounts_own_however_it_is_spelled() -> None:
    of_another = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{NAMED}:role/*"}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    own = Question(("s3:getobject",), ("arn:r/*",), OWN, (Caller(CallerKind.OWN, OWN),))
    assert not ask(parse_policy({"Statement": [statement | {"Condition": of_another}]}), own).grants


@pytest.mark.parametrize(
    "condition",
    [
        {
            "StringEqualsIgnoreCase": {"aws:PrincipalOrgID": "o-1"},
            "StringNotEquals": {"aws:PrincipalOrgID": "o-1"},
        },
        {"StringNotLike": {"aws:PrincipalOrgID": "o-?*"}, "Null": {"aws:PrincipalOrgID": "false"}},
    ],
)
def test_no_stranger_brings_an_organisation_that_cannot_be_theirs(condition: dict[str, Any]) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    stranger = Question(("s3:getobject",), ("arn:r/*",), OWN, (Caller(CallerKind.STRANGER),))
    assert not ask(parse_policy({"Statement": [statement | {"Condition": condition}]}), stranger).grants


def asked(statements: list[dict[str, Any]], *actions: str) -> Any:
    policy = parse_policy({"Statement": statements})
    return ask(policy, Question(actions or ("s3:getobject",), ("arn:r/*",), OWN, WORLD))


def public(**condition: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": condition,
    }


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
        {"StringEquals": {"aws:PrincipalAccount": OWN}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{NAMED}:role/*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::mine"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:mine"}},
        {"StringEquals": {"AWS:SourceOwner": OWN}},
        {"StringLike": {"aws:userid": "AROAEXAMPLEROLEIDENT:*"}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/r-1/*"}},
        {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "198.51.100.0/24"]}},
        {"IpAddress": {"aws:SourceIp": "52.1.2.0/24"}},
        {"Null": {"aws:PrincipalOrgID": "true"}, "StringLike": {"aws:PrincipalOrgID": "*"}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-1/"}},
    ],
)
def test_what_ties_access_to_somebody_is_not_public(condition: dict[str, Any]) -> None:
    assert asked([public(**condition)]).none


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
        {"StringLike": {"aws:PrincipalArn": "*"}},
        {"StringLike": {"aws:SourceArn": "*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::mine-*"}},
        {"StringNotEquals": {"aws:PrincipalAccount": NAMED}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},  # an anonymous request lacks the key
        {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
        {"IpAddress": {"aws:SourceIp": "2000::/3"}},
        {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"StringEquals": {"aws:Referer": "https://known.example/"}},  # anybody can send that
        {"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-1/r-1/"}},  # so true without the key
        {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    ],
)
def test_what_anybody_can_meet_is_public(condition: dict[str, Any]) -> None:
    assert asked([public(**condition)]).grants


def test_two_denies_may_close_what_each_leaves_open() -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    secure = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    plain = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert asked([public(), secure]).grants
    assert asked([public(), secure, plain]).none


def test_an_unknown_operator_is_doubt_unless_something_else_decides() -> None:
    doubtful = public(StringMatchesMoonPhase={"aws:username": "full"})
    assert asked([doubtful]).doubts and not asked([doubtful]).grants
    assert asked([doubtful, public()]).grants
    deny = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    assert asked([doubtful, deny]).none


def test_a_policy_variable_reaches_whatever_bears_a_name() -> None:
    own_folder = {**public(), "Resource": "arn:r/${aws:username}/*"}
    assert asked([own_folder]).grants
    deny = {"Effect": "Deny", "Principal": "*", "Action": "*", "NotResource": "arn:r/${aws:username}/*"}
    assert asked([own_folder, deny]).grants
    cover = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "arn:r/${aws:username}/*"}
    assert asked([public(), cover]).grants, "a deny by name leaves everybody else's"


def test_services_act_for_strangers_unless_tied() -> None:
    def grants(condition: dict[str, Any]) -> Any:
        statement = {**public(**condition), "Principal": {"Service": "sns.amazonaws.com"}}
        caller = Caller(CallerKind.SERVICE, "sns.amazonaws.com")
        return ask(
            parse_policy({"Statement": statement}), Question(("s3:getobject",), ("arn:r/*",), OWN, (caller,))
        ).grants

    assert grants({})
    assert not grants({"StringEquals": {"aws:SourceAccount": OWN}})
    assert not grants({"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OWN}:*"}})
    assert grants({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:alerts"}})
    assert not grants({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::my-bucket"}})


def test_several_policies_are_one() -> None:
    first = parse_policy({"Statement": {**public(), "Action": "s3:*"}})
    second = parse_policy(
        {"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:Get*", "Resource": "*"}}
    )
    question = Question(ACTIONS, ("arn:r/*",), OWN, (Caller(CallerKind.ANONYMOUS),))
    assert [g.actions for g in ask([first, second], question).grants] == [("s3:putobject",)]


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[" * 100_000,
        "[]",
        '{"Statement": 7}',
        '{"Statement": [{"Effect": "allow", "Action": "*"}]}',
        '{"Statement": [{"Effect": "Allow"}]}',
        '{"Statement": [{"Effect": "Allow", "Action": {"a": 1}}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*"}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Condition": []}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Principal": 7}]}',
        '{"Statement": [' + ",".join(['{"Effect": "Allow", "Action": "*"}'] * 501) + "]}",
        " " * 200_001,
    ],
)
def test_what_is_no_policy_says_so(document: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(document)


def test_no_policy_allows_nothing() -> None:
    assert parse_policy(None) == parse_policy("") == parse_policy({"Statement": []})


def test_hostile_policies_are_left_undecided_soon() -> None:
    begun = time.monotonic()
    denies = [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "StringEquals": {f"x:{(n * 7 + k) % 41}": f"v{n}" for k in range(6)},
                "Null": {"x:0": "false"},
            },
        }
        for n in range(120)
    ]
    stars = [f"*{'a*' * 30}{n}*b?*{n}" for n in range(200)]
    answer = asked([{**public(), "Resource": stars}, *denies])
    assert answer.doubts or answer.grants
    assert time.monotonic() - begun < 20
