"""The words by which a contract names its parties, and those that stand beside one or the other."""

from __future__ import annotations

from typing import Literal

from lpo_secaudit.contracts.words import word_set

__all__ = [
    "AMBIGUOUS",
    "CLIENT_AFTER",
    "CLIENT_NEAR",
    "CLIENT_NOUNS",
    "CLIENT_TERMS",
    "CLIENT_VERBS",
    "DECIDES",
    "EITHER_TERMS",
    "HANDLES",
    "LEADING",
    "MODALS",
    "NO_PARTY",
    "PROVIDER_NEAR",
    "PROVIDER_NOUNS",
    "PROVIDER_TERMS",
    "PROVIDER_VERBS",
    "QUALIFIED",
    "ROLE_NOUNS",
    "THINGS",
    "TO_CLIENT",
    "Role",
    "Term",
]

Role = Literal["provider", "client", "either"]
Term = tuple[str, ...]


def _terms(text: str) -> frozenset[Term]:
    return frozenset(tuple(line.split()) for line in text.split("\n") if line.strip())


# Terms whose role does not depend on the contract.
PROVIDER_TERMS = _terms(
    """processor
data processor
business associate
provider
service provider
services provider
cloud provider
supplier
vendor
contractor
consultant
data importer
importer
outsourcer
subscriber service provider
licensee
the data recipient
data recipient
third party processor"""
)
CLIENT_TERMS = _terms(
    """controller
data controller
covered entity
customer
client
data exporter
exporter
responsible party
disclosing party
discloser
licensor
purchaser
buyer
law firm"""
)
EITHER_TERMS = _terms(
    """each party
either party
both parties
the parties
neither party
no party
parties
receiving party
recipient
the other party
the breaching party
each of the parties
a party
one party
indemnifying party"""
)
MODALS = word_set("shall will must may agrees undertakes warrants represents acknowledges covenants can")
LEADING = word_set(
    "the if where when and or that to as in on upon after before each any all this such by of for "
    "from with unless should however further additionally either neither both no at during except "
    "prior to provided subject"
)
# Words for either side, by contract.
AMBIGUOUS = word_set(
    "company firm institution school agency subscriber member licensee user organization university "
    "hospital city district developer partner bank state county department practice clinic council "
    "borrower publisher commonwealth ministry fund trust employer"
)
# Subjects of duties that are no party.
NO_PARTY = word_set(
    "users subjects subject subprocessor subprocessors processors subcontractor subcontractors "
    "personnel parties party authority individuals individual services service agreement dpa baa "
    "addendum software employees clauses clause section secretary notice data incident breach fees "
    "audit members report affiliates commission order sow"
)
# Last words of defined terms that name no party.
THINGS = word_set(
    "agreement addendum contract terms dpa baa ba msa sow gdpr hipaa ccpa law laws date period "
    "information data "
    "services service deliverables purpose purposes fees breach incident clauses sccs order form policy "
    "territory term effective phi ephi regulation regulations act rule rules hitech measures documentation "
    "software platform affiliate affiliates site materials work ip cap claims claim losses loss "
    "schedule annex "
    "subprocessor subprocessors subcontractor subcontractors personnel users user individual eea eu uk "
    "processing legislation instruction instructions request requests sale consumer "
    "directive framework recipient"
)
# Nouns that a party's name qualifies: "Customer Personal Data" is no party.
QUALIFIED = word_set(
    "personal data content contents materials material information systems system confidential "
    "facilities facility property input output account accounts affiliate affiliates group "
    "environment website sites site users user representative indemnitees indemnified policy policies "
    "network networks portal records agreement terms side location locations premises application "
    "applications equipment covered end employees"
)
PROVIDER_VERBS = word_set(
    "process processes notify notifies implement implements maintain maintains assist assists delete "
    "deletes return engage engages ensure ensures cooperate report reports impose store stores inform "
    "informs destroy encrypt subcontract perform performs host create receive transmit safeguard mitigate"
)
HANDLES = word_set("creates receives transmits maintains processes stores hosts collects assists notifies")
CLIENT_VERBS = word_set(
    "instruct instructs audit object pay pays purchase determine determines request appoint inspect"
)
DECIDES = word_set("determines instructs requests")
PROVIDER_NOUNS = word_set(
    "subprocessor subprocessors subcontractor subcontractors personnel staff sub security services "
    "service platform possession"
)
CLIENT_NOUNS = word_set(
    "instructions instruction users request behalf data information documents files materials"
)
TO_CLIENT = word_set(
    "notify notifies notified notifying inform informs informed assist assists assisting satisfy tell tells"
)
PROVIDER_NEAR = (
    ("engaged", "by"),
    ("processing", "by"),
    ("processed", "by"),
    ("provided", "by"),
    ("maintained", "by"),
    ("disclosures", "by"),
    ("subcontractors", "of"),
)
CLIENT_NEAR = (
    ("behalf", "of"),
    ("available", "to"),
    ("instructions", "of"),
    ("instructions", "from"),
    ("directed", "by"),
    ("instructed", "by"),
    ("cooperate", "with"),
    ("report", "to"),
    ("approval", "of"),
    ("consent", "of"),
    ("approved", "by"),
    ("audit", "by"),
    ("audits", "by"),
    ("reviews", "by"),
    ("inspection", "by"),
    ("termination", "by"),
)
CLIENT_AFTER = (("personal", "data"), ("is", "entitled"), ("reserves", "the"))
ROLE_NOUNS: tuple[tuple[Term, Role], ...] = (
    (("covered", "entity"), "client"),
    (("controller",), "client"),
    (("data", "controller"), "client"),
    (("data", "exporter"), "client"),
    (("business", "associate"), "provider"),
    (("processor",), "provider"),
    (("data", "processor"), "provider"),
    (("data", "importer"), "provider"),
    (("service", "provider"), "provider"),
)
